#include "data/row_batch.h"

namespace godwit {

std::string_view to_string(Encoding encoding) {
  switch (encoding) {
    case Encoding::canonical:
      return "canonical";
    case Encoding::pg_copy_text:
      return "pg_copy_text";
    case Encoding::pg_copy_binary:
      return "pg_copy_binary";
  }
  return "?";
}

}  // namespace godwit
