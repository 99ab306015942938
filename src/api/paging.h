#pragma once
// Filters, pages and markers of the Describe calls (spec/api.md §1.2, §1.3).
//
// Use: read the filters, read the page, ask the store for page.limit + 1 rows from `after`, then answer with
// page_reply(), which cuts the last row off and makes the marker.

#include <optional>
#include <string>
#include <vector>

#include "api/call.h"

namespace godwit {

struct Filter {
  std::string name;
  std::vector<std::string> values;
};

// The call's Filters; a name that is not among `known` is InvalidParameterValueException,
// and so are more than 20 filters or 200 values of one. The values of one name that is given twice must hold for
// both.
Result<std::vector<Filter>> read_filters(const Call& call, std::initializer_list<std::string_view> known);

struct PageRequest {
  size_t limit = 100;
  std::vector<std::string> after;  // the sort key of the last row of the page before; empty: from the start
  std::string call_hash;           // of what a marker is valid for: operation and filters
};

// MaxRecords must be 20 to `most` (InvalidParameterValueException), Marker one of this call with these filters.
Result<PageRequest> read_page(const Call& call, size_t most = 100);

// The same for lists that are in order of creation; rows asked for: one more than the page holds.
ListPage list_page(const PageRequest& page);

std::string make_marker(const PageRequest& page, const std::vector<std::string>& key);

// About how long a value's text is.
size_t bytes_of(const nlohmann::json& value);
// A page ends with the row that reaches this, however many rows were asked for.
inline constexpr size_t page_bytes_max = size_t{16} << 20;

// {"<member>": rows, "Marker": …}. `rows` holds up to page.limit + 1; `key_of` answers a row's sort key.
// `nouns` is for the fault of a filtered call that matches nothing, on its first page; empty: it answers [].
template <class Record, class KeyOf, class ToJson>
Result<nlohmann::json> page_reply(const Call& call, const PageRequest& page, std::string_view member,
                                  std::vector<Record> rows, KeyOf key_of, ToJson to_json, std::string_view nouns);

}  // namespace godwit

#include "api/paging_reply.h"  // IWYU pragma: export
