#include "engines/mysql/column_facts.h"

#include <charconv>

#include "base/text.h"

namespace godwit::mysql {
namespace {

// The labels between the parentheses: quoted, quotes doubled, backslashes before what they escape.
std::vector<std::string> read_labels(std::string_view text) {
  std::vector<std::string> out;
  size_t at = 0;
  while ((at = text.find('\'', at)) != std::string_view::npos) {
    std::string label;
    for (++at; at < text.size(); ++at) {
      if (text[at] == '\'' && (at + 1 >= text.size() || text[at + 1] != '\'')) break;
      if (text[at] == '\'') {
        ++at;
      } else if (text[at] == '\\' && at + 1 < text.size()) {
        const char escaped = text[++at];
        label += escaped == 'n'   ? '\n'
                 : escaped == 'r' ? '\r'
                 : escaped == '0' ? '\0'
                 : escaped == 't' ? '\t'
                                  : escaped;
        continue;
      }
      label += text[at];
    }
    out.push_back(std::move(label));
    ++at;
  }
  return out;
}

}  // namespace

ColumnFacts facts_of(std::string_view name, std::string_view column_type, std::string_view charset) {
  ColumnFacts out;
  out.name = name;
  out.charset = charset;
  const size_t open = column_type.find('('), close = column_type.rfind(')');
  out.data_type = lower_ascii(column_type.substr(0, column_type.find_first_of("( ")));
  const bool has_arguments = open != std::string_view::npos && close != std::string_view::npos && close > open;
  const std::string_view arguments =
      has_arguments ? column_type.substr(open + 1, close - open - 1) : std::string_view();
  if (out.data_type == "enum" || out.data_type == "set") {
    out.labels = read_labels(arguments);
    return out;
  }
  const std::string rest = lower_ascii(has_arguments ? column_type.substr(close + 1) : column_type);
  const bool zerofill = rest.find("zerofill") != std::string::npos;
  out.is_unsigned = zerofill || rest.find("unsigned") != std::string::npos;
  uint32_t number = 0;
  std::from_chars(arguments.data(), arguments.data() + arguments.size(), number);
  if (zerofill) {
    out.zerofill_width = number;
    // DECIMAL(p,s) is as wide as its digits and its point.
    if (out.data_type == "decimal" && !arguments.ends_with(",0") && arguments.find(',') != std::string_view::npos)
      ++out.zerofill_width;
  }
  if (out.data_type == "time" || out.data_type == "datetime" || out.data_type == "timestamp")
    out.fraction_digits = number;
  return out;
}

}  // namespace godwit::mysql
