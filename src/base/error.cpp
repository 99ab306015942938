#include "base/error.h"

namespace godwit {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::prerequisite:
      return "prerequisite";
    case ErrorKind::connection:
      return "connection";
    case ErrorKind::transient:
      return "transient";
    case ErrorKind::resource:
      return "resource";
    case ErrorKind::data:
      return "data";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::table:
      return "table";
    case ErrorKind::superseded:
      return "superseded";
    case ErrorKind::snapshot_lost:
      return "snapshot_lost";
    case ErrorKind::stopped:
      return "stopped";
    case ErrorKind::fatal:
      return "fatal";
  }
  return "fatal";
}

bool is_recoverable(const Error& error) {
  return error.kind == ErrorKind::connection || error.kind == ErrorKind::transient ||
         error.kind == ErrorKind::resource || error.kind == ErrorKind::superseded ||
         error.kind == ErrorKind::snapshot_lost;  // a later snapshot serves
}

const std::string& words_for_exceptions(const Error& error) {
  return error.said.empty() ? error.message : error.said;
}

Error in_context(Error error, std::string_view context) {
  error.message = std::string(context) + ": " + error.message;
  return error;
}

}  // namespace godwit
