#include "http/canonical_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"

namespace godwit {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void append_encoded(std::string& out, std::string_view text, bool keeps_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c) || (keeps_slash && c == '/')) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit_value(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : digit_value(text[i + 2]);
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string encoded_anew(std::string_view text) {
  std::string out;
  append_encoded(out, decoded(text), false);
  return out;
}

std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  for (size_t from = 0; from <= path.size();) {
    const size_t end = std::min(path.find('/', from), path.size());
    const std::string_view segment = path.substr(from, end - from);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    from = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (kept.empty() || path.ends_with('/')) out += '/';
  return out;
}

std::string joined_values(const HttpRequest& request, std::string_view name) {
  std::string out;
  bool first = true;
  for (const auto& [header, value] : request.headers) {
    if (header != name) continue;
    if (!std::exchange(first, false)) out += ',';
    out += canonical_header_value(value);
  }
  return out;
}

}  // namespace

std::string canonical_path(std::string_view path) {
  std::string out;
  append_encoded(out, without_dot_segments(path), true);
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> members;
  for (size_t from = 0; from < query.size();) {
    const size_t end = std::min(query.find('&', from), query.size());
    const std::string_view member = query.substr(from, end - from);
    const size_t equals = std::min(member.find('='), member.size());
    if (!member.empty())
      members.emplace_back(encoded_anew(member.substr(0, equals)),
                           encoded_anew(member.substr(std::min(equals + 1, member.size()))));
    from = end + 1;
  }
  std::ranges::sort(members);
  std::string out;
  for (const auto& [name, value] : members) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string canonical_header_value(std::string_view value) {
  std::string out;
  bool gap = false;
  for (const char c : value) {
    if (is_space(c)) {
      gap = !out.empty();
      continue;
    }
    if (std::exchange(gap, false)) out += ' ';
    out += c;
  }
  return out;
}

std::string canonical_request(const HttpRequest& request, std::span<const std::string> signed_headers,
                              std::string_view payload_hash) {
  std::string out = request.method + '\n' + canonical_path(request.path()) + '\n' + canonical_query(request.query());
  out += '\n';
  for (const std::string& name : signed_headers)
    out.append(name).append(":").append(joined_values(request, name)).append("\n");
  out.append("\n").append(join(signed_headers, ";")).append("\n").append(payload_hash);
  return out;
}

}  // namespace godwit
