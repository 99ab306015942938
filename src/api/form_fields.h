#pragma once
// The fields of an application/x-www-form-urlencoded body and of the query, as AWS query services take them.

#include <map>
#include <string>

#include "http/message.h"

namespace godwit {

// Query first, then the body when its content type is a form's; the last of one name wins. Total: a '%' that begins
// no code stands for itself. At most `fields_max` fields; further ones are left out.
std::map<std::string, std::string, std::less<>> form_fields(const HttpRequest& request, size_t fields_max = 1'000);

// & < > " ' and control characters of XML text, escaped or left out.
std::string xml_text(std::string_view text);

}  // namespace godwit
