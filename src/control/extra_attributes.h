#pragma once
// ExtraConnectionAttributes: "name=value;name=value" (spec/endpoints.md §5). A value ends at the next ';' and cannot
// hold one; only the first '=' splits; blanks around names, '=' and ';' go. Names are compared without regard to
// case; of a name that is given twice the last value holds.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/endpoint_form.h"

namespace godwit {

struct ExtraAttribute {
  std::string name, value;  // as they were written
};

using ExtraAttributes = std::vector<ExtraAttribute>;

// Each name must be one of the form's attributes or driver parameters, and its value one of the attribute's
// (InvalidParameterValueException: Unsupported value 'name' for extra connection attributes).
Result<ExtraAttributes> parse_extra_attributes(std::string_view text, const EndpointForm& form);

// "name=value;name=value;", which reads back as the same; empty for none.
std::string to_text(const ExtraAttributes& attributes);

// Where the name stands; the end: nowhere.
ExtraAttributes::iterator find_extra(ExtraAttributes& attributes, std::string_view name);

// Whether the attribute may have this value, of whatever form a user may write it in. The error is bad_attribute()'s.
Result<void> check_setting(const Attribute& attribute, std::string_view value);

// A value as the settings structures hold it: true or false for a flag, a number, one of DMS's words, a text. The
// value was checked before.
nlohmann::json setting_of(const Attribute& attribute, std::string_view value);
// And back, as a parameter of a URI.
std::string parameter_of(const nlohmann::json& setting);

}  // namespace godwit
