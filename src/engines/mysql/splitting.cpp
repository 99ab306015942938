#include "engines/mysql/splitting.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/catalog.h"
#include "engines/mysql/filter_sql.h"
#include "engines/mysql/key_space.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

constexpr uint64_t questions_at_least = 200, questions_a_slice = 40;

// Keys from `low` to `high`, both included and there when they were looked up.
struct Interval {
  KeyValues low, high;
  uint64_t rows = 0;
  bool done = false;  // it cannot be cut any more
};

class Cutter {
 public:
  Cutter(KeySpace& space, uint64_t rows_a_slice) : space_(space), rows_a_slice_(rows_a_slice) {}

  Result<std::vector<Interval>> cut(Interval whole) {
    const uint64_t questions_max = questions_at_least + questions_a_slice * (whole.rows / rows_a_slice_ + 1);
    std::list<Interval> all;
    all.push_back(std::move(whole));
    while (space_.questions() < questions_max) {
      auto largest = all.end();
      for (auto at = all.begin(); at != all.end(); ++at)
        if (!at->done && at->rows > rows_a_slice_ && (largest == all.end() || at->rows > largest->rows)) largest = at;
      if (largest == all.end()) break;
      auto right = TRY(halve(*largest));
      if (right)
        all.insert(std::next(largest), std::move(*right));
      else
        largest->done = true;
    }
    return std::vector<Interval>(all.begin(), all.end());
  }

 private:
  // Cuts `left` at a key near its middle and answers what lies from there on. Nothing: no such key was found.
  Result<std::optional<Interval>> halve(Interval& left) {
    if (left.low == left.high) return std::nullopt;
    const std::string from_low = space_.from(space_.literals(left.low));
    // A middle is a guess that may lie beyond the end, and behind the end another interval begins.
    const std::string inside = from_low + " AND " + space_.up_to(space_.literals(left.high));
    for (const std::vector<std::string>& middle : TRY(space_.between(left.low, left.high))) {
      const std::optional<KeyValues> key = TRY(space_.first(inside + " AND " + space_.from(middle)));
      if (!key || *key == left.low) continue;
      const std::vector<std::string> border = space_.literals(*key);
      const std::optional<KeyValues> last_before = TRY(space_.last(inside + " AND " + space_.before(border)));
      if (!last_before) continue;
      const auto rows_right = TRY(rows_of(*key, left.high));
      Interval right{*key, left.high, rows_right, false};
      // Rows came behind the end meanwhile, or went: what cannot be counted is not worth a slice.
      left.high = *last_before;
      left.rows = TRY(rows_of(left.low, left.high));
      return std::optional(std::move(right));
    }
    return std::nullopt;
  }

  Result<uint64_t> rows_of(const KeyValues& low, const KeyValues& high) {
    if (low == high) return uint64_t{1};
    return space_.estimate(space_.from(space_.literals(low)) + " AND " + space_.before(space_.literals(high)));
  }

  KeySpace& space_;
  uint64_t rows_a_slice_;
};

// Neighbours that fit one slice together are one. Answers the lowest keys of all but the first.
std::vector<KeyValues> borders(const std::vector<Interval>& intervals, uint64_t rows_a_slice) {
  std::vector<KeyValues> out;
  uint64_t rows = 0;
  for (size_t i = 0; i < intervals.size(); ++i) {
    if (i > 0 && rows + intervals[i].rows > rows_a_slice) {
      out.push_back(intervals[i].low);
      rows = 0;
    }
    rows += intervals[i].rows;
  }
  return out;
}

// The server's word that no row lies in two slices, whatever was guessed.
Result<bool> are_apart(KeySpace& space, const std::vector<KeyValues>& borders) {
  for (size_t i = 1; i < borders.size(); ++i) {
    const std::string both =
        space.before(space.literals(borders[i - 1])) + " AND " + space.from(space.literals(borders[i]));
    if (TRY(space.first(both))) return false;
  }
  return true;
}

