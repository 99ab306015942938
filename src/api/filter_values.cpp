#include "api/filter_values.h"

#include <algorithm>

#include "base/text.h"

namespace godwit {

std::optional<std::vector<std::string>> filter_values(const std::vector<Filter>& filters, std::string_view name) {
  std::optional<std::vector<std::string>> values;
  for (const Filter& filter : filters) {
    if (filter.name != name) continue;
    if (!values)
      values = filter.values;
    else
      std::erase_if(*values, [&](const std::string& value) {
        return std::ranges::find(filter.values, value) == filter.values.end();
      });
  }
  return values;
}

std::optional<std::vector<std::string>> filter_identifiers(const std::vector<Filter>& filters,
                                                           std::string_view name) {
  auto values = filter_values(filters, name);
  if (values)
    for (std::string& value : *values) value = lower_ascii(value);
  return values;
}

std::optional<std::vector<std::string>> filter_ids(const Call& call, const std::vector<Filter>& filters,
                                                   std::string_view name, std::string_view arn_type) {
  const auto arns = filter_values(filters, name);
  if (!arns) return std::nullopt;
  std::vector<std::string> ids;
  for (const std::string& arn : *arns)
    if (auto id = id_of(call.environment.names, arn, arn_type)) ids.push_back(std::move(*id));
  return ids;
}

}  // namespace godwit
