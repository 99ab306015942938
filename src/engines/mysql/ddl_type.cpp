#include "engines/mysql/ddl_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace godwit::mysql {
namespace {

enum class Family : uint8_t { integer, decimal, approximate, bit, year, plain, moment, bytes, text, blob, labels };

struct Named {
  std::string_view word, name;
  Family family;
  // integer: display widths signed and unsigned; text and blob: the size they hold
  uint64_t a = 0, b = 0;
};

constexpr std::array named = {
    Named{"TINYINT", "tinyint", Family::integer, 4, 3},
    Named{"INT1", "tinyint", Family::integer, 4, 3},
    Named{"SMALLINT", "smallint", Family::integer, 6, 5},
    Named{"INT2", "smallint", Family::integer, 6, 5},
    Named{"MEDIUMINT", "mediumint", Family::integer, 9, 8},
    Named{"MIDDLEINT", "mediumint", Family::integer, 9, 8},
    Named{"INT3", "mediumint", Family::integer, 9, 8},
    Named{"INT", "int", Family::integer, 11, 10},
    Named{"INTEGER", "int", Family::integer, 11, 10},
    Named{"INT4", "int", Family::integer, 11, 10},
    Named{"BIGINT", "bigint", Family::integer, 20, 20},
    Named{"INT8", "bigint", Family::integer, 20, 20},
    Named{"DECIMAL", "decimal", Family::decimal},
    Named{"DEC", "decimal", Family::decimal},
    Named{"NUMERIC", "decimal", Family::decimal},
    Named{"FIXED", "decimal", Family::decimal},
    Named{"FLOAT", "float", Family::approximate},
    Named{"FLOAT4", "float", Family::approximate},
    Named{"DOUBLE", "double", Family::approximate},
    Named{"FLOAT8", "double", Family::approximate},
    Named{"REAL", "double", Family::approximate},
    Named{"BIT", "bit", Family::bit},
    Named{"YEAR", "year", Family::year},
    Named{"DATE", "date", Family::plain},
    Named{"TIME", "time", Family::moment},
    Named{"DATETIME", "datetime", Family::moment},
    Named{"TIMESTAMP", "timestamp", Family::moment},
    Named{"BINARY", "binary", Family::bytes},
    Named{"VARBINARY", "varbinary", Family::bytes},
    Named{"TINYTEXT", "tinytext", Family::text, 255},
    Named{"TEXT", "text", Family::text, 65535},
    Named{"MEDIUMTEXT", "mediumtext", Family::text, 16777215},
    Named{"LONGTEXT", "longtext", Family::text, 4294967295},
    Named{"TINYBLOB", "tinyblob", Family::blob, 255},
    Named{"BLOB", "blob", Family::blob, 65535},
    Named{"MEDIUMBLOB", "mediumblob", Family::blob, 16777215},
    Named{"LONGBLOB", "longblob", Family::blob, 4294967295},
    Named{"ENUM", "enum", Family::labels},
    Named{"SET", "set", Family::labels},
    Named{"JSON", "json", Family::plain},
    Named{"GEOMETRY", "geometry", Family::plain},
    Named{"POINT", "point", Family::plain},
    Named{"LINESTRING", "linestring", Family::plain},
    Named{"POLYGON", "polygon", Family::plain},
    Named{"MULTIPOINT", "multipoint", Family::plain},
    Named{"MULTILINESTRING", "multilinestring", Family::plain},
    Named{"MULTIPOLYGON", "multipolygon", Family::plain},
    Named{"GEOMETRYCOLLECTION", "geometrycollection", Family::plain},
    Named{"GEOMCOLLECTION", "geometrycollection", Family::plain},
    Named{"UUID", "uuid", Family::plain},
    Named{"INET4", "inet4", Family::plain},
    Named{"INET6", "inet6", Family::plain},
};

constexpr uint64_t characters_a_length_max = 4;

bool take_number(DdlWords& words, uint64_t& out) {
  const std::string& text = words.now().value;
  if (words.now().kind != SqlWord::Kind::word) return false;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size()) return false;
  words.pass();
  return true;
}

// (n) or (n, m). False: something else stands between the parentheses.
bool take_numbers(DdlWords& words, std::optional<uint64_t>& a, std::optional<uint64_t>& b) {
  if (!words.take_sign('(')) return true;
  if (!take_number(words, a.emplace())) return false;
  if (words.take_sign(',') && !take_number(words, b.emplace())) return false;
  return words.take_sign(')');
}

// As the server writes labels in COLUMN_TYPE.
void append_label(std::string& out, std::string_view label) {
  out += '\'';
  for (const char c : label) {
    switch (c) {
      case '\'':
        out += "''";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\0':
        out += "\\0";
        break;
      default:
        out += c;
    }
  }
  out += '\'';
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xc0U) != 0x80U; }));
}

class TypeReader {
 public:
  TypeReader(DdlWords& words, const ServerKind& server, const DdlMode& mode)
      : words_(words), server_(server), mode_(mode) {}

