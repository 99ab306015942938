#include "control/identifiers.h"

#include <algorithm>

#include "base/text.h"
#include "control/resource_faults.h"

namespace godwit {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_plain_name(std::string_view text) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, allowed) &&
         text.find("--") == std::string_view::npos && text.back() != '-';
}

}  // namespace

Result<std::string> read_identifier(std::string_view member, std::string_view text, size_t longest) {
  if (!is_plain_name(text) || text.size() > longest) return Failure(identifier_refused(member, text, longest));
  return lower_ascii(text);
}

Result<std::string> read_resource_identifier(std::string_view text) {
  constexpr size_t longest = 31;
  if (!is_plain_name(text) || text.size() > longest)
    return Failure(identifier_refused("ResourceIdentifier", text, longest));
  return std::string(text);
}

Result<std::string> read_subnet_group_identifier(std::string_view text) {
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-' || c == ' ';
  };
  std::string name = lower_ascii(text);
  if (name.empty() || name.size() > 255 || !std::ranges::all_of(name, allowed) || name == "default")
    return Failure(subnet_group_identifier_refused(text));
  return name;
}

Result<std::string> read_subscription_name(std::string_view text) {
  constexpr size_t longest = 254;
  if (!is_plain_name(text) || text.size() > longest)
    return Failure(identifier_refused("SubscriptionName", text, longest));
  return std::string(text);
}

}  // namespace godwit
