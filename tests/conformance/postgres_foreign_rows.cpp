// What another engine's tables and rows become on a PostgreSQL server.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "engines/postgres/engine.h"
#include "postgres_quirks.h"

namespace godwit::conformance {
namespace {

using Part = IndexMeaning::Part;

class PostgresForeignRows : public testing::Test {
 protected:
  void SetUp() override {
    const char* uri = std::getenv("GODWIT_TEST_TARGET_URI");
    if (uri == nullptr) GTEST_SKIP() << "GODWIT_TEST_TARGET_URI names no server";
    session_ = std::make_unique<PostgresSession>(uri, "");
    schema_ = "foreign_" + std::to_string(getpid());
    session_->run("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE");
    SessionOptions options{schema_, "lane-0", {}};
    options.control.schema = schema_ + "_control";
    target_ = *postgres_engine().open_target(*parse_endpoint(uri), options);
    tables_ = {plan("orders"), plan("lines")};
    ASSERT_TRUE(target_->create_control_tables());
    ObjectDef schema = object("schema", schema_, SchemaMeaning{});
    schema.table = {schema_, ""};
    ASSERT_TRUE(target_->build(schema, tables_));
    for (const TargetTable& table : tables_) {
      ObjectDef made = object("table", table.source->ref.name, TableMeaning{{{"id", {}, true}, {"title"}}}, &table);
      auto built = target_->build(made, tables_);
      ASSERT_TRUE(built) << built.error().message;
      EXPECT_TRUE(*built);
      EXPECT_FALSE(*target_->build(made, tables_)) << "built twice";
    }
  }
  void TearDown() override {
    target_.reset();
    if (session_ && !schema_.empty()) session_->run("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE");
    if (session_ && !schema_.empty()) session_->run("DROP SCHEMA IF EXISTS " + schema_ + "_control CASCADE");
  }

  TargetTable plan(const std::string& name) const {
    auto source = std::make_shared<TableDef>();
    source->ref = {schema_, name};
    for (const char* column : {"id", "title"}) {
      ColumnDef& def = source->columns.emplace_back();
      def.name = column;
      def.number = static_cast<int16_t>(source->columns.size());
      def.type.dialect = "mysql";
      def.type.native = "theirs";
      def.type.form = def.number == 1 ? ValueForm::integer : ValueForm::text;
      def.type.type_class = def.number == 1 ? TypeClass::int4 : TypeClass::wstring;
    }
    source->columns[0].not_null = true;
    source->key = KeyDef{"PRIMARY", {0}};
    source->identity = RowIdentity::key;
    auto layout = std::make_shared<TableDef>(*source);
    const std::vector<Type> types = *target_->types_for(*layout, TypeMapping::lossless);
    for (size_t i = 0; i < types.size(); ++i) layout->columns[i].type = types[i];
    TargetTable out;
    out.source = out.read = source;
    out.layout = layout;
    return out;
  }

  static ObjectDef object(std::string kind, std::string name, ObjectMeaning meaning,
                          const TargetTable* table = nullptr) {
    ObjectDef out;
    out.kind = std::move(kind);
    out.name = std::move(name);
    if (table != nullptr) out.table = table->source->ref;
    out.dialect = "mysql";
    out.meaning = std::make_shared<const ObjectMeaning>(std::move(meaning));
    return out;
  }

  RowBatch rows(const std::vector<std::pair<std::string, std::string>>& values) const {
    RowBatch out;
    out.layout = tables_[0].layout;
    for (const auto& [id, title] : values) {
      out.append_value(id);
      out.append_value(title);
      out.end_row();
    }
    return out;
  }

  std::vector<Row> query(const std::string& sql) { return session_->query(sql, {}); }

