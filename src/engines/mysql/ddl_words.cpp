#include "engines/mysql/ddl_words.h"

#include <algorithm>

namespace godwit::mysql {

const SqlWord& DdlWords::ahead(size_t by) const {
  static const SqlWord none{SqlWord::Kind::sign, "", ""};
  return at_ + by < words_.size() ? words_[at_ + by] : none;
}

bool DdlWords::take(std::string_view word) {
  if (!now().is(word)) return false;
  pass();
  return true;
}

bool DdlWords::take_sign(char sign) {
  if (!now().is_sign(sign)) return false;
  pass();
  return true;
}

bool DdlWords::take(std::string_view word, std::string_view next) {
  if (!now().is(word) || !ahead(1).is(next)) return false;
  at_ += 2;
  return true;
}

bool DdlWords::take_name(std::string& out) {
  if (!now().is_name()) return false;
  out = now().value;
  pass();
  return true;
}

bool DdlWords::take_table(std::string_view schema, TableRef& out) {
  out.schema = schema;
  if (!take_name(out.name)) return false;
  if (!take_sign('.')) return true;
  out.schema = std::move(out.name);
  return take_name(out.name);
}

bool DdlWords::take_if_exists() {
  if (!now().is("IF")) return false;
  const bool negated = ahead(1).is("NOT");
  if (!ahead(negated ? 2 : 1).is("EXISTS")) return false;
  at_ += negated ? 3 : 2;
  return true;
}

bool DdlWords::pass_group() {
  if (!now().is_sign('(')) return false;
  size_t depth = 0;
  for (; !done(); pass()) {
    if (now().is_sign('(')) ++depth;
    if (now().is_sign(')') && --depth == 0) {
      pass();
      return true;
    }
  }
  return false;
}

void DdlWords::pass_item() {
  while (!at_item_end())
    if (!pass_group()) pass();
}

void DdlWords::pass_order() {
  take("BY");
  std::string column;
  while (take_name(column)) {
    if (!take("ASC")) take("DESC");
    const bool more =
        now().is_sign(',') && ahead(1).is_name() &&
        (ahead(2).is_sign(',') || ahead(2).is("ASC") || ahead(2).is("DESC") || place() + 2 >= words_.size());
    if (!more) return;
    pass();
  }
}

std::string_view DdlWords::text_since(size_t place) const {
  if (place >= words_.size() || at_ <= place) return {};
  const size_t begin = words_[place].begin, end = words_[std::min(at_, words_.size()) - 1].end;
  return sql_.substr(begin, end - begin);
}

}  // namespace godwit::mysql
