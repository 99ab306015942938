#pragma once
// Canonical text of one form to that of another (data/type.h), for columns whose type the target does not have.
// Chosen once when a table is planned; carried out for each cell.

#include <optional>
#include <string>
#include <string_view>

#include "data/type.h"

namespace godwit {

// What becomes of dates like 0000-00-00 and 2024-00-10 on a target that has none (Godwit.ZeroDates).
enum class ZeroDates : uint8_t {
  null,   // NULL, with a record in the exception tables
  error,  // the table is suspended
  first,  // 0001-01-01
};

enum class FormOutcome : uint8_t {
  value,     // in `out`
  no_value,  // the target has none like it; `why` says so without the value, as part of a sentence
  refused,   // the settings want no such value
};

// `out` points into `value` or `scratch`.
using FormChange = FormOutcome (*)(const Type& from, const Type& to, std::string_view value, std::string& scratch,
                                   std::string_view& out, std::string_view& why);

struct FormStep {
  FormChange change = nullptr;  // null: every value goes through as it is
  bool empties = false;         // values that were there may become NULL by the rules' own wish (ZeroDates::null)
};

// Nothing: no text of `from` is one of `to`.
std::optional<FormStep> form_step(const Type& from, const Type& to, ZeroDates zero_dates);

}  // namespace godwit
