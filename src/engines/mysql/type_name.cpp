#include "engines/mysql/type_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace godwit::mysql {
namespace {

constexpr int32_t digits_max = 65, scale_max = 30, fraction_max = 6, bits_max = 64;
constexpr int32_t varchar_max = 16383;  // characters of 4 bytes in a row
constexpr int32_t varbinary_max = 65532;
constexpr int32_t row_bytes_max = 65535, key_bytes_max = 3072;
constexpr int32_t character_bytes = 4;
constexpr size_t columns_max = 1017;  // of InnoDB
constexpr int32_t text_bytes = 65535;
constexpr int32_t large_row_bytes = 12;  // what a text or blob takes within the row

// A column on its way to a type.
struct Made {
  Type type;
  int32_t row_bytes = 8;   // at most, within the row
  int32_t characters = 0;  // of a varchar; 0: it is none
  int32_t bytes = 0;       // of a varbinary; 0: it is none
  bool unbounded = false;  // text or blob, which no key takes
  bool binary = false;
};

class TypeMaker {
 public:
  TypeMaker(TypeMapping mapping, const ServerKind& server) : mapping_(mapping), server_(server) {}

  Made make(const Type& source) const {
    Made made;
    if (source.dialect == dialect)
      made = of_family(source);
    else if (source.native.empty())
      made = of_class(source);
    else
      made = of_form(source);
    made.type.dialect = dialect;
    made.type.finite = made.type.zero_dates = true;
    return made;
  }

  Made text(std::optional<int32_t> characters, ValueForm form) const {
    Made made;
    made.type.form = form;
    if (characters && *characters <= varchar_max) {
      made.characters = std::max(*characters, 1);
      made.row_bytes = made.characters * character_bytes + 2;
      made.type.type_class = TypeClass::wstring;
      made.type.length = made.characters;
      made.type.native = fmt::format("varchar({}){}", made.characters, character_set());
    } else {
      made.unbounded = true;
      made.row_bytes = large_row_bytes;
      made.type.type_class = TypeClass::nclob;
      made.type.native = "longtext" + character_set();
    }
    return made;
  }

  Made bytes(std::optional<int32_t> length, ValueForm form) const {
    Made made;
    made.type.form = form;
    made.binary = true;
    if (length && *length <= varbinary_max) {
      made.bytes = std::max(*length, 1);
      made.row_bytes = made.bytes + 2;
      made.type.type_class = TypeClass::bytes;
      made.type.length = made.bytes;
      made.type.native = fmt::format("varbinary({})", made.bytes);
    } else {
      made.unbounded = true;
      made.row_bytes = large_row_bytes;
      made.type.type_class = TypeClass::blob;
      made.type.native = "longblob";
    }
    return made;
  }

  // A varchar or varbinary that takes no more than a pointer within the row.
  void enlarge(Made& made) const {
    const int32_t needed = made.binary ? made.bytes : made.characters * character_bytes;
    const bool fits = needed <= text_bytes;
    made.type.native = made.binary ? (fits ? "blob" : "longblob") : (fits ? "text" : "longtext") + character_set();
    made.type.type_class = made.binary ? TypeClass::blob : TypeClass::nclob;
    made.characters = made.bytes = 0;
    made.row_bytes = large_row_bytes;
  }

 private:
  bool is_dms() const { return mapping_ == TypeMapping::dms; }

  std::string character_set() const {
    return fmt::format(" CHARACTER SET utf8mb4 COLLATE {}", exact_collation(server_));
  }

  static Made plain(std::string native, TypeClass type_class, ValueForm form) {
    Made made;
    made.type.native = std::move(native);
    made.type.type_class = type_class;
    made.type.form = form;
    return made;
  }

  static Made with_fraction(std::string_view name, const Type& source, TypeClass type_class, ValueForm form) {
    const int32_t digits = std::min(source.precision.value_or(fraction_max), fraction_max);
    Made made = plain(digits == 0 ? std::string(name) : fmt::format("{}({})", name, digits), type_class, form);
    made.type.precision = digits;
    return made;
  }

