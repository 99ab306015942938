#include "engines/mysql/maria_columns.h"

#include <arpa/inet.h>
#include <zlib.h>

#include <cstring>

#include "base/hex.h"
#include "engines/mysql/binlog_compression.h"
#include "engines/mysql/binlog_values.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

template <size_t size>
bool fill(char (&to)[size], std::string_view raw) {
  if (raw.size() > size) return false;
  std::memset(to, 0, size);
  std::memcpy(to, raw.data(), raw.size());
  return true;
}

bool append_address(ByteBuffer& out, int family, const char* bytes) {
  char text[INET6_ADDRSTRLEN];
  if (::inet_ntop(family, bytes, text, sizeof(text)) == nullptr) return false;
  out.append(std::string_view(text));
  return true;
}

// One byte: method (0 as it is, 8 zlib), whether the stream has no frame, and how many bytes say the length.
bool expand(std::string_view raw, std::string& out) {
  constexpr unsigned method_zlib = 8, raw_stream = 8;
  LogReader in(raw);
  uint8_t head = 0;
  uint64_t size = 0;
  if (!in.u8(head)) return true;  // the empty value has no head
  if (head == 0) {
    out = in.rest();
    return true;
  }
  const size_t width = head & 7U;
  if (head >> 4U != method_zlib || width < 1 || width > 4 || !in.big_endian(width, size)) return false;
  if (size > event_bytes_max || size / 1100 > in.left()) return false;
  out.resize(size);
  z_stream stream{};
  if (::inflateInit2(&stream, (head & raw_stream) != 0 ? -MAX_WBITS : MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.rest().data()));
  stream.avail_in = static_cast<uInt>(in.left());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(size);
  const int status = ::inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.total_out == size;
  ::inflateEnd(&stream);
  return whole;
}

}  // namespace

bool append_uuid(ByteBuffer& out, std::string_view raw) {
  char bytes[16];
  if (!fill(bytes, raw)) return false;
  size_t at = 0;
  for (const size_t length : {4U, 2U, 2U, 2U, 6U}) {
    if (at > 0) out.push_back('-');
    append_hex(out, {bytes + at, length});
    at += length;
  }
  return true;
}

bool append_inet4(ByteBuffer& out, std::string_view raw) {
  char bytes[4];
  return fill(bytes, raw) && append_address(out, AF_INET, bytes);
}

bool append_inet6(ByteBuffer& out, std::string_view raw) {
  char bytes[16];
  return fill(bytes, raw) && append_address(out, AF_INET6, bytes);
}

bool append_compressed(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  std::string expanded;
  if (!expand(raw, expanded)) return false;
  if (codec.charset == nullptr) {
    out.append(expanded);
  } else {
    codec.charset->append(out, expanded);
  }
  return true;
}

}  // namespace godwit::mysql
