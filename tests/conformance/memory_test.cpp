// The conformance suite on the memory engine.

#include <algorithm>
#include <atomic>
#include <map>

#include "engines/memory/engine.h"
#include "suite.h"

namespace godwit::conformance {
namespace {

constexpr size_t left_out_of_the_log = 2000;  // bytes from which an untouched value is not in an UPDATE's log record

std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

class MemoryQuirks : public Quirks {
 public:
  std::optional<std::string> open(Side side) override {
    static std::atomic<int> next = 0;
    side_ = side;
    name_ = "conformance_" + std::to_string(++next);
    if (side == Side::source) database().limit_changes_per_batch(7);
    return std::nullopt;
  }
  std::string family() const override { return "memory"; }
  Engine& engine() override { return memory_engine(); }
  Endpoint endpoint() override { return must(parse_endpoint("memory://local/" + name_)); }

  std::string schema() const override { return "s"; }
  std::string integer_type() const override { return "integer"; }
  std::string text_type() const override { return "text"; }
  size_t widest_table() const override { return 1600; }
  std::string large_value(char seed) const override { return std::string(10000, seed); }
  std::vector<TypeCase> types(const std::vector<TypeCase>* wanted) override {
    const std::vector<TypeCase> types = {
        {"text",
         {"", "a", "NULL", "\\N", "\\.", "\b\f\n\r\t\v\\", "'\"`", "äöü €", "\U0001F600",
          std::string(1U << 20U, 'x')}},
        {"bytes", {"", every_byte(), std::string(1, '\0'), "\xFF\xFE"}},
    };
    return wanted != nullptr ? *wanted : types;
  }

  void create_table(const TableSpec& spec) override {
    TableDef def;
    def.ref = spec.ref;
    for (const ColumnSpec& column : spec.columns) def.columns.push_back(column_of(column));
    if (!spec.key.empty()) def.key = key_of(def, spec.ref.name + "_pkey", spec.key);
    def.identity = spec.full_identity ? RowIdentity::full : def.key ? RowIdentity::key : RowIdentity::none;
    const bool parted = side_ == Side::source && !spec.leaves.empty();
    def.partitioned = parted;
    for (const std::string& leaf : parted ? spec.leaves : std::vector<std::string>())
      def.leaves.push_back({{spec.ref.schema, leaf}, 0});
    std::vector<KeyDef> unique;
    for (const auto& columns : spec.unique) unique.push_back(key_of(def, "unique_" + columns[0], columns));
    database().create_table(def, unique);
  }

  void run(const std::vector<Statement>& statements) override {
    MemoryTransaction transaction = database().begin();
    std::map<TableRef, std::vector<Row>> pending;  // rows as the transaction sees them so far
    for (const Statement& statement : statements) plan(statement, pending, transaction);
    must(transaction.commit());
  }

  void rewrite(const TableSpec& table) override { database().rewrite_table(table.ref); }
  std::vector<Row> rows(const TableSpec& table) override { return database().rows(table.ref); }

 private:
  MemoryDatabase& database() { return memory_database(name_); }

  static ColumnDef column_of(const ColumnSpec& spec) {
    ColumnDef column;
    column.name = spec.name;
    column.type.native = spec.type;
    column.not_null = spec.not_null;
    return column;
  }

  static KeyDef key_of(const TableDef& def, const std::string& name, const std::vector<std::string>& columns) {
    KeyDef key{name, {}};
    for (const std::string& column : columns) key.columns.push_back(find_column(def, column).value());
    return key;
  }

  // The partition a row belongs to, on the source; a row keeps its partition when its key stays.
  TableRef home_of(const TableSpec& table, const Row& row) const {
    if (side_ == Side::target || table.leaves.empty()) return table.ref;
    return {table.ref.schema, table.leaves[std::stoul(row[0].value()) % table.leaves.size()]};
  }

  static size_t column_index(const TableSpec& table, const std::string& name) {
    const auto at = std::ranges::find(table.columns, name, &ColumnSpec::name);
    return static_cast<size_t>(at - table.columns.begin());
  }

  static Row identity_of(const TableSpec& table, const Row& row) {
    if (table.key.empty()) return row;
    Row key;
    for (const std::string& name : table.key) key.push_back(row[column_index(table, name)]);
    return key;
  }

  static std::vector<std::string> untouched(const TableSpec& table, const Row& row, const Statement& statement) {
    std::vector<std::string> names;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool named =
          std::ranges::any_of(statement.set, [&](const auto& s) { return s.first == table.columns[i].name; });
      if (!named && row[i] && row[i]->size() >= left_out_of_the_log) names.push_back(table.columns[i].name);
    }
    return names;
  }

  void plan(const Statement& statement, std::map<TableRef, std::vector<Row>>& pending,
            MemoryTransaction& transaction) {
    const TableSpec& table = *statement.table;
    if (!pending.contains(table.ref)) pending[table.ref] = rows(table);
    std::vector<Row>& now = pending[table.ref];
    if (statement.op == Op::truncate) {
      now.clear();
      transaction.truncate(table.ref);
      return;
    }
    if (statement.op == Op::insert) {
      now.push_back(statement.row);
      transaction.insert(home_of(table, statement.row), statement.row);
      return;
    }
    const auto at =
        std::ranges::find_if(now, [&](const Row& row) { return identity_of(table, row) == statement.who; });
    if (at == now.end()) throw std::runtime_error("the test names a row that is not there");
    const TableRef home = home_of(table, *at);
    if (statement.op == Op::erase) {
      now.erase(at);
      transaction.erase(home, statement.who);
      return;
    }
    const std::vector<std::string> kept = untouched(table, *at, statement);
    for (const auto& [name, value] : statement.set) (*at)[column_index(table, name)] = value;
    transaction.update(home, statement.who, *at, kept);
  }

  Side side_ = Side::source;
  std::string name_;
};

std::unique_ptr<Quirks> memory() {
  return std::make_unique<MemoryQuirks>();
}

INSTANTIATE_TEST_SUITE_P(Memory, Conformance, testing::Values(PairUnderTest{"memory", memory, memory}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace godwit::conformance
