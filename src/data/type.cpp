#include "data/type.h"

#include <array>

namespace godwit {

std::string_view to_string(TypeClass type) {
  static constexpr std::array<std::string_view, 21> names = {
      "boolean", "bytes", "date",    "time",  "datetime", "int1",   "int2",    "int4", "int8", "uint1", "uint2",
      "uint4",   "uint8", "numeric", "real4", "real8",    "string", "wstring", "blob", "clob", "nclob"};
  return names[static_cast<size_t>(type)];
}

}  // namespace godwit
