#include "engines/postgres/object_lookup.h"

#include <algorithm>
#include <array>

namespace godwit::postgres {
namespace {

// What a query's parameters are: $1 and, where it has one, $2.
enum class By {
  name,              // the object's printed name
  subject,           // the quoted name of what the statement makes
  subject_and_name,  // the quoted name of the table the statement is about, and the object's name
  schema_and_name,   // the schema of that table, and the object's name
};

struct Question {
  std::string_view kind;
  By by;
  const char* sql;
};

constexpr const char* type_sql = "SELECT to_regtype($1) IS NOT NULL";
constexpr const char* relation_sql = "SELECT to_regclass($1) IS NOT NULL";
constexpr const char* index_sql =
    "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('i', 'I'))";
constexpr const char* constraint_sql =
    "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = $2)";

// Without to_regcollation(), which came with 13.
constexpr const char* collation_sql =
    "SELECT EXISTS (SELECT FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace "
    "WHERE quote_ident(n.nspname) || '.' || quote_ident(l.collname) = $1)";

constexpr std::array questions = {
    Question{"extension", By::name, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1)"},
    Question{"enum type", By::name, type_sql},
    Question{"domain", By::name, type_sql},
    Question{"composite type", By::name, type_sql},
    Question{"range type", By::name, type_sql},
    Question{"collation", By::name, collation_sql},
    Question{"function", By::name, "SELECT to_regprocedure($1) IS NOT NULL"},
    Question{"sequence", By::subject, relation_sql},
    Question{"table", By::subject, relation_sql},
    Question{"partition", By::subject, relation_sql},
    Question{"index", By::schema_and_name, index_sql},
    Question{"unique index", By::schema_and_name, index_sql},
    Question{"primary key", By::subject,
             "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p')"},
    Question{"unique constraint", By::subject_and_name, constraint_sql},
    Question{"exclusion constraint", By::subject_and_name, constraint_sql},
    Question{"check", By::subject_and_name, constraint_sql},
    Question{"foreign key", By::subject_and_name, constraint_sql},
    Question{"trigger", By::subject_and_name,
             "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = $2)"},
    Question{"statistics", By::schema_and_name,
             "SELECT EXISTS (SELECT FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace "
             "WHERE n.nspname = $1 AND s.stxname = $2)"},
};

// The first table or relation the statement names is the one it is about.
TableRef subject_of(const ObjectDef& object, const PlanNames& names) {
  const auto found = std::ranges::find_if(object.create, [](const SqlPiece& piece) {
    return piece.kind == SqlPiece::Kind::table || piece.kind == SqlPiece::Kind::relation;
  });
  if (found == object.create.end()) return names.table(object.table);
  if (found->kind == SqlPiece::Kind::table) return names.table(found->table);
  return {names.schema(found->table), found->text};
}

std::vector<std::string> parameters_of(const ObjectDef& object, const PlanNames& names, By by) {
  const TableRef subject = subject_of(object, names);
  switch (by) {
    case By::name:
      return {object.name};
    case By::subject:
      return {quote_name(subject)};
    case By::subject_and_name:
      return {quote_name(subject), object.name};
    case By::schema_and_name:
      return {subject.schema, object.name};
  }
  return {};
}

Result<bool> is_validated(Connection& connection, const std::vector<std::string>& parameters) {
  const Rows rows = TRY(connection.query(
      "SELECT convalidated FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = $2", parameters));
  return !rows.empty() && rows.boolean(0, 0);
}

}  // namespace

Result<Presence> look_up(Connection& connection, const ObjectDef& object, const PlanNames& names) {
  const auto question = std::ranges::find(questions, object.kind, &Question::kind);
  if (question == questions.end()) return Presence::absent;
  const std::vector<std::string> parameters = parameters_of(object, names, question->by);
  const Rows rows = TRY(connection.query(question->sql, parameters));
  if (!rows.boolean(0, 0)) return Presence::absent;
  if (object.kind != "foreign key" || object.then.empty()) return Presence::there;
  const bool validated = TRY(is_validated(connection, parameters));
  return validated ? Presence::there : Presence::half_built;
}

}  // namespace godwit::postgres