  static Made integer(TypeClass type) {
    switch (type) {
      case TypeClass::int1:
        return plain("tinyint", type, ValueForm::integer);
      case TypeClass::uint1:
        return plain("tinyint unsigned", type, ValueForm::integer);
      case TypeClass::int2:
        return plain("smallint", type, ValueForm::integer);
      case TypeClass::uint2:
        return plain("smallint unsigned", type, ValueForm::integer);
      case TypeClass::int4:
        return plain("int", type, ValueForm::integer);
      case TypeClass::uint4:
        return plain("int unsigned", type, ValueForm::integer);
      case TypeClass::int8:
        return plain("bigint", type, ValueForm::integer);
      default:
        return plain("bigint unsigned", TypeClass::uint8, ValueForm::integer);
    }
  }

  // Scales below 0 and above the precision, which other engines have, need digits too.
  Made decimal(const Type& source) const {
    if (!source.precision && is_dms()) return sized_decimal(28, 6);
    if (!source.precision) return text({}, ValueForm::text);
    const int32_t scale = std::max(source.scale.value_or(0), 0);
    const int32_t digits = std::max(*source.precision - std::min(source.scale.value_or(0), 0), scale);
    if (digits <= digits_max && scale <= scale_max) return sized_decimal(digits, scale);
    return text(digits + 3, ValueForm::text);
  }

  static Made sized_decimal(int32_t digits, int32_t scale) {
    Made made = plain(fmt::format("decimal({},{})", digits, scale), TypeClass::numeric, ValueForm::decimal);
    made.row_bytes = 32;
    made.type.precision = digits;
    made.type.scale = scale;
    return made;
  }

  static Made real(const Type& source) {
    const bool single =
        source.type_class == TypeClass::real4 || (source.dialect != "" && source.precision.value_or(53) <= 24);
    Made made = plain(single ? "float" : "double", TypeClass::real8, ValueForm::real);
    made.type.precision = single ? 24 : 53;
    return made;
  }

  Made bits(const Type& source) const {
    const int32_t length = source.length.value_or(1);
    if (length > bits_max) return text(length, ValueForm::text);
    Made made = plain(fmt::format("bit({})", length), TypeClass::bytes, ValueForm::bits);
    made.type.length = length;
    if (length > 1) return made;
    made.type.type_class = TypeClass::boolean;
    made.type.form = ValueForm::boolean;
    return made;
  }

  // MariaDB's own type refuses numbers that look to it like UUIDs of another order of bytes.
  Made uuid() const {
    if (is_dms()) return text(36, ValueForm::text);
    Made made = plain("char(36) CHARACTER SET ascii COLLATE ascii_bin", TypeClass::string, ValueForm::text);
    made.row_bytes = 36;
    made.type.length = 36;
    return made;
  }

  // Of another engine's catalog.
  Made of_form(const Type& source) const {
    switch (source.form) {
      case ValueForm::boolean:
        return is_dms() ? text(5, ValueForm::text) : plain("tinyint(1)", TypeClass::int1, ValueForm::integer);
      case ValueForm::integer:
        return integer(source.type_class);
      case ValueForm::decimal:
        return decimal(source);
      case ValueForm::real:
        return real(source);
      case ValueForm::money:
        return is_dms() ? sized_decimal(38, 4) : sized_decimal(19, 2);
      case ValueForm::bits:
        return is_dms() ? text(source.length.value_or(1), ValueForm::text) : bits(source);
      case ValueForm::bytes:
        return bytes(source.length, ValueForm::bytes);
      case ValueForm::text:
        return text(source.length, ValueForm::text);
      case ValueForm::date:
        return plain("date", TypeClass::date, ValueForm::date);
      case ValueForm::time:
        return with_fraction("time", source, TypeClass::string, ValueForm::time);
      case ValueForm::time_tz:
        return is_dms() ? with_fraction("time", source, TypeClass::string, ValueForm::time)
                        : text(32, ValueForm::text);
      case ValueForm::datetime:
      case ValueForm::datetime_tz:
        if (source.precision.value_or(0) > fraction_max) return text(37, ValueForm::text);
        return with_fraction("datetime", source, TypeClass::datetime, ValueForm::datetime);
      case ValueForm::duration:
        return with_fraction("time", source, TypeClass::string, ValueForm::duration);
      case ValueForm::interval:
        return text(128, ValueForm::text);
      case ValueForm::uuid:
        return uuid();
      case ValueForm::network:
        return text(50, ValueForm::text);
      case ValueForm::enumeration:
        return text(std::max<int32_t>(64, source.length.value_or(0)), ValueForm::text);
      case ValueForm::geometry:
        return geometry();
      case ValueForm::array:
      case ValueForm::range:
      case ValueForm::composite:
        return text({}, ValueForm::json);
      default:
        return text(source.length, ValueForm::text);
    }
  }

