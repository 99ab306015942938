#include "engines/mysql/binlog_values.h"

#include <bit>
#include <cstring>

#include "engines/mysql/maria_columns.h"

namespace godwit::mysql {
namespace {

uint64_t big_endian(std::string_view raw) {
  uint64_t value = 0;
  for (const char byte : raw) value = value << 8U | static_cast<uint8_t>(byte);
  return value;
}

uint64_t little_endian(std::string_view raw) {
  uint64_t value = 0;
  for (size_t i = raw.size(); i > 0; --i) value = value << 8U | static_cast<uint8_t>(raw[i - 1]);
  return value;
}

// Microseconds of a fraction stored in units of two digits a byte.
uint64_t microseconds(uint64_t stored, size_t bytes) {
  for (size_t i = bytes; i < 3; ++i) stored *= 100;
  return stored;
}

void append_date(ByteBuffer& out, uint64_t year, uint64_t month, uint64_t day) {
  append_number(out, year, 4);
  out.push_back('-');
  append_number(out, month, 2);
  out.push_back('-');
  append_number(out, day, 2);
}

void append_clock(ByteBuffer& out, uint64_t hour, uint64_t minute, uint64_t second) {
  append_number(out, hour, 2);
  out.push_back(':');
  append_number(out, minute, 2);
  out.push_back(':');
  append_number(out, second, 2);
}

void append_integer(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  uint64_t value = little_endian(raw);
  const unsigned bits = codec.width * 8U;
  if (!codec.is_unsigned && (value >> (bits - 1) & 1U) != 0) {
    out.push_back('-');
    value = (~value + 1) & (bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1);
  }
  append_number(out, value, 1);
}

// The sign is that of whole and fraction together, as one number around a middle.
void append_time(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  const size_t fraction = raw.size() - 3;
  const unsigned shift = static_cast<unsigned>(fraction) * 8;
  const uint64_t middle = uint64_t{0x800000} << shift, stored = big_endian(raw);
  const bool negative = stored < middle;
  const uint64_t value = negative ? middle - stored : stored - middle;
  const uint64_t whole = value >> shift;
  if (negative) out.push_back('-');
  append_clock(out, whole >> 12U & 0x3ffU, whole >> 6U & 0x3fU, whole & 0x3fU);
  append_fraction(out, microseconds(value & ((uint64_t{1} << shift) - 1), fraction), codec.scale);
}

void append_datetime(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  const uint64_t value = big_endian(raw.substr(0, 5)) & 0x7fffffffffU;
  const uint64_t months = value >> 22U & 0x1ffffU;
  append_date(out, months / 13, months % 13, value >> 17U & 0x1fU);
  out.push_back(' ');
  append_clock(out, value >> 12U & 0x1fU, value >> 6U & 0x3fU, value & 0x3fU);
  append_fraction(out, microseconds(big_endian(raw.substr(5)), raw.size() - 5), codec.scale);
}

void append_timestamp(unsigned digits, uint64_t seconds, uint64_t us, ByteBuffer& out) {
  if (seconds == 0 && us == 0) {
    out.append("0000-00-00 00:00:00");
    return append_fraction(out, 0, digits);
  }
  // Days since 1970 to the civil calendar, by eras of 400 years that begin in March.
  const uint64_t days = seconds / 86400 + 719468, era = days / 146097, of_era = days % 146097;
  const uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted = (5 * of_year + 2) / 153, month = shifted < 10 ? shifted + 3 : shifted - 9;
  append_date(out, year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, of_year - (153 * shifted + 2) / 5 + 1);
  const uint64_t clock = seconds % 86400;
  out.push_back(' ');
  append_clock(out, clock / 3600, clock / 60 % 60, clock % 60);
  append_fraction(out, us, digits);
}

// Before 5.6.4: numbers whose decimal digits are the fields.
void append_old_time(std::string_view raw, ByteBuffer& out) {
  uint64_t value = little_endian(raw);
  if ((value & 0x800000U) != 0) {
    out.push_back('-');
    value = 0x1000000 - value;
  }
  append_clock(out, value / 10000, value / 100 % 100, value % 100);
}

void append_old_datetime(std::string_view raw, ByteBuffer& out) {
  const uint64_t value = little_endian(raw), date = value / 1000000, clock = value % 1000000;
  append_date(out, date / 10000, date / 100 % 100, date % 100);
  out.push_back(' ');
  append_clock(out, clock / 10000, clock / 100 % 100, clock % 100);
}

void append_bits(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  // A truth value (type_class.h).
  if (codec.bits == 1) return out.append(!raw.empty() && raw.back() != '\0' ? "t" : "f");
  const uint64_t value = big_endian(raw);
  for (unsigned bit = codec.bits; bit > 0; --bit) out.push_back((value >> (bit - 1) & 1U) != 0 ? '1' : '0');
}

bool append_label(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  const uint64_t index = little_endian(raw);
  if (index > codec.labels.size()) return false;
  if (index > 0) out.append(codec.labels[index - 1]);  // 0: the value that stands for an invalid one
  return true;
}

bool append_set(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  uint64_t members = little_endian(raw);
  const size_t start = out.size();
  for (size_t i = 0; members != 0; ++i, members >>= 1U) {
    if ((members & 1U) == 0) continue;
    if (i >= codec.labels.size()) return false;
    if (out.size() > start) out.push_back(',');
    out.append(codec.labels[i]);
  }
  return true;
}

void append_text(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  if (codec.charset == nullptr) return out.append(raw);
  codec.charset->append(out, raw);
}

// ZEROFILL fills up to the display width.
void zerofill(const ColumnCodec& codec, size_t start, ByteBuffer& out) {
  const size_t length = out.size() - start;
  if (length >= codec.zerofill_width) return;
  const size_t missing = codec.zerofill_width - length;
  out.tail(missing);
  out.advance(missing);
  std::memmove(out.data() + start + missing, out.data() + start, length);
  std::memset(out.data() + start, '0', missing);
}

}  // namespace

bool take_value(const ColumnCodec& codec, LogReader& in, std::string_view& raw) {
  if (!codec.is_variable()) return in.bytes(codec.width, raw);
  uint64_t length = 0;
  return in.number(codec.width, length) && in.bytes(length, raw);
}

bool append_value(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out) {
  const size_t start = out.size();
  switch (codec.kind) {
    case ValueKind::integer:
      append_integer(codec, raw, out);
      break;
    case ValueKind::real4:
      append_real(out, std::bit_cast<float>(static_cast<uint32_t>(little_endian(raw))));
      break;
    case ValueKind::real8:
      append_real(out, std::bit_cast<double>(little_endian(raw)));
      break;
    case ValueKind::decimal:
      if (!append_decimal(out, codec.precision, codec.scale, raw)) return false;
      break;
    case ValueKind::year:
      append_number(out, raw[0] == 0 ? 0 : 1900U + static_cast<uint8_t>(raw[0]), 4);
      return true;
    case ValueKind::date: {
      const uint64_t value = little_endian(raw);
      append_date(out, value >> 9U, value >> 5U & 0xfU, value & 0x1fU);
      return true;
    }
    case ValueKind::time:
      append_time(codec, raw, out);
      return true;
    case ValueKind::datetime:
      append_datetime(codec, raw, out);
      return true;
    case ValueKind::timestamp:
      append_timestamp(codec.scale, big_endian(raw.substr(0, 4)),
                       microseconds(big_endian(raw.substr(4)), raw.size() - 4), out);
      out.append("+00");
      return true;
    case ValueKind::old_time:
      append_old_time(raw, out);
      return true;
    case ValueKind::old_datetime:
      append_old_datetime(raw, out);
      return true;
    case ValueKind::old_timestamp:
      append_timestamp(0, little_endian(raw), 0, out);
      out.append("+00");
      return true;
    case ValueKind::bit:
      append_bits(codec, raw, out);
      return true;
    case ValueKind::enumeration:
      return append_label(codec, raw, out);
    case ValueKind::set:
      return append_set(codec, raw, out);
    case ValueKind::bytes:
      out.append(raw);
      return true;
    case ValueKind::text:
      append_text(codec, raw, out);
      return true;
    case ValueKind::padded:
      out.append(raw);
      for (size_t i = raw.size(); i < codec.pad; ++i) out.push_back('\0');
      return true;
    case ValueKind::compressed:
      return append_compressed(codec, raw, out);
    case ValueKind::json:
      return append_json(out, raw, codec.json_reals);
    case ValueKind::uuid:
      return append_uuid(out, raw);
    case ValueKind::inet4:
      return append_inet4(out, raw);
    case ValueKind::inet6:
      return append_inet6(out, raw);
    case ValueKind::null:
      return true;
  }
  if (codec.zerofill_width > 0) zerofill(codec, start, out);
  return true;
}

}  // namespace godwit::mysql