Result<std::vector<KeyBounds>> key_bounds(Connection& session, const TableDef& table, uint64_t range_bytes) {
  std::vector<KeyBounds> out(1);
  std::optional<KeySpace> space = KeySpace::of(session, table);
  const Rows sizes = TRY(session.query(
      fmt::format("SELECT table_rows, data_length FROM information_schema.tables WHERE {} AND {}",
                  exact_name("table_schema", table.ref.schema), exact_name("table_name", table.ref.name))));
  if (sizes.empty()) return Failure(errors::rewritten(table.ref));
  const uint64_t bytes = sizes.unsigned_integer(0, 1);
  const uint64_t told_rows = std::max<uint64_t>(1, sizes.unsigned_integer(0, 0));
  if (!space || bytes <= range_bytes) return out;
  const uint64_t rows_a_slice = std::max<uint64_t>(1, range_bytes / std::max<uint64_t>(1, bytes / told_rows));
  const std::optional<KeyValues> low = TRY(space->first(""))
  , high = TRY(space->last(""));
  if (!low || !high) return out;
  const std::vector<Interval> intervals =
      TRY(Cutter(*space, rows_a_slice).cut({*low, *high, std::max(told_rows, rows_a_slice + 1), false}));
  const std::vector<KeyValues> cuts = borders(intervals, rows_a_slice);
  if (!TRY(are_apart(*space, cuts))) {
    log_warning(Component::source_unload, "{}", errors::slices_unordered(table.ref).message);
    return out;
  }
  for (const KeyValues& border : cuts) {
    out.back().to = space->literals(border);
    out.back().columns = space->columns();
    out.emplace_back();
    out.back().columns = space->columns();
    out.back().from = space->literals(border);
  }
  return out;
}

std::vector<TableRange> ranges_of(const TableDef& table, const std::vector<KeyBounds>& bounds,
                                  const std::string& storage) {
  std::vector<TableRange> out;
  for (const KeyBounds& one : bounds)
    out.push_back({table.ref, table.ref, static_cast<uint32_t>(out.size()), static_cast<uint32_t>(bounds.size()),
                   bounds_text(one), storage});
  return out;
}

Result<std::vector<std::string>> partition_names(Connection& session, const TableRef& table, bool sub) {
  const std::string column = sub ? "coalesce(subpartition_name, partition_name)" : "partition_name";
  const Rows rows = TRY(session.query(
      fmt::format("SELECT DISTINCT {} FROM information_schema.partitions WHERE {} AND {} AND partition_name IS NOT "
                  "NULL ORDER BY 1",
                  column, exact_name("table_schema", table.schema), exact_name("table_name", table.name))));
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.size(); ++i) out.push_back(rows.text(i, 0));
  return out;
}

Result<std::vector<KeyBounds>> partition_bounds(Connection& session, const TableDef& table, const ParallelLoad& how) {
  using Type = ParallelLoad::Type;
  const bool sub = how.type == Type::subpartitions_auto || !how.subpartitions.empty();
  std::vector<std::string> there = TRY(partition_names(session, table.ref, sub));
  if (there.empty()) return Failure(errors::no_partitions(table.ref));
  const std::vector<std::string>& asked = how.subpartitions.empty() ? how.partitions : how.subpartitions;
  std::vector<KeyBounds> out;
  if (how.type != Type::partitions_list) {
    for (std::string& name : there)
      out.push_back({.columns = {}, .from = {}, .to = {}, .partition = std::move(name), .where = {}});
    return out;
  }
  for (const std::string& name : asked) {
    if (std::ranges::find(there, name) == there.end()) return Failure(errors::no_partition(table.ref, name));
    out.push_back({.columns = {}, .from = {}, .to = {}, .partition = name, .where = {}});
  }
  return out;
}

// As the server names files: letters of ASCII, digits and _ as they are, others of ASCII as @ and four digits.
// Nothing: others are named by a table of the server's.
std::optional<std::string> file_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if ((static_cast<uint8_t>(c) & 0x80U) != 0) return std::nullopt;
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    out += plain ? std::string(1, c) : fmt::format("@{:04x}", static_cast<unsigned>(static_cast<uint8_t>(c)));
  }
  return out;
}

