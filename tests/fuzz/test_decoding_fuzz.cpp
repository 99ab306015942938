// A stream of test_decoding's lines of any bytes gives changes or an error (stream_checks.h).

#include "engines/postgres/test_decoding.h"
#include "stream_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<godwit::CapturedTable> tables = godwit::fuzz::captured();
  static const godwit::postgres::DecoderServices services{{}, {}, {}, {{23, "integer"}, {25, "text"}}};
  constexpr size_t held_bytes = 200;  // so that transactions are skipped too
  godwit::postgres::TestDecodingDecoder decoder(tables, services, {}, held_bytes);
  godwit::fuzz::run(decoder, {reinterpret_cast<const char*>(data), size}, 'C');
  return 0;
}
