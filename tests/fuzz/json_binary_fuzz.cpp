// Documents and differences of any bytes give text or a refusal. The first two bytes say where the differences begin.

#include <vector>

#include "engines/mysql/json_binary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t cut = 2 + (size_t{data[0]} << 8U | data[1]) % (size - 1);
  const std::vector<char> document(data + 2, data + cut), differences(data + cut, data + size);
  const std::string_view before(document.data(), document.size());
  godwit::ByteBuffer out;
  const auto reals = (data[0] & 1U) != 0 ? godwit::mysql::JsonReals::plain : godwit::mysql::JsonReals::with_point;
  godwit::mysql::append_json(out, before, reals);
  godwit::mysql::append_changed_json(out, before, {differences.data(), differences.size()}, reals);
  return 0;
}
