#pragma once
// The WHERE of a list call: conditions that are all to hold, in DMS's order (creation time, then identifier), one
// page of it (spec/api.md §1.2, §1.3). Column names are constants of store/'s callers, never a user's text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

class Where {
 public:
  // column IN (values); an empty list holds for no row.
  Where& among(std::string_view column, const std::vector<std::string>& values);
  // One of the two columns IN (values).
  Where& among_either(std::string_view first, std::string_view second, const std::vector<std::string>& values);
  Where& equals(std::string_view column, SqlValue value);
  // A condition with '?'s of its own.
  Where& and_also(std::string_view condition, std::initializer_list<SqlValue> values);
  // " WHERE … ORDER BY created_us, identifier LIMIT …"
  std::string sql(const ListPage& page = {}, std::string_view created_column = "created_us",
                  std::string_view identifier_column = "identifier");
  // The bound values: valid while this object and what was given to it live. Call sql() first.
  std::span<const SqlValue> values() const { return values_; }

 private:
  std::string conditions_;
  std::vector<SqlValue> values_;
  std::string after_identifier_;
};

}  // namespace godwit