// InnoDB's numbers of the table, or of its partitions.
Result<std::optional<std::string>> innodb_numbers(Connection& session, const TableRef& table) {
  std::string name;
  if (session.traits().mariadb) {
    name = fmt::format(
        "CONCAT(CAST(CONVERT({} USING filename) AS BINARY), '/', CAST(CONVERT({} USING filename) AS BINARY))",
        quote_literal(table.schema), quote_literal(table.name));
  } else {
    const auto schema = file_name(table.schema), own = file_name(table.name);
    if (!schema || !own) return std::nullopt;
    name = quote_literal(*schema + "/" + *own);
  }
  const std::string_view view =
      session.traits().mariadb || session.traits().version < 80000 ? "INNODB_SYS_TABLES" : "INNODB_TABLES";
  // Where columns can be dropped at once, and others take their names, the rows' versions are counted.
  const bool counts_versions = !session.traits().mariadb && session.traits().version >= 80029;
  const Rows rows = TRY(session.query(fmt::format(
      "SELECT table_id, space, {2} FROM information_schema.{0} WHERE CAST(name AS BINARY) = {1} OR (CAST(LEFT(name, "
      "LENGTH({1})) AS BINARY) = {1} AND LOWER(SUBSTRING(name, LENGTH({1}) + 1, 3)) = '#p#') ORDER BY 1",
      view, name, counts_versions ? "total_row_versions" : "0")));
  std::string out;
  for (size_t i = 0; i < rows.size(); ++i)
    out += fmt::format("{}{}:{}:{}", i == 0 ? "" : ",", rows.get(i, 0), rows.get(i, 1), rows.get(i, 2));
  if (out.empty()) return std::nullopt;
  constexpr size_t written_max = 100;
  return out.size() > written_max ? hex64(fnv1a(out)) : out;
}

// Of the file, or the files of its partitions.
Result<std::string> file_id(Connection& session, const TableRef& table) {
  auto numbers = innodb_numbers(session, table);
  if (!numbers && (session.broken() || numbers.error().kind == ErrorKind::transient)) return Failure(numbers.error());
  if (numbers && *numbers) return **numbers;
  std::string out;
  // The data dictionary of 8.0 tells when a table was made; others tell when a file was.
  if (!session.traits().mariadb && session.traits().version >= 80000) {
    const Rows rows = TRY(
        session.query(fmt::format("SELECT create_time FROM information_schema.tables WHERE {} AND {}",
                                  exact_name("table_schema", table.schema), exact_name("table_name", table.name))));
    if (!rows.empty()) out = "made " + rows.text(0, 0);
  }
  // Slices may be partitions: one that is new is in none of them.
  const std::vector<std::string> partitions = TRY(partition_names(session, table, true));
  if (!partitions.empty()) out += " of " + hex64(fnv1a(join(partitions, "\n")));
  return out;
}

// A change of the dictionary alone lets the file be, and a column's name may mean another one then.
Result<std::string> columns_id(Connection& session, const TableRef& table) {
  const Rows rows = TRY(session.query(
      fmt::format("SELECT column_name, column_type FROM information_schema.columns WHERE {} AND {} ORDER BY "
                  "ordinal_position",
                  exact_name("table_schema", table.schema), exact_name("table_name", table.name))));
  std::string text;
  for (size_t i = 0; i < rows.size(); ++i) text += fmt::format("{}\n{}\n", rows.get(i, 0), rows.get(i, 1));
  return hex64(fnv1a(text));
}

}  // namespace

Result<std::string> storage_id(Connection& session, const TableRef& table) {
  const std::string file = TRY(file_id(session, table));
  return file + "/" + TRY(columns_id(session, table));
}

Result<std::vector<TableRange>> split_table(Connection& session, const TableDef& table, uint64_t range_bytes) {
  // First: what is rewritten between the two is noticed.
  const std::string storage = TRY(storage_id(session, table.ref));
  return ranges_of(table, TRY(key_bounds(session, table, range_bytes)), storage);
}

Result<std::vector<TableRange>> split_by_rule(Connection& session, const TableDef& table, const ParallelLoad& how) {
  const std::string storage = TRY(storage_id(session, table.ref));
  std::vector<KeyBounds> bounds(1);
  switch (how.type) {
    case ParallelLoad::Type::none:
      break;
    case ParallelLoad::Type::partitions_auto:
    case ParallelLoad::Type::subpartitions_auto:
    case ParallelLoad::Type::partitions_list:
      bounds = TRY(partition_bounds(session, table, how));
      break;
    case ParallelLoad::Type::ranges:
      bounds.clear();
      for (std::string& condition : TRY(segment_conditions(table, how)))
        bounds.push_back({.columns = {}, .from = {}, .to = {}, .partition = {}, .where = std::move(condition)});
      break;
  }
  return ranges_of(table, bounds, storage);
}

}  // namespace godwit::mysql
