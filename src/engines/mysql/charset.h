#pragma once
// Text in a server's character set to UTF-8, as the server itself converts it. A converter belongs to one thread.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_buffer.h"
#include "engines/mysql/charset_data.h"

namespace godwit::mysql {

class CharsetConverter {
 public:
  // `charset` as the server names it ("latin1", "utf8mb4", "binary"). Null: it cannot be converted here.
  static std::unique_ptr<CharsetConverter> open(std::string_view charset);
  ~CharsetConverter();
  CharsetConverter(const CharsetConverter&) = delete;
  CharsetConverter& operator=(const CharsetConverter&) = delete;

  // Appends the text. What is no character becomes a question mark, as the server writes it.
  void append(ByteBuffer& out, std::string_view text);
  std::string text(std::string_view text);

 private:
  enum class Kind : uint8_t { copy, ascii, single, ucs2, utf16, utf16le, utf32, multi };
  CharsetConverter() = default;
  void load_single(std::string_view charset, std::string_view iconv_name);
  void append_single(ByteBuffer& out, std::string_view text);
  void append_wide(ByteBuffer& out, std::string_view text);
  void append_multi(ByteBuffer& out, std::string_view text);
  void append_run(ByteBuffer& out, std::string_view run);
  size_t character_bytes(std::string_view text) const;

  Kind kind_ = Kind::copy;
  bool gb18030_ = false, euc3_ = false, half_width_ = false;
  std::array<char16_t, 256> single_{};  // 0: no character
  void* iconv_ = nullptr;
  std::span<const CharPatch> patches_;
};

// `code_point`: at most 0x10ffff.
void append_utf8(ByteBuffer& out, uint32_t code_point);

}  // namespace godwit::mysql
