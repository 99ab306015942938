#include "engines/mysql/ddl_column.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "base/text.h"

namespace godwit::mysql {
namespace {

// What may stand behind the value of a default.
constexpr std::array<std::string_view, 24> attribute_words = {
    "NOT",       "NULL",       "COMMENT",   "ON",         "AFTER",     "FIRST",         "AUTO_INCREMENT", "UNIQUE",
    "PRIMARY",   "KEY",        "CHECK",     "CONSTRAINT", "COLLATE",   "COLUMN_FORMAT", "STORAGE",        "VISIBLE",
    "INVISIBLE", "REFERENCES", "GENERATED", "AS",         "CHARACTER", "CHARSET",       "SRID",           "DEFAULT"};

bool ends_default(const DdlWords& words) {
  if (words.at_item_end()) return true;
  const SqlWord& word = words.now();
  return word.kind == SqlWord::Kind::word && std::ranges::find(attribute_words, word.upper) != attribute_words.end();
}

// -1.5e3 from here on: how many bytes.
size_t number_length(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  size_t digits = 0;
  const auto pass_digits = [&] {
    for (; at < text.size() && is_digit(text[at]); ++at) ++digits;
  };
  pass_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    pass_digits();
  }
  if (digits == 0) return 0;
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) return at;
  size_t exponent = at + 1;
  if (exponent < text.size() && (text[exponent] == '-' || text[exponent] == '+')) ++exponent;
  if (exponent >= text.size() || !is_digit(text[exponent])) return at;
  while (exponent < text.size() && is_digit(text[exponent])) ++exponent;
  return exponent;
}

bool take_number(DdlWords& words, std::string& out) {
  const size_t begin = words.now().begin;
  if (words.done()) return false;
  const std::string_view rest = words.sql().substr(begin);
  const size_t length = number_length(rest);
  if (length == 0) return false;
  const size_t place = words.place();
  while (!words.done() && words.now().end <= begin + length) words.pass();
  if (!words.done() && words.now().begin < begin + length) {  // 1st_name
    words.go_back(place);
    return false;
  }
  out = rest.substr(0, length);
  if (out.starts_with('+')) out.erase(0, 1);
  return true;
}

bool is_bits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("01") == std::string_view::npos;
}

bool read_literal(DdlWords& words, DdlDefault& out) {
  using Kind = DdlDefault::Kind;
  const SqlWord word = words.now();
  if (word.kind == SqlWord::Kind::word && word.upper.starts_with('_') && words.ahead(1).kind == SqlWord::Kind::text)
    words.pass();  // a character set before a text, which is UTF-8 by now
  if (words.now().kind == SqlWord::Kind::text) {
    out.kind = Kind::text;
    for (; words.now().kind == SqlWord::Kind::text; words.pass()) out.text += words.now().value;
    return true;
  }
  if (words.take("NULL")) return out.kind = Kind::null, true;
  if (words.take("TRUE")) return out.kind = Kind::number, out.text = "1", true;
  if (words.take("FALSE")) return out.kind = Kind::number, out.text = "0", true;
  if (word.is("B") && words.ahead(1).kind == SqlWord::Kind::text && is_bits(words.ahead(1).value)) {
    out.kind = Kind::bits;
    out.text = words.ahead(1).value;
    words.pass();
    words.pass();
    return true;
  }
  if (word.kind == SqlWord::Kind::word && word.value.starts_with("0b") && is_bits(word.value.substr(2))) {
    out.kind = Kind::bits;
    out.text = word.value.substr(2);
    words.pass();
    return true;
  }
  if (!take_number(words, out.text)) return false;
  out.kind = Kind::number;
  return true;
}

// NOW(6), UUID(): the name and its parentheses.
void pass_call(DdlWords& words) {
  if (!words.done()) words.pass();
  words.pass_group();
}

bool pass_check(DdlWords& words, DdlColumn& out) {
  if (!words.pass_group()) return false;
  out.notes.emplace_back("a check");
  words.take("NOT", "ENFORCED") || words.take("ENFORCED");
  return true;
}

bool pass_value(DdlWords& words) {
  words.take_sign('=');
  if (words.at_item_end()) return false;
  words.pass();
  return true;
}

