#pragma once
// A checked view over binlog bytes: little-endian integers and length-encoded ones. Every read answers false when the
// bytes run out, so a decoder built on it is total. Nothing is copied.

#include <cstdint>
#include <string_view>

namespace godwit::mysql {

class LogReader {
 public:
  explicit LogReader(std::string_view bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size(); }
  bool done() const { return bytes_.empty(); }
  std::string_view rest() const { return bytes_; }

  bool u8(uint8_t& out) { return number(1, out); }
  bool u16(uint16_t& out) { return number(2, out); }
  bool u32(uint32_t& out) { return number(4, out); }
  bool u64(uint64_t& out) { return number(8, out); }
  // `width` bytes, 1 to 8.
  template <class Int>
  bool number(size_t width, Int& out) {
    if (bytes_.size() < width) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i) value |= uint64_t{static_cast<uint8_t>(bytes_[i])} << (8 * i);
    out = static_cast<Int>(value);
    bytes_.remove_prefix(width);
    return true;
  }
  bool big_endian(size_t width, uint64_t& out) {
    if (bytes_.size() < width) return false;
    out = 0;
    for (size_t i = 0; i < width; ++i) out = out << 8U | static_cast<uint8_t>(bytes_[i]);
    bytes_.remove_prefix(width);
    return true;
  }
  // A length-encoded integer. The marks of NULL and of an error are none.
  bool length_encoded(uint64_t& out) {
    uint8_t first = 0;
    if (!u8(first)) return false;
    out = first;
    switch (first) {
      case 251:
      case 255:
        return false;
      case 252:
        return number(2, out);
      case 253:
        return number(3, out);
      case 254:
        return number(8, out);
      default:
        return true;
    }
  }
  bool bytes(uint64_t count, std::string_view& out) {
    if (bytes_.size() < count) return false;
    out = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return true;
  }
  bool length_encoded_bytes(std::string_view& out) {
    uint64_t count = 0;
    return length_encoded(count) && bytes(count, out);
  }
  bool skip(uint64_t count) {
    std::string_view passed;
    return bytes(count, passed);
  }

 private:
  std::string_view bytes_;
};

}  // namespace godwit::mysql
