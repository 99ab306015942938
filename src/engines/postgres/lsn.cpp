#include "engines/postgres/lsn.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view checkpoint_head = "checkpoint:V1#";
constexpr std::string_view own_head = "checkpoint:V1#1#", whole_tail = "#0#0#*#0#0";
constexpr size_t checkpoint_fields = 8;

bool hex32(std::string_view text, uint64_t& out) {
  if (text.empty() || text.size() > 8) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc{} && end == text.data() + text.size();
}

// Of another engine's source, whose text may hold anything.
std::optional<Position> parse_foreign_checkpoint(std::string_view text) {
  if (!text.starts_with(own_head) || !text.ends_with(whole_tail) ||
      text.size() <= own_head.size() + whole_tail.size())
    return std::nullopt;
  return Position{std::string(text.substr(own_head.size(), text.size() - own_head.size() - whole_tail.size()))};
}

}  // namespace

std::optional<Lsn> parse_lsn(std::string_view text) {
  const size_t slash = text.find('/');
  uint64_t high = 0, low = 0;
  if (slash == std::string_view::npos || !hex32(text.substr(0, slash), high) || !hex32(text.substr(slash + 1), low))
    return std::nullopt;
  return high << 32 | low;
}

std::string lsn_text(Lsn lsn) {
  return fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xFFFFFFFFU);
}

Position lsn_position(Lsn lsn) {
  return {fmt::format("{:08X}/{:08X}", lsn >> 32, lsn & 0xFFFFFFFFU)};
}

Position partial_position(Lsn lsn, uint64_t done) {
  Position position = lsn_position(lsn);
  if (done > 0) position.text += fmt::format("+{:08X}", done);
  return position;
}

std::optional<LogPlace> parse_place(const Position& position) {
  const std::string_view text = position.text;
  const size_t plus = text.find('+');
  const std::optional<Lsn> lsn = parse_lsn(text.substr(0, plus));
  if (!lsn) return std::nullopt;
  LogPlace place{*lsn, 0};
  if (plus != std::string_view::npos && !hex32(text.substr(plus + 1), place.done)) return std::nullopt;
  return place;
}

Lsn lsn_of(const Position& position) {
  const std::optional<LogPlace> place = parse_place(position);
  return place ? place->lsn : 0;
}

std::optional<Position> parse_checkpoint(std::string_view text) {
  text = trim(text);
  std::string inner(text);
  if (text.starts_with(checkpoint_head)) {
    const std::vector<std::string> fields = split(text, '#');
    if (fields.size() != checkpoint_fields) return std::nullopt;
    inner = fields[2];
  }
  const std::optional<Lsn> lsn = parse_lsn(inner);
  if (!lsn) return std::nullopt;
  return lsn_position(*lsn);
}

std::optional<Position> parse_own_checkpoint(std::string_view text) {
  const std::optional<Position> whole = parse_checkpoint(text);
  if (!whole) return parse_foreign_checkpoint(text);
  const std::string_view count = text.substr(text.rfind('#') + 1);
  uint64_t done = 0;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), done);
  if (error != std::errc{} || end != count.data() + count.size() || done > UINT32_MAX) return std::nullopt;
  return partial_position(lsn_of(*whole), done);
}

std::string checkpoint_text(const Position& position) {
  if (!position.empty() && !parse_place(position)) return fmt::format("{}{}{}", own_head, position.text, whole_tail);
  const LogPlace place = parse_place(position).value_or(LogPlace{});
  return fmt::format("{}1#{}#0#0#*#0#{}", checkpoint_head, lsn_position(place.lsn).text, place.done);
}

}  // namespace godwit::postgres
