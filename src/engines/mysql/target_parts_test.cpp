// The pure parts of the target half: checkpoints, parked rows, definitions of indexes, printed pieces.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/mysql/control_tables.h"
#include "engines/mysql/create_table.h"
#include "engines/mysql/object_sql.h"
#include "engines/mysql/own_objects.h"
#include "engines/mysql/parked_row.h"
#include "engines/mysql/rebuild.h"

namespace godwit::mysql {
namespace {

TargetTable table_of(std::vector<ColumnDef> columns, std::optional<KeyDef> key) {
  TableDef source;
  source.ref = {"s", "t"};
  source.columns = columns;
  TableDef layout = source;
  layout.ref = {"d", "u"};
  layout.key = std::move(key);
  TargetTable out;
  out.source = std::make_shared<const TableDef>(source);
  out.read = out.source;
  out.layout = std::make_shared<const TableDef>(layout);
  return out;
}

ColumnDef column(std::string name, std::string native, ValueForm form, int16_t number, bool not_null = false) {
  ColumnDef out;
  out.name = std::move(name);
  out.type.native = std::move(native);
  out.type.form = form;
  out.type.type_class = form == ValueForm::bytes ? TypeClass::bytes : TypeClass::wstring;
  out.number = number;
  out.not_null = not_null;
  return out;
}

TEST(Checkpoint, HoldsThePositionOfAnySource) {
  for (const std::string text :
       {"000004AF/B00000D0", "000004AF/B00000D0+0000001C", "mysql-bin.000012:0000004567@3e11fa47#3e11fa47:1-5", ""}) {
    const auto back = parse_checkpoint(checkpoint_text({text}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->text, text);
  }
  EXPECT_FALSE(parse_checkpoint("checkpoint:V1#34#00000132/0F000E48#0#0#*#0#121"));
}

TEST(ParkedRow, HoldsExecutableSqlAndBytesAsDigits) {
  const TargetTable table =
      table_of({column("id", "int", ValueForm::integer, 1, true), column("b", "blob", ValueForm::bytes, 2)},
               KeyDef{"pk", {0}});
  RowBatch batch;
  batch.layout = table.layout;
  batch.append_value("7");
  batch.append_value("\x01\xff");
  batch.end_row();
  const RowText text = row_text(batch, 0);
  const ParkedRow parked = parked_row(table, Op::insert, nullptr, &text);
  EXPECT_EQ(parked.statement, "INSERT INTO `d`.`u` ( `id`,`b` )  VALUES ('7',0x01ff)");
  EXPECT_EQ(parked.key, "id=7");
  EXPECT_EQ(parked.values, R"({"id":"7","b":"0x01ff"})");
  EXPECT_EQ(parked_row(table, Op::erase, &text, nullptr).statement, "DELETE FROM `d`.`u` WHERE `id`='7'");
}

TEST(PlainText, KeepsCharactersWholeAndTellsOtherBytes) {
  EXPECT_EQ(plain_text("a\xff\xc3\xa9", 100), "a\\xFF\xc3\xa9");
  EXPECT_EQ(plain_text("\xc3\xa9\xc3\xa9", 3), "\xc3\xa9");
  EXPECT_EQ(plain_text("\xed\xa0\x80", 100), "\\xED\\xA0\\x80");
}

TEST(CutText, says_how_long_it_was) {
  EXPECT_EQ(cut_text("abc\xff", 7), "abc\\xFF");
  EXPECT_EQ(cut_text(std::string(100, 'a'), 100), std::string(100, 'a'));
  const std::string mark = " (cut: 101 bytes in all)";
  EXPECT_EQ(cut_text(std::string(101, 'a'), 100), std::string(100 - mark.size(), 'a') + mark);
  EXPECT_TRUE(cut_text(std::string(50, '\xff'), 100).ends_with("\\xFF (cut: 50 bytes in all)"))
      << "longer when written";
}

TEST(DefinedObjects, AreReadFromShowCreateTable) {
  const auto found = defined_objects(
      "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  PRIMARY KEY (`a`),\n  UNIQUE KEY `u` (`b`,`c`(10) DESC),\n"
      "  KEY `i` (`b`) USING BTREE COMMENT 'x, y',\n  FULLTEXT KEY `f``g` (`d`),\n  CONSTRAINT `k` FOREIGN KEY (`b`) "
      "REFERENCES `p` (`id`) ON DELETE CASCADE\n) ENGINE=InnoDB");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].kind, "unique index");
  EXPECT_EQ(found[0].columns, (std::vector<std::string>{"b", "c(10)"}));
  EXPECT_EQ(found[1].definition, "KEY `i` (`b`) USING BTREE COMMENT 'x, y'");
  EXPECT_EQ(found[2].name, "f`g");
  EXPECT_EQ(found[3].kind, "foreign key");
  EXPECT_EQ(found[3].name, "k");
}

TEST(ForeignKeyDefinition, tells_its_columns_and_the_table_it_points_to) {
  const TableRef table{"shop", "t"};
  const KeyColumns plain = foreign_key_of(
      table, "CONSTRAINT `k` FOREIGN KEY (`b`) REFERENCES `p` (`id`) ON DELETE CASCADE ON UPDATE SET NULL");
  EXPECT_EQ(plain.name, "k");
  EXPECT_EQ(plain.other, (TableRef{"shop", "p"}));
  EXPECT_EQ(plain.columns, (std::vector<std::string>{"b"}));
  EXPECT_EQ(plain.other_columns, (std::vector<std::string>{"id"}));
  const KeyColumns odd = foreign_key_of(
      table, "CONSTRAINT `k``) REFERENCES ` FOREIGN KEY (`a, b`,`c)`) REFERENCES `d.b`.`p q` (`x``y`, `z`)");
  EXPECT_EQ(odd.name, "k`) REFERENCES ");
  EXPECT_EQ(odd.table, table);
  EXPECT_EQ(odd.other, (TableRef{"d.b", "p q"}));
  EXPECT_EQ(odd.columns, (std::vector<std::string>{"a, b", "c)"}));
  EXPECT_EQ(odd.other_columns, (std::vector<std::string>{"x`y", "z"}));
}

TEST(PrintedPieces, FollowThePlan) {
  TargetTable table =
      table_of({column("a", "int", ValueForm::integer, 1), column("b", "int", ValueForm::integer, 2)}, std::nullopt);
  TableDef layout = *table.layout;
  layout.columns[0].name = "x";
  layout.columns.pop_back();
  table.layout = std::make_shared<const TableDef>(layout);
  TableDef read = *table.source;
  read.columns.pop_back();
  table.read = std::make_shared<const TableDef>(read);
  using Kind = SqlPiece::Kind;
  const TableRef ref{"s", "t"};
  const std::vector<SqlPiece> pieces = {{Kind::text, "CREATE TABLE ", {}, {}},
                                        {Kind::table, "", ref, {}},
                                        {Kind::item, " (", {}, {}},
                                        {Kind::column, "b", ref, {}},
                                        {Kind::item, ", ", {}, {}},
                                        {Kind::column, "a", ref, {}},
                                        {Kind::text, " ", {}, {}},
                                        {Kind::type, "int", ref, {"a"}},
                                        {Kind::item, ", ", {}, {}},
                                        {Kind::constraint, "CHECK (`a` <> '`a`')", ref, {"a"}},
                                        {Kind::list_end, ")", {}, {}}};
  EXPECT_EQ(print_pieces(pieces, std::span(&table, 1)), "CREATE TABLE `d`.`u` (`x` int, CHECK (`x` <> '`a`'))");
  const std::vector<SqlPiece> left_out = {{Kind::text, "CREATE INDEX i ON t (", {}, {}},
                                          {Kind::column, "b", ref, {}}};
  EXPECT_EQ(print_pieces(left_out, std::span(&table, 1)), std::nullopt);
}

TEST(CreateTable, HasThePrimaryKeyAtOnceAndCountsUp) {
  const TargetTable table = table_of(
      {column("id", "bigint", ValueForm::integer, 1, true),
       column("ts", "timestamp", ValueForm::datetime_tz, 2, true), column("flag", "bit(1)", ValueForm::boolean, 3)},
      KeyDef{"pk", {0}});
  CarriedTable carried;
  carried.table = &table;
  for (const ColumnDef& one : table.layout->columns) carried.columns.push_back({&one, one.type, {}, false, ""});
  carried.columns[0].counts_up = true;
  carried.columns[2].default_value = {DefaultMeaning::Kind::literal, "t"};
  const ServerTraits mariadb{.mariadb = true, .version = 101100};
  EXPECT_EQ(create_table_sql(carried, mariadb, false),
            "CREATE TABLE `d`.`u` (`id` bigint NOT NULL AUTO_INCREMENT, `ts` timestamp NOT NULL DEFAULT 0, `flag` "
            "bit(1) NULL DEFAULT b'1', PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE "
            "utf8mb4_nopad_bin ROW_FORMAT=DYNAMIC");
  const ColumnDef sum = column("sum", "bigint", ValueForm::integer, 4);
  carried.columns.resize(1);
  carried.computed = {{&sum, 0, "`id` + 1", "it's"}, {&sum, 1, "`id` + 2", ""}};
  EXPECT_THAT(create_table_sql(carried, mariadb, false),
              testing::StartsWith("CREATE TABLE `d`.`u` (`sum` bigint GENERATED ALWAYS AS (`id` + 1) VIRTUAL COMMENT "
                                  "'it\\'s', `id` bigint NOT NULL AUTO_INCREMENT, `sum` bigint GENERATED ALWAYS AS "
                                  "(`id` + 2) VIRTUAL, PRIMARY KEY (`id`))"));
}

ObjectDef own_table() {
  using Kind = SqlPiece::Kind;
  const TableRef ref{"s", "t"};
  ObjectDef object;
  object.create = {{Kind::text, "CREATE TABLE ", {}, {}},
                   {Kind::table, "", ref, {}},
                   {Kind::item, " (", {}, {}},
                   {Kind::column, "id", ref, {}},
                   {Kind::text, " int", {}, {}},
                   {Kind::item, ", ", {}, {}},
                   {Kind::column, "b", ref, {}},
                   {Kind::text, " int", {}, {}},
                   {Kind::item, ", ", ref, {"id"}},
                   {Kind::text, "PRIMARY KEY", {}, {}},
                   {Kind::text, " (", {}, {}},
                   {Kind::column, "id", ref, {}},
                   {Kind::text, ")", {}, {}},
                   {Kind::item, ", ", ref, {"b"}},
                   {Kind::text, "CONSTRAINT `c` CHECK (", {}, {}},
                   {Kind::expression, "`b` > 0", ref, {}},
                   {Kind::text, ")", {}, {}},
                   {Kind::list_end, ")", {}, {}}};
  TableMeaning meaning;
  meaning.columns = {{"id", {}, true}, {"b"}};
  meaning.checks = {{"c", "`b` > 0"}};
  object.meaning = std::make_shared<const ObjectMeaning>(std::move(meaning));
  return object;
}

TEST(OwnObjects, APrimaryKeyOfARuleStandsInThePlaceOfTheSources) {
  const std::vector<ColumnDef> columns = {column("id", "int", ValueForm::integer, 1, true),
                                          column("b", "int", ValueForm::integer, 2, true)};
  const TargetTable ruled = table_of(columns, KeyDef{"pk", {1}, KeyDef::Origin::primary_key}),
                    same = table_of(columns, KeyDef{"PRIMARY", {0}});
  const std::string head = "CREATE TABLE `d`.`u` (`id` int, `b` int, ", check = "CONSTRAINT `c` CHECK (`b` > 0)";
  EXPECT_EQ(print_pieces(with_planned_key(own_table(), ruled), std::span(&ruled, 1)),
            head + check + ", PRIMARY KEY (`b`), KEY (`id`))");
  EXPECT_EQ(print_pieces(with_planned_key(own_table(), same), std::span(&same, 1)),
            head + "PRIMARY KEY (`id`), " + check + ")");
}

TEST(OwnObjects, ChecksWhoseNameIsTakenGetOneOfTheirTable) {
  const TargetTable table =
      table_of({column("id", "int", ValueForm::integer, 1, true), column("b", "int", ValueForm::integer, 2, true)},
               KeyDef{"PRIMARY", {0}});
  const ObjectDef object = own_table();
  const auto sql = print_pieces(with_own_checks(object, object.create, table), std::span(&table, 1));
  ASSERT_TRUE(sql);
  EXPECT_NE(sql->find("CONSTRAINT `u_c` CHECK (`b` > 0)"), std::string::npos);
}

}  // namespace
}  // namespace godwit::mysql
