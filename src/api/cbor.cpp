#include "api/cbor.h"

#include <bit>
#include <cmath>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr int depth_max = 64;

enum Major : uint8_t { unsigned_integer, negative_integer, byte_text, text, array, map, tag, simple };
constexpr uint8_t break_byte = 0xFF, indefinite = 31;

double half(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F, mantissa = bits & 0x3FF;
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else if (exponent == 31)
    value = mantissa == 0 ? INFINITY : std::nan("");
  else
    value = std::ldexp(mantissa + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : in_(bytes) {}

  std::optional<json> whole() {
    json out;
    if (!value(out, 0) || !in_.done()) return std::nullopt;
    return out;
  }

 private:
  struct Head {
    uint8_t major = 0, info = 0;
    uint64_t argument = 0;
  };

  bool head(Head& out) {
    uint8_t first = 0;
    if (!in_.u8(first)) return false;
    out.major = first >> 5;
    out.info = first & 0x1F;
    if (out.info < 24) {
      out.argument = out.info;
      return true;
    }
    uint8_t one = 0;
    uint16_t two = 0;
    uint32_t four = 0;
    switch (out.info) {
      case 24:
        if (!in_.u8(one)) return false;
        out.argument = one;
        return true;
      case 25:
        if (!in_.u16(two)) return false;
        out.argument = two;
        return true;
      case 26:
        if (!in_.u32(four)) return false;
        out.argument = four;
        return true;
      case 27:
        return in_.u64(out.argument);
      default:
        return out.info == indefinite;
    }
  }

  bool at_break() {
    ByteReader ahead = in_;
    uint8_t next = 0;
    if (!ahead.u8(next) || next != break_byte) return false;
    in_ = ahead;
    return true;
  }

  bool string(const Head& first, std::string& out) {
    if (first.info != indefinite) {
      std::string_view bytes;
      if (first.argument > in_.left() || !in_.bytes(first.argument, bytes)) return false;
      out += bytes;
      return true;
    }
    while (!at_break()) {
      Head chunk;
      if (!head(chunk) || chunk.major != first.major || chunk.info == indefinite || !string(chunk, out)) return false;
    }
    return true;
  }

  bool value(json& out, int depth) {
    Head first;
    if (depth > depth_max || !head(first)) return false;
    const bool open = first.info == indefinite;
    switch (first.major) {
      case unsigned_integer:
        out = first.argument;
        return !open;
      case negative_integer:
        if (first.argument > static_cast<uint64_t>(INT64_MAX)) return false;
        out = -1 - static_cast<int64_t>(first.argument);
        return !open;
      case byte_text:
      case text: {
        std::string found;
        if (!string(first, found)) return false;
        out = std::move(found);
        return true;
      }
      case array:
        return elements(first, out, depth);
      case map:
        return members(first, out, depth);
      case tag:
        return !open && value(out, depth + 1);
      default:
        return simple_value(first, out);
    }
  }

  bool elements(const Head& first, json& out, int depth) {
    out = json::array();
    for (uint64_t i = 0; first.info == indefinite ? !at_break() : i < first.argument; ++i) {
      json element;
      if (!value(element, depth + 1)) return false;
      out.push_back(std::move(element));
    }
    return true;
  }

  bool members(const Head& first, json& out, int depth) {
    out = json::object();
    for (uint64_t i = 0; first.info == indefinite ? !at_break() : i < first.argument; ++i) {
      Head key;
      std::string name;
      if (!head(key) || key.major != text || !string(key, name) || !value(out[name], depth + 1)) return false;
    }
    return true;
  }

  static bool simple_value(const Head& first, json& out) {
    switch (first.info) {
      case 20:
      case 21:
        out = first.info == 21;
        return true;
      case 22:
      case 23:
        out = nullptr;
        return true;
      case 25:
        out = half(static_cast<uint16_t>(first.argument));
        return true;
      case 26:
        out = static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(first.argument)));
        return true;
      case 27:
        out = std::bit_cast<double>(first.argument);
        return true;
      default:
        return false;
    }
  }

  ByteReader in_;
};

void put_head(ByteBuffer& out, Major major, uint64_t argument) {
  const auto lead = static_cast<uint8_t>(major << 5);
  if (argument < 24) {
    append_big_endian(out, static_cast<uint8_t>(lead | argument));
  } else if (argument <= UINT8_MAX) {
    append_big_endian(out, static_cast<uint8_t>(lead | 24));
    append_big_endian(out, static_cast<uint8_t>(argument));
  } else if (argument <= UINT16_MAX) {
    append_big_endian(out, static_cast<uint8_t>(lead | 25));
    append_big_endian(out, static_cast<uint16_t>(argument));
  } else if (argument <= UINT32_MAX) {
    append_big_endian(out, static_cast<uint8_t>(lead | 26));
    append_big_endian(out, static_cast<uint32_t>(argument));
  } else {
    append_big_endian(out, static_cast<uint8_t>(lead | 27));
    append_big_endian(out, argument);
  }
}

void put_text(ByteBuffer& out, const std::string& value) {
  put_head(out, text, value.size());
  out.append(value);
}

void put(ByteBuffer& out, const json& value, const std::function<bool(std::string_view)>& is_time, bool time) {
  if (time && value.is_number()) put_head(out, tag, 1);
  if (value.is_object()) {
    put_head(out, map, value.size());
    for (const auto& [name, member] : value.items()) {
      put_text(out, name);
      put(out, member, is_time, is_time(name));
    }
  } else if (value.is_array()) {
    put_head(out, array, value.size());
    for (const json& element : value) put(out, element, is_time, time);
  } else if (value.is_string()) {
    put_text(out, value.get_ref<const std::string&>());
  } else if (value.is_number_unsigned()) {
    put_head(out, unsigned_integer, value.get<uint64_t>());
  } else if (value.is_number_integer()) {
    const auto number = value.get<int64_t>();
    if (number >= 0)
      put_head(out, unsigned_integer, static_cast<uint64_t>(number));
    else
      put_head(out, negative_integer, static_cast<uint64_t>(-1 - number));
  } else if (value.is_number_float()) {
    append_big_endian(out, static_cast<uint8_t>(simple << 5 | 27));
    append_big_endian(out, std::bit_cast<uint64_t>(value.get<double>()));
  } else {
    const uint8_t word = value.is_boolean() ? (value.get<bool>() ? 21 : 20) : 22;
    append_big_endian(out, static_cast<uint8_t>(simple << 5 | word));
  }
}

}  // namespace

std::optional<json> from_cbor(std::string_view bytes) {
  return Decoder(bytes).whole();
}

std::string to_cbor(const json& value, const std::function<bool(std::string_view)>& is_time) {
  ByteBuffer out;
  put(out, value, is_time, false);
  return std::string(out.view());
}

}  // namespace godwit
