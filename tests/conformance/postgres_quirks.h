#pragma once
// PostgreSQL's quirks: a running server, named by GODWIT_TEST_SOURCE_URI (GODWIT_TEST_PGLOGICAL_URI where that plugin
// is tested) or GODWIT_TEST_TARGET_URI (superusers), and a database of its own for each test, which is dropped with
// it. SQL goes through libpq directly.

#include <libpq-fe.h>

#include "quirks.h"

namespace godwit::conformance {

// Types that need an extension or a build option of the server are left out where it has none, with a line on stdout.
struct PostgresType {
  TypeCase type;
  std::string_view needs;  // SQL that answers true where the server has it; empty: every server
};

std::vector<PostgresType> postgres_types();
// What the user-defined types of the list need, in schema "s".
std::string postgres_type_script();

// The JSON that a value of an array, range or composite type becomes; null for other types.
std::function<Value(const std::string&)> json_of(const std::string& type);

class PostgresSession {
 public:
  // `database` replaces the one of the URI, unless it is empty.
  PostgresSession(const std::string& uri, const std::string& database);
  void run(const std::string& sql) { query(sql, {}); }
  // Text parameters of no stated type; rows as text.
  std::vector<Row> query(const std::string& sql, const std::vector<Value>& parameters);
  int version() const { return PQserverVersion(connection_.get()) / 10000; }

 private:
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

class PostgresQuirks : public Quirks {
 public:
  // `plugin`: what captures changes, as the attribute PluginName says it.
  explicit PostgresQuirks(std::string plugin = "pgoutput") : plugin_(std::move(plugin)) {}
  ~PostgresQuirks() override;
  std::optional<std::string> open(Side side) override;
  std::string family() const override { return "postgres"; }
  Engine& engine() override;
  Endpoint endpoint() override;
  std::optional<std::string> lacks(Ability ability) const override;
  std::string schema() const override { return "s"; }
  std::string integer_type() const override { return "integer"; }
  std::string text_type() const override { return "text"; }
  std::vector<TypeCase> types(const std::vector<TypeCase>* wanted) override;
  Mapping shown_on(const std::string& family, const std::string& type) const override;
  size_t widest_table() const override { return 1600; }
  bool follows_full_identity() const override { return plugin_ != "pglogical"; }
  std::string large_value(char seed) const override;
  void create_table(const TableSpec& table) override;
  void drop_table(const TableSpec& table) override;
  void run(const std::vector<Statement>& transaction) override;
  void rewrite(const TableSpec& table) override;
  std::vector<Row> rows(const TableSpec& table) override;
  bool spells_otherwise(const std::string& type) const override;
  std::string respelled(const std::string& type, const std::string& value) override;

 private:
  std::optional<std::string> find_server();
  void make_database();
  void drop_database();
  std::optional<TypeCase> taken(const PostgresType& type);
  bool takes(const std::string& sql, const std::vector<Value>& parameters);

  std::string plugin_;
  Side side_ = Side::source;
  std::string server_, database_;
  std::unique_ptr<PostgresSession> session_;
};

}  // namespace godwit::conformance
