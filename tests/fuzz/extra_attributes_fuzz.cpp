// Extra connection attributes of any bytes give pairs or a fault; what was read is written so that it reads back the
// same, and the URI made of it is one.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/extra_attributes.h"
#include "control/fake_engine.h"

namespace {

using namespace godwit;

Endpoint endpoint_with(const ExtraAttributes& pairs, std::string_view secret) {
  Endpoint out{"postgresql", std::string(secret), std::string(secret), "h", "1", std::string(secret), {}};
  for (const auto& [name, value] : pairs) out.parameters[name] = value;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pairs = parse_extra_attributes(text, fake::sql_form);
  if (!pairs) return 0;
  const std::string written = to_text(*pairs);
  const auto again = parse_extra_attributes(written, fake::sql_form);
  if (!again || to_text(*again) != written) std::abort();
  for (const auto& [name, value] : *pairs)
    if (const Attribute* attribute = find_attribute(fake::attributes, name))
      if (!check_setting(*attribute, parameter_of(setting_of(*attribute, value)))) std::abort();
  if (text.find('\0') != std::string_view::npos) return 0;  // no URI holds one
  const Endpoint endpoint = endpoint_with(*pairs, text);
  const auto parsed = parse_endpoint(uri_of(endpoint));
  if (!parsed || parsed->parameters != endpoint.parameters || parsed->password != endpoint.password) std::abort();
  return 0;
}
