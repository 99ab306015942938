#include "api/filter_values.h"

#include <algorithm>

#include "base/text.h"

namespace godwit {

std::vector<std::string> in_lower_case(std::vector<std::string> values) {
  for (std::string& value : values) value = lower_ascii(value);
  return values;
}

std::vector<std::string> ids_of(const Call& call, const std::vector<std::string>& arns, std::string_view type) {
  std::vector<std::string> out;
  for (const std::string& arn : arns)
    if (auto id = id_of(call.environment.names, arn, type)) out.push_back(std::move(*id));
  return out;
}

void narrow(std::optional<std::vector<std::string>>& wanted, std::vector<std::string> values) {
  if (wanted)
    std::erase_if(values,
                  [&](const std::string& value) { return std::ranges::find(*wanted, value) == wanted->end(); });
  wanted = std::move(values);
}

std::optional<std::vector<std::string>> filter_values(const std::vector<Filter>& filters, std::string_view name) {
  std::optional<std::vector<std::string>> values;
  for (const Filter& filter : filters)
    if (filter.name == name) narrow(values, filter.values);
  return values;
}

std::optional<std::vector<std::string>> filter_identifiers(const std::vector<Filter>& filters,
                                                           std::string_view name) {
  std::optional<std::vector<std::string>> values;
  for (const Filter& filter : filters)
    if (filter.name == name) narrow(values, in_lower_case(filter.values));
  return values;
}

std::optional<std::vector<std::string>> filter_ids(const Call& call, const std::vector<Filter>& filters,
                                                   std::string_view name, std::string_view arn_type) {
  const auto arns = filter_values(filters, name);
  return arns ? std::optional(ids_of(call, *arns, arn_type)) : std::nullopt;
}

}  // namespace godwit
