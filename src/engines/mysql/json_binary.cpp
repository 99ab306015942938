#include "engines/mysql/json_binary.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "engines/mysql/binlog_values.h"
#include "engines/mysql/json_document.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

void append_signed(ByteBuffer& out, int64_t value) {
  if (value < 0) out.push_back('-');
  append_number(out, value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value), 1);
}

template <class Int>
bool append_fixed(ByteBuffer& out, std::string_view bytes) {
  Int value = 0;
  if (!LogReader(bytes).number(sizeof(Int), value)) return false;
  append_signed(out, static_cast<int64_t>(value));
  return true;
}

void append_json_real(ByteBuffer& out, double value, JsonReals reals) {
  const size_t start = out.size();
  append_real(out, value);
  if (reals == JsonReals::plain) return;
  const std::string_view text = out.view(start, out.size() - start);
  if (text.find_first_of(".eni") == std::string_view::npos) out.append(".0");
}

// Seven bits a byte, the low ones first.
bool take_variable(LogReader& in, std::string_view& out) {
  uint64_t length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    uint8_t byte = 0;
    if (!in.u8(byte)) return false;
    length |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return in.bytes(length, out);
  }
  return false;
}

void append_base64(ByteBuffer& out, std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t word = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i) word = word << 8U | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) out.push_back(i <= count ? digits[word >> (18 - 6 * i) & 0x3fU] : '=');
  }
}

// Dates and times packed in eight bytes: fields in the upper five, microseconds in the lower three.
bool append_packed_time(ByteBuffer& out, uint8_t type, std::string_view bytes) {
  uint64_t raw = 0;
  if (bytes.size() != 8 || !LogReader(bytes).u64(raw)) return false;
  const auto stored = static_cast<int64_t>(raw);
  const uint64_t value = stored < 0 ? ~raw + 1 : raw;
  const uint64_t whole = value >> 24U, us = value & 0xffffffU;
  const auto two = [&](uint64_t number, char behind) {
    append_number(out, number, 2);
    if (behind != '\0') out.push_back(behind);
  };
  out.push_back('"');
  if (stored < 0) out.push_back('-');
  if (type != static_cast<uint8_t>(ColumnType::time)) {
    const uint64_t months = whole >> 22U & 0x1ffffU;
    append_number(out, months / 13, 4);
    out.push_back('-');
    two(months % 13, '-');
    two(whole >> 17U & 0x1fU, type == static_cast<uint8_t>(ColumnType::date) ? '\0' : ' ');
  }
  if (type != static_cast<uint8_t>(ColumnType::date)) {
    const uint64_t hours =
        type == static_cast<uint8_t>(ColumnType::time) ? whole >> 12U & 0x3ffU : whole >> 12U & 0x1fU;
    two(hours, ':');
    two(whole >> 6U & 0x3fU, ':');
    two(whole & 0x3fU, '\0');
    append_fraction(out, us, 6);
  }
  out.push_back('"');
  return true;
}

bool append_opaque(ByteBuffer& out, std::string_view bytes) {
  LogReader in(bytes);
  uint8_t type = 0;
  std::string_view value;
  if (!in.u8(type) || !take_variable(in, value)) return false;
  switch (static_cast<ColumnType>(type)) {
    case ColumnType::new_decimal:
      return value.size() >= 2 &&
             append_decimal(out, static_cast<uint8_t>(value[0]), static_cast<uint8_t>(value[1]), value.substr(2));
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
      return append_packed_time(out, type, value);
    default:
      break;
  }
  out.append("\"base64:type");
  append_number(out, type, 1);
  out.push_back(':');
  append_base64(out, value);
  out.push_back('"');
  return true;
}

// `end`: how long the text may become.
bool append_value_at(ByteBuffer& out, const JsonValue& value, JsonReals reals, unsigned depth, size_t end) {
  if (out.size() > end) return false;
  if (!is_container(value.kind)) return append_json_scalar(out, value, reals);
  const std::optional<JsonContainer> container = JsonContainer::open(value);
  if (!container || depth > json_depth_max) return false;
  out.push_back(container->is_object() ? '{' : '[');
  for (uint32_t i = 0; i < container->size(); ++i) {
    if (i > 0) out.append(", ");
    std::string_view key;
    JsonValue member;
    if (container->is_object()) {
      if (!container->key(i, key)) return false;
      append_json_string(out, key);
      out.append(": ");
    }
    if (!container->value(i, member) || !append_value_at(out, member, reals, depth + 1, end)) return false;
  }
  out.push_back(container->is_object() ? '}' : ']');
  return true;
}

}  // namespace

