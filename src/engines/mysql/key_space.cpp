#include "engines/mysql/key_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "engines/mysql/filter_sql.h"
#include "engines/mysql/gtid_set.h"
#include "engines/mysql/splitting.h"

namespace godwit::mysql {
namespace {

std::string from_clause(const TableDef& table) {
  return fmt::format("{} FORCE INDEX ({})", quote_name(table.ref), quote_name(table.key->name));
}

std::string where(const std::string& condition) {
  return condition.empty() ? std::string() : " WHERE " + condition;
}

std::string in_order(const std::vector<std::string>& columns, bool descending) {
  std::vector<std::string> out;
  for (const std::string& column : columns) out.push_back(column + (descending ? " DESC" : ""));
  return join(out, ", ");
}

// Length of the common beginning, at a border of characters.
size_t common_bytes(std::string_view a, std::string_view b) {
  size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  while (at > 0 && at < a.size() && (static_cast<uint8_t>(a[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

constexpr std::string_view small_letters = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view capitals = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// Of the letters behind `from` up to `to`.
std::optional<char> letter_between(std::string_view alphabet, int from, int to) {
  std::string between;
  for (const char letter : alphabet)
    if (letter > from && letter <= to) between += letter;
  if (between.empty()) return std::nullopt;
  return between[between.size() / 2];
}

int byte_at(std::string_view text, size_t place) {
  return place < text.size() ? static_cast<int>(static_cast<uint8_t>(text[place])) : 0;
}

constexpr int past_ascii = 0x7F;

// What begins as `low` does up to `at`, and goes on behind it.
std::optional<std::string> text_behind(std::string_view alphabet, std::string_view low, size_t at) {
  if (at >= low.size() || byte_at(low, at) > past_ascii) return std::nullopt;
  const auto letter = letter_between(alphabet, byte_at(low, at + 1), past_ascii);
  if (!letter) return std::nullopt;
  return std::string(low.substr(0, at + 1)) + *letter;
}

// Between the first characters in which they differ, in digits and letters, as keys mostly are. Nothing but ASCII is
// made up: a literal that a column's character set does not have would keep the index from serving.
std::optional<std::string> text_middle(std::string_view alphabet, std::string_view low, std::string_view high) {
  const size_t at = common_bytes(low, high);
  if (const auto letter = letter_between(alphabet, byte_at(low, at), std::min(byte_at(high, at) - 1, past_ascii)))
    return std::string(high.substr(0, at)) + *letter;
  return text_behind(alphabet, low, at);  // neighbours
}

// `order`: the byte that counts first, and so on.
std::string uuid_middle(const Uuid& low, const Uuid& high, const std::array<size_t, 16>& order) {
  const auto bytes = [&order](const Uuid& uuid) {
    std::string out;
    for (const size_t at : order) out += static_cast<char>(uuid[at]);
    return out;
  };
  std::string middle = byte_middle(bytes(low), bytes(high));
  middle.resize(low.size(), '\0');
  Uuid out{};
  for (size_t i = 0; i < order.size(); ++i) out[order[i]] = static_cast<uint8_t>(middle[i]);
  return uuid_text(out);
}

using Wide = __int128;

std::optional<Wide> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 20) return std::nullopt;
  Wide out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  return negative ? -out : out;
}

std::string text_of(Wide value) {
  const bool negative = value < 0;
  if (negative) value = -value;
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return negative ? "-" + out : out;
}

bool is_moment(ValueForm form) {
  return form == ValueForm::date || form == ValueForm::datetime || form == ValueForm::datetime_tz;
}

}  // namespace

std::string byte_middle(std::string_view low, std::string_view high) {
  constexpr size_t taken = 6;
  size_t at = 0;
  while (at < low.size() && at < high.size() && low[at] == high[at]) ++at;
  const auto number = [at](std::string_view text) {
    uint64_t out = 0;
    for (size_t i = at; i < at + taken; ++i) out = out << 8U | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
    return out;
  };
  const uint64_t from = number(low), to = number(high);
  const uint64_t middle = from + (to - from + 1) / 2;
  std::string out(high.substr(0, at));
  for (size_t i = taken; i-- > 0;) out += static_cast<char>(middle >> (8 * i) & 0xFFU);
  return out;
}

std::vector<std::string> uuid_middles(std::string_view low, std::string_view high) {
  constexpr std::array<size_t, 16> as_text = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr std::array<size_t, 16> node_first = {10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3};
  const auto from = parse_uuid(low), to = parse_uuid(high);
  if (!from || !to) return {};
  return {uuid_middle(*from, *to, node_first), uuid_middle(*from, *to, as_text)};
}

std::vector<std::string> text_middles(std::string_view low, std::string_view high) {
  std::vector<std::string> out;
  const auto add = [&](std::optional<std::string> text) {
    if (text && std::ranges::find(out, *text) == out.end()) out.push_back(std::move(*text));
  };
  add(text_middle(small_letters, lower_ascii(low), lower_ascii(high)));
  add(text_middle(small_letters, low, high));
  add(text_middle(capitals, low, high));
  // Where letters with accents stand beside those without: behind the lower one's first letters.
  add(text_behind(small_letters, low, common_bytes(low, high)));
  add(text_behind(capitals, low, common_bytes(low, high)));
  return out;
}

std::optional<KeySpace> KeySpace::of(Connection& session, const TableDef& table) {
  if (!table.key) return std::nullopt;
  KeySpace out(session, table);
  for (const uint32_t index : table.key->columns) {
    const ColumnDef& column = table.columns[index];
    if (!key_literal(column.type, column.type.form == ValueForm::integer ? "0" : "1")) break;
    out.parts_.push_back(&column);
    out.names_.push_back(column.name);
    out.quoted_.push_back(quote_name(column.name));
  }
  if (out.parts_.empty()) return std::nullopt;
  return out;
}

std::vector<std::string> KeySpace::literals(const KeyValues& key) const {
  std::vector<std::string> out;
  for (size_t i = 0; i < key.size(); ++i) out.push_back(key_literal(parts_[i]->type, key[i]).value_or("NULL"));
  return out;
}

std::string KeySpace::from(const std::vector<std::string>& literals) const {
  return "(" + beside_key(quoted_, literals, KeySide::from) + ")";
}

std::string KeySpace::before(const std::vector<std::string>& literals) const {
  return "(" + beside_key(quoted_, literals, KeySide::before) + ")";
}

std::string KeySpace::up_to(const std::vector<std::string>& literals) const {
  return "(" + beside_key(quoted_, literals, KeySide::up_to) + ")";
}

Result<std::optional<KeyValues>> KeySpace::end(const std::string& condition, bool descending) {
  ++questions_;
  TableDef layout;
  for (const ColumnDef* part : parts_) layout.columns.push_back(*part);
  const Rows rows =
      TRY(session_->query(fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT 1", select_list(layout),
                                      from_clause(*table_), where(condition), in_order(quoted_, descending))));
  if (rows.empty()) return std::nullopt;
  RowBatch batch;
  batch.layout = std::make_shared<const TableDef>(layout);
  KeyValues out;
  for (size_t c = 0; c < parts_.size(); ++c) {
    if (rows.is_null(0, c) || !append_cell(cell_form(parts_[c]->type), rows.get(0, c), batch)) return std::nullopt;
    out.emplace_back(batch.bytes(batch.cells.back()));
  }
  return std::optional(std::move(out));
}

Result<std::optional<KeyValues>> KeySpace::first(const std::string& condition) {
  return end(condition, false);
}

Result<std::optional<KeyValues>> KeySpace::last(const std::string& condition) {
  return end(condition, true);
}

Result<uint64_t> KeySpace::estimate(const std::string& condition) {
  ++questions_;
  // Since MySQL 8.0.32 a session may have another format by default.
  const Rows rows = TRY(session_->query(fmt::format("EXPLAIN {}SELECT {} FROM {}{}",
                                                    session_->traits().mariadb ? "" : "FORMAT=TRADITIONAL ",
                                                    join(quoted_, ", "), from_clause(*table_), where(condition))));
  const std::optional<size_t> column = rows.column("rows");
  return rows.empty() || !column ? 0 : rows.unsigned_integer(0, *column);
}

Result<std::optional<std::string>> KeySpace::computed_middle(const std::string& sql) {
  ++questions_;
  const Rows rows = TRY(session_->query("SELECT " + sql));
  if (rows.empty() || rows.is_null(0, 0)) return std::nullopt;
  return std::optional(rows.text(0, 0));
}

Result<std::vector<std::string>> KeySpace::middles(const ColumnDef& column, const std::string& low,
                                                   const std::string& high) {
  std::vector<std::string> texts;
  const std::string low_literal = key_literal(column.type, low).value_or("NULL");
  const std::string high_literal = key_literal(column.type, high).value_or("NULL");
  const auto from = whole_number(low), to = whole_number(high);
  if (column.type.form == ValueForm::integer && from && to && *from < *to) {
    texts.push_back(text_of(*from + (*to - *from + 1) / 2));
  } else if (column.type.form == ValueForm::decimal || column.type.form == ValueForm::real) {
    const std::string sql = fmt::format("{} + ({} - {}) / 2", low_literal, high_literal, low_literal);
    if (const auto middle = TRY(computed_middle(sql))) texts.push_back(*middle);
  } else if (is_moment(column.type.form)) {
    const std::string sql =
        fmt::format("CAST({} AS DATETIME(6)) + INTERVAL (TIMESTAMPDIFF(MICROSECOND, {}, {}) DIV 2) MICROSECOND",
                    low_literal, low_literal, high_literal);
    if (const auto middle = TRY(computed_middle(sql))) texts.push_back(*middle);
  } else if (column.type.form == ValueForm::bytes) {
    texts.push_back(byte_middle(low, high));
  } else if (column.type.form == ValueForm::text) {
    texts = text_middles(low, high);
  } else if (column.type.form == ValueForm::uuid) {
    texts = uuid_middles(low, high);
  }
  // Of a key's last column it would cut off one row alone.
  if (&column != parts_.back()) texts.push_back(high);
  std::vector<std::string> out;
  for (const std::string& text : texts)
    if (const auto literal = key_literal(column.type, text)) out.push_back(*literal);
  return out;
}

Result<std::vector<std::vector<std::string>>> KeySpace::between(const KeyValues& low, const KeyValues& high) {
  size_t at = 0;
  while (at + 1 < low.size() && low[at] == high[at]) ++at;
  std::vector<std::vector<std::string>> out;
  for (std::string& middle : TRY(middles(*parts_[at], low[at], high[at]))) {
    out.push_back(literals({low.begin(), low.begin() + static_cast<std::ptrdiff_t>(at)}));
    out.back().push_back(std::move(middle));
  }
  return out;
}

}  // namespace godwit::mysql
