#pragma once
// PostgreSQL's quirks: two running servers, named by GODWIT_TEST_SOURCE_URI (GODWIT_TEST_PGLOGICAL_URI where that
// plugin is tested) and GODWIT_TEST_TARGET_URI (superusers), and databases of their own for each test, which are
// dropped with it. SQL goes through libpq directly.

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
  std::optional<std::string> open() override;
  Engine& engine() override;
  Endpoint endpoint(Side side) override;
  std::optional<std::string> lacks(Ability ability) const override;
  std::string schema() const override { return "s"; }
  std::string integer_type() const override { return "integer"; }
  std::string text_type() const override { return "text"; }
  std::span<const TypeCase> types() const override { return types_; }
  size_t widest_table() const override { return 1600; }
  bool follows_full_identity() const override { return plugin_ != "pglogical"; }
  std::string large_value(char seed) const override;
  void create_table(Side side, const TableSpec& table) override;
  void run(Side side, const std::vector<Statement>& transaction) override;
  void rewrite(const TableSpec& table) override;
  std::vector<Row> rows(Side side, const TableSpec& table) override;

 private:
  void open_side(Side side, const std::string& uri);
  void drop_side(Side side);
  void take_types();
  std::optional<PostgresType> on_both_servers(const PostgresType& type);
  bool takes(Side side, const std::string& sql, const std::vector<Value>& parameters);
  PostgresSession& session(Side side) const { return *sessions_[side == Side::source ? 0 : 1]; }
  std::string& uri(Side side) { return uris_[side == Side::source ? 0 : 1]; }

  std::string plugin_;
  std::string database_;
  std::string uris_[2];
  std::unique_ptr<PostgresSession> sessions_[2];
  std::vector<TypeCase> types_;
};

}  // namespace godwit::conformance
