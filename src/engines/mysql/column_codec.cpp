// Which codec reads a column, by what the log and the catalog say of it.

#include <fmt/format.h>

#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/binlog_values.h"

namespace godwit::mysql {
namespace {

Failure unreadable(const ColumnFacts& facts, std::string_view why) {
  return Failure(errors::unreadable_column(facts.name, why));
}

uint8_t fraction_bytes(unsigned digits) {
  return static_cast<uint8_t>((digits + 1) / 2);
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
  codec.name = facts.name;
  codec.when_absent = facts.when_absent;
  codec.default_text = facts.default_text;
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

}  // namespace godwit::mysql
