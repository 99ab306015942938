// The load: slices, their ledger, bad rows, and tables of unusual shape.

#include <algorithm>

#include "suite.h"

namespace godwit::conformance {
namespace {

std::vector<Statement> numbered_rows(const TableSpec& table, size_t first, size_t count) {
  std::vector<Statement> out;
  for (size_t i = first; i < first + count; ++i)
    out.push_back(insert(table, {std::to_string(i), "value " + std::to_string(i)}));
  return out;
}

// A writer for the only slice of a table, and that slice's rows.
struct OpenSlice {
  OpenSlice(Migration& migration, const TableSpec& spec, bool careful) {
    const TargetTable& table = migration.table(spec);
    const TableRange& range = migration.ranges(spec)[0];
    const Encoding encoding = migration.encoding_of(table);
    batches = migration.read_slice(table, range, encoding);
    writer = must(migration.lane().load_table(Migration::task_id, table, range, encoding, {.careful = careful}));
  }
  void write(RowErrors* refused) {
    for (const RowBatch& batch : batches) must(writer->write(batch, refused));
  }
  std::vector<RowBatch> batches;
  std::unique_ptr<TableWriter> writer;
};

TEST_P(Conformance, slices_together_hold_every_row_once) {
  const TableSpec table = plain("sliced");
  create(table);
  for (size_t i = 0; i < 5; ++i) run(numbered_rows(table, i * 1000, 1000));
  Migration migration(quirks());
  migration.plan({&table}, 16 * 1024);
  EXPECT_GT(migration.ranges(table).size(), 1U);
  migration.begin_capture();
  migration.load();
  expect_equal(table);
  uint64_t rows = 0;
  for (const LedgerLine& line : must(migration.target().read_ledger(Migration::task_id))) {
    EXPECT_EQ(line.table, table.ref);
    EXPECT_EQ(line.rows_read, line.rows_written);
    EXPECT_EQ(line.snapshot, migration.snapshot().position);
    rows += line.rows_written;
  }
  EXPECT_EQ(rows, 5000U);
}

TEST_P(Conformance, slices_of_a_skewed_composite_key_are_balanced) {
  TableSpec table = plain("skewed");
  table.columns = {
      {"name", quirks().text_type(), true}, {"id", quirks().integer_type(), true}, {"value", quirks().text_type()}};
  table.key = {"name", "id"};
  create(table);
  for (int piece = 0; piece < 6; ++piece) {
    std::vector<Statement> rows;
    for (int i = 0; i < 1000; ++i) {
      const int id = piece * 1000 + i;
      // Two thirds of the rows share one name; the others have names that need quoting.
      rows.push_back(
          insert(table, {id % 3 == 0 ? "o'\\\"" + std::to_string(id % 17) : "one", std::to_string(id), "v"}));
    }
    run(rows);
  }
  Migration migration(quirks());
  migration.plan({&table}, 16 * 1024);
  const size_t slices = migration.ranges(table).size();
  EXPECT_GT(slices, 2U);
  migration.begin_capture();
  migration.load();
  expect_equal(table);
  for (const LedgerLine& line : must(migration.target().read_ledger(Migration::task_id)))
    EXPECT_LE(line.rows_written, 2 * 6000U / slices) << "slice " << line.slice << " of " << slices;
}

TEST_P(Conformance, ledger_refuses_the_second_writer_of_a_slice) {
  const TableSpec table = plain("fenced");
  create(table);
  run(numbered_rows(table, 0, 10));
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  const TargetTable& plan = migration.table(table);
  auto other = migration.open_target("lane-2");
  const auto again =
      other->load_table(Migration::task_id, plan, migration.ranges(table)[0], migration.encoding_of(plan), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::superseded);
  expect_equal(table);
}

TEST_P(Conformance, a_slice_whose_counts_differ_commits_nothing) {
  const TableSpec table = plain("counted");
  create(table);
  run(numbered_rows(table, 0, 2));
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  {
    OpenSlice slice(migration, table, false);
    slice.write(nullptr);
    EXPECT_FALSE(slice.writer->finish(3, migration.snapshot().position));
  }
  EXPECT_TRUE(rows(Side::target, table).empty());
  EXPECT_TRUE(must(migration.target().read_ledger(Migration::task_id)).empty());
}

TEST_P(Conformance, an_abandoned_slice_leaves_no_trace_and_can_be_loaded) {
  const TableSpec table = plain("abandoned");
  create(table);
  run(numbered_rows(table, 0, 10));
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  {
    OpenSlice slice(migration, table, false);
    slice.write(nullptr);
    slice.writer->abandon();
  }
  EXPECT_TRUE(rows(Side::target, table).empty());
  migration.load();
  expect_equal(table);
}

TEST_P(Conformance, a_careful_writer_isolates_bad_rows_and_parks_them_with_the_slice) {
  TableSpec table = plain("careful");
  TableSpec loose = table;
  loose.key.clear();
  loose.columns[0].not_null = false;
  quirks().create_table(Side::source, loose);
  quirks().create_table(Side::target, table);
  run({insert(loose, {"1", "a"}), insert(loose, {"1", "a"}), insert(loose, {{}, "none"}), insert(loose, {"2", "b"})});
  Migration migration(quirks());
  migration.plan({&loose});
  migration.begin_capture();
  OpenSlice slice(migration, loose, true);
  RowErrors refused;
  slice.write(&refused);
  ASSERT_EQ(refused.size(), 2U);
  std::vector<ParkedRow> parked;
  for (const RowError& error : refused) {
    EXPECT_TRUE(error.error.kind == ErrorKind::conflict || error.error.kind == ErrorKind::data);
    EXPECT_EQ(error.parked.operation, "INSERT");
    EXPECT_EQ(error.parked.target_table, table.ref);
    EXPECT_FALSE(error.parked.statement.empty());
    parked.push_back(error.parked);
    parked.back().position = migration.snapshot().position;
  }
  must(slice.writer->park(parked));
  must(slice.writer->finish(4, migration.snapshot().position));
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", "a"}, {"2", "b"}}));
  const auto ledger = must(migration.target().read_ledger(Migration::task_id));
  ASSERT_EQ(ledger.size(), 1U);
  EXPECT_EQ(ledger[0].rows_read, 4U);
  EXPECT_EQ(ledger[0].rows_written, 2U);
  EXPECT_EQ(ledger[0].rows_parked, 2U);
  EXPECT_EQ(must(migration.target().count_parked(Migration::task_id)), 2U);
}

TEST_P(Conformance, a_writer_takes_no_encoding_but_those_the_target_accepts) {
  const TableSpec table = plain("encoded");
  create(table);
  run(numbered_rows(table, 0, 3));
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  const TargetTable& plan = migration.table(table);
  const auto accepted = migration.target().accepts(*plan.layout);
  for (const Encoding encoding : {Encoding::canonical, Encoding::pg_copy_text, Encoding::pg_copy_binary}) {
    if (std::ranges::find(accepted, encoding) != accepted.end()) continue;
    SCOPED_TRACE(to_string(encoding));
    EXPECT_FALSE(migration.lane().load_table(Migration::task_id, plan, migration.ranges(table)[0], encoding, {}));
  }
  EXPECT_TRUE(rows(Side::target, table).empty());
}

TEST_P(Conformance, a_table_without_rows_has_its_ledger_line) {
  const TableSpec table = plain("empty");
  create(table);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  const auto ledger = must(migration.target().read_ledger(Migration::task_id));
  ASSERT_EQ(ledger.size(), 1U);
  EXPECT_EQ(ledger[0].rows_read, 0U);
  EXPECT_TRUE(rows(Side::target, table).empty());
}

TEST_P(Conformance, empty_strings_and_nulls_stay_apart) {
  const TableSpec table = plain("blank");
  create(table);
  run({insert(table, {"1", ""}), insert(table, {"2", {}}), insert(table, {"3", "\\N"}),
       insert(table, {"4", "NULL"})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", ""}, {"2", {}}, {"3", "\\N"}, {"4", "NULL"}}));
  run({update(table, {"1"}, {{"value", {}}}), update(table, {"2"}, {{"value", ""}})});
  migration.follow(ApplyMode::sets);
  run({insert(table, {"5", ""}), insert(table, {"6", {}})});
  migration.follow(ApplyMode::in_order);
  expect_equal(table);
}

TEST_P(Conformance, the_widest_table_there_can_be_is_carried) {
  TableSpec table{name("wide"), {{"id", quirks().integer_type(), true}}, {"id"}};
  Row row = {"1"};
  for (size_t i = 1; i < quirks().widest_table(); ++i) {
    table.columns.push_back({"c" + std::to_string(i), quirks().integer_type()});
    row.push_back(i % 3 == 0 ? Value() : Value(std::to_string(i)));
  }
  create(table);
  run({insert(table, row)});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  expect_equal(table);
  const std::string last = table.columns.back().name;
  for (const ApplyMode mode : {ApplyMode::sets_or_order, ApplyMode::in_order}) {
    row[0] = mode == ApplyMode::in_order ? "2" : "3";
    run({insert(table, row), update(table, {"1"}, {{last, row[0]}, {"c3", row[0]}})});
    migration.follow(mode);
    expect_equal(table);
  }
}

TEST_P(Conformance, names_of_any_spelling_are_carried) {
  TableSpec table{name("Order \"Lines\" äöü; -- %s {} \\"),
                  {{"Id", quirks().integer_type(), true},
                   {"select", quirks().text_type()},
                   {"a \"b\" 'c' \\d", quirks().text_type()}},
                  {"Id"}};
  create(table);
  run({insert(table, {"1", "x", "y"})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  size_t id = 2;
  for (const ApplyMode mode : both_modes) {
    run({insert(table, {std::to_string(id), "x", {}}),
         update(table, {"1"}, {{"a \"b\" 'c' \\d", std::to_string(id)}})});
    run({erase(table, {std::to_string(id++)})});
    migration.follow(mode);
    expect_equal(table);
  }
}

TEST_P(Conformance, values_far_larger_than_a_batch_are_carried) {
  const TableSpec table = plain("large");
  create(table);
  run({insert(table, {"1", std::string(16U << 20U, 'a')}), insert(table, {"2", std::string(3U << 20U, 'b')})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  expect_equal(table);
  for (const ApplyMode mode : both_modes) {
    const char fill = mode == ApplyMode::sets ? 'c' : 'd';
    run({insert(table, {std::string(1, static_cast<char>(fill - 48)), std::string(16U << 20U, fill)}),
         update(table, {"2"}, {{"value", std::string(5U << 20U, fill)}})});
    migration.follow(mode);
    expect_equal(table);
  }
}

TEST_P(Conformance, partitions_are_read_one_by_one_and_written_to_their_parent) {
  if (const auto reason = quirks().lacks(Ability::partitions_of_their_own)) GTEST_SKIP() << *reason;
  TableSpec table = plain("parted");
  table.leaves = {"parted_a", "parted_b", "parted_c"};
  create(table);
  run(numbered_rows(table, 0, 100));
  Migration migration(quirks());
  migration.plan({&table});
  EXPECT_EQ(migration.table(table).source->leaves.size(), 3U);
  EXPECT_GE(migration.ranges(table).size(), 3U);
  migration.begin_capture();
  migration.load();
  expect_equal(table);
  for (const ApplyMode mode : both_modes) {
    const size_t first = mode == ApplyMode::sets ? 100 : 200;
    run(numbered_rows(table, first, 20));
    run({update(table, {std::to_string(first)}, {{"value", "changed"}}), erase(table, {std::to_string(first + 1)})});
    migration.follow(mode);
    expect_equal(table);
  }
}

TEST_P(Conformance, a_table_rewritten_after_its_slices_were_cut_is_noticed) {
  const TableSpec table = plain("rewritten");
  create(table);
  run(numbered_rows(table, 0, 10));
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  quirks().rewrite(table);
  auto lane = migration.open_source("lane-2");
  must(lane->join_snapshot(migration.snapshot().id));
  const Encoding encoding = migration.encoding_of(migration.table(table));
  const auto reader =
      lane->read_table(migration.ranges(table)[0], migration.table(table).read, std::span(&encoding, 1));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::table);
  EXPECT_EQ(reader.error().code, "source.rewritten");
}

// The canonical ids of the rows that a reader gives.
std::vector<std::string> ids_of(TableReader& reader) {
  std::vector<std::string> out;
  RowBatch batch;
  while (must(reader.read(batch, std::stop_token())))
    for (size_t row = 0; row < batch.rows; ++row) out.emplace_back(batch.bytes(batch.cell(row, 0)));
  std::ranges::sort(out);
  return out;
}

TEST_P(Conformance, a_filter_leaves_rows_out_of_slices_and_of_look_ups) {
  const TableSpec table = plain("filtered");
  create(table);
  run(numbered_rows(table, 1, 20));
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  const TargetTable& plan = migration.table(table);
  auto lane = migration.open_source("lane-2");
  must(lane->join_snapshot(migration.snapshot().id));
  const Encoding canonical = Encoding::canonical;
  const RowFilter filter{
      {{{"id", {{FilterOperator::eq, "9"}, {FilterOperator::eq, "10"}, {FilterOperator::eq, "2"}}}}}};
  auto slice = must(lane->read_table(migration.ranges(table)[0], plan.read, std::span(&canonical, 1),
                                     {.filter = &filter, .long_values = false, .sees = {}}));
  EXPECT_EQ(ids_of(*slice), (std::vector<std::string>{"10", "2", "9"}));
  slice.reset();
  must(lane->leave_snapshot());
  RowBatch keys;
  auto layout = std::make_shared<TableDef>();
  layout->ref = plan.source->ref;
  layout->columns = {plan.read->columns[0]};
  keys.layout = layout;
  for (const std::string_view id : {"2", "3", "9", "900"}) {
    keys.append_value(id);
    keys.end_row();
  }
  auto found = must(lane->read_keys(keys, {}, *plan.source, plan.read, std::span(&canonical, 1),
                                    {.filter = &filter, .long_values = true, .sees = {}}));
  EXPECT_EQ(ids_of(*found), (std::vector<std::string>{"2", "9"}));
}

}  // namespace
}  // namespace godwit::conformance