  static Made geometry() {
    Made made = plain("geometry", TypeClass::blob, ValueForm::geometry);
    made.row_bytes = large_row_bytes;
    made.unbounded = made.binary = true;
    return made;
  }

  // That a rule asks for.
  Made of_class(const Type& source) const {
    if (source.type_class == TypeClass::boolean) return plain("tinyint(1)", TypeClass::int1, ValueForm::integer);
    if (is_integer(source.type_class)) return integer(source.type_class);
    if (is_real(source.type_class)) return real(source);
    if (is_binary(source.type_class)) return bytes(source.length, ValueForm::bytes);
    switch (source.type_class) {
      case TypeClass::numeric:
        return decimal(source);
      case TypeClass::date:
        return plain("date", TypeClass::date, ValueForm::date);
      case TypeClass::time:
        return with_fraction("time", source, TypeClass::string, ValueForm::time);
      case TypeClass::datetime:
        if (source.precision.value_or(0) > fraction_max) return text(37, ValueForm::text);
        return with_fraction("datetime", source, TypeClass::datetime, ValueForm::datetime);
      default:
        return text(source.length, ValueForm::text);
    }
  }

  // Between MySQL and MariaDB.
  Made of_family(const Type& source) const {
    Made made;
    made.type = source;
    made.type.log_id = 0;
    made.type.log_modifier = -1;
    const std::string word = source.native.substr(0, source.native.find_first_of("( "));
    if (!server_.is_mariadb && (word == "inet6" || word == "inet4" || word == "uuid"))
      return word == "uuid" ? uuid() : text(39, ValueForm::text);
    replace(made.type.native, "geomcollection", "geometrycollection");
    if (server_.is_mariadb) replace(made.type.native, " SRID ", " REF_SYSTEM_ID=");
    replace_charset(made.type.native);
    made.row_bytes = 0;  // it had its place where it comes from
    return made;
  }

  static void replace(std::string& text, std::string_view what, std::string_view by) {
    const size_t at = text.find(what);
    if (at != std::string::npos) text.replace(at, what.size(), by);
  }

  // Character set and collation of a text as the server knows them. MariaDB has no gb18030, all of which is in
  // Unicode.
  void replace_charset(std::string& native) const {
    constexpr std::string_view before_charset = " CHARACTER SET ", before_collation = " COLLATE ";
    const size_t charset = native.rfind(before_charset), collation = native.rfind(before_collation);
    if (charset == std::string::npos || collation == std::string::npos) return;
    std::string set = native.substr(charset + before_charset.size(), collation - charset - before_charset.size());
    std::string name = native.substr(collation + before_collation.size());
    if (set == "gb18030" && server_.is_mariadb) {
      set = "utf8mb4";
      name = name == "gb18030_bin" ? "utf8mb4_bin" : "utf8mb4_unicode_520_ci";
    }
    native.resize(charset);
    native += fmt::format("{}{}{}{}", before_charset, set, before_collation, known_collation(name, server_));
  }

