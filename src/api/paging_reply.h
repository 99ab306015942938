#pragma once
// The template of api/paging.h.

#include "api/paging.h"
#include "control/faults.h"

namespace godwit {

template <class Record, class KeyOf, class ToJson>
Result<nlohmann::json> page_reply(const Call& call, const PageRequest& page, std::string_view member,
                                  std::vector<Record> rows, KeyOf key_of, ToJson to_json, std::string_view nouns) {
  const bool filtered = call.has("Filters") && !call.input["Filters"].empty();
  if (rows.empty() && filtered && page.after.empty() && !nouns.empty()) return Failure(nothing_matches(nouns));
  nlohmann::json reply = nlohmann::json::object();
  nlohmann::json list = nlohmann::json::array();
  const bool more = rows.size() > page.limit;
  if (more) rows.resize(page.limit);
  for (const Record& row : rows) list.push_back(to_json(row));
  if (more) reply["Marker"] = make_marker(page, key_of(rows.back()));
  reply[std::string(member)] = std::move(list);
  return reply;
}

}  // namespace godwit
