#include "engines/mysql/binlog_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/maria_columns.h"

namespace godwit::mysql {
namespace {

Failure unreadable(const ColumnFacts& facts, std::string_view why) {
  return Failure(errors::unreadable_column(facts.name, why));
}

uint8_t fraction_bytes(unsigned digits) {
  return static_cast<uint8_t>((digits + 1) / 2);
}

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

Result<ColumnCodec> temporal(ColumnCodec codec, ValueKind kind, size_t whole, const LoggedColumn& column,
                             const ColumnFacts& facts) {
  codec.kind = kind;
  codec.scale = column.meta[0];
  if (codec.scale > 6) return unreadable(facts, "its fraction has more than six digits");
  codec.width = static_cast<uint8_t>(whole + fraction_bytes(codec.scale));
  return codec;
}

// The formats of servers before 5.6.4 do not say whether there is a fraction.
Result<ColumnCodec> old_temporal(ColumnCodec codec, ValueKind kind, uint8_t width, const ColumnFacts& facts) {
  if (facts.fraction_digits != 0)
    return unreadable(facts,
                      "it has a fraction in the storage format of old servers (mysql56_temporal_format=OFF); "
                      "ALTER TABLE … FORCE with that setting ON rewrites it");
  codec.kind = kind;
  codec.width = width;
  return codec;
}

Result<ColumnCodec> labelled(ColumnCodec codec, ValueKind kind, const LoggedColumn& column,
                             const ColumnFacts& facts) {
  codec.kind = kind;
  codec.width = static_cast<uint8_t>(column.length);
  const bool fits =
      kind == ValueKind::set ? codec.width >= 1 && codec.width <= 8 : codec.width == 1 || codec.width == 2;
  if (!fits) return unreadable(facts, "its values have an unknown width");
  codec.labels = facts.labels;
  if (column.labels.empty()) return codec;
  const std::string_view charset = charset_of_collation(column.collation);
  const auto converter = CharsetConverter::open(charset.empty() ? "utf8mb4" : charset);
  if (converter == nullptr) return Failure(errors::no_charset(charset, facts.name));
  codec.labels.clear();
  for (const std::string& label : column.labels) codec.labels.push_back(converter->text(label));
  return codec;
}

// Bytes or text behind their length.
Result<ColumnCodec> variable(ColumnCodec codec, unsigned width, const LoggedColumn& column,
                             const ColumnFacts& facts) {
  if (width < 1 || width > 4) return unreadable(facts, "its lengths have an unknown width");
  codec.width = static_cast<uint8_t>(width);
  // The log's own word counts for more: a catalog may be read later than the change was made.
  const std::string charset(column.collation != 0 ? charset_of_collation(column.collation) : facts.charset);
  if (column.collation != 0 && charset.empty())
    return Failure(errors::no_charset(fmt::format("of collation {}", column.collation), facts.name));
  codec.kind = ValueKind::bytes;
  if (charset.empty() || charset == "binary") return codec;
  codec.kind = ValueKind::text;
  codec.charset = CharsetConverter::open(charset);
  if (codec.charset == nullptr) return Failure(errors::no_charset(charset, facts.name));
  return codec;
}

Result<ColumnCodec> fixed_string(ColumnCodec codec, const LoggedColumn& column, const ColumnFacts& facts) {
  codec = TRY(variable(std::move(codec), column.length < 256 ? 1 : 2, column, facts));
  if (facts.data_type == "uuid") codec.kind = ValueKind::uuid;
  if (facts.data_type == "inet4") codec.kind = ValueKind::inet4;
  if (facts.data_type == "inet6") codec.kind = ValueKind::inet6;
  if (codec.kind != ValueKind::bytes) return codec;
  codec.kind = ValueKind::padded;
  codec.pad = column.length;
  return codec;
}

Result<ColumnCodec> integer(ColumnCodec codec, uint8_t width) {
  codec.kind = ValueKind::integer;
  codec.width = width;
  return codec;
}

Result<ColumnCodec> plain(ColumnCodec codec, ValueKind kind, uint8_t width) {
  codec.kind = kind;
  codec.width = width;
  return codec;
}

Result<ColumnCodec> compressed(ColumnCodec codec, unsigned width, const LoggedColumn& column,
                               const ColumnFacts& facts) {
  codec = TRY(variable(std::move(codec), width, column, facts));
  codec.kind = ValueKind::compressed;
  return codec;
}

}  // namespace

Result<ColumnCodec> make_codec(const LoggedColumn& column, const ColumnFacts& facts, const LogFormat& format) {
  ColumnCodec codec;
  codec.is_unsigned = column.is_unsigned.value_or(facts.is_unsigned);
  codec.zerofill_width = facts.zerofill_width;
  if (format.server_version.starts_with("5.")) codec.json_reals = JsonReals::plain;
  const unsigned meta_length = column.meta[0] | static_cast<unsigned>(column.meta[1]) << 8U;
  switch (column.type) {
    case ColumnType::tiny:
      return integer(std::move(codec), 1);
    case ColumnType::small:
      return integer(std::move(codec), 2);
    case ColumnType::int3:
      return integer(std::move(codec), 3);
    case ColumnType::int4:
      return integer(std::move(codec), 4);
    case ColumnType::int8:
      return integer(std::move(codec), 8);
    case ColumnType::float4:
      return plain(std::move(codec), ValueKind::real4, 4);
    case ColumnType::double8:
      return plain(std::move(codec), ValueKind::real8, 8);
    case ColumnType::new_decimal:
      codec.kind = ValueKind::decimal;
      codec.precision = column.meta[0];
      codec.scale = column.meta[1];
      if (codec.precision == 0 || codec.precision > 65 || codec.scale > 38 || codec.scale > codec.precision)
        return unreadable(facts, "its precision is none that servers have");
      codec.width = static_cast<uint8_t>(decimal_bytes(codec.precision, codec.scale));
      return codec;
    case ColumnType::year:
      return plain(std::move(codec), ValueKind::year, 1);
    case ColumnType::date:
      return plain(std::move(codec), ValueKind::date, 3);
    case ColumnType::time2:
      return temporal(std::move(codec), ValueKind::time, 3, column, facts);
    case ColumnType::datetime2:
      return temporal(std::move(codec), ValueKind::datetime, 5, column, facts);
    case ColumnType::timestamp2:
      return temporal(std::move(codec), ValueKind::timestamp, 4, column, facts);
    case ColumnType::time:
      return old_temporal(std::move(codec), ValueKind::old_time, 3, facts);
    case ColumnType::datetime:
      return old_temporal(std::move(codec), ValueKind::old_datetime, 8, facts);
    case ColumnType::timestamp:
      return old_temporal(std::move(codec), ValueKind::old_timestamp, 4, facts);
    case ColumnType::bit:
      codec.bits = static_cast<uint16_t>(column.meta[1] * 8 + column.meta[0]);
      if (codec.bits < 1 || codec.bits > 64) return unreadable(facts, "it has more bits than servers know");
      return plain(std::move(codec), ValueKind::bit, static_cast<uint8_t>((codec.bits + 7) / 8));
    case ColumnType::enumeration:
      return labelled(std::move(codec), ValueKind::enumeration, column, facts);
    case ColumnType::set:
      return labelled(std::move(codec), ValueKind::set, column, facts);
    case ColumnType::varchar:
    case ColumnType::var_string:
      return variable(std::move(codec), meta_length < 256 ? 1 : 2, column, facts);
    case ColumnType::string:
      return fixed_string(std::move(codec), column, facts);
    case ColumnType::blob:
      return variable(std::move(codec), column.meta[0], column, facts);
    case ColumnType::maria_blob_compressed:
      return compressed(std::move(codec), column.meta[0], column, facts);
    case ColumnType::maria_varchar_compressed:
      return compressed(std::move(codec), meta_length < 256 ? 1 : 2, column, facts);
    case ColumnType::geometry:
    case ColumnType::vector:
    case ColumnType::json:
      if (column.meta[0] < 1 || column.meta[0] > 4) return unreadable(facts, "its lengths have an unknown width");
      return plain(std::move(codec), column.type == ColumnType::json ? ValueKind::json : ValueKind::bytes,
                   column.meta[0]);
    case ColumnType::null:
      return plain(std::move(codec), ValueKind::null, 0);
    case ColumnType::decimal:
      break;
  }
  return unreadable(
      facts, fmt::format("the log gives it type {}, which is not known here", static_cast<unsigned>(column.type)));
}

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
      return true;
    case ValueKind::old_time:
      append_old_time(raw, out);
      return true;
    case ValueKind::old_datetime:
      append_old_datetime(raw, out);
      return true;
    case ValueKind::old_timestamp:
      append_timestamp(0, little_endian(raw), 0, out);
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
