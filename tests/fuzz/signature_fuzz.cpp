// A request of any headers is refused with a fault of AWS's name, and taken only
// when its signature is right. The input: lines, of which the first two are method and target, then "name:value"
// lines; after an empty line the body.

#include <cstdlib>

#include "base/text.h"
#include "http/signature.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

std::string_view next_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

godwit::HttpRequest read_request(std::string_view input) {
  godwit::HttpRequest request;
  request.method = next_line(input);
  request.target = next_line(input);
  for (std::string_view line = next_line(input); !line.empty(); line = next_line(input)) {
    const size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(godwit::lower_ascii(line.substr(0, colon)),
                                 line.substr(std::min(colon + 1, line.size())));
  }
  request.body = input;
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static godwit::SignatureVerifier verifier({.replays_remembered_max = 100});
  const godwit::HttpRequest request = read_request({reinterpret_cast<const char*>(data), size});
  constexpr std::string_view services[] = {"dms", "service"};
  const godwit::KeyLookup any = [](std::string_view id) {
    return std::optional(
        godwit::SigningKey{.secret = std::string(secret), .session_token = id == "token" ? "session" : ""});
  };
  constexpr int64_t now_s = 1440938160;  // 20150830T123600Z
  const auto caller = verifier.verify(request, {services, true}, any, now_s);
  if (caller) {
    require(caller->date == "20150830" && !caller->region.empty());
    return 0;
  }
  const godwit::Error& error = caller.error();
  require(error.kind == godwit::ErrorKind::usage && error.code.ends_with("Exception"));
  require(!error.message.empty() && error.message.size() < 40'000);
  return 0;
}
