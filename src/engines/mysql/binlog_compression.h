#pragma once
// What binlogs hold compressed: MariaDB's statements and rows (zlib), MySQL's transaction payloads (zstd, read as a
// stream: memory is bounded by one event, not by the transaction). Total.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit::mysql {

// No event is larger on any server.
constexpr uint64_t event_bytes_max = uint64_t{1} << 30U;

// Replaces `out` by the text of a MariaDB compressed run.
Result<void> inflate_maria(std::string_view bytes, std::string& out, std::string_view where);

// The events inside a TRANSACTION_PAYLOAD, one after the other. Keeps its own copy of the compressed bytes.
class PayloadReader {
 public:
  static Result<PayloadReader> open(std::string_view body, std::string_view where);
  PayloadReader(PayloadReader&&) noexcept;
  PayloadReader& operator=(PayloadReader&&) noexcept;
  ~PayloadReader();

  // Replaces `event` by the bytes of the next; false: there is none.
  Result<bool> next(std::string& event);

 private:
  struct State;
  explicit PayloadReader(std::unique_ptr<State> state);
  // False: the payload ends before the first of these bytes.
  Result<bool> fill(char* to, size_t count);

  std::unique_ptr<State> state_;
};

}  // namespace godwit::mysql