  std::optional<DdlType> run() {
    if (!read()) return std::nullopt;
    out_.facts.data_type = std::string(out_.facts.column_type.substr(0, out_.facts.column_type.find_first_of("( ")));
    return std::move(out_);
  }

 private:
  bool shows_widths() const { return server_.is_mariadb || server_.version < 80019; }
  CatalogColumn& facts() { return out_.facts; }

  bool read() {
    if (words_.take("BOOL") || words_.take("BOOLEAN")) return facts().column_type = "tinyint(1)", true;
    if (words_.take("SERIAL")) {
      facts().column_type = shows_widths() ? "bigint(20) unsigned" : "bigint unsigned";
      return out_.counts_up = true;
    }
    if (words_.now().is("CHAR") || words_.now().is("CHARACTER") || words_.now().is("VARCHAR") ||
        words_.now().is("VARCHARACTER") || words_.now().is("NCHAR") || words_.now().is("NVARCHAR") ||
        words_.now().is("NATIONAL"))
      return read_characters();
    if (words_.take("LONG")) return read_long();
    const auto* type = std::ranges::find(named, words_.now().upper, &Named::word);
    if (type == named.end() || words_.now().kind != SqlWord::Kind::word) return false;
    words_.pass();
    return read(*type);
  }

  bool read(const Named& type) {
    switch (type.family) {
      case Family::integer:
        return read_integer(type);
      case Family::decimal:
        return read_decimal();
      case Family::approximate:
        return read_approximate(type);
      case Family::bit:
      case Family::year:
        return read_bit_or_year(type);
      case Family::moment:
        return read_moment(type);
      case Family::bytes:
        return read_length(type.name, 1);
      case Family::text:
      case Family::blob:
        return read_large(type);
      case Family::labels:
        return read_labels(type);
      case Family::plain:
        break;
    }
    return read_plain(type);
  }

  // UNSIGNED, SIGNED and ZEROFILL in any order.
  void take_sign_words() {
    for (;;) {
      if (words_.take("UNSIGNED"))
        unsigned_ = true;
      else if (words_.take("ZEROFILL"))
        unsigned_ = zerofill_ = true;
      else if (!words_.take("SIGNED"))
        return;
    }
  }
  std::string signs() const { return std::string(unsigned_ ? " unsigned" : "") + (zerofill_ ? " zerofill" : ""); }

  bool read_integer(const Named& type) {
    std::optional<uint64_t> width, none;
    if (!take_numbers(words_, width, none) || none) return false;
    take_sign_words();
    const bool truth = type.name == "tinyint" && width == 1 && !unsigned_;
    std::string text(type.name);
    if (shows_widths() || zerofill_ || truth)
      text += fmt::format("({})", width.value_or(unsigned_ ? type.b : type.a));
    facts().column_type = text + signs();
    return true;
  }

  bool read_decimal() {
    std::optional<uint64_t> digits, scale;
    if (!take_numbers(words_, digits, scale)) return false;
    take_sign_words();
    if (digits.value_or(0) == 0) digits = 10;
    facts().precision = digits;
    facts().scale = scale.value_or(0);
    facts().column_type = fmt::format("decimal({},{}){}", *digits, *facts().scale, signs());
    return true;
  }

  bool read_approximate(const Named& type) {
    constexpr uint64_t single_digits_max = 24;
    if (type.word == "DOUBLE") words_.take("PRECISION");
    std::string name(type.word == "REAL" && mode_.real_as_float ? "float" : type.name);
    std::optional<uint64_t> digits, scale;
    if (!take_numbers(words_, digits, scale)) return false;
    take_sign_words();
    if (digits && !scale && *digits > single_digits_max) name = "double";
    if (scale) name += fmt::format("({},{})", *digits, *scale);
    facts().column_type = name + signs();
    return true;
  }

  bool read_bit_or_year(const Named& type) {
    std::optional<uint64_t> width, none;
    if (!take_numbers(words_, width, none) || none) return false;
    facts().column_type = type.name;
    if (type.family == Family::bit) {
      facts().precision = width.value_or(1);
      facts().column_type += fmt::format("({})", *facts().precision);
    } else {
      while (words_.take("UNSIGNED") || words_.take("ZEROFILL") || words_.take("SIGNED")) continue;
      if (shows_widths()) facts().column_type += "(4)";
    }
    return true;
  }

  bool read_moment(const Named& type) {
    std::optional<uint64_t> digits, none;
    if (!take_numbers(words_, digits, none) || none) return false;
    facts().fraction_digits = digits.value_or(0);
    facts().column_type = type.name;
    if (*facts().fraction_digits > 0) facts().column_type += fmt::format("({})", *digits);
    return true;
  }

  bool read_length(std::string_view name, uint64_t without) {
    std::optional<uint64_t> length, none;
    if (!take_numbers(words_, length, none) || none) return false;
    facts().length = length.value_or(without);
    facts().column_type = fmt::format("{}({})", name, *facts().length);
    return true;
  }

