#include "http/authorization_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/clock.h"
#include "base/text.h"
#include "http/errors.h"

namespace godwit {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> read_credential(std::string_view value, AuthorizationHeader& header) {
  const auto parts = split(value, '/');
  if (parts.size() != 5 || std::ranges::any_of(parts, &std::string::empty)) return Failure(credential_malformed());
  header.access_key_id = parts[0];
  header.date = parts[1];
  header.region = parts[2];
  header.service = parts[3];
  header.terminator = parts[4];
  return {};
}

Result<void> read_signed_headers(std::string_view value, AuthorizationHeader& header) {
  for (const std::string& name : split(value, ';')) {
    if (name.empty()) return Failure(authorization_part_malformed("SignedHeaders", "header names parted by ';'"));
    header.signed_headers.push_back(lower_ascii(name));
  }
  std::ranges::sort(header.signed_headers);
  const auto rest = std::ranges::unique(header.signed_headers);
  header.signed_headers.erase(rest.begin(), rest.end());
  return {};
}

// One "Name=value" of the header.
Result<void> read_part(std::string_view part, AuthorizationHeader& header) {
  const size_t equals = part.find('=');
  if (equals == std::string_view::npos) return Failure(authorization_not_pairs());
  const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
  if (name == "Credential") {
    if (!header.access_key_id.empty()) return Failure(authorization_part_twice(name));
    return read_credential(value, header);
  }
  if (name == "SignedHeaders") {
    if (!header.signed_headers.empty()) return Failure(authorization_part_twice(name));
    return read_signed_headers(value, header);
  }
  if (name == "Signature") {
    if (!header.signature.empty()) return Failure(authorization_part_twice(name));
    if (value.size() != 64 || !is_hex(value))
      return Failure(authorization_part_malformed(name, "64 lower-case hexadecimal digits"));
    header.signature = value;
    return {};
  }
  return Failure(authorization_part_unknown());
}

Result<void> require_parts(const AuthorizationHeader& header) {
  std::vector<std::string> missing;
  if (header.access_key_id.empty()) missing.emplace_back("Credential");
  if (header.signature.empty()) missing.emplace_back("Signature");
  if (header.signed_headers.empty()) missing.emplace_back("SignedHeaders");
  if (!missing.empty()) return Failure(authorization_parts_missing(missing));
  return {};
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "20260301T093005Z"
std::optional<int64_t> read_basic(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z' || !all_digits(text.substr(0, 8)) ||
      !all_digits(text.substr(9, 6)))
    return std::nullopt;
  int64_t us = 0;
  const std::string wide = fmt::format("{}-{}-{}T{}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                                       text.substr(9, 2), text.substr(11, 2), text.substr(13, 2));
  if (!parse_utc(wide, us)) return std::nullopt;
  return us / 1'000'000;
}

// "Sun, 01 Mar 2026 09:30:05 GMT"; the weekday is not looked at.
std::optional<int64_t> read_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto words = split(text, ' ');
  if (words.size() != 6) return std::nullopt;
  const auto month = std::ranges::find(months, words[2]);
  const bool is_utc = words[5] == "GMT" || words[5] == "UTC" || words[5] == "+0000" || words[5] == "-0000";
  if (month == months.end() || !is_utc) return std::nullopt;
  int64_t us = 0;
  if (!parse_utc(fmt::format("{}-{:02}-{:0>2}T{}", words[3], month - months.begin() + 1, words[1], words[4]), us))
    return std::nullopt;
  return us / 1'000'000;
}

}  // namespace

Result<AuthorizationHeader> parse_authorization(std::string_view header) {
  header = trim(header);
  if (!header.starts_with(algorithm) || (header.size() > algorithm.size() && header[algorithm.size()] != ' '))
    return Failure(authorization_algorithm_unknown());
  AuthorizationHeader parsed;
  for (const std::string& part : split(header.substr(algorithm.size()), ',')) {
    if (const std::string_view text = trim(part); !text.empty()) TRY(read_part(text, parsed));
  }
  TRY(require_parts(parsed));
  return parsed;
}

Result<SignedTime> signed_time(const HttpRequest& request) {
  const auto count = [&](std::string_view name) {
    return std::ranges::count_if(request.headers, [&](const auto& header) { return header.first == name; });
  };
  const std::string_view name = count("x-amz-date") > 0 ? "x-amz-date" : "date";
  if (count(name) > 1) return Failure(date_header_twice(name));
  const std::string* value = request.header(name);
  if (value == nullptr) return Failure(date_header_missing());
  auto seconds = read_basic(*value);
  if (!seconds && name == "date") seconds = read_http_date(*value);
  if (!seconds) return Failure(date_header_malformed(name));
  return SignedTime{basic_iso_seconds(*seconds), *seconds};
}

std::string basic_iso_seconds(int64_t seconds) {
  std::string text = iso_seconds(seconds * 1'000'000);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + 'Z';
}

}  // namespace godwit
