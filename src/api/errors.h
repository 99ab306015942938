#pragma once
// One constructor per message of api/: what a request can be refused for before its handler sees it. Faults, but for
// bad_model.

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace godwit {

// A service model that cannot be read: a defect of the build.
Error bad_model(size_t line, std::string_view why);

// A body that is no JSON object.
Error not_a_json_object(std::string_view why);
Error wrong_content_type(std::string_view found);
// "1 validation error detected: Value 'x' at 'migrationType' failed to satisfy constraint: …"
Error validation_failed(std::span<const std::string> violations);

Error no_operation_named();  // neither an X-Amz-Target header nor another service's request
Error unknown_operation(std::string_view target, std::string_view prefix = "AmazonDMSv20160101.");
Error not_served_here(std::string_view method, std::string_view path);

// --auth none, and a Host that is not the loopback.
Error host_refused(std::string_view host);

Error unknown_filter(std::string_view name, std::string_view allowed);
Error too_many_filters(size_t given, size_t most);
Error too_many_filter_values(std::string_view name, size_t given, size_t most);
Error page_size_out_of_range(int64_t asked, int64_t least, int64_t most);
Error wrong_marker();

// An operation of the model that is not carried out. `fault_code`: what the model has for it.
Error operation_not_supported(std::string_view fault_code, std::string_view operation);
// What a client sees of an error that is the server's own; the log holds its words under the same id.
Error internal_failure(std::string_view request_id);

}  // namespace godwit
