#pragma once
// What a stream does not tell of the tables in it, asked of the catalog by the reader's own look-up session: the
// names of types, relations by oid or name, and, for plugins that say nothing of structure, whether a captured table
// is still the one that was planned.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/source.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/stream_decoder.h"

namespace godwit::postgres {

// By oid: format_type(oid, NULL) of every type of the tables' columns.
Result<std::unordered_map<uint32_t, std::string>> read_type_names(Connection& session,
                                                                  std::span<const CapturedTable> tables);
Result<std::optional<RelationNow>> read_relation(Connection& session, uint32_t oid);
// 0: there is none of this name.
Result<uint32_t> find_relation(Connection& session, const TableRef& name);

// The names that relations have now, by oid; those that are gone are left out.
Result<std::map<uint32_t, TableRef>> names_now(Connection& session, std::span<const uint32_t> oids);

class CatalogWatch {
 public:
  struct Moved {
    uint32_t table = 0;
    std::string what;
  };
  explicit CatalogWatch(std::span<const CapturedTable> tables);
  // Tables that are no longer as they were at the first look, each told once.
  Result<std::vector<Moved>> look(Connection& session);

 private:
  std::vector<uint32_t> tables_;  // by line: the table whose relation or leaf it is
  std::vector<std::string> oids_, schemas_, names_;
  std::vector<std::string> seen_;  // by line: the description at the first look
  std::vector<bool> told_;         // by table
};

}  // namespace godwit::postgres
