// Bytes off the wire are refused with a reply, or give a request whose canonical form is one line a part and stays as
// it is when taken again.

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdlib>

#include "http/canonical_request.h"
#include "http/wire_message.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_one_line(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace http = boost::beast::http;
  http::request_parser<http::string_body> parser;
  parser.header_limit(32 << 10);
  parser.body_limit(8 << 20);
  parser.eager(true);
  boost::system::error_code failed;
  for (size_t at = 0; at < size && !parser.is_done();) {
    const size_t used = parser.put(boost::asio::const_buffer(data + at, size - at), failed);
    if (failed || used == 0) return 0;
    at += used;
  }
  if (!parser.is_done()) return 0;
  if (const auto complaint = godwit::complaint_of(parser.get())) {
    require(complaint->status == 400 && !complaint->body.empty());
    return 0;
  }
  const godwit::HttpRequest request = godwit::taken(parser.get(), "127.0.0.1");
  const std::string path = godwit::canonical_path(request.path()), query = godwit::canonical_query(request.query());
  require(is_one_line(path) && path.starts_with('/') && is_one_line(query));
  require(godwit::canonical_query(query) == query);
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers) {
    const std::string canonical = godwit::canonical_header_value(value);
    require(canonical.find('\n') == std::string::npos && godwit::canonical_header_value(canonical) == canonical);
    names.push_back(name);
  }
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  const std::string whole = godwit::canonical_request(request, names, "hash");
  require(std::ranges::count(whole, '\n') == static_cast<std::ptrdiff_t>(names.size()) + 5);
  return 0;
}
