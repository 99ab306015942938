#include "engines/postgres/copy_binary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>

#include "base/byte_writer.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/copy_text.h"

namespace godwit::postgres {
namespace {

constexpr const char* types_query =
    "SELECT a.attname, a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass($1) AND "
    "a.attnum > 0 AND NOT a.attisdropped";

template <class Int>
bool append_fixed(ByteBuffer& out, Int value) {
  append_big_endian(out, static_cast<int32_t>(sizeof(Int)));
  append_big_endian(out, value);
  return true;
}

bool as_sent(ByteBuffer& out, std::string_view value) {
  append_big_endian(out, static_cast<int32_t>(value.size()));
  out.append(value);
  return true;
}

template <class Int>
bool integer(ByteBuffer& out, std::string_view value) {
  Int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() && append_fixed(out, number);
}

bool boolean(ByteBuffer& out, std::string_view value) {
  if (value != "t" && value != "f") return false;
  return append_fixed(out, static_cast<int8_t>(value == "t" ? 1 : 0));
}

// Texts as "nan" are left to the server: from_chars would take spellings that the server does not.
template <class Real, class Bits>
bool real(ByteBuffer& out, std::string_view value) {
  if (value.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  Real number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return false;
  return append_fixed(out, std::bit_cast<Bits>(number));
}

bool jsonb(ByteBuffer& out, std::string_view value) {
  constexpr char version = 1;
  append_big_endian(out, static_cast<int32_t>(value.size() + 1));
  out.push_back(version);
  out.append(value);
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid(ByteBuffer& out, std::string_view value) {
  constexpr size_t text_bytes = 36;
  if (value.size() != text_bytes) return false;
  append_big_endian(out, int32_t{16});
  for (size_t i = 0; i < text_bytes; i += 2) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (value[i] != '-') return false;
      ++i;
    }
    const int high = hex_digit(value[i]), low = hex_digit(value[i + 1]);
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high << 4U | low));
  }
  return true;
}

// --- dates and times: counted from 2000-01-01 ---

bool digits(std::string_view text, size_t from, size_t count, int64_t& number) {
  if (from + count > text.size()) return false;
  number = 0;
  for (size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = number * 10 + (text[i] - '0');
  }
  return true;
}

constexpr size_t date_bytes = 10;

bool days_of(std::string_view text, int64_t& days) {
  using namespace std::chrono;
  int64_t y = 0, m = 0, d = 0;
  if (text.size() < date_bytes || text[4] != '-' || text[7] != '-') return false;
  if (!digits(text, 0, 4, y) || !digits(text, 5, 2, m) || !digits(text, 8, 2, d) || y == 0) return false;
  const year_month_day date(year(static_cast<int>(y)), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d)));
  if (!date.ok()) return false;
  constexpr sys_days epoch = sys_days(year(2000) / 1 / 1);
  days = (sys_days(date) - epoch).count();
  return true;
}

bool date(ByteBuffer& out, std::string_view value) {
  int64_t days = 0;
  return value.size() == date_bytes && days_of(value, days) && append_fixed(out, static_cast<int32_t>(days));
}

// hh:mm:ss[.f] with six digits at most: the server would round more.
bool time_of_day(std::string_view text, int64_t& us) {
  constexpr size_t seconds_end = 8;
  int64_t h = 0, m = 0, s = 0, fraction = 0;
  if (text.size() < seconds_end || text[2] != ':' || text[5] != ':') return false;
  if (!digits(text, 0, 2, h) || !digits(text, 3, 2, m) || !digits(text, 6, 2, s)) return false;
  if (h > 23 || m > 59 || s > 59) return false;
  us = ((h * 60 + m) * 60 + s) * 1'000'000;
  if (text.size() == seconds_end) return true;
  const size_t places = text.size() - seconds_end - 1;
  if (text[seconds_end] != '.' || places == 0 || places > 6 || !digits(text, seconds_end + 1, places, fraction))
    return false;
  for (size_t i = places; i < 6; ++i) fraction *= 10;
  us += fraction;
  return true;
}

bool timestamp(ByteBuffer& out, std::string_view value) {
  constexpr int64_t day_us = 86'400'000'000;
  int64_t days = 0, us = 0;
  if (value.size() <= date_bytes || value[date_bytes] != ' ') return false;
  if (!days_of(value, days) || !time_of_day(value.substr(date_bytes + 1), us)) return false;
  return append_fixed(out, days * day_us + us);
}

bool timestamp_utc(ByteBuffer& out, std::string_view value) {
  constexpr std::string_view utc = "+00";
  return value.ends_with(utc) && timestamp(out, value.substr(0, value.size() - utc.size()));
}

bool time_text(ByteBuffer& out, std::string_view value) {
  int64_t us = 0;
  return time_of_day(value, us) && append_fixed(out, us);
}

// --- numeric: groups of four decimal digits, the first one's place, the sign, the digits behind the point ---

constexpr size_t group_digits = 4;
constexpr size_t numeric_digits_max = 1000;  // longer ones are left to the server

