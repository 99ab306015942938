// A load that goes on under a later snapshot: keys gathered on the target, their rows brought up to date, and slices
// that pass over what is there.

#include <set>

#include "suite.h"

namespace godwit::conformance {
namespace {

std::shared_ptr<const TableDef> key_layout(const TargetTable& table) {
  auto out = std::make_shared<TableDef>();
  out->ref = table.source->ref;
  for (const uint32_t c : table.layout->key->columns) out->columns.push_back(table.read->columns[c]);
  return out;
}

RowBatch key_rows(const std::shared_ptr<const TableDef>& layout, const std::vector<std::vector<std::string>>& keys) {
  RowBatch out;
  out.layout = layout;
  for (const auto& key : keys) {
    for (const std::string& value : key) out.append_value(value);
    out.end_row();
  }
  return out;
}

// A later snapshot, and what merges a table into it.
struct Later {
  explicit Later(Migration& migration)
      : maker(migration.open_source("slot")),
        snapshot(must(maker->open_later_snapshot(migration.capture_spec()))),
        reader(migration.open_source("merge")),
        target(migration.open_target("lane-1")) {
    must(reader->join_snapshot(snapshot.id));
  }

  uint64_t merge(ChangedKeys& keys, const TargetTable& table, const std::vector<TableRange>& storage,
                 Encoding encoding) {
    TableRange line = storage.back();
    line.index = static_cast<uint32_t>(storage.size());
    auto writer = must(keys.erase_rows(line, encoding));
    RowBatch some, rows;
    uint64_t sent = 0;
    while (must(keys.next(some))) {
      auto found = must(reader->read_keys(some, storage, *table.source, table.read, std::span(&encoding, 1)));
      const auto next = Migration::shaped(*found, table);
      while (next(rows)) must(writer->write(rows, nullptr));
      sent += found->rows_sent();
    }
    must(writer->finish(sent, snapshot.position));
    return sent;
  }

  void load(const TargetTable& table, const TableRange& range, Encoding encoding) {
    auto found = must(reader->read_table(range, table.read, std::span(&encoding, 1)));
    auto writer = must(target->load_table(Migration::task_id, table, range, encoding, {.merging = true}));
    const auto next = Migration::shaped(*found, table);
    RowBatch rows;
    while (next(rows)) must(writer->write(rows, nullptr));
    must(writer->finish(found->rows_sent(), snapshot.position));
  }

  std::unique_ptr<Source> maker;
  Snapshot snapshot;
  std::unique_ptr<Source> reader;
  std::unique_ptr<Target> target;
};

TEST_P(Conformance, a_load_goes_on_under_a_later_snapshot) {
  if (const auto reason = quirks().lacks(Ability::merges)) GTEST_SKIP() << *reason;
  const TableSpec table = plain("merged");
  create(table);
  const std::string wide(200, 'w');
  for (size_t i = 0; i < 4; ++i) {
    std::vector<Statement> rows;
    for (size_t n = 0; n < 500; ++n) rows.push_back(insert(table, {std::to_string(i * 500 + n), wide}));
    run(rows);
  }
  Migration migration(quirks());
  migration.plan({&table}, 128 * 1024);
  const std::vector<TableRange> ranges = migration.ranges(table);
  ASSERT_GT(ranges.size(), 2U);
  migration.begin_capture();
  const TargetTable& plan = migration.table(table);
  const Encoding encoding = migration.encoding_of(plan);
  migration.load_slice(plan, ranges[0], encoding);
  migration.load_slice(plan, ranges[1], encoding);
  // Rows of loaded slices change, go and move to other pages; others come, change and go where nothing is loaded yet.
  run({update(table, {"1"}, {{"value", "changed"}}), erase(table, {"2"}), update(table, {"3"}, {{"id", "9003"}}),
       insert(table, {"9004", "new"}), erase(table, {"1999"}), update(table, {"1998"}, {{"value", "changed"}}),
       insert(table, {"9005", "soon gone"}), erase(table, {"9005"})});
  Later later(migration);
  run({update(table, {"5"}, {{"value", "after"}}), erase(table, {"6"})});  // the stream's business
  auto keys = must(later.target->gather_keys(Migration::task_id, plan, key_layout(plan)));
  must(keys->add(key_rows(key_layout(plan), {{"1"}, {"2"}, {"3"}, {"9003"}, {"9004"}, {"1999"}})));
  must(keys->add(key_rows(key_layout(plan), {{"1998"}, {"9005"}, {"1"}, {"9005"}})));
  EXPECT_EQ(later.merge(*keys, plan, ranges, encoding), 4U);
  for (size_t i = 2; i < ranges.size(); ++i) later.load(plan, ranges[i], encoding);
  std::set<std::string> there;
  for (const Row& row : rows(Side::target, table)) there.insert(row[0].value_or("NULL"));
  EXPECT_EQ(there.size(), 1999U);  // 2000 + 1 - 2
  EXPECT_TRUE(there.contains("6") && there.contains("9003") && !there.contains("3") && !there.contains("2"));
  run({update(table, {"5"}, {{"value", "after"}}), insert(table, {"6", "again"})});
  quirks().run(Side::target,
               {update(table, {"5"}, {{"value", "after"}}), update(table, {"6"}, {{"value", "again"}})});
  expect_equal(table);
}

TEST_P(Conformance, keys_of_any_text_find_their_rows) {
  if (const auto reason = quirks().lacks(Ability::merges)) GTEST_SKIP() << *reason;
  TableSpec table = plain("odd_keys");
  table.columns.insert(table.columns.begin() + 1, {"na\"me", quirks().text_type(), true});
  table.key = {"na\"me", "id"};
  create(table);
  const std::vector<std::string> names = {"",          "it's",      "a,b",  "{\"q\"}", "back\\slash",
                                          "tab\there", "line\nend", "NULL", "größe"};
  std::vector<Statement> inserts;
  for (const std::string& name : names) inserts.push_back(insert(table, {"1", name, "v"}));
  run(inserts);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  const TargetTable& plan = migration.table(table);
  Later later(migration);
  std::vector<std::vector<std::string>> wanted;
  for (const std::string& name : names) wanted.push_back({name, "1"});
  wanted.push_back({"absent", "1"});
  auto keys = must(later.target->gather_keys(Migration::task_id, plan, key_layout(plan)));
  must(keys->add(key_rows(key_layout(plan), wanted)));
  EXPECT_EQ(later.merge(*keys, plan, migration.ranges(table), migration.encoding_of(plan)), names.size());
  expect_equal(table);
}

TEST_P(Conformance, a_table_rewritten_before_its_changed_rows_are_read_is_noticed) {
  const TableSpec table = plain("rewritten_between");
  create(table);
  run({insert(table, {"1", "v"})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  const TargetTable& plan = migration.table(table);
  Later later(migration);
  quirks().rewrite(table);
  const RowBatch keys = key_rows(key_layout(plan), {{"1"}});
  const Encoding encoding = migration.encoding_of(plan);
  const auto found =
      later.reader->read_keys(keys, migration.ranges(table), *plan.source, plan.read, std::span(&encoding, 1));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "source.rewritten");
}

}  // namespace
}  // namespace godwit::conformance
