#include "store/server_facts.h"

namespace godwit {

Result<std::optional<std::string>> read_server_fact(Database& database, std::string_view name) {
  std::optional<std::string> value;
  TRY(database.each("SELECT value FROM server_facts WHERE name = ?", {name},
                    [&](const Row& row) { value = row.text(0); }));
  return value;
}

Result<void> write_server_fact(Database& database, std::string_view name, std::string_view value) {
  TRY(database.run("INSERT OR REPLACE INTO server_facts (name, value) VALUES (?, ?)", {name, value}));
  return {};
}

}  // namespace godwit
