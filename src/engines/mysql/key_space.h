#pragma once
// A table's key as the server orders it: what lies first and last in a range, how many rows the server reckons there,
// and values that may lie in the middle. Each question costs a dive into the index, whatever the table's size.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/table_reader.h"

namespace godwit::mysql {

// Canonical texts of the key's columns.
using KeyValues = std::vector<std::string>;

class KeySpace {
 public:
  // Nothing: no column of the key, or not its first, can be compared with a literal.
  static std::optional<KeySpace> of(Connection& session, const TableDef& table);

  const std::vector<std::string>& columns() const { return names_; }  // bare names
  std::vector<std::string> literals(const KeyValues& key) const;
  // Ends of the keys that pass the condition (empty: all). Nothing: there is none.
  Result<std::optional<KeyValues>> first(const std::string& condition);
  Result<std::optional<KeyValues>> last(const std::string& condition);
  // `key` and beyond; before `key`; before `key` and itself. Of so many first columns as there are literals.
  std::string from(const std::vector<std::string>& literals) const;
  std::string before(const std::vector<std::string>& literals) const;
  std::string up_to(const std::vector<std::string>& literals) const;
  // What the optimizer reckons.
  Result<uint64_t> estimate(const std::string& condition);
  // Literals for the first columns that may lie behind `low` and not behind `high`, the likeliest first; `low` and
  // `high` differ. A guess: collations order as they like, so ask for keys between these ends alone.
  Result<std::vector<std::vector<std::string>>> between(const KeyValues& low, const KeyValues& high);
  uint64_t questions() const { return questions_; }

 private:
  KeySpace(Connection& session, const TableDef& table) : session_(&session), table_(&table) {}
  Result<std::optional<KeyValues>> end(const std::string& condition, bool descending);
  Result<std::optional<std::string>> computed_middle(const std::string& sql);
  Result<std::vector<std::string>> middles(const ColumnDef& column, const std::string& low, const std::string& high);

  Connection* session_;
  const TableDef* table_;
  std::vector<const ColumnDef*> parts_;
  std::vector<std::string> names_, quoted_;
  uint64_t questions_ = 0;
};

// Middles of two texts by their letters and digits, with the case put aside and as they are.
std::vector<std::string> text_middles(std::string_view low, std::string_view high);
std::string byte_middle(std::string_view low, std::string_view high);
// As texts are ordered, and as MariaDB orders what is not made by time: by the last bytes first.
std::vector<std::string> uuid_middles(std::string_view low, std::string_view high);

}  // namespace godwit::mysql