bool read_attribute(DdlWords& words, DdlColumn& out) {
  using Null = DdlColumn::Null;
  if (words.take("NOT", "NULL")) return out.null = Null::refused, true;
  if (words.take("NULL")) return out.null = Null::allowed, true;
  if (words.take("DEFAULT")) return read_default(words, out.value);
  if (words.take("ON", "UPDATE")) return pass_call(words), true;
  if (words.take("AUTO_INCREMENT")) return out.counts_up = true;
  if (words.take("SERIAL", "DEFAULT")) {
    out.counts_up = out.makes_key = true;
    out.null = Null::refused;
    return words.take("VALUE");
  }
  if (words.take("PRIMARY", "KEY") || words.take("UNIQUE", "KEY") || words.take("UNIQUE") || words.take("KEY"))
    return out.makes_key = true;
  if (words.take("COMMENT") || words.take("COLUMN_FORMAT") || words.take("STORAGE") ||
      words.take("ENGINE_ATTRIBUTE") || words.take("SECONDARY_ENGINE_ATTRIBUTE"))
    return pass_value(words);
  if (words.take("VISIBLE") || words.take("INVISIBLE")) return true;
  if (words.take("WITH", "SYSTEM") || words.take("WITHOUT", "SYSTEM")) return words.take("VERSIONING");
  if (words.take("GENERATED", "ALWAYS")) return words.now().is("AS");
  if (words.take("AS")) return out.generated = words.pass_group();
  if (words.take("VIRTUAL") || words.take("STORED") || words.take("PERSISTENT")) return out.generated;
  if (words.take("CONSTRAINT")) {
    std::string name;
    if (!words.now().is("CHECK") && !words.take_name(name)) return false;
    return words.take("CHECK") && pass_check(words, out);
  }
  if (words.take("CHECK")) return pass_check(words, out);
  if (words.take("REFERENCES")) {
    out.notes.emplace_back("a foreign key");
    return read_reference(words, out.reference.emplace());
  }
  if (words.take("SRID") || words.take("REF_SYSTEM_ID")) {
    words.take_sign('=');
    uint32_t srs = 0;
    for (const char c : words.now().value) srs = is_digit(c) ? srs * 10 + static_cast<uint32_t>(c - '0') : srs;
    out.type.facts.srs_id = srs;
    words.pass();
    return true;
  }
  return take_charset(words, out.type);
}

}  // namespace

bool read_default(DdlWords& words, DdlDefault& out) {
  const size_t start = words.place();
  if (!read_literal(words, out) || !ends_default(words)) {
    out = {};
    out.kind = DdlDefault::Kind::expression;
    words.go_back(start);
    while (words.place() == start || !ends_default(words)) {
      if (words.done()) return false;
      if (!words.pass_group()) words.pass();
    }
  }
  out.sql = words.text_since(start);
  return true;
}

bool read_names(DdlWords& words, std::vector<std::string>& out) {
  if (!words.take_sign('(')) return false;
  do {
    if (!words.take_name(out.emplace_back())) return false;
    words.pass_group();  // a length
    words.take("ASC") || words.take("DESC");
  } while (words.take_sign(','));
  return words.take_sign(')');
}

bool read_reference(DdlWords& words, DdlForeignKey& out) {
  if (!words.take_table("", out.other)) return false;
  if (words.now().is_sign('(') && !read_names(words, out.other_columns)) return false;
  while (!words.at_item_end()) {
    if (words.take("MATCH")) {
      words.pass();
      continue;
    }
    const bool on_delete = words.take("ON", "DELETE");
    if (!on_delete && !words.take("ON", "UPDATE")) break;
    std::string& action = on_delete ? out.on_delete : out.on_update;
    if (words.take("CASCADE"))
      action = "CASCADE";
    else if (words.take("SET", "NULL"))
      action = "SET NULL";
    else if (words.take("SET", "DEFAULT"))
      action = "SET DEFAULT";
    else if (!words.take("NO", "ACTION") && !words.take("RESTRICT"))
      return false;
  }
  return true;
}

bool read_column(DdlWords& words, const DdlDialect& how, DdlColumn& out) {
  constexpr uint64_t mode_real_as_float = 1;
  auto type = read_type(words, how.server, {.real_as_float = (how.sql_mode & mode_real_as_float) != 0});
  if (!type) return false;
  out.type = *std::move(type);
  if (out.type.counts_up) {
    out.counts_up = out.makes_key = true;
    out.null = DdlColumn::Null::refused;
  }
  while (!words.at_item_end() && !words.now().is("FIRST") && !words.now().is("AFTER"))
    if (!read_attribute(words, out)) return false;
  return true;
}

}  // namespace godwit::mysql