  TypeMapping mapping_;
  const ServerKind& server_;
};

// A key takes so many bytes: what has no end, or where that does not suffice is wide, shares what the others leave.
void fit_key(const TableDef& table, const TypeMaker& maker, std::vector<Made>& made) {
  if (!table.key || table.key->columns.empty()) return;
  const auto width = [](const Made& column) {
    return column.bytes > 0 ? column.bytes : column.characters > 0 ? column.characters * character_bytes : 0;
  };
  const auto has_no_end = [](const Made& column) {
    return column.unbounded && column.type.form != ValueForm::geometry;
  };
  int32_t taken = 0, endless = 0;
  for (const uint32_t c : table.key->columns) {
    taken += has_no_end(made[c]) ? 0 : std::max(width(made[c]), 8);
    if (has_no_end(made[c])) ++endless;
  }
  constexpr int32_t least_bytes = 1024;
  const bool wide_too = taken + endless * least_bytes > key_bytes_max;
  if (endless == 0 && !wide_too) return;
  const int32_t fair = key_bytes_max / static_cast<int32_t>(table.key->columns.size());
  int32_t left = key_bytes_max, sharing = 0;
  std::vector<bool> shares(made.size(), false);
  for (const uint32_t c : table.key->columns) {
    shares[c] = has_no_end(made[c]) || (wide_too && width(made[c]) > fair);
    sharing += shares[c] ? 1 : 0;
    left -= shares[c] ? 0 : std::max(width(made[c]), 8);
  }
  if (sharing == 0) return;
  const int32_t each = std::max(left / sharing, character_bytes);
  for (const uint32_t c : table.key->columns) {
    if (!shares[c]) continue;
    const int32_t bytes = width(made[c]) > 0 ? std::min(each, width(made[c])) : each;
    const ValueForm form = made[c].type.form;
    made[c] = made[c].binary ? maker.bytes(bytes, form) : maker.text(bytes / character_bytes, form);
    made[c].type.dialect = dialect;
    made[c].type.finite = made[c].type.zero_dates = true;
  }
}

void fit_row(const TableDef& table, const TypeMaker& maker, std::vector<Made>& made) {
  int32_t total = static_cast<int32_t>(made.size() + 7) / 8;
  for (const Made& column : made) total += column.row_bytes;
  while (total > row_bytes_max) {
    Made* widest = nullptr;
    for (size_t c = 0; c < made.size(); ++c) {
      const bool in_key = table.key && std::ranges::find(table.key->columns, c) != table.key->columns.end();
      const bool shrinks = made[c].characters > 0 || made[c].bytes > 0;
      if (!in_key && shrinks && (widest == nullptr || made[c].row_bytes > widest->row_bytes)) widest = &made[c];
    }
    if (widest == nullptr || widest->row_bytes <= large_row_bytes) return;  // the server says what is in its way
    total -= widest->row_bytes - large_row_bytes;
    maker.enlarge(*widest);
  }
}

Error too_many_columns(const TableDef& table) {
  return {ErrorKind::table, "mysql.too_many_columns",
          fmt::format("table {} has {} columns, and a table of the target holds {} at most. Leave some out by "
                      "remove-column rules, or make several tables of it.",
                      to_string(table.ref), table.columns.size(), columns_max),
          ""};
}

}  // namespace

Result<std::vector<Type>> types_for(const TableDef& table, TypeMapping mapping, const ServerKind& server) {
  if (table.columns.size() > columns_max) return Failure(too_many_columns(table));
  const TypeMaker maker(mapping, server);
  std::vector<Made> made;
  made.reserve(table.columns.size());
  for (const ColumnDef& column : table.columns) made.push_back(maker.make(column.type));
  fit_key(table, maker, made);
  fit_row(table, maker, made);
  std::vector<Type> out;
  out.reserve(made.size());
  for (Made& column : made) out.push_back(std::move(column.type));
  return out;
}

}  // namespace godwit::mysql
