#pragma once
// A checked view over wire bytes, big-endian as PostgreSQL writes them. Every read answers false (and leaves the view
// where it was) when the bytes run out, so a decoder built on it is total. Nothing is copied.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace godwit {

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size(); }
  bool done() const { return bytes_.empty(); }

  bool u8(uint8_t& out) { return integer(out); }
  bool u16(uint16_t& out) { return integer(out); }
  bool u32(uint32_t& out) { return integer(out); }
  bool u64(uint64_t& out) { return integer(out); }
  bool i32(int32_t& out) {
    uint32_t raw = 0;
    if (!integer(raw)) return false;
    out = static_cast<int32_t>(raw);
    return true;
  }
  bool i64(int64_t& out) {
    uint64_t raw = 0;
    if (!integer(raw)) return false;
    out = static_cast<int64_t>(raw);
    return true;
  }
  bool bytes(size_t count, std::string_view& out) {
    if (bytes_.size() < count) return false;
    out = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return true;
  }
  // A string ended by NUL; the NUL is consumed and not part of `out`.
  bool c_string(std::string_view& out) {
    const size_t end = bytes_.find('\0');
    if (end == std::string_view::npos) return false;
    out = bytes_.substr(0, end);
    bytes_.remove_prefix(end + 1);
    return true;
  }

 private:
  template <class Int>
  bool integer(Int& out) {
    if (bytes_.size() < sizeof(Int)) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(Int); ++i) value = value << 8 | static_cast<uint8_t>(bytes_[i]);
    out = static_cast<Int>(value);
    bytes_.remove_prefix(sizeof(Int));
    return true;
  }

  std::string_view bytes_;
};

}  // namespace godwit
