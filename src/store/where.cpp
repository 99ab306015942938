#include "store/where.h"

namespace godwit {

Where& Where::and_also(std::string_view condition, std::initializer_list<SqlValue> values) {
  conditions_.append(conditions_.empty() ? " WHERE " : " AND ").append(condition);
  values_.insert(values_.end(), values);
  return *this;
}

Where& Where::equals(std::string_view column, SqlValue value) {
  return and_also(std::string(column) + " = ?", {value});
}

// "column IN (?, ?)"
static std::string membership(std::string_view column, size_t values) {
  std::string condition(column);
  condition += " IN (";
  for (size_t i = 0; i < values; ++i) condition += i == 0 ? "?" : ", ?";
  return condition + ")";
}

Where& Where::among(std::string_view column, const std::vector<std::string>& values) {
  and_also(membership(column, values.size()), {});
  values_.insert(values_.end(), values.begin(), values.end());
  return *this;
}

Where& Where::among_either(std::string_view first, std::string_view second, const std::vector<std::string>& values) {
  and_also("(" + membership(first, values.size()) + " OR " + membership(second, values.size()) + ")", {});
  for (int column = 0; column < 2; ++column) values_.insert(values_.end(), values.begin(), values.end());
  return *this;
}

std::string Where::sql(const ListPage& page, std::string_view created_column, std::string_view identifier_column) {
  const std::string created(created_column), identifier(identifier_column);
  if (page.after_created_us) {
    after_identifier_ = page.after_identifier;
    and_also("(" + created + ", " + identifier + ") > (?, ?)",
             {*page.after_created_us, std::string_view(after_identifier_)});
  }
  std::string text = conditions_ + " ORDER BY " + created + ", " + identifier;
  if (page.limit >= 0) {
    text += " LIMIT ?";
    values_.emplace_back(page.limit);
  }
  return text;
}

}  // namespace godwit
