#pragma once
// The quirks of MariaDB and MySQL: a running server, named by GODWIT_TEST_SOURCE_URI or GODWIT_TEST_TARGET_URI (a
// user with every privilege), on which the database `s` and the control schema are this suite's. SQL goes through
// libmariadb directly, values as literals.
//
// How values are shown: bytes and shapes in hexadecimal, BIT in binary digits, FLOAT with all the digits of a double.

#include <mysql.h>

#include "quirks.h"

namespace godwit::conformance {

struct MysqlType {
  TypeCase type;
  std::string needs = {};  // a value of the type in SQL, where not every server has it
};

std::vector<MysqlType> mysql_types();

class MysqlSession {
 public:
  explicit MysqlSession(const Endpoint& endpoint);
  // Rows as text.
  std::vector<Row> query(const std::string& sql);
  // The text as a string literal.
  std::string literal(const std::string& text) const;

 private:
  std::unique_ptr<MYSQL, void (*)(MYSQL*)> connection_;
};

class MysqlQuirks : public Quirks {
 public:
  // Whether the end's variable names such a server.
  static bool serves(Side side);

  ~MysqlQuirks() override;
  std::optional<std::string> open(Side side) override;
  std::string family() const override { return "mysql"; }
  Engine& engine() override;
  Endpoint endpoint() override;
  std::optional<std::string> lacks(Ability ability) const override;
  std::string schema() const override { return "s"; }
  std::string integer_type() const override { return "int"; }
  std::string text_type() const override { return "longtext"; }
  std::vector<TypeCase> types(const std::vector<TypeCase>* wanted) override;
  Mapping shown_on(const std::string& family, const std::string& type) const override;
  size_t widest_table() const override { return 1017; }
  int64_t commit_time_step_us() const override { return 1000000; }  // MySQL 8 alone has more than seconds
  std::string large_value(char seed) const override;
  void create_table(const TableSpec& table) override;
  void drop_table(const TableSpec& table) override;
  void run(const std::vector<Statement>& transaction) override;
  void analyze(const TableSpec& table) override;
  void rewrite(const TableSpec& table) override;
  std::vector<Row> rows(const TableSpec& table) override;

  // Without an engine, for the test of the list of types. The variable must name a server.
  void connect(Side side);

 private:
  void clear();
  bool takes(const std::string& sql);
  std::string statement_sql(const Statement& statement) const;
  std::string where_sql(const Statement& statement) const;
  std::string literal(const std::string& type, const Value& value) const;

  Side side_ = Side::source;
  std::string server_;
  std::unique_ptr<MysqlSession> session_;
  mutable bool leaves_out_large_values_ = false;
};

}  // namespace godwit::conformance
