// GTID sets of any text or bytes are refused, or come back as they were written; so do positions.

#include <cstdlib>

#include "engines/mysql/binlog_position.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using godwit::mysql::GtidSet;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto set = GtidSet::parse(input)) {
    const auto again = GtidSet::parse(set->text());
    if (!again || again->text() != set->text() || !set->contains(*again)) std::abort();
  }
  if (const auto set = GtidSet::decode(input)) {
    godwit::ByteBuffer bytes;
    set->encode(bytes);
    const auto again = GtidSet::decode(bytes.view());
    if (!again || !(*again == *set)) std::abort();
  }
  if (const auto position = godwit::mysql::BinlogPosition::parse(input)) {
    const auto again = godwit::mysql::BinlogPosition::parse(position->position().text);
    if (!again || again->position() != position->position()) std::abort();
  }
  return 0;
}
