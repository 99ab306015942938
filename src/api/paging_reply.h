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
  size_t bytes = 0;
  for (const Record& row : rows) {
    if (list.size() == page.limit || bytes >= page_bytes_max) {
      reply["Marker"] = make_marker(page, key_of(rows[list.size() - 1]));
      break;
    }
    list.push_back(to_json(row));
    bytes += bytes_of(list.back());
  }
  reply[std::string(member)] = std::move(list);
  return reply;
}

}  // namespace godwit
