#pragma once
// The faults that the API answers (spec/api.md §1.1), as errors: `code` is the name a client sees
// ("ResourceNotFoundFault"), `message` its text. An error of control/, store/ or below whose code is none of these
// becomes InternalFailure (500) in api/, with its text in the server's log; so whatever a caller can cause must be
// made here.

#include <string>
#include <string_view>

#include "base/error.h"

namespace godwit {

// Any fault by name, for those met in one place only; its caller is a named constructor in an errors.h or faults.cpp.
Error fault(std::string_view code, std::string message);

// By ARN or identifier: "Replication task could not be found." style. `noun`: "Replication task".
Error not_found(std::string_view noun, std::string_view which);
// A describe with filters that matches nothing: "No <nouns> found matching provided filters". `nouns`: "Tasks".
Error nothing_matches(std::string_view nouns);
Error already_exists(std::string_view noun, std::string_view identifier, std::string_view arn = {});
Error invalid_state(std::string message);
Error invalid_value(std::string message);
Error invalid_combination(std::string message);
Error quota_exceeded(std::string_view quota, int64_t limit);
Error access_denied(std::string_view principal_arn, std::string_view action, std::string_view resource);
Error not_supported(std::string_view operation, std::string_view why);

// Whether an error is one of the faults above, to be shown as it is.
bool is_fault(const Error& error);

}  // namespace godwit
