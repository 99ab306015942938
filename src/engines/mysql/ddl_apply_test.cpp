#include "engines/mysql/ddl_apply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engines/mysql/native_type.h"

namespace godwit::mysql {
namespace {

constexpr uint64_t strict = 1U << 21U, ansi_quotes = 4;

CatalogColumn catalog_column(std::string type, std::string charset = "", std::string collation = "") {
  CatalogColumn out;
  out.column_type = std::move(type);
  out.data_type = out.column_type.substr(0, out.column_type.find_first_of("( "));
  out.charset = std::move(charset);
  out.collation = std::move(collation);
  if (out.column_type.starts_with("varchar")) out.length = 10;
  if (out.column_type.starts_with("decimal")) out.precision = 6, out.scale = 2;
  return out;
}

void add(TableDef& table, std::string name, const CatalogColumn& type, bool not_null = false) {
  ColumnDef& column = table.columns.emplace_back();
  column.name = std::move(name);
  column.type = type_of(type);
  column.not_null = not_null;
  column.number = ++table.last_number;
}

// d.t (id int(11) PRIMARY KEY, v varchar(10), p decimal(6,2), e enum('a','b')), texts of latin1.
TableDef table_before() {
  TableDef out;
  out.ref = {"d", "t"};
  out.log_id = 7;
  out.collation = "latin1_swedish_ci";
  add(out, "id", catalog_column("int(11)"), true);
  add(out, "v", catalog_column("varchar(10)", "latin1", "latin1_swedish_ci"));
  add(out, "p", catalog_column("decimal(6,2)"));
  add(out, "e", catalog_column("enum('a','b')", "latin1", "latin1_swedish_ci"));
  out.key = KeyDef{"PRIMARY", {0}};
  out.identity = RowIdentity::key;
  return out;
}

DdlServer server() {
  DdlServer out;
  out.kind = {true, 101106};
  out.collations = {
      {"utf8mb4", "utf8mb4_general_ci"}, {"latin1", "latin1_swedish_ci"}, {"utf8mb3", "utf8mb3_general_ci"}};
  return out;
}

SchemaChange applied(std::string_view sql, uint64_t mode = strict, const DdlServer& with = server()) {
  const auto statement = read_alter_table(sql, {with.kind, mode, "d"});
  if (!statement) return {};
  return apply_alter(*statement, table_before(), with, mode);
}

// "1 id int(11)! | 2 v varchar(10)=x REWRITTEN"; ! NOT NULL, = what old rows show.
std::string told(const SchemaChange& change) {
  std::string out;
  for (const ColumnDef& column : change.table.columns) {
    if (!out.empty()) out += " | ";
    const NativeType native = read_native(column.type);
    out += fmt::format("{} {} {}{}", column.number, column.name, native.column_type, column.not_null ? "!" : "");
    if (!native.charset.empty() && native.charset != "latin1") out += " " + native.collation;
    for (const ColumnOrigin& origin : change.origins)
      if (origin.number == column.number && origin.old_rows) out += "=" + *origin.old_rows;
  }
  if (change.rewritten) out += " REWRITTEN";
  if (change.replaced) out += " REPLACED";
  if (change.name != TableRef{"d", "t"}) out += " TO " + to_string(change.name);
  return out;
}

const std::string id = "1 id int(11)!", v = "2 v varchar(10)", p = "3 p decimal(6,2)", e = "4 e enum('a','b')";
const std::string same = id + " | " + v + " | " + p + " | " + e;

TEST(DdlApply, what_a_statement_makes_of_a_table_is_computed) {
  struct Case {
    std::string_view sql;
    std::string expected;
  };
  const Case cases[] = {
      {"alter table t add column n int", same + " | 5 n int(11)"},
      {"ALTER TABLE `d`.`t` ADD n INTEGER UNSIGNED NOT NULL DEFAULT 7", same + " | 5 n int(10) unsigned!=7"},
      {"alter table t add n smallint not null", same + " | 5 n smallint(6)!=0"},
      {"alter table t add column (a bool default true, b bit(3) default b'101')",
       same + " | 5 a tinyint(1)=1 | 6 b bit(3)=101"},
      {"alter table t add a varchar(5) charset utf8 default 'x''y' first",
       "5 a varchar(5) utf8mb3_general_ci=x'y | " + same},
      {"alter table t add a national character varying(5) after v comment 'no'", same + " REPLACED"},
      {"alter table t add a national character varying(5) comment 'a, (b' after v",
       id + " | " + v + " | 5 a varchar(5) utf8mb3_general_ci | " + p + " | " + e},
      {"alter table t add a decimal(8,3) default 1.5", same + " | 5 a decimal(8,3)=1.500"},
      {"alter table t add a decimal(8,3) default -.5", same + " | 5 a decimal(8,3)=-0.500"},
      {"alter table t add a datetime(3) default '2024-01-02 03:04:05.5'",
       same + " | 5 a datetime(3)=2024-01-02 03:04:05.500"},
      {"alter table t add a enum('x','y') not null", same + " | 5 a enum('x','y')!=x"},
      {"alter table t add a json", same + " | 5 a longtext utf8mb4_bin"},
      {"alter table t add a longtext collate utf8mb4_bin", same + " | 5 a longtext utf8mb4_bin"},
      // What the log does not show of old rows comes again.
      {"alter table t add a datetime default current_timestamp", same + " | 5 a datetime REWRITTEN"},
      {"alter table t add a date not null", same + " | 5 a date! REWRITTEN"},
      {"alter table t add a varchar(36) default (uuid())", same + " | 5 a varchar(36) REWRITTEN"},
      {"alter table t add a int default 1+1", same + " | 5 a int(11) REWRITTEN"},
      {"alter table t add a int as (id + 1) stored", same + " | 5 a int(11) REPLACED"},
      {"alter table t add a serial", same + " | 5 a bigint(20) unsigned! REWRITTEN REPLACED"},
      // Columns go, change and are renamed.
      {"alter table t drop column v, drop p", id + " | " + e},
      {"alter table t drop if exists gone", same},
      {"alter table t drop gone", same + " REPLACED"},
      {"alter table t rename column v to w", id + " | 2 w varchar(10) | " + p + " | " + e},
      {"alter table t change v p2 varchar(20), drop p, add p int",
       id + " | 2 p2 varchar(20) | " + e + " | 5 p int(11)"},
      {"alter table t change v p varchar(10), change p v decimal(6,2)",
       id + " | 2 p varchar(10) | 3 v decimal(6,2) | " + e},
      {"alter table t modify v varchar(50) not null first", "2 v varchar(50)! | " + id + " | " + p + " | " + e},
      {"alter table t modify V varchar(50) after E", id + " | " + p + " | " + e + " | 2 V varchar(50)"},
      {"alter table t modify id bigint auto_increment", "1 id bigint(20)! | " + v + " | " + p + " | " + e},
      {"alter table t modify p decimal(10,3), modify e enum('a','b','c')",
       id + " | " + v + " | 3 p decimal(10,3) | 4 e enum('a','b','c')"},
      {"alter table t modify v text", id + " | 2 v text | " + p + " | " + e},
      {"alter table t modify v varchar(5)", id + " | 2 v varchar(5) | " + p + " | " + e + " REWRITTEN"},
      {"alter table t modify p decimal(6,3)", id + " | " + v + " | 3 p decimal(6,3) | " + e + " REWRITTEN"},
      {"alter table t modify e enum('b','a')", id + " | " + v + " | " + p + " | 4 e enum('b','a') REWRITTEN"},
      {"alter table t modify p int", id + " | " + v + " | 3 p int(11) | " + e + " REWRITTEN"},
      {"alter ignore table t modify v varchar(10) not null", id + " | " + v + "! | " + p + " | " + e + " REWRITTEN"},
      {"alter table t convert to character set utf8mb4",
       id + " | 2 v varchar(10) utf8mb4_general_ci | " + p + " | 4 e enum('a','b') utf8mb4_general_ci"},
      {"alter table t default charset = utf8mb4, add w varchar(3)", same + " | 5 w varchar(3) utf8mb4_general_ci"},
      // Keys, partitions, and what is not understood.
      {"alter table t drop primary key, add primary key (v)", same + " REPLACED"},
      {"alter table t drop id", v + " | " + p + " | " + e + " REPLACED"},
      {"alter table t add index i (v), add unique key u (v, p), add constraint f foreign key (v) references x (y)",
       same},
      {"alter table t truncate partition p0", same + " REPLACED"},
      {"alter table t exchange partition p0 with table u without validation", same + " REPLACED"},
      {"alter table t add partition (partition p9 values less than (9))", same},
      {"alter table t partition by hash(id) partitions 4", same},
      {"alter table t add system versioning", same + " REPLACED"},
      {"alter table t frobnicate, add n int", same + " | 5 n int(11) REPLACED"},
      {"alter table t add n frob", same + " REPLACED"},
      {"alter table t engine=InnoDB row_format=dynamic comment='a, b' auto_increment = 9, algorithm=inplace, "
       "lock=none",
       same},
      {"alter table t order by v desc, id, force", same},
      // Names.
      {"alter table t rename to u", same + " TO d.u"},
      {"alter table t rename e.u, add n int", same + " | 5 n int(11) TO e.u"},
      {"alter table t /*!40000 add */ /*M!100100 n */ int -- , drop v", same + " | 5 n int(11)"},
      {"alter table t add `a``b` int, add `drop` int", same + " | 5 a`b int(11) | 6 drop int(11)"},
      {"alter table t alter v set default 'x', alter column p drop default", same},
  };
  for (const Case& c : cases) EXPECT_EQ(told(applied(c.sql)), c.expected) << c.sql;
  EXPECT_EQ(told(applied("alter table t add \"n x\" int", ansi_quotes)), same + " | 5 n x int(11)");
}

std::string keys(const KeyChanges& changes) {
  std::string out;
  for (const std::string& name : changes.dropped) out += "-" + name + " ";
  for (const ActingKey& key : changes.made) {
    out += fmt::format("+{} {} (", key.name, to_string(key.child));
    for (const auto& [own, other] : key.columns) out += own + ":" + other + " ";
    out += fmt::format(") {} {}/{} ", to_string(key.parent), key.on_delete, key.on_update);
  }
  return out;
}

TEST(DdlApply, tells_which_foreign_keys_come_and_go) {
  const auto of = [](std::string_view sql) { return keys(applied(sql).keys); };
  EXPECT_EQ(
      of("alter table t add constraint f foreign key i (v, p) references e.x (a, b) on update set null on delete "
         "cascade, add n int"),
      "+f d.t (v:a p:b ) e.x CASCADE/SET NULL ");
  EXPECT_EQ(
      of("alter table t add foreign key if not exists (v(3)) references x (a) match full on delete no action on "
         "update restrict"),
      "+ d.t (v:a ) d.x / ");
  EXPECT_EQ(of("alter table t drop foreign key f, drop constraint if exists g, rename to u"), "-f -g ");
  EXPECT_EQ(of("alter table t add (n int references x (a) on delete set default)"), "+ d.t (n:a ) d.x SET DEFAULT/ ");
  DdlServer mysql8 = server();
  mysql8.kind = {false, 80036};
  EXPECT_TRUE(applied("alter table t add n int references x (a) on delete cascade", strict, mysql8).keys.empty())
      << "it reads that and lets it be";
  EXPECT_TRUE(applied("alter table t add foreign key (v) frob").replaced);
}

TEST(DdlApply, without_strict_mode_values_may_be_cut) {
  EXPECT_EQ(told(applied("alter table t modify v varchar(10) not null", 0)),
            id + " | " + v + "! | " + p + " | " + e + " REWRITTEN");
  EXPECT_FALSE(applied("alter table t modify v varchar(10) not null", strict).rewritten);
}

TEST(DdlApply, widths_are_written_as_the_server_writes_them) {
  DdlServer mysql8 = server();
  mysql8.kind = {false, 80036};
  EXPECT_EQ(
      told(applied("alter table t add a int, add b tinyint(1), add c int(5) zerofill, add d year", strict, mysql8)),
      same + " | 5 a int | 6 b tinyint(1) | 7 c int(5) unsigned zerofill | 8 d year");
}

TEST(DdlApply, the_key_and_what_minimal_images_leave_out_move_along) {
  const SchemaChange change =
      applied("alter table t modify id bigint after e, add n int default 3, rename column p to q");
  ASSERT_TRUE(change.table.key);
  EXPECT_EQ(change.table.key->columns, (std::vector<uint32_t>{3}));
  EXPECT_EQ(change.table.columns[3].name, "id");
  EXPECT_EQ(change.table.columns.back().when_absent, ColumnDef::Absent::text);
  EXPECT_EQ(change.table.columns.back().absent_text, "3");
  EXPECT_EQ(change.log_id, 7U);
  EXPECT_EQ(change.was, (TableRef{"d", "t"}));
}

TEST(DdlApply, what_is_beside_the_rows_is_named) {
  const SchemaChange change = applied("alter table t add index i (v), alter v set default 'y', add check (v <> 'z')");
  EXPECT_EQ(change.notes.size(), 3U);
  EXPECT_EQ(change.table.columns[1].absent_text, "y");
  EXPECT_FALSE(change.replaced || change.rewritten);
}

TEST(DdlApply, rows_of_partitions_may_be_left_alone) {
  DdlServer ignoring = server();
  ignoring.ignores_partitions = true;
  const SchemaChange change = applied("alter table t drop partition p0", strict, ignoring);
  EXPECT_EQ(told(change), same);
  EXPECT_EQ(change.notes.size(), 1U);
  EXPECT_TRUE(applied("alter table t drop partition p0").replaced);
}

TEST(DdlApply, any_text_is_read_to_its_end) {
  const std::string sql =
      "alter table t add (a int default 'x', b enum('y'), key (a)), change v w varchar(3) after p, drop check c";
  for (size_t length = 0; length <= sql.size(); ++length) {
    applied(sql.substr(0, length));
    applied("alter table t " + sql.substr(length));
    applied("alter table t " + sql.substr(length) + ")(,'`\"" + sql.substr(0, length));
  }
}

}  // namespace
}  // namespace godwit::mysql
