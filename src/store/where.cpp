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

Where& Where::among(std::string_view column, const std::vector<std::string>& values) {
  std::string condition(column);
  condition += " IN (";
  for (size_t i = 0; i < values.size(); ++i) condition += i == 0 ? "?" : ", ?";
  and_also(condition + ")", {});
  values_.insert(values_.end(), values.begin(), values.end());
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
  if (page.limit >= 0) text += " LIMIT " + std::to_string(page.limit);
  return text;
}

}  // namespace godwit
