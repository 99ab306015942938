#include "control/endpoint_kinds.h"

#include <algorithm>

#include "base/text.h"
#include "control/endpoint_faults.h"

namespace godwit {

Result<EndpointKind> endpoint_kind(const Environment& environment, std::string_view engine_name) {
  const std::string wanted = lower_ascii(trim(engine_name));
  for (Engine* engine : environment.engines) {
    const EndpointForm& form = engine->endpoint_form();
    for (const ServedEngine& one : form.engines)
      if (one.name == wanted) return EndpointKind{&one, &form, engine};
  }
  std::vector<std::string> known;
  for (const Engine* engine : environment.engines)
    for (const ServedEngine& one : engine->endpoint_form().engines) known.emplace_back(one.name);
  std::ranges::sort(known);
  return Failure(engine_refused(engine_name, join(known, ", ")));
}

std::vector<EndpointType> endpoint_types(const Environment& environment) {
  std::vector<EndpointType> out;
  for (const Engine* engine : environment.engines)
    for (const ServedEngine& one : engine->endpoint_form().engines)
      for (const std::string_view type : {"source", "target"})
        if (one.serves(endpoint_role(type)))
          out.push_back(
              {std::string(one.name), std::string(type), std::string(one.display_name), one.captures_changes});
  std::ranges::sort(out, {}, [](const EndpointType& one) { return std::pair(one.engine_name, one.type); });
  return out;
}

std::vector<const Attribute*> endpoint_settings(const EndpointKind& kind) {
  std::vector<const Attribute*> out;
  for (const Attribute& setting : login_settings()) out.push_back(&setting);
  for (const Attribute& attribute : kind.form->attributes)
    if (!attribute.only_in_uri) out.push_back(&attribute);
  std::ranges::sort(out, {}, [](const Attribute* one) { return one->name; });
  return out;
}

EndpointRole endpoint_role(std::string_view type) {
  return type == "target" ? EndpointRole::target : EndpointRole::source;
}

}  // namespace godwit