  std::unique_ptr<PostgresSession> session_;
  std::string schema_;
  std::unique_ptr<Target> target_;
  std::vector<TargetTable> tables_;
};

TEST_F(PostgresForeignRows, with_a_nul_character_are_refused_and_never_cut) {
  const std::string nul("a\0b", 3);
  TableRange range;
  range.table = tables_[0].source->ref;
  auto writer = target_->load_table("foreign", tables_[0], range, Encoding::canonical, {.careful = true});
  ASSERT_TRUE(writer) << writer.error().message;
  RowErrors refused;
  ASSERT_TRUE((*writer)->write(rows({{"1", "whole"}, {"2", nul}, {"3", "too"}}), &refused));
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].error.sqlstate, "22021");
  EXPECT_EQ(refused[0].parked.statement.find('\0'), std::string::npos);
  EXPECT_NE(refused[0].parked.values.find("\\u0000"), std::string::npos);
  ASSERT_TRUE((*writer)->park(std::span(&refused[0].parked, 1)));
  auto finished = (*writer)->finish(3, {"p"});
  ASSERT_TRUE(finished) << finished.error().message;
  writer->reset();

  ASSERT_TRUE(target_->start_position("foreign", {"0/1"}));
  auto changes = target_->apply_changes("foreign");
  ASSERT_TRUE(changes);
  ASSERT_TRUE((*changes)->begin({"0/1"}));
  const RowBatch images = rows({{"4", nul}, {"1", nul}});
  for (const uint32_t row : {0U, 1U}) {
    ChangeView view;
    view.table = &tables_[0];
    view.op = row == 0 ? Op::insert : Op::update;
    view.after = &images;
    view.after_row = row;
    ASSERT_TRUE((*changes)->set_savepoint());
    auto progress = (*changes)->apply_in_order(std::span(&view, 1));
    ASSERT_TRUE(progress) << progress.error().message;
    EXPECT_EQ(progress->done, 0U);
    EXPECT_EQ(progress->stopped_at.kind, ChangeOutcome::Kind::refused);
    EXPECT_EQ(progress->stopped_at.error.sqlstate, "22021");
    ASSERT_TRUE((*changes)->undo_to_savepoint());
  }
  (*changes)->rollback();
  const auto kept = query("SELECT title FROM " + schema_ + ".orders ORDER BY id");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0][0], "whole");
  EXPECT_EQ(kept[1][0], "too");
}

TEST_F(PostgresForeignRows, have_their_keys_and_indexes_although_names_meet) {
  const IndexMeaning primary{IndexMeaning::Kind::primary, IndexMeaning::Method::ordered, {Part{"id"}}};
  const IndexMeaning by_title{IndexMeaning::Kind::plain, IndexMeaning::Method::ordered, {Part{"title", 20}}};
  for (const TargetTable& table : tables_) {
    EXPECT_TRUE(*target_->build(object("primary key", "PRIMARY", primary, &table), tables_));
    EXPECT_FALSE(*target_->build(object("primary key", "PRIMARY", primary, &table), tables_));
  }
  session_->run("CREATE TABLE " + schema_ + ".orders_by_title ()");  // has the name that the index would get
  EXPECT_TRUE(*target_->build(object("index", "by_title", by_title, &tables_[0]), tables_));
  EXPECT_FALSE(*target_->build(object("index", "by_title", by_title, &tables_[0]), tables_));
  ObjectDef key = object("foreign key", "lines_order", ForeignKeyMeaning{{"id"}, {"id"}}, &tables_[1]);
  key.other = tables_[0].source->ref;
  EXPECT_TRUE(*target_->build(key, tables_));
  EXPECT_FALSE(*target_->build(key, tables_));
  const std::string of_schema = " WHERE schemaname = '" + schema_ + "'";
  EXPECT_EQ(query("SELECT indexname FROM pg_indexes" + of_schema).size(), 3U);
  ASSERT_TRUE(target_->set_sequence({"", "", {schema_, "orders"}, "id", 41, true}));
  session_->run("INSERT INTO " + schema_ + ".orders (title) VALUES ('x')");
  EXPECT_EQ(query("SELECT id FROM " + schema_ + ".orders")[0][0], "42");
}

}  // namespace
}  // namespace godwit::conformance
