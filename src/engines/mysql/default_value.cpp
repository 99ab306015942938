#include "engines/mysql/default_value.h"

#include "base/text.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {
namespace {

using Kind = DefaultMeaning::Kind;

bool is_moment(ValueForm form) {
  return form == ValueForm::datetime || form == ValueForm::datetime_tz || form == ValueForm::date ||
         form == ValueForm::duration;
}

bool is_now(std::string_view text) {
  const std::string word = lower_ascii(text);
  return word.starts_with("current_timestamp") || word.starts_with("now(") || word.starts_with("localtime");
}

bool is_today(std::string_view text) {
  const std::string word = lower_ascii(trim(text));
  return word == "curdate()" || word == "(curdate())" || word == "current_date" || word == "current_date()" ||
         word == "cast(current_timestamp() as date)";
}

bool has_only_number_signs(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string_view::npos;
}

// 'it''s', 'it\'s'. Nothing: it is no single literal.
std::optional<std::string> unquoted(std::string_view sql) {
  if (sql.size() < 2 || !sql.starts_with('\'') || !sql.ends_with('\'')) return std::nullopt;
  sql = sql.substr(1, sql.size() - 2);
  std::string out;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'' && (i + 1 >= sql.size() || sql[i + 1] != '\'')) return std::nullopt;
    if (sql[i] == '\'') {
      ++i;
    } else if (sql[i] == '\\' && i + 1 < sql.size()) {
      const char escaped = sql[++i];
      out += escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped == 't' ? '\t' : escaped == '0' ? '\0' : escaped;
      continue;
    }
    out += sql[i];
  }
  return out;
}

// b'101' as the digits of its form.
std::string bit_text(std::string_view text, const Type& type) {
  if (text.starts_with("b'") && text.ends_with('\'')) text = text.substr(2, text.size() - 3);
  if (text.find_first_not_of("01") != std::string_view::npos) return std::string(text);
  if (type.form == ValueForm::boolean) return text.find('1') == std::string_view::npos ? "f" : "t";
  const auto width = static_cast<size_t>(type.length.value_or(1));
  std::string out(text);
  if (out.size() < width) out.insert(0, width - out.size(), '0');
  return out;
}

std::string canonical(std::string_view text, const Type& type) {
  if (type.form == ValueForm::boolean || type.form == ValueForm::bits) return bit_text(text, type);
  if (type.form == ValueForm::datetime_tz) return std::string(text) + "+00";
  return std::string(text);
}

ColumnDefault literal(std::string_view text, const Type& type) {
  ColumnDefault out{{Kind::literal, canonical(text, type)}, quote_literal(text)};
  const bool is_bits = type.form == ValueForm::boolean || type.form == ValueForm::bits;
  if (is_bits && text.starts_with("b'")) out.sql = text;
  if (is_bits && out.meaning.text.find_first_not_of("01tf") != std::string::npos)
    out.meaning = {Kind::expression, std::string(text)};
  return out;
}

ColumnDefault expression(std::string_view text) {
  if (is_now(text)) return {{Kind::now, ""}, std::string(text)};
  ColumnDefault out{{Kind::expression, std::string(text)}, std::string(text)};
  if (is_today(text)) out.meaning = {Kind::today, ""};
  if (!out.sql.starts_with('(')) out.sql = "(" + out.sql + ")";
  return out;
}

// MySQL 8 writes quotes within expressions with backslashes before them.
std::string without_escapes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\'') ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

ColumnDefault column_default(const DefaultFacts& facts, const Type& type, bool quotes) {
  if (!facts.text) return {};
  const std::string& text = *facts.text;
  if (quotes) {
    if (lower_ascii(text) == "null") return {};
    if (const auto inside = unquoted(text)) return literal(*inside, type);
    const bool plain = has_only_number_signs(text) || text.starts_with("b'");
    return plain ? literal(text, type) : expression(text);
  }
  if (facts.extra.find("DEFAULT_GENERATED") != std::string::npos) return expression(without_escapes(text));
  if (is_moment(type.form) && is_now(text)) return expression(text);
  return literal(text, type);
}

}  // namespace godwit::mysql
