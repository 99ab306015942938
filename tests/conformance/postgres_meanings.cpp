// What PostgreSQL's catalog tells other engines: forms of types, and objects without SQL.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "engines/postgres/engine.h"
#include "postgres_quirks.h"

namespace godwit::conformance {
namespace {

constexpr const char* script = R"(
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE TYPE pair AS (a integer, b text);
CREATE DOMAIN price AS numeric(10,2);
CREATE SEQUENCE shared_numbers;
CREATE TABLE parents (a integer, b text, PRIMARY KEY (a, b));
CREATE TABLE things (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, counted serial, numbered bigint DEFAULT nextval('shared_numbers'),
  title varchar(20) NOT NULL DEFAULT 'it''s', cost price DEFAULT 0, feeling mood DEFAULT 'sad', moods mood[],
  made timestamptz(3) DEFAULT now(), day date DEFAULT CURRENT_DATE, couple pair, span int4range, spans numrange,
  image bytea DEFAULT '\x00ff', twice bigint GENERATED ALWAYS AS (counted * 2) STORED, token uuid DEFAULT
  md5('x')::uuid, flags bit(9) DEFAULT B'000000001', small numeric(5,2), big numeric, parent_a integer, parent_b text,
  CONSTRAINT dear CHECK (cost > 0), UNIQUE (title, counted), FOREIGN KEY (parent_a, parent_b) REFERENCES parents
  ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED);
COMMENT ON TABLE things IS 'all of them';
COMMENT ON COLUMN things.title IS 'a name';
CREATE INDEX by_day ON things (day DESC, counted);
CREATE INDEX by_word ON things (lower(title));
CREATE INDEX dear_ones ON things (cost) WHERE cost > 5;
CREATE INDEX by_mood ON things USING hash (feeling);
CREATE INDEX by_span ON things USING gist (span);
)";

class PostgresMeanings : public testing::Test {
 protected:
  void SetUp() override {
    const char* uri = std::getenv("GODWIT_TEST_SOURCE_URI");
    if (uri == nullptr) GTEST_SKIP() << "GODWIT_TEST_SOURCE_URI names no server";
    session_ = std::make_unique<PostgresSession>(uri, "");
    if (session_->version() < 12) GTEST_SKIP() << "the script needs a server from 12 on";
    schema_ = "meanings_" + std::to_string(getpid());
    session_->run("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE; ");
    session_->run("CREATE SCHEMA " + schema_);
    session_->run("SET search_path = " + schema_);
    std::string rest = script;
    for (size_t end; (end = rest.find(";\n")) != std::string::npos; rest.erase(0, end + 2))
      session_->run(rest.substr(0, end));
    source_ = *postgres_engine().open_source(*parse_endpoint(uri), {"meanings", "main", {}});
    const std::vector<TableRef> names = {{schema_, "parents"}, {schema_, "things"}};
    tables_ = *source_->catalog().describe(names);
    objects_ = *source_->catalog().read_objects(tables_);
  }
  void TearDown() override {
    source_.reset();
    if (session_ && !schema_.empty()) session_->run("DROP SCHEMA " + schema_ + " CASCADE");
  }

  const Type& type(std::string_view column) const {
    return tables_[1].columns[*find_column(tables_[1], column)].type;
  }
  const ObjectDef* object(std::string_view name) const {
    const auto found = std::ranges::find(objects_, name, &ObjectDef::name);
    return found == objects_.end() ? nullptr : &*found;
  }
  template <class Meaning>
  const Meaning* meaning(std::string_view name) const {
    const ObjectDef* found = object(name);
    return found == nullptr || !found->meaning ? nullptr : std::get_if<Meaning>(found->meaning.get());
  }
  const ColumnMeaning& column(std::string_view name) const {
    const auto* table = meaning<TableMeaning>("things");
    static const ColumnMeaning none;
    if (table == nullptr) return none;
    const auto found = std::ranges::find(table->columns, name, &ColumnMeaning::name);
    return found == table->columns.end() ? none : *found;
  }

