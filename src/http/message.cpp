#include "http/message.h"

#include <algorithm>

namespace godwit {

const std::string* HttpRequest::header(std::string_view lower_case_name) const {
  const auto found = std::ranges::find(headers, lower_case_name,
                                       [](const auto& header) -> const std::string& { return header.first; });
  return found == headers.end() ? nullptr : &found->second;
}

std::string_view HttpRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

}  // namespace godwit
