#include "engines/mysql/free_sequences.h"

#include <fmt/format.h>

#include <optional>

#include "engines/mysql/target_errors.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {
namespace {

Result<std::vector<TableRef>> sequence_names(Connection& session, const std::set<std::string>& schemas) {
  std::vector<TableRef> out;
  if (!session.traits().mariadb) return out;
  for (const std::string& schema : schemas) {
    const Rows rows = TRY(session.query(fmt::format(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'SEQUENCE' AND table_schema = "
        "{} AND table_name NOT LIKE 'awsdms\\_%' AND table_name NOT LIKE 'godwit\\_%' ORDER BY 1",
        quote_literal(schema))));
    for (size_t row = 0; row < rows.size(); ++row) out.push_back({schema, rows.text(row, 0)});
  }
  return out;
}

// Nothing: the user may not read it, or it is gone by now.
Result<std::optional<Rows>> facts_of(Connection& session, const TableRef& name) {
  auto rows = session.query(
      "SELECT start_value, minimum_value, maximum_value, increment, cache_size, cycle_option, next_not_cached_value "
      "FROM " +
      quote_name(name));
  if (rows && !rows->empty()) return std::optional<Rows>(std::move(*rows));
  if (!rows && rows.error().kind != ErrorKind::table) return Failure(rows.error());
  return std::nullopt;
}

ObjectDef sequence_object(const TableRef& name, const std::optional<Rows>& facts) {
  ObjectDef out;
  // What has no statement is told when everything else is built.
  out.phase = facts ? ObjectPhase::before_tables : ObjectPhase::comments;
  out.kind = "sequence";
  out.name = to_string(name);
  out.dialect = dialect;
  out.optional = true;
  if (!facts) return out;
  out.create = {{SqlPiece::Kind::text, "CREATE SEQUENCE ", {}, {}},
                {SqlPiece::Kind::relation, name.name, {name.schema, ""}, {}},
                {SqlPiece::Kind::text,
                 fmt::format(" START WITH {} MINVALUE {} MAXVALUE {} INCREMENT BY {} CACHE {} {}", facts->get(0, 0),
                             facts->get(0, 1), facts->get(0, 2), facts->get(0, 3), facts->get(0, 4),
                             facts->get(0, 5) == "0" ? "NOCYCLE" : "CYCLE"),
                 {},
                 {}}};
  return out;
}

}  // namespace

Result<std::vector<ObjectDef>> sequence_objects(Connection& session, const std::set<std::string>& schemas) {
  std::vector<ObjectDef> out;
  for (const TableRef& name : TRY(sequence_names(session, schemas)))
    out.push_back(sequence_object(name, TRY(facts_of(session, name))));
  return out;
}

Result<std::vector<SequenceState>> sequence_states(Connection& session, const std::set<std::string>& schemas) {
  std::vector<SequenceState> out;
  for (const TableRef& name : TRY(sequence_names(session, schemas))) {
    const std::optional<Rows> facts = TRY(facts_of(session, name));
    if (facts) out.push_back({name.schema, name.name, {}, {}, facts->integer(0, 6), false});
  }
  return out;
}

Result<bool> set_free_sequence(Connection& session, const SequenceState& sequence) {
  if (!session.traits().mariadb) return false;
  const TableRef name{sequence.schema, sequence.name};
  const Rows there = TRY(session.query(
      fmt::format("SELECT 1 FROM information_schema.tables WHERE table_type = 'SEQUENCE' AND table_schema = {} AND "
                  "table_name = {}",
                  quote_literal(name.schema), quote_literal(name.name))));
  if (there.empty()) return false;
  const std::optional<Rows> facts = TRY(facts_of(session, name));
  if (facts && (sequence.last_value < facts->integer(0, 1) || sequence.last_value > facts->integer(0, 2)))
    return Failure(errors::sequence_set_aside(to_string(name)));
  TRY(session.query(
      fmt::format("SELECT SETVAL({}, {}, {})", quote_name(name), sequence.last_value, sequence.is_called ? 1 : 0)));
  return true;
}

}  // namespace godwit::mysql
