#include "api/paging.h"

#include <charconv>

#include "api/errors.h"
#include "base/base64.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr int64_t page_least = 20;
constexpr size_t filters_max = 20, filter_values_max = 200;

// Of what a page belongs to: the operation and everything that is asked but for the place.
std::string hash_of(const Call& call) {
  uint64_t hash = fnv1a(call.operation);
  for (const auto& [name, value] : call.input.items())
    if (name != "Marker" && name != "MaxRecords" && name != "NextToken")
      hash = fnv1a(value.dump(-1, ' ', false, json::error_handler_t::replace), fnv1a(name, hash));
  return hex64(hash);
}

// A marker's own hash, so that one with another key is noticed.
std::string hash_of(const std::string& call_hash, const std::vector<std::string>& key) {
  uint64_t hash = fnv1a(call_hash);
  for (const std::string& part : key) hash = fnv1a(part + '\0', hash);
  return hex64(hash);
}

Result<std::vector<std::string>> key_of_marker(const std::string& call_hash, std::string_view marker) {
  const auto text = from_base64(marker);
  if (!text) return Failure(wrong_marker());
  const auto parts = parse_json(*text, "marker");
  if (!parts || !parts->is_array() || parts->size() < 3 || (*parts)[0] != "v1") return Failure(wrong_marker());
  std::vector<std::string> key;
  for (size_t i = 2; i < parts->size(); ++i) {
    if (!(*parts)[i].is_string()) return Failure(wrong_marker());
    key.push_back((*parts)[i].get<std::string>());
  }
  if ((*parts)[1] != hash_of(call_hash, key)) return Failure(wrong_marker());
  return key;
}

}  // namespace

size_t bytes_of(const json& value) {
  constexpr size_t of_a_number = 16;
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  size_t bytes = of_a_number;
  if (value.is_array())
    for (const json& element : value) bytes += bytes_of(element);
  if (value.is_object())
    for (const auto& [name, member] : value.items()) bytes += name.size() + bytes_of(member);
  return bytes;
}

Result<std::vector<Filter>> read_filters(const Call& call, std::initializer_list<std::string_view> known) {
  std::vector<Filter> filters;
  const auto given = call.input.find("Filters");
  if (given == call.input.end() || !given->is_array()) return filters;
  if (given->size() > filters_max) return Failure(too_many_filters(given->size(), filters_max));
  for (const json& one : *given) {
    Filter filter{.name = one.value("Name", std::string()),
                  .values = one.value("Values", std::vector<std::string>())};
    if (std::ranges::find(known, filter.name) == known.end()) {
      const std::vector<std::string> names(known.begin(), known.end());
      return Failure(unknown_filter(filter.name, join(names, ", ")));
    }
    if (filter.values.size() > filter_values_max)
      return Failure(too_many_filter_values(filter.name, filter.values.size(), filter_values_max));
    filters.push_back(std::move(filter));
  }
  return filters;
}

Result<PageRequest> read_page(const Call& call, size_t most) {
  PageRequest page{.limit = 100, .after = {}, .call_hash = hash_of(call)};
  if (const auto asked = call.maybe_integer("MaxRecords")) {
    const int64_t least = call.environment.lenient_max_records ? 1 : page_least;
    if (*asked < least || *asked > static_cast<int64_t>(most))
      return Failure(page_size_out_of_range(*asked, least, static_cast<int64_t>(most)));
    page.limit = static_cast<size_t>(*asked);
  }
  const std::string marker = call.text("Marker");
  if (!marker.empty()) page.after = TRY(key_of_marker(page.call_hash, marker));
  return page;
}

ListPage list_page(const PageRequest& page) {
  ListPage list{.limit = static_cast<int64_t>(page.limit) + 1};
  if (page.after.size() < 2) return list;
  int64_t created_us = 0;
  const std::string& text = page.after[0];
  std::from_chars(text.data(), text.data() + text.size(), created_us);
  list.after_created_us = created_us;
  list.after_identifier = page.after[1];
  return list;
}

std::string make_marker(const PageRequest& page, const std::vector<std::string>& key) {
  json parts = {"v1", hash_of(page.call_hash, key)};
  for (const std::string& part : key) parts.push_back(part);
  return base64_url(parts.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace godwit