  // [NATIONAL] CHAR, CHARACTER, NCHAR, VARCHAR and so on, VARYING or not, of bytes with BYTE behind.
  bool read_characters() {
    bool national = words_.take("NATIONAL"), varying = false;
    const std::string word = words_.now().upper;
    if (word == "VARCHAR" || word == "VARCHARACTER" || word == "NVARCHAR") varying = true;
    if (word == "NCHAR" || word == "NVARCHAR") national = true;
    if (!varying && word != "CHAR" && word != "CHARACTER" && word != "NCHAR") return false;
    words_.pass();
    if (words_.take("VARYING") || (national && (words_.take("VARCHAR") || words_.take("VARCHARACTER"))))
      varying = true;
    if (!read_length(varying ? "varchar" : "char", 1)) return false;
    if (words_.take("BYTE")) {
      facts().column_type = fmt::format("{}({})", varying ? "varbinary" : "binary", *facts().length);
      return true;
    }
    out_.has_charset = true;
    if (national) out_.charset = "utf8";
    return pass_options();
  }

  bool read_long() {
    const bool bytes = words_.take("VARBINARY");
    if (!bytes && (words_.take("CHAR") || words_.take("CHARACTER"))) words_.take("VARYING");
    if (!bytes) words_.take("VARCHAR") || words_.take("VARCHARACTER");
    facts().column_type = bytes ? "mediumblob" : "mediumtext";
    facts().length = 16777215;
    out_.has_charset = !bytes;
    return pass_options();
  }

  static const Named& smallest(Family family, uint64_t bytes) {
    const Named* out = nullptr;
    for (const Named& type : named)
      if (type.family == family && (out == nullptr || out->a < bytes)) out = &type;
    return *out;
  }

  // TEXT(n) is the smallest type that holds n characters. Where it is their width that decides it is not known here.
  bool read_large(const Named& type) {
    std::optional<uint64_t> length, none;
    if (!take_numbers(words_, length, none) || none) return false;
    const bool text = type.family == Family::text, sized = length.value_or(0) > 0;
    const Named& chosen = sized ? smallest(type.family, *length) : type;
    if (sized && text && &chosen != &smallest(type.family, *length * characters_a_length_max)) return false;
    facts().column_type = chosen.name;
    facts().length = chosen.a;
    out_.has_charset = text;
    return pass_options();
  }

  bool read_labels(const Named& type) {
    if (!words_.take_sign('(')) return false;
    std::string text(type.name);
    uint64_t longest = 0, sum = 0, count = 0;
    text += '(';
    do {
      if (words_.now().kind != SqlWord::Kind::text) return false;
      std::string label = words_.now().value;
      label.erase(label.find_last_not_of(' ') + 1);
      if (count++ > 0) text += ',';
      append_label(text, label);
      longest = std::max<uint64_t>(longest, characters(label));
      sum += characters(label);
      words_.pass();
    } while (words_.take_sign(','));
    if (!words_.take_sign(')')) return false;
    facts().column_type = text + ')';
    facts().length = type.name == "enum" ? longest : sum + count - 1;
    return out_.has_charset = true;
  }

  bool read_plain(const Named& type) {
    facts().column_type = type.name;
    if (type.name == "geometrycollection" && !server_.is_mariadb && server_.version >= 80000)
      facts().column_type = "geomcollection";
    if (type.name != "json" || !server_.is_mariadb) return true;
    facts().column_type = "longtext";
    facts().length = 4294967295;
    facts().is_json = out_.has_charset = true;
    out_.charset = "utf8mb4";
    out_.collation = "utf8mb4_bin";
    return true;
  }

  // MariaDB: COMPRESSED[=method]
  bool pass_options() {
    if (words_.take("COMPRESSED") && words_.take_sign('=')) words_.pass();
    return true;
  }

  DdlWords& words_;
  const ServerKind& server_;
  const DdlMode& mode_;
  DdlType out_;
  bool unsigned_ = false, zerofill_ = false;
};

}  // namespace

std::optional<DdlType> read_type(DdlWords& words, const ServerKind& server, const DdlMode& mode) {
  return TypeReader(words, server, mode).run();
}

bool take_charset(DdlWords& words, DdlType& out) {
  const auto take_name = [&](std::string& name) {
    words.take_sign('=');
    if (words.now().kind == SqlWord::Kind::text) {
      name = words.now().value;
      words.pass();
    } else if (!words.take_name(name)) {
      return false;
    }
    name = lower_ascii(name);
    return true;
  };
  if (words.take("CHARACTER", "SET") || words.take("CHARSET")) return take_name(out.charset);
  if (words.take("COLLATE")) return take_name(out.collation);
  if (words.take("ASCII")) return out.charset = "latin1", true;
  if (words.take("UNICODE")) return out.charset = "ucs2", true;
  if (words.take("BINARY")) return out.binary_collation = true;
  return false;
}

}  // namespace godwit::mysql
