#include "engines/mysql/followed_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace godwit::mysql {
namespace {

struct LoggedAs {
  std::string_view data_type;
  ColumnType type, other;
};
// How the log writes what the catalog calls so. Types that are not listed may be written in any way.
constexpr LoggedAs logged_as[] = {
    {"tinyint", ColumnType::tiny, ColumnType::tiny},
    {"smallint", ColumnType::small, ColumnType::small},
    {"mediumint", ColumnType::int3, ColumnType::int3},
    {"int", ColumnType::int4, ColumnType::int4},
    {"bigint", ColumnType::int8, ColumnType::int8},
    {"decimal", ColumnType::new_decimal, ColumnType::new_decimal},
    {"float", ColumnType::float4, ColumnType::float4},
    {"double", ColumnType::double8, ColumnType::double8},
    {"bit", ColumnType::bit, ColumnType::bit},
    {"year", ColumnType::year, ColumnType::year},
    {"date", ColumnType::date, ColumnType::date},
    {"time", ColumnType::time2, ColumnType::time},
    {"datetime", ColumnType::datetime2, ColumnType::datetime},
    {"timestamp", ColumnType::timestamp2, ColumnType::timestamp},
    {"char", ColumnType::string, ColumnType::string},
    {"binary", ColumnType::string, ColumnType::string},
    {"varchar", ColumnType::varchar, ColumnType::maria_varchar_compressed},
    {"varbinary", ColumnType::varchar, ColumnType::maria_varchar_compressed},
    {"tinyblob", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"blob", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"mediumblob", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"longblob", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"tinytext", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"text", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"mediumtext", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"longtext", ColumnType::blob, ColumnType::maria_blob_compressed},
    {"enum", ColumnType::enumeration, ColumnType::enumeration},
    {"set", ColumnType::set, ColumnType::set},
    {"json", ColumnType::json, ColumnType::blob},
};

bool is_logged_as(std::string_view data_type, ColumnType type) {
  const auto* found = std::ranges::find(logged_as, data_type, &LoggedAs::data_type);
  return found == std::end(logged_as) || found->type == type || found->other == type;
}

}  // namespace

FollowedTables::FollowedTables(std::span<const CapturedTable> tables, std::span<const LogTable> facts,
                               bool fold_names)
    : tables_(tables.begin(), tables.end()), facts_(facts.begin(), facts.end()), fold_names_(fold_names) {
  facts_.resize(tables_.size());
  for (uint32_t t = 0; t < tables_.size(); ++t)
    by_name_[{folded(tables_[t].full->ref.schema), folded(tables_[t].full->ref.name)}] = t;
}

std::string FollowedTables::folded(std::string_view name) const {
  return fold_names_ ? lower_utf8(name) : std::string(name);
}

std::optional<uint32_t> FollowedTables::find(std::string_view schema, std::string_view name) const {
  const auto found = by_name_.find({folded(schema), folded(name)});
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::vector<uint32_t> FollowedTables::tables_of(std::string_view schema) const {
  std::vector<uint32_t> out;
  const std::string wanted = folded(schema);
  for (const auto& [ref, table] : by_name_)
    if (ref.schema == wanted) out.push_back(table);
  return out;
}

bool FollowedTables::follows_schema(std::string_view schema) const {
  const auto found = by_name_.lower_bound({folded(schema), ""});
  return found != by_name_.end() && found->first.schema == folded(schema);
}

const FollowedTables::Mapped* FollowedTables::find(uint64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

void FollowedTables::forget_ids() {
  constexpr size_t ids_max = 8192;  // ids are not told when they go
  if (by_id_.size() >= ids_max) by_id_.clear();
}

Result<const FollowedTables::Mapped*> FollowedTables::map(std::string_view body, const LogFormat& format,
                                                          std::string_view where) {
  const TableMapHead head = TRY(read_table_map_head(body, format, where));
  const auto known = by_id_.find(head.id);
  if (known != by_id_.end() && known->second->bytes == body) return known->second.get();
  auto mapped = std::make_unique<Mapped>();
  mapped->bytes = body;
  mapped->table = find(head.schema, head.name);
  if (mapped->table) TRY(fit(TRY(read_table_map(head, format, where)), format, *mapped));
  std::unique_ptr<Mapped>& place = by_id_[head.id];
  place = std::move(mapped);
  return place.get();
}

// Which column of the catalog each logged one is. What keeps them from fitting, empty when nothing does.
std::string FollowedTables::misfit(const TableMap& map, const LogTable& facts, std::vector<size_t>& fact_of) const {
  fact_of.clear();
  for (size_t c = 0; c < map.columns.size(); ++c) {
    if (!map.has_names) {
      fact_of.push_back(c);
      continue;
    }
    const auto found = std::ranges::find(facts.columns, *map.columns[c].name, &ColumnFacts::name);
    if (found == facts.columns.end()) return fmt::format("column \"{}\" is new", *map.columns[c].name);
    fact_of.push_back(static_cast<size_t>(found - facts.columns.begin()));
  }
  if (map.columns.size() != facts.columns.size())
    return fmt::format("the table has {} columns, not {}", map.columns.size(), facts.columns.size());
  for (size_t c = 0; c < map.columns.size(); ++c) {
    const ColumnFacts& fact = facts.columns[fact_of[c]];
    if (!is_logged_as(fact.data_type, map.columns[c].type))
      return fmt::format("column \"{}\" is no longer of type {}", fact.name, fact.data_type);
  }
  return {};
}

Result<void> FollowedTables::fit(const TableMap& map, const LogFormat& format, Mapped& out) const {
  const LogTable& facts = facts_[*out.table];
  const TableDef& layout = *tables_[*out.table].layout;
  std::vector<size_t> fact_of;
  out.misfit = misfit(map, facts, fact_of);
  if (!out.misfit.empty()) return {};
  for (size_t c = 0; c < map.columns.size(); ++c) {
    const ColumnFacts& fact = facts.columns[fact_of[c]];
    auto codec = make_codec(map.columns[c], fact, format);
    if (!codec) {  // the table alone cannot go on
      out.misfit = codec.error().message;
      return {};
    }
    out.plan.json_columns += codec->kind == ValueKind::json ? 1U : 0U;
    out.plan.codecs.push_back(*std::move(codec));
    const std::optional<uint32_t> column = find_column(layout, fact.name);
    out.plan.to_layout.push_back(column ? static_cast<int32_t>(*column) : -1);
  }
  return {};
}

}  // namespace godwit::mysql
