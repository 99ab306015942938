#include "engines/postgres/lsn.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view checkpoint_head = "checkpoint:V1#";

bool hex32(std::string_view text, uint64_t& out) {
  if (text.empty() || text.size() > 8) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc{} && end == text.data() + text.size();
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

std::optional<Position> parse_checkpoint(std::string_view text) {
  text = trim(text);
  std::string inner(text);
  if (text.starts_with(checkpoint_head)) {
    const std::vector<std::string> fields = split(text, '#');
    if (fields.size() != 8) return std::nullopt;
    inner = fields[2];
  }
  const std::optional<Lsn> lsn = parse_lsn(inner);
  if (!lsn) return std::nullopt;
  return lsn_position(*lsn);
}

std::string checkpoint_text(const Position& position) {
  return fmt::format("{}1#{}#0#0#*#0#0", checkpoint_head, position.text);
}

}  // namespace godwit::postgres
