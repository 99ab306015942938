#include "engines/mysql/charset.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace godwit::mysql {
namespace {

struct IconvName {
  std::string_view charset, name;
};
// Empty: the patches hold the whole upper half.
constexpr IconvName single_bytes[] = {
    {"latin1", "CP1252"},
    {"latin2", "ISO-8859-2"},
    {"latin5", "ISO-8859-9"},
    {"latin7", "ISO-8859-13"},
    {"cp1250", "CP1250"},
    {"cp1251", "CP1251"},
    {"cp1256", "CP1256"},
    {"cp1257", "CP1257"},
    {"cp850", "CP850"},
    {"cp852", "CP852"},
    {"cp866", "CP866"},
    {"koi8r", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"greek", "ISO-8859-7"},
    {"hebrew", "ISO-8859-8"},
    {"tis620", "TIS-620"},
    {"armscii8", "ARMSCII-8"},
    {"geostd8", "GEORGIAN-PS"},
    {"macce", "MAC-CENTRALEUROPE"},
    {"macroman", "MACINTOSH"},
    {"dec8", "DEC-MCS"},
    {"hp8", "HP-ROMAN8"},
    {"swe7", "SEN_850200_B"},
    {"keybcs2", ""},
};
constexpr IconvName multi_bytes[] = {
    {"gbk", "GBK"},     {"gb2312", "GB2312"},  {"gb18030", "GB18030"},   {"big5", "BIG5"},   {"sjis", "SHIFT_JIS"},
    {"cp932", "CP932"}, {"ujis", "EUC-JP-MS"}, {"eucjpms", "EUC-JP-MS"}, {"euckr", "CP949"},
};

void* open_iconv(std::string_view name) {
  void* opened = ::iconv_open("UTF-8", std::string(name).c_str());
  return opened == reinterpret_cast<void*>(-1) ? nullptr : opened;  // NOLINT(performance-no-int-to-ptr)
}

// The code point of one character of UTF-8 that iconv wrote; 0: there is none.
char16_t first_code_point(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (text.size() == 1) return at(0);
  if (text.size() == 2) return static_cast<char16_t>((at(0) & 0x1fU) << 6U | (at(1) & 0x3fU));
  if (text.size() == 3)
    return static_cast<char16_t>((at(0) & 0x0fU) << 12U | (at(1) & 0x3fU) << 6U | (at(2) & 0x3fU));
  return 0;
}

const CharPatch* find_patch(std::span<const CharPatch> patches, uint32_t code) {
  const auto found = std::ranges::lower_bound(patches, code, {}, &CharPatch::code);
  return found != patches.end() && found->code == code ? &*found : nullptr;
}

bool is_surrogate(uint32_t unit) {
  return unit >= 0xd800 && unit <= 0xdfff;
}

}  // namespace