// The four digits from `from` on, where a place before `first` or from `end` on is a zero.
uint16_t group_at(std::string_view text, int64_t from) {
  uint16_t group = 0;
  for (int64_t i = from; i < from + static_cast<int64_t>(group_digits); ++i) {
    const bool there = i >= 0 && i < static_cast<int64_t>(text.size());
    group = static_cast<uint16_t>(group * 10 + (there ? text[static_cast<size_t>(i)] - '0' : 0));
  }
  return group;
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool numeric(ByteBuffer& out, std::string_view value) {
  const bool negative = value.starts_with('-');
  if (negative) value.remove_prefix(1);
  const size_t point = std::min(value.find('.'), value.size());
  const std::string_view whole = value.substr(0, point);
  const std::string_view fraction = point < value.size() ? value.substr(point + 1) : std::string_view();
  if (whole.empty() || whole.size() + fraction.size() > numeric_digits_max) return false;
  if (!all_digits(whole) || !all_digits(fraction) || (point < value.size() && fraction.empty())) return false;
  const size_t whole_groups = (whole.size() + group_digits - 1) / group_digits;
  const auto first = static_cast<int64_t>(whole.size()) - static_cast<int64_t>(whole_groups * group_digits);
  const auto group = [&](size_t g) {
    return g < whole_groups ? group_at(whole, first + static_cast<int64_t>(g * group_digits))
                            : group_at(fraction, static_cast<int64_t>((g - whole_groups) * group_digits));
  };
  size_t begin = 0, end = whole_groups + (fraction.size() + group_digits - 1) / group_digits;
  while (begin < end && group(begin) == 0) ++begin;
  while (begin < end && group(end - 1) == 0) --end;
  constexpr uint16_t minus = 0x4000;
  constexpr size_t header_bytes = 8;
  append_big_endian(out, static_cast<int32_t>(header_bytes + 2 * (end - begin)));
  append_big_endian(out, static_cast<uint16_t>(end - begin));
  append_big_endian(out, static_cast<uint16_t>(begin == end ? 0 : whole_groups - 1 - begin));
  append_big_endian(out, negative && begin != end ? minus : uint16_t{0});
  append_big_endian(out, static_cast<uint16_t>(fraction.size()));
  for (size_t g = begin; g < end; ++g) append_big_endian(out, group(g));
  return true;
}

struct TypeCodec {
  uint32_t oid;
  BinaryCodec codec;
};

constexpr std::array codecs = {
    TypeCodec{16, boolean},
    TypeCodec{20, integer<int64_t>},
    TypeCodec{21, integer<int16_t>},
    TypeCodec{23, integer<int32_t>},
    TypeCodec{25, as_sent},   // text
    TypeCodec{114, as_sent},  // json
    TypeCodec{700, real<float, uint32_t>},
    TypeCodec{701, real<double, uint64_t>},
    TypeCodec{1042, as_sent},  // bpchar
    TypeCodec{1043, as_sent},  // varchar
    TypeCodec{1082, date},
    TypeCodec{1083, time_text},
    TypeCodec{1114, timestamp},
    TypeCodec{1184, timestamp_utc},
    TypeCodec{1700, numeric},
    TypeCodec{2950, uuid},
    TypeCodec{3802, jsonb},
};

}  // namespace

BinaryCodec binary_codec(uint32_t type_oid, bool bytes) {
  constexpr uint32_t oid_bytea = 17;
  if (bytes) return type_oid == oid_bytea ? as_sent : nullptr;
  for (const TypeCodec& known : codecs)
    if (known.oid == type_oid) return known.codec;
  return nullptr;
}

Result<std::optional<BinaryTuples>> BinaryTuples::open(Connection& session, const TargetTable& table) {
  const std::vector<ColumnDef>& columns = table.layout->columns;
  if (!session.traits().has_binary_copy || columns.empty()) return std::nullopt;
  const Rows rows = TRY(session.query(types_query, {quote_name(table.layout->ref)}));
  std::vector<BinaryCodec> found(columns.size(), nullptr);
  for (int row = 0; row < rows.size(); ++row) {
    const auto column = find_column(*table.layout, rows.get(row, 0));
    if (column) found[*column] = binary_codec(oid_at(rows, row, 1), holds_bytes(columns[*column]));
  }
  for (const BinaryCodec codec : found)
    if (codec == nullptr) return std::nullopt;
  return BinaryTuples(std::move(found));
}

bool BinaryTuples::append_row(const RowBatch& batch, size_t row, ByteBuffer& out) const {
  append_big_endian(out, static_cast<uint16_t>(codecs_.size()));
  for (size_t c = 0; c < codecs_.size(); ++c) {
    const Cell& cell = batch.cell(row, c);
    if (cell.length < 0)
      append_big_endian(out, int32_t{-1});
    else if (!codecs_[c](out, batch.bytes(cell)))
      return false;
  }
  return true;
}

bool BinaryTuples::encode(const RowBatch& batch, ByteBuffer& out) const {
  out.clear();
  out.reserve(batch.arena.size() + batch.rows * (2 + 4 * codecs_.size()));
  for (size_t row = 0; row < batch.rows; ++row)
    if (!append_row(batch, row, out)) {
      out.clear();
      return false;
    }
  return true;
}

}  // namespace godwit::postgres
