#include "task/task_document.h"

#include <gtest/gtest.h>

#include <random>

namespace godwit {
namespace {

TaskDocument full_document() {
  TaskDocument out;
  out.worker = "worker-1";
  out.fresh_run = 1'795'402'217'550'082;
  out.source_system = "7012";
  out.source_database = "shop \"quoted\"";
  out.target_system = "7013";
  out.target_database = "größe\n";
  out.type = "full-load-and-cdc";
  out.mapping_hash = "0123456789abcdef";
  out.capture = "godwit_slot";
  out.start = {"00000000/019A1460"};
  out.loaded_at = {"00000000/019A1500"};
  out.snapshot_id = "00000003-1";
  out.snapshot_position = {"00000000/019A1490"};
  out.restore_script = "ALTER TABLE \"a\" ADD …;\n";
  TableRecord& first = out.tables.emplace_back();
  first.table = {"shop", "orders"};
  first.created = true;
  first.was_empty = false;
  first.slices = {{{"shop", "orders"}, {"shop", "orders_1"}, 0, 2, "(0,0) (9,1)", "16384"},
                  {{"shop", "orders"}, {"shop", "orders_2"}, 1, 2, "", "16385"}};
  first.structure = "fingerprint";
  first.snapshot = {"00000000/019A14FF"};
  first.rebuild = true;
  first.suspended = "column \"x\" is new";
  first.suspend_reason = "DDL";
  first.updates = 3;
  first.deletes = UINT64_MAX;
  first.may_be = TableRef{"shop", "orders_renamed"};
  out.source_keys = {{{{"shop", "items"}, {"shop", "orders"}, {{"order_id", "id"}}, "CASCADE", "", "of_order"}}};
  out.altering_keys = TaskDocument::AlteringKeys{{}, {"00000000/019A1600"}};
  TableDef altered;
  altered.ref = {"shop", "orders"};
  first.altering = TableRecord::Altering{altered, {"00000000/019A1600"}, true, false, altered};
  out.tables.emplace_back().table = {"shop", "empty"};
  out.tables.back().may_be.emplace();  // dropped
  out.dropped.push_back({{"shop", "orders"},
                         "shop.orders",
                         "foreign key",
                         "orders_fk",
                         "ALTER TABLE shop.orders DROP CONSTRAINT orders_fk",
                         {"ALTER …", "VALIDATE …"}});
  return out;
}

void expect_equal(const TableRecord& a, const TableRecord& b) {
  EXPECT_EQ(a.table, b.table);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.was_empty, b.was_empty);
  EXPECT_EQ(a.structure, b.structure);
  EXPECT_EQ(a.snapshot, b.snapshot);
  EXPECT_EQ(a.rebuild, b.rebuild);
  EXPECT_EQ(a.suspended, b.suspended);
  EXPECT_EQ(a.suspend_reason, b.suspend_reason);
  EXPECT_EQ(a.updates, b.updates);
  EXPECT_EQ(a.deletes, b.deletes);
  EXPECT_EQ(a.may_be, b.may_be);
  ASSERT_EQ(a.slices.size(), b.slices.size());
  for (size_t i = 0; i < a.slices.size(); ++i) {
    const TableRange &x = a.slices[i], &y = b.slices[i];
    EXPECT_EQ(std::tie(x.table, x.leaf, x.index, x.of, x.bounds, x.storage_id),
              std::tie(y.table, y.leaf, y.index, y.of, y.bounds, y.storage_id));
  }
}

void expect_equal(const TaskDocument& a, const TaskDocument& b) {
  EXPECT_EQ(a.dropped, b.dropped);
  EXPECT_EQ(a.source_keys, b.source_keys);
  EXPECT_EQ(a.worker, b.worker);
  EXPECT_EQ(a.source_system, b.source_system);
  EXPECT_EQ(a.source_database, b.source_database);
  EXPECT_EQ(a.target_system, b.target_system);
  EXPECT_EQ(a.target_database, b.target_database);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.mapping_hash, b.mapping_hash);
  EXPECT_EQ(a.capture, b.capture);
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.loaded_at, b.loaded_at);
  EXPECT_EQ(a.snapshot_id, b.snapshot_id);
  EXPECT_EQ(a.snapshot_position, b.snapshot_position);
  EXPECT_EQ(a.restore_script, b.restore_script);
  ASSERT_EQ(a.tables.size(), b.tables.size());
  for (size_t i = 0; i < a.tables.size(); ++i) expect_equal(a.tables[i], b.tables[i]);
}

TEST(TaskDocument, comes_back_as_it_was_written) {
  for (const TaskDocument& document : {TaskDocument(), full_document()}) {
    const std::string text = to_json(document);
    const Result<TaskDocument> read = parse_task_document(text);
    ASSERT_TRUE(read) << read.error().message;
    expect_equal(document, *read);
    EXPECT_EQ(to_json(*read), text);
  }
}

TEST(TaskDocument, a_text_cut_anywhere_is_an_error) {
  const std::string text = to_json(full_document());
  for (size_t length = 0; length < text.size(); ++length) {
    const Result<TaskDocument> read = parse_task_document(text.substr(0, length));
    ASSERT_FALSE(read) << length << " of " << text.size();
    ASSERT_EQ(read.error().code, "task.record");
  }
}

// Whatever is read can be written and read again.
TEST(TaskDocument, a_spoiled_text_is_an_error_or_a_document) {
  const std::string text = to_json(full_document());
  std::mt19937 random(11);
  for (size_t round = 0; round < 5000; ++round) {
    std::string spoiled = text;
    for (size_t count = random() % 4 + 1; count > 0; --count)
      spoiled[random() % spoiled.size()] = static_cast<char>(random() % 256);
    const Result<TaskDocument> read = parse_task_document(spoiled);
    if (!read) continue;
    const Result<TaskDocument> again = parse_task_document(to_json(*read));
    ASSERT_TRUE(again) << spoiled;
    expect_equal(*read, *again);
  }
}

TEST(TaskDocument, other_texts_than_ours_are_errors) {
  const std::string_view cases[] = {
      "",
      "null",
      "[]",
      "{}",
      R"({"tables": []})",
      R"({"version": 2, "tables": []})",
      R"({"version": "1", "tables": []})",
      R"({"version": -1, "tables": []})",
      R"({"version": 1})",
      R"({"version": 1, "tables": {}})",
      R"({"version": 1, "tables": [1]})",
      R"({"version": 1, "tables": [{}]})",
      R"({"version": 1, "tables": [{"slices": {}}]})",
      R"({"version": 1, "tables": [{"slices": [[]]}]})",
      R"({"version": 1, "tables": [{"slices": [["a", "b", "c"]]}]})",
      R"({"version": 1, "tables": [{"slices": [["a", "b", "c", 4]]}]})",
      R"({"version": 1, "tables": [{"slices": ["abcd"]}]})",
  };
  for (const std::string_view text : cases) {
    const Result<TaskDocument> read = parse_task_document(std::string(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::fatal);
    EXPECT_EQ(read.error().code, "task.record");
  }
}

TEST(TaskDocument, a_text_nested_deeply_is_an_error) {
  for (const std::string& open : {std::string("["), std::string("{\"a\":")}) {
    std::string text = R"({"version": 1, "tables": )";
    for (int depth = 0; depth < 100000; ++depth) text += open;
    EXPECT_FALSE(parse_task_document(text));
  }
}

}  // namespace
}  // namespace godwit