void append_utf8(ByteBuffer& out, uint32_t c) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | c >> 6U);
    put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3fU));
    put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3fU));
    put(0x80U | (c >> 6U & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

std::unique_ptr<CharsetConverter> CharsetConverter::open(std::string_view charset) {
  std::unique_ptr<CharsetConverter> out(new CharsetConverter);
  out->patches_ = patches_of(charset);
  if (charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8" || charset == "binary") return out;
  if (charset == "ascii") return out->kind_ = Kind::ascii, std::move(out);
  if (charset == "ucs2") return out->kind_ = Kind::ucs2, std::move(out);
  if (charset == "utf16") return out->kind_ = Kind::utf16, std::move(out);
  if (charset == "utf16le") return out->kind_ = Kind::utf16le, std::move(out);
  if (charset == "utf32") return out->kind_ = Kind::utf32, std::move(out);
  if (const auto* single = std::ranges::find(single_bytes, charset, &IconvName::charset);
      single != std::end(single_bytes)) {
    out->kind_ = Kind::single;
    if (!single->name.empty()) out->iconv_ = open_iconv(single->name);
    if (!single->name.empty() && out->iconv_ == nullptr) return nullptr;
    out->load_single(charset, single->name);
    return out;
  }
  const auto* multi = std::ranges::find(multi_bytes, charset, &IconvName::charset);
  if (multi == std::end(multi_bytes)) return nullptr;
  out->kind_ = Kind::multi;
  out->gb18030_ = charset == "gb18030";
  out->euc3_ = charset == "ujis" || charset == "eucjpms";
  out->half_width_ = charset == "sjis" || charset == "cp932";
  out->iconv_ = open_iconv(multi->name);
  if (out->iconv_ == nullptr) return nullptr;
  return out;
}

CharsetConverter::~CharsetConverter() {
  if (iconv_ != nullptr) ::iconv_close(iconv_);
}

void CharsetConverter::load_single(std::string_view charset, std::string_view iconv_name) {
  for (unsigned code = 0; code < 256; ++code) {
    char in = static_cast<char>(code), out[8];
    char *from = &in, *to = out;
    size_t in_left = 1, out_left = sizeof(out);
    single_[code] = code < 128 ? static_cast<char16_t>(code) : u'\0';
    if (iconv_name.empty()) continue;
    ::iconv(iconv_, nullptr, nullptr, nullptr, nullptr);
    if (::iconv(iconv_, &from, &in_left, &to, &out_left) == static_cast<size_t>(-1)) continue;
    ::iconv(iconv_, nullptr, nullptr, &to, &out_left);
    single_[code] = first_code_point({out, sizeof(out) - out_left});
  }
  for (const CharPatch& patch : patches_of(charset))
    single_[patch.code & 0xffU] = static_cast<char16_t>(patch.unicode);
}

std::string CharsetConverter::text(std::string_view text) {
  ByteBuffer out;
  append(out, text);
  return std::string(out.view());
}

void CharsetConverter::append(ByteBuffer& out, std::string_view text) {
  switch (kind_) {
    case Kind::copy:
      return out.append(text);
    case Kind::ascii:
      for (const char c : text) out.push_back((static_cast<uint8_t>(c) & 0x80U) != 0 ? '?' : c);
      return;
    case Kind::single:
      return append_single(out, text);
    case Kind::multi:
      return append_multi(out, text);
    default:
      return append_wide(out, text);
  }
}

void CharsetConverter::append_single(ByteBuffer& out, std::string_view text) {
  for (const char c : text) {
    const auto code = static_cast<uint8_t>(c);
    const char16_t unicode = single_[code];
    if (unicode == 0 && code != 0) {
      out.push_back('?');
    } else {
      append_utf8(out, unicode);
    }
  }
}

void CharsetConverter::append_wide(ByteBuffer& out, std::string_view text) {
  const size_t width = kind_ == Kind::utf32 ? 4 : 2;
  const auto unit = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < width; ++i) {
      const size_t byte = kind_ == Kind::utf16le ? at + width - 1 - i : at + i;
      value = value << 8U | static_cast<uint8_t>(text[byte]);
    }
    return value;
  };
  size_t at = 0;
  while (at + width <= text.size()) {
    uint32_t c = unit(at);
    at += width;
    const bool pairs = kind_ == Kind::utf16 || kind_ == Kind::utf16le;
    if (pairs && c >= 0xd800 && c <= 0xdbff && at + 2 <= text.size()) {
      const uint32_t low = unit(at);
      if (low >= 0xdc00 && low <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10U) + (low - 0xdc00);
        at += 2;
      }
    }
    if (is_surrogate(c) || c > 0x10ffff) {
      out.push_back('?');
    } else {
      append_utf8(out, c);
    }
  }
  if (at < text.size()) out.push_back('?');
}

// The length of the character at the start, as far as its lead byte says it.
size_t CharsetConverter::character_bytes(std::string_view text) const {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  if (half_width_ && lead >= 0xa1 && lead <= 0xdf) return 1;
  size_t length = 2;
  if (euc3_ && lead == 0x8f) length = 3;
  if (gb18030_ && text.size() > 1 && text[1] >= '0' && text[1] <= '9') length = 4;
  return std::min(length, text.size());
}

void CharsetConverter::append_multi(ByteBuffer& out, std::string_view text) {
  if (patches_.empty()) return append_run(out, text);
  size_t run = 0, at = 0;
  while (at < text.size()) {
    const size_t length = character_bytes(text.substr(at));
    uint32_t code = 0;
    for (size_t i = 0; i < length; ++i) code = code << 8U | static_cast<uint8_t>(text[at + i]);
    if (const CharPatch* patch = find_patch(patches_, code); patch != nullptr) {
      append_run(out, text.substr(run, at - run));
      append_utf8(out, patch->unicode);
      run = at + length;
    }
    at += length;
  }
  append_run(out, text.substr(run));
}

void CharsetConverter::append_run(ByteBuffer& out, std::string_view run) {
  char* from = const_cast<char*>(run.data());  // iconv's parameter, which it does not write to
  size_t left = run.size();
  ::iconv(iconv_, nullptr, nullptr, nullptr, nullptr);
  while (left > 0) {
    // A character takes at most four bytes of UTF-8, some two-byte codes become two characters.
    size_t room = left * 4 + 16;
    char* start = out.tail(room);
    char* to = start;
    const size_t status = ::iconv(iconv_, &from, &left, &to, &room);
    const int why = errno;
    if (status != static_cast<size_t>(-1)) ::iconv(iconv_, nullptr, nullptr, &to, &room);
    out.advance(static_cast<size_t>(to - start));
    if (status != static_cast<size_t>(-1) || why == E2BIG) continue;
    const size_t bad = character_bytes({from, left});
    out.push_back('?');
    from += bad;
    left -= bad;
  }
}

}  // namespace godwit::mysql
