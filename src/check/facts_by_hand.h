#pragma once
// For tests: the facts of a task that has nothing to find, and what makes a judgement find something.

#include <memory>
#include <string>

#include "check/facts.h"
#include "check/judgement.h"

namespace godwit {

// One table with a key, both ends of a family, everything as it should be.
inline TaskFacts plain_facts(Family source = Family::postgres, Family target = Family::postgres) {
  TaskFacts facts;
  facts.source_family = source;
  facts.target_family = target;
  facts.settings = *parse_settings("");
  facts.rules = default_rules();
  for (auto* server : {&facts.source, &facts.target}) {
    server->product = source == Family::postgres ? "PostgreSQL" : source == Family::mysql ? "MySQL" : "MariaDB";
    server->version = "1";
    server->version_number = source == Family::postgres ? 150004 : source == Family::mysql ? 80036 : 101106;
    server->user = "app";
  }
  facts.tables_there = 1;
  const TableRef name{"public", "orders"};
  facts.selection.tables = {{name, 0}};
  TableDef definition;
  definition.ref = name;
  definition.columns = {{.name = "id", .type = {.type_class = TypeClass::int8, .native = "bigint"}, .number = 1},
                        {.name = "body", .type = {.type_class = TypeClass::nclob, .native = "text"}, .number = 2}};
  definition.columns[0].type.form = ValueForm::integer;
  definition.columns[1].type.form = ValueForm::text;
  definition.key = KeyDef{"orders_pkey", {0}};
  definition.identity = RowIdentity::key;
  definition.estimated_rows = 1000;
  CheckedTable& table = facts.tables.emplace_back();
  table.plan.source = std::make_shared<const TableDef>(definition);
  table.plan.read = table.plan.source;
  table.plan.layout = table.plan.source;
  table.source.table = table.target.table = name;
  table.source.exists = true;
  table.source.replica_identity = "default";
  SurveyedIndex key;
  key.name = "orders_pkey";
  key.primary = key.unique = key.constraint = true;
  key.columns = {"id"};
  table.source.indexes = {key};
  table.target.indexes = {key};
  return facts;
}

inline const Assessment* find_assessment(const TaskFacts& facts, const std::string& name) {
  for (const Assessment& one : assessments())
    if (applies(one, facts.source_family, facts.target_family, facts.type) &&
        name_of(one, facts.source_family, facts.target_family) == name)
      return &one;
  return nullptr;
}

inline void no_source_key(TaskFacts& facts) {
  CheckedTable& table = facts.tables.front();
  TableDef keyless = *table.plan.source;
  keyless.key.reset();
  keyless.identity = RowIdentity::none;
  table.plan.source = table.plan.layout = std::make_shared<const TableDef>(keyless);
  table.source.indexes.clear();
}

inline void target_there(TaskFacts& facts) {
  facts.tables.front().target.exists = true;
}

}  // namespace godwit
