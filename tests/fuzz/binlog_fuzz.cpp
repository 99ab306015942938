// Events of any bytes give changes or an error: rows that are answered exist, parts cover the changes. The input is a
// run of events, each behind its length in two bytes; a length of zero hands the batch over. The first byte chooses
// the family.

#include <vector>

#include "base/byte_reader.h"
#include "engines/mysql/transactions.h"
#include "stream_checks.h"

namespace {

using namespace godwit;

std::vector<CapturedTable> tables() {
  std::vector<CapturedTable> out;
  for (const char* name : {"a", "b"}) {
    const auto def = std::make_shared<TableDef>();
    def->ref = {"d", name};
    def->columns = {{"id", {}}, {"v", {}}, {"j", {}}};
    out.push_back({def, def, {}});
  }
  out[1].from = {"bin.000001:0000000900"};
  return out;
}

std::vector<mysql::LogTable> facts() {
  const mysql::LogTable table{{mysql::facts_of("id", "int unsigned zerofill", ""),
                               mysql::facts_of("v", "varchar(50)", "gb18030"), mysql::facts_of("j", "json", "")},
                              true};
  return {table, {{table.columns[0], mysql::facts_of("v", "uuid", ""), table.columns[2]}, false}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  mysql::LogFormat format;
  format.maria = (data[0] & 1U) != 0;
  format.server_version = (data[0] & 2U) != 0 ? "5.7.1" : "8.0.1";
  const mysql::BinlogPosition after = *mysql::BinlogPosition::parse("bin.000001:4");
  mysql::LogDecoder decoder(tables(), facts(), {}, after, false);
  ChangeBatch batch;
  decoder.start_batch(batch);
  ByteReader in({reinterpret_cast<const char*>(data) + 1, size - 1});
  mysql::LogPlace place{"bin.000001", 4};
  uint16_t length = 0;
  while (in.u16(length)) {
    std::string_view bytes;
    if (!in.bytes(length, bytes)) break;
    if (length == 0) {
      fuzz::check(batch);
      decoder.start_batch(batch);
      decoder.go_on();
      continue;
    }
    // A copy of exactly its size, so that the sanitizer sees a read beyond it.
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const auto raw = mysql::read_event({exact.data(), exact.size()}, format, "");
    if (!raw) return 0;
    if (raw->header.type == mysql::EventType::format_description) {
      const auto told = mysql::read_format_description(raw->body, "");
      if (!told) return 0;
      format = *told;
      format.checksums = false;
    }
    mysql::LoggedEvent event{*raw, place, place};
    event.end.offset += length;
    place = event.end;
    if (!decoder.decode(event, format, batch)) return 0;
    while (decoder.has_more())
      if (!decoder.tell_more(batch)) return 0;
  }
  fuzz::check(batch);
  return 0;
}