std::optional<JsonContainer> JsonContainer::open(const JsonValue& value) {
  JsonContainer out;
  out.object_ = value.kind == JsonKind::small_object || value.kind == JsonKind::large_object;
  out.large_ = value.kind == JsonKind::large_object || value.kind == JsonKind::large_array;
  out.bytes_ = value.bytes;
  const size_t width = out.large_ ? 4 : 2;
  uint32_t size = 0;
  if (!out.number(0, out.count_) || !out.number(width, size)) return std::nullopt;
  if (size > out.bytes_.size()) return std::nullopt;
  out.bytes_ = out.bytes_.substr(0, size);
  const uint64_t entries = uint64_t{out.count_} * ((out.object_ ? width + 2 : 0) + width + 1);
  if (2 * width + entries > size) return std::nullopt;
  return out;
}

bool JsonContainer::number(size_t at, uint32_t& out) const {
  return at <= bytes_.size() && LogReader(bytes_.substr(at)).number(large_ ? 4 : 2, out);
}

bool JsonContainer::key(uint32_t index, std::string_view& out) const {
  const size_t width = large_ ? 4 : 2, at = 2 * width + size_t{index} * (width + 2);
  uint32_t offset = 0;
  uint16_t length = 0;
  if (!number(at, offset) || !LogReader(bytes_.substr(at + width)).u16(length)) return false;
  if (offset > bytes_.size() || length > bytes_.size() - offset) return false;
  out = bytes_.substr(offset, length);
  return true;
}

bool JsonContainer::value(uint32_t index, JsonValue& out) const {
  const size_t width = large_ ? 4 : 2;
  const size_t keys = object_ ? size_t{count_} * (width + 2) : 0;
  const size_t at = 2 * width + keys + size_t{index} * (width + 1);
  if (at >= bytes_.size()) return false;
  out.kind = static_cast<JsonKind>(static_cast<uint8_t>(bytes_[at]));
  const bool small = out.kind == JsonKind::literal || out.kind == JsonKind::int16 || out.kind == JsonKind::uint16;
  if (small || (large_ && (out.kind == JsonKind::int32 || out.kind == JsonKind::uint32))) {
    out.bytes = bytes_.substr(at + 1, width);
    return true;
  }
  uint32_t offset = 0;
  // A value lies behind the head, so that no document can hold itself.
  if (!number(at + 1, offset) || offset > bytes_.size() || offset <= at) return false;
  out.bytes = bytes_.substr(offset);
  return true;
}

std::optional<JsonValue> json_root(std::string_view binary) {
  static constexpr char null_literal[] = {'\0'};
  if (binary.empty()) return JsonValue{JsonKind::literal, {null_literal, 1}};
  return JsonValue{static_cast<JsonKind>(static_cast<uint8_t>(binary[0])), binary.substr(1)};
}

void append_json_string(ByteBuffer& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    constexpr std::string_view special = "\"\\\b\f\n\r\t", names = "\"\\bfnrt";
    const size_t at = special.find(c);
    if (at != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(names[at]);
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out.append("\\u00");
      out.push_back(hex[static_cast<uint8_t>(c) >> 4U]);
      out.push_back(hex[static_cast<uint8_t>(c) & 0xfU]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

bool append_json_scalar(ByteBuffer& out, const JsonValue& value, JsonReals reals) {
  LogReader in(value.bytes);
  switch (value.kind) {
    case JsonKind::literal: {
      uint8_t which = 0;
      constexpr std::string_view names[] = {"null", "true", "false"};
      if (!in.u8(which) || which > 2) return false;
      out.append(names[which]);
      return true;
    }
    case JsonKind::int16:
      return append_fixed<int16_t>(out, value.bytes);
    case JsonKind::uint16:
      return append_fixed<uint16_t>(out, value.bytes);
    case JsonKind::int32:
      return append_fixed<int32_t>(out, value.bytes);
    case JsonKind::uint32:
      return append_fixed<uint32_t>(out, value.bytes);
    case JsonKind::int64:
      return append_fixed<int64_t>(out, value.bytes);
    case JsonKind::uint64: {
      uint64_t number = 0;
      if (!in.u64(number)) return false;
      append_number(out, number, 1);
      return true;
    }
    case JsonKind::real: {
      uint64_t bits = 0;
      if (!in.u64(bits)) return false;
      append_json_real(out, std::bit_cast<double>(bits), reals);
      return true;
    }
    case JsonKind::string: {
      std::string_view text;
      if (!take_variable(in, text)) return false;
      append_json_string(out, text);
      return true;
    }
    case JsonKind::opaque:
      return append_opaque(out, value.bytes);
    default:
      return false;
  }
}

bool append_json(ByteBuffer& out, std::string_view binary, JsonReals reals) {
  // No true document's text is longer; a crafted one, whose values share their bytes, would grow without end.
  const size_t end = out.size() + json_growth_max * binary.size() + 64;
  return append_value_at(out, *json_root(binary), reals, 0, end);
}

}  // namespace godwit::mysql
