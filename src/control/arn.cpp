#include "control/arn.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <vector>

namespace godwit {

std::string make_arn(const Namespace& names, std::string_view type, std::string_view id) {
  return fmt::format("arn:{}:dms:{}:{}:{}:{}", names.partition, names.region, names.account, type, id);
}

std::optional<Arn> parse_arn(std::string_view text) {
  std::array<std::string, 6> parts;
  for (std::string& part : parts) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[1].empty() || parts[2] != "dms" || parts[5].empty() || text.empty())
    return std::nullopt;
  return Arn{parts[1], parts[3], parts[4], parts[5], std::string(text)};
}

std::optional<std::string> id_of(const Namespace& names, std::string_view arn, std::string_view type) {
  auto parsed = parse_arn(arn);
  if (!parsed || parsed->partition != names.partition || parsed->region != names.region ||
      parsed->account != names.account || parsed->type != type)
    return std::nullopt;
  return std::move(parsed->id);
}

std::string new_resource_id() {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::array<unsigned char, 24> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) std::abort();  // no entropy: no names, no keys
  std::string id;
  unsigned bits = 0, held = 0;
  for (const unsigned char byte : random) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 5; held -= 5) id += alphabet[bits >> (held - 5) & 31];
  }
  if (held > 0) id += alphabet[bits << (5 - held) & 31];
  return id;
}

}  // namespace godwit
