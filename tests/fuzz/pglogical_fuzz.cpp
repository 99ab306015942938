// A stream of pglogical's of any bytes gives changes or an error (stream_checks.h).

#include "engines/postgres/pglogical.h"
#include "stream_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<godwit::CapturedTable> tables = godwit::fuzz::captured();
  godwit::postgres::PglogicalDecoder decoder(tables, {});
  godwit::fuzz::run(decoder, {reinterpret_cast<const char*>(data), size}, 'C');
  return 0;
}