  std::unique_ptr<PostgresSession> session_;
  std::string schema_;
  std::unique_ptr<Source> source_;
  std::vector<TableDef> tables_;
  std::vector<ObjectDef> objects_;
};

TEST_F(PostgresMeanings, tell_the_forms_of_columns) {
  EXPECT_EQ(type("title").length, 20);
  EXPECT_EQ(type("cost").form, ValueForm::decimal);
  EXPECT_EQ(type("cost").precision, 10);
  EXPECT_EQ(type("cost").scale, 2);
  EXPECT_EQ(type("small").precision, 5);
  EXPECT_EQ(type("big").precision, std::nullopt);
  ASSERT_TRUE(type("feeling").labels);
  EXPECT_EQ(*type("feeling").labels, (std::vector<std::string>{"sad", "it's ok"}));
  EXPECT_EQ(type("moods").form, ValueForm::array);
  EXPECT_EQ(type("moods").element, ValueForm::enumeration);
  EXPECT_EQ(type("made").form, ValueForm::datetime_tz);
  EXPECT_EQ(type("made").precision, 3);
  EXPECT_EQ(type("couple").form, ValueForm::composite);
  EXPECT_EQ(type("span").element, ValueForm::integer);
  EXPECT_EQ(type("flags").length, 9);
  EXPECT_EQ(type("token").dialect, "postgresql");
}

TEST_F(PostgresMeanings, tell_defaults_counters_and_comments) {
  using Kind = DefaultMeaning::Kind;
  const auto* table = meaning<TableMeaning>("things");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->comment, "all of them");
  EXPECT_EQ(column("title").comment, "a name");
  EXPECT_TRUE(column("id").counts_up);
  EXPECT_TRUE(column("counted").counts_up);
  EXPECT_TRUE(column("numbered").counts_up);
  EXPECT_EQ(column("title").default_value.text, "it's");
  EXPECT_EQ(column("cost").default_value.text, "0");
  EXPECT_EQ(column("feeling").default_value.text, "sad");
  EXPECT_EQ(column("image").default_value.text, (std::string{'\x00', '\xff'}));
  EXPECT_EQ(column("flags").default_value.text, "000000001");
  EXPECT_EQ(column("made").default_value.kind, Kind::now);
  EXPECT_EQ(column("day").default_value.kind, Kind::today);
  EXPECT_EQ(column("token").default_value.kind, Kind::expression);
  EXPECT_NE(column("twice").generated, "");
  ASSERT_EQ(table->checks.size(), 1U);
  EXPECT_EQ(table->checks[0].name, "dear");
  EXPECT_FALSE(table->checks[0].condition.starts_with("CHECK"));
}

TEST_F(PostgresMeanings, tell_keys_and_indexes) {
  const auto* key = meaning<IndexMeaning>("things_pkey");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->kind, IndexMeaning::Kind::primary);
  const auto* unique = meaning<IndexMeaning>("things_title_counted_key");
  ASSERT_NE(unique, nullptr);
  EXPECT_EQ(unique->kind, IndexMeaning::Kind::unique);
  ASSERT_EQ(unique->parts.size(), 2U);
  EXPECT_EQ(unique->parts[0].column, "title");
  const auto* by_day = meaning<IndexMeaning>("by_day");
  ASSERT_NE(by_day, nullptr);
  ASSERT_EQ(by_day->parts.size(), 2U);
  EXPECT_TRUE(by_day->parts[0].descending);
  EXPECT_FALSE(by_day->parts[1].descending);
  EXPECT_EQ(meaning<IndexMeaning>("by_word")->parts[0].column, "");
  EXPECT_TRUE(meaning<IndexMeaning>("dear_ones")->is_partial);
  EXPECT_EQ(meaning<IndexMeaning>("by_mood")->method, IndexMeaning::Method::hash);
  EXPECT_EQ(meaning<IndexMeaning>("by_span")->method, IndexMeaning::Method::other);
}

TEST_F(PostgresMeanings, tell_foreign_keys_and_what_needs_no_like) {
  const auto* key = meaning<ForeignKeyMeaning>("things_parent_a_parent_b_fkey");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->columns, (std::vector<std::string>{"parent_a", "parent_b"}));
  EXPECT_EQ(key->other_columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(key->on_delete, ForeignKeyMeaning::Action::cascade);
  EXPECT_EQ(key->on_update, ForeignKeyMeaning::Action::set_null);
  EXPECT_TRUE(key->deferrable && key->deferred);
  EXPECT_EQ(object("things_parent_a_parent_b_fkey")->other.name, "parents");
  EXPECT_NE(meaning<ImplicitMeaning>(schema_ + ".mood"), nullptr);
  EXPECT_NE(meaning<ImplicitMeaning>(schema_ + ".shared_numbers"), nullptr);
  EXPECT_NE(meaning<SchemaMeaning>(schema_), nullptr);
}

}  // namespace
}  // namespace godwit::conformance
