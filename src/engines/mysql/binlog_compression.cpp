#include "engines/mysql/binlog_compression.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/binlog_event.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {

Result<void> inflate_maria(std::string_view bytes, std::string& out, std::string_view where) {
  LogReader in(bytes);
  uint8_t head = 0;
  uint64_t size = 0;
  if (!in.u8(head) || (head & 0x80U) == 0 || (head & 0x70U) != 0) return damaged("an unknown compression", where);
  const size_t width = head & 0x07U;
  if (width < 1 || width > 4 || !in.big_endian(width, size))
    return damaged("a compressed event that ends early", where);
  // zlib shrinks to no less than a thousandth, so that a false size cannot claim memory.
  if (size > event_bytes_max || size / 1100 > in.left()) return damaged("a compressed event of a false size", where);
  out.resize(size);
  auto length = static_cast<uLongf>(size);
  const int status = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &length,
                                  reinterpret_cast<const Bytef*>(in.rest().data()), in.left());
  if (status != Z_OK || length != size) return damaged("a compressed event that cannot be expanded", where);
  return {};
}

struct PayloadReader::State {
  enum class Compression : uint8_t { zstd = 0, none = 255 };
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::string bytes;
  std::string where;
  Compression compression = Compression::none;
  ZSTD_inBuffer in{nullptr, 0, 0};
  std::unique_ptr<ZSTD_DStream, Free> stream;
};

PayloadReader::PayloadReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PayloadReader::PayloadReader(PayloadReader&&) noexcept = default;
PayloadReader& PayloadReader::operator=(PayloadReader&&) noexcept = default;
PayloadReader::~PayloadReader() = default;

Result<PayloadReader> PayloadReader::open(std::string_view body, std::string_view where) {
  auto state = std::make_unique<State>();
  state->where = where;
  LogReader in(body);
  uint64_t tag = 0;
  while (true) {
    std::string_view value;
    if (!in.length_encoded(tag)) return damaged("a transaction payload that ends early", where);
    if (tag == 0) break;
    if (!in.length_encoded_bytes(value)) return damaged("a transaction payload that ends early", where);
    uint64_t number = 0;
    if (tag != 2) continue;
    if (!LogReader(value).length_encoded(number) || (number != 0 && number != 255))
      return damaged("a transaction payload of unknown compression", where);
    state->compression = static_cast<State::Compression>(number);
  }
  state->bytes = in.rest();
  state->in = {state->bytes.data(), state->bytes.size(), 0};
  if (state->compression == State::Compression::zstd) {
    state->stream.reset(ZSTD_createDStream());
    if (state->stream == nullptr || ZSTD_isError(ZSTD_initDStream(state->stream.get())) != 0)
      return Failure(Error{ErrorKind::resource, "mysql.zstd", "no memory to expand a transaction payload", ""});
    // The server's windows are far below; a crafted one may not claim more.
    ZSTD_DCtx_setParameter(state->stream.get(), ZSTD_d_windowLogMax, 27);
  }
  return PayloadReader(std::move(state));
}

Result<bool> PayloadReader::fill(char* to, size_t count) {
  State& state = *state_;
  if (state.compression == State::Compression::none) {
    const size_t left = state.in.size - state.in.pos;
    if (left == 0) return false;
    if (left < count) return damaged("a transaction payload that ends early", state.where);
    std::memcpy(to, state.bytes.data() + state.in.pos, count);
    state.in.pos += count;
    return true;
  }
  ZSTD_outBuffer out{to, count, 0};
  while (out.pos < out.size) {
    const size_t before_in = state.in.pos, before_out = out.pos;
    const size_t status = ZSTD_decompressStream(state.stream.get(), &out, &state.in);
    if (ZSTD_isError(status) != 0) return damaged("a transaction payload that cannot be expanded", state.where);
    if (state.in.pos != before_in || out.pos != before_out) continue;
    if (out.pos == 0) return false;
    return damaged("a transaction payload that ends early", state.where);
  }
  return true;
}

Result<bool> PayloadReader::next(std::string& event) {
  event.resize(EventHeader::size_bytes);
  if (!TRY(fill(event.data(), event.size()))) return false;
  uint32_t size = 0;
  LogReader(std::string_view(event).substr(9)).u32(size);
  if (size < EventHeader::size_bytes || size > event_bytes_max)
    return damaged("an event of a false size in a transaction payload", state_->where);
  // By pieces: a false size claims no more memory than there are bytes.
  constexpr size_t piece_bytes = 1U << 20U;
  while (event.size() < size) {
    const size_t at = event.size();
    event.resize(std::min<size_t>(size, at + piece_bytes));
    if (!TRY(fill(event.data() + at, event.size() - at)))
      return damaged("a transaction payload that ends early", state_->where);
  }
  return true;
}

}  // namespace godwit::mysql
