#include "check/data_types.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "check/gatherer.h"
#include "check/table_words.h"

namespace godwit {
namespace {

using Json = nlohmann::ordered_json;

// Text that only its own engine understands, also inside an array or range.
bool is_foreign(const Type& type) {
  if (type.form == ValueForm::array || type.form == ValueForm::range) return type.element == ValueForm::other;
  return type.form == ValueForm::other;
}

// "varchar" of "varchar(20) CHARACTER SET utf8mb4", "timestamp without time zone" of "timestamp(3) without time
// zone".
std::string type_name(const std::string& native) {
  std::string out;
  char quote = '\0';
  size_t depth = 0;
  for (const char c : native) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    }
    if (depth == 0) out += c;
    if (quote == '\0' && c == ')' && depth > 0) --depth;
  }
  const std::string words = lower_utf8(out);
  const size_t end = std::min(words.find(" character set "), words.find(" collate "));
  if (words.size() == out.size() && end != std::string::npos) out.resize(end);
  return out;
}

Json summary_of(std::span<const ColumnIssue> issues, bool partly) {
  std::set<std::string> types;
  size_t columns = 0;
  for (const ColumnIssue& issue : issues)
    if (issue.partly == partly) {
      types.insert(type_name(issue.type));
      ++columns;
    }
  return {{"data-type", types}, {"column-count", columns}};
}

Json schemas_of(std::span<const ColumnIssue> issues, const std::string& type, bool partly) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> found;
  for (const ColumnIssue& issue : issues)
    if (issue.partly == partly && type_name(issue.type) == type)
      found[issue.table.schema][issue.table.name].push_back(issue.column);
  Json out = Json::array();
  for (const auto& [schema, tables] : found) {
    Json list = Json::array();
    for (const auto& [table, columns] : tables) list.push_back({{"table-name", table}, {"columns", columns}});
    out.push_back({{"schema-name", schema}, {"tables", std::move(list)}});
  }
  return out;
}

}  // namespace

std::vector<ColumnIssue> column_issues(const TaskFacts& facts) {
  std::vector<ColumnIssue> out;
  for (const auto& [table, column] : facts.unsupported)
    out.push_back({table, column.name, column.type.native, false});
  const bool one_family = (facts.source_family == Family::postgres) == (facts.target_family == Family::postgres);
  if (one_family) return out;
  for (const CheckedTable& table : facts.tables)
    for (const ColumnDef& column : table.plan.source->columns)
      if (is_foreign(column.type) && is_moved(table, column))
        out.push_back({table.plan.source->ref, column.name, column.type.native, true});
  return out;
}

Result<std::vector<ColumnIssue>> assess_data_types(const AssessmentRequest& request, const std::stop_token& stop) {
  Gatherer gatherer(request, stop);
  TRY(gatherer.open());
  TRY(gatherer.bring(needs::plan));
  return column_issues(gatherer.facts());
}

Json to_json(std::string_view task_name, std::span<const ColumnIssue> issues) {
  Json types = Json::array();
  std::set<std::pair<bool, std::string>> told;
  for (const ColumnIssue& issue : issues) {
    const std::string type = type_name(issue.type);
    if (!told.emplace(issue.partly, type).second) continue;
    types.push_back({{"data-type", type},
                     {"support-level", issue.partly ? "partially-supported" : "not-supported"},
                     {"schemas", schemas_of(issues, type, issue.partly)}});
  }
  return {{"summary",
           {{"task-name", task_name},
            {"not-supported", summary_of(issues, false)},
            {"partially-supported", summary_of(issues, true)}}},
          {"types", std::move(types)}};
}

}  // namespace godwit
