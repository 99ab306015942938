#include "engines/mysql/binlog_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "engines/mysql/binlog_errors.h"

namespace godwit::mysql {
namespace {

bool parse_u64(std::string_view text, uint64_t& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty();
}

// What names of files and servers may hold.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '+' || c == '$' || (static_cast<uint8_t>(c) & 0x80U) != 0;
}

// "file:offset"; file names hold no colon.
bool parse_place(std::string_view text, LogPlace& out) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  out.file = text.substr(0, colon);
  return parse_u64(text.substr(colon + 1), out.offset) && file_number(out.file) &&
         std::ranges::all_of(out.file, is_plain);
}

// What stands behind `mark`, which is cut off `text`.
std::string_view cut_behind(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view out = text.substr(at + 1);
  text = text.substr(0, at);
  return out;
}

}  // namespace

std::string to_string(const LogPlace& place) {
  return fmt::format("{}:{}", place.file, place.offset);
}

std::optional<uint64_t> file_number(std::string_view file) {
  const size_t point = file.rfind('.');
  uint64_t number = 0;
  if (point == std::string_view::npos || !parse_u64(file.substr(point + 1), number)) return std::nullopt;
  return number;
}

std::partial_ordering compare(const LogPlace& a, const LogPlace& b) {
  if (a.file == b.file) return a.offset <=> b.offset;
  const std::optional<uint64_t> left = file_number(a.file), right = file_number(b.file);
  if (!left || !right || a.file.substr(0, a.file.rfind('.')) != b.file.substr(0, b.file.rfind('.')))
    return std::partial_ordering::unordered;
  return *left != *right ? *left <=> *right : a.offset <=> b.offset;
}

Result<BinlogPosition> BinlogPosition::parse(std::string_view text) {
  BinlogPosition out;
  std::string_view left = trim(text);
  std::string_view prepared = cut_behind(left, '!');
  out.xa_known = prepared.starts_with('!');
  if (out.xa_known) prepared.remove_prefix(1);
  const std::string_view gtids = cut_behind(left, '#');
  out.server = cut_behind(left, '@');
  const std::string_view steps = cut_behind(left, '/');
  uint64_t count = 0;
  if (!steps.empty() && (!parse_u64(steps, count) || count > UINT32_MAX))
    return Failure(errors::bad_position_text(text));
  out.steps = static_cast<uint32_t>(count);
  if (!parse_place(left, out.place) || !std::ranges::all_of(out.server, is_plain))
    return Failure(errors::bad_position_text(text));
  if (!prepared.empty() && !parse_place(prepared, out.prepared)) return Failure(errors::bad_position_text(text));
  out.gtids = TRY(GtidSet::parse(gtids));
  return out;
}

Position BinlogPosition::position() const {
  std::string text = fmt::format("{}:{:010}", place.file, place.offset);
  if (steps > 0) text += fmt::format("/{}", steps);
  if (!server.empty()) text += '@' + server;
  if (!gtids.empty()) text += '#' + gtids.text();
  if (xa_known) text += '!';
  if (xa_known || !prepared.empty()) text += '!';
  if (!prepared.empty()) text += to_string(prepared);
  return {std::move(text)};
}

std::partial_ordering compare(const BinlogPosition& a, const BinlogPosition& b) {
  std::partial_ordering order = std::partial_ordering::unordered;
  if (a.server == b.server || a.server.empty() || b.server.empty())
    order = compare(a.place, b.place);
  else if (!a.gtids.empty() && !b.gtids.empty())
    order = GtidSet::compare(a.gtids, b.gtids);
  return order == std::partial_ordering::equivalent ? a.steps <=> b.steps : order;
}

std::partial_ordering compare(const Position& a, const Position& b) {
  if (a.empty() || b.empty()) return !a.empty() <=> !b.empty();
  const auto left = BinlogPosition::parse(a.text), right = BinlogPosition::parse(b.text);
  if (!left || !right) return std::partial_ordering::unordered;
  return compare(*left, *right);
}

bool are_of_one_log(const Position& a, const Position& b) {
  const auto left = BinlogPosition::parse(a.text), right = BinlogPosition::parse(b.text);
  if (!left || !right) return a.empty() || b.empty() || a.text == log_end_text || b.text == log_end_text;
  return left->server == right->server || left->server.empty() || right->server.empty();
}

}  // namespace godwit::mysql
