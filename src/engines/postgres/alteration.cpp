#include "engines/postgres/alteration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engines/postgres/connection.h"
#include "engines/postgres/type_class.h"
#include "engines/postgres/type_name.h"

namespace godwit::postgres {
namespace {

// A column of the target's table: of the layout, or a generated one, which the server computes under its own name.
// The generated columns of other engines have no like here.
struct TargetColumn {
  std::string name, type;
  bool not_null = false, generated = false;
};
using Columns = std::map<int16_t, TargetColumn>;

Columns columns_of(const TargetTable& table) {
  Columns out;
  for (const ColumnDef& column : table.layout->columns)
    if (column.number != 0) out[column.number] = {column.name, type_name(column.type), column.not_null, false};
  for (const ColumnDef& column : table.source->columns)
    if (column.generated && (column.type.dialect.empty() || column.type.dialect == dialect))
      out[column.number] = {column.name, column.type.native, column.not_null, true};
  return out;
}

class Alteration {
 public:
  explicit Alteration(const TableAlteration& alteration)
      : alteration_(alteration),
        before_(columns_of(alteration.before)),
        after_(columns_of(alteration.after)),
        table_(quote_name(alteration.after.layout->ref)) {}

  std::vector<AlterStep> steps() {
    rename_table();
    if (alteration_.values_follow) empty();
    drop_columns();
    rename_columns();
    change_types();
    add_columns();
    change_nullability();
    change_computed_columns();
    return std::move(steps_);
  }

 private:
  void add(const std::string& action) { steps_.push_back({"ALTER TABLE " + table_ + " " + action}); }

  void rename_table() {
    const TableRef &from = alteration_.before.layout->ref, &to = alteration_.after.layout->ref;
    if (from == to) return;
    std::string now = quote_name(from);
    if (from.schema != to.schema) {
      steps_.push_back({"CREATE SCHEMA IF NOT EXISTS " + quote_name(to.schema)});
      steps_.push_back({fmt::format("ALTER TABLE {} SET SCHEMA {}", now, quote_name(to.schema))});
      now = quote_name(TableRef{to.schema, from.name});
    }
    if (from.name != to.name)
      steps_.push_back({fmt::format("ALTER TABLE {} RENAME TO {}", now, quote_name(to.name))});
  }

  // A table that others reference cannot be truncated.
  void empty() {
    steps_.push_back({"TRUNCATE " + table_, true});
    steps_.push_back({"DELETE FROM " + table_});
  }

  // Generated columns first: others may stand in their expressions.
  void drop_columns() {
    for (const bool generated : {true, false})
      for (const auto& [number, column] : before_)
        if (!after_.contains(number) && column.generated == generated)
          add("DROP COLUMN IF EXISTS " + quote_name(column.name));
  }

  // Names may be swapped: where a new name is still another column's, all go by a name of ours first.
  void rename_columns() {
    std::vector<std::pair<std::string, std::string>> renames;
    bool meets = false;
    for (const auto& [number, column] : before_) {
      const auto now = after_.find(number);
      if (now == after_.end() || now->second.name == column.name) continue;
      renames.emplace_back(column.name, now->second.name);
      meets |= std::ranges::any_of(before_, [&](const auto& other) { return other.second.name == now->second.name; });
    }
    const auto passing = [](size_t i) { return fmt::format("godwit_{}", i); };
    for (size_t i = 0; i < renames.size(); ++i)
      rename_column(renames[i].first, meets ? passing(i) : renames[i].second);
    if (!meets) return;
    for (size_t i = 0; i < renames.size(); ++i) rename_column(passing(i), renames[i].second);
  }

  void rename_column(const std::string& from, const std::string& to) {
    add(fmt::format("RENAME COLUMN {} TO {}", quote_name(from), quote_name(to)));
  }

  const ColumnOrigin* origin(int16_t number) const {
    const auto found = std::ranges::find(alteration_.origins, number, &ColumnOrigin::number);
    return found == alteration_.origins.end() ? nullptr : &*found;
  }

  // The default may not fit the new type, so it goes first and comes again.
  void change_types() {
    for (const auto& [number, column] : after_) {
      const auto old = before_.find(number);
      if (old == before_.end() || old->second.type == column.type || column.type.empty()) continue;
      const std::string name = quote_name(column.name);
      if (column.generated) {
        add(fmt::format("ALTER COLUMN {} TYPE {}", name, column.type));
        continue;
      }
      add(fmt::format("ALTER COLUMN {} DROP DEFAULT", name));
      add(fmt::format("ALTER COLUMN {0} TYPE {1} USING {0}{2}::{1}", name, column.type,
                      alteration_.values_follow ? "::text" : ""));
      set_default(number, column);
    }
  }

  void set_default(int16_t number, const TargetColumn& column) {
    const ColumnOrigin* made = origin(number);
    if (made == nullptr || made->expression.empty() || made->identity != '\0') return;
    steps_.push_back({fmt::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", table_, quote_name(column.name),
                                  made->expression),
                      true, fmt::format("the default of column \"{}\"", column.name)});
  }

  void add_columns() {
    for (const auto& [number, column] : after_)
      if (!before_.contains(number)) add_column(number, column);
  }

  // Rows that are there take the value that the source's old rows show; the default itself comes after them.
  void add_column(int16_t number, const TargetColumn& column) {
    const ColumnOrigin* made = origin(number);
    std::string action = fmt::format("ADD COLUMN IF NOT EXISTS {} {}", quote_name(column.name), column.type);
    if (column.generated) {
      add(action + fmt::format(" GENERATED ALWAYS AS ({}) STORED", made == nullptr ? "NULL" : made->expression));
      return;
    }
    const bool identity = made != nullptr && made->identity != '\0';
    if (identity) action += fmt::format(" GENERATED {} AS IDENTITY", made->identity == 'a' ? "ALWAYS" : "BY DEFAULT");
    const bool valued = made != nullptr && made->old_rows && !identity;
    if (valued) action += fmt::format(" DEFAULT {}::{}", quote_literal(*made->old_rows), column.type);
    if (column.not_null) action += " NOT NULL";
    add(action);
    if (valued) add(fmt::format("ALTER COLUMN {} DROP DEFAULT", quote_name(column.name)));
    set_default(number, column);
  }

  void change_nullability() {
    for (const auto& [number, column] : after_) {
      const auto old = before_.find(number);
      if (old == before_.end() || old->second.not_null == column.not_null) continue;
      add(fmt::format("ALTER COLUMN {} {} NOT NULL", quote_name(column.name), column.not_null ? "SET" : "DROP"));
    }
  }

  // Columns that rules add have no number; a change of the source's columns may bring or take some.
  void change_computed_columns() {
    const auto holds = [](const TargetTable& table, const ColumnDef& column) {
      return column.number != 0 || find_column(*table.layout, column.name).has_value();
    };
    for (const ColumnDef& column : alteration_.before.layout->columns)
      if (!holds(alteration_.after, column)) add("DROP COLUMN IF EXISTS " + quote_name(column.name));
    for (const ColumnDef& column : alteration_.after.layout->columns)
      if (!holds(alteration_.before, column))
        add(fmt::format("ADD COLUMN IF NOT EXISTS {} {}", quote_name(column.name), type_name(column.type)));
  }

  const TableAlteration& alteration_;
  Columns before_, after_;
  std::string table_;
  std::vector<AlterStep> steps_;
};

}  // namespace

std::vector<AlterStep> alter_steps(const TableAlteration& alteration) {
  return Alteration(alteration).steps();
}

std::vector<std::string> label_steps(const std::string& type, const std::vector<std::string>& there,
                                     const std::vector<std::string>& wanted) {
  std::vector<std::string> out, now = there;
  const auto holds = [](const std::vector<std::string>& labels, const std::string& label) {
    return std::ranges::find(labels, label) != labels.end();
  };
  // A label of the same number that neither side knows otherwise was renamed.
  if (there.size() == wanted.size())
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (now[i] == wanted[i] || holds(wanted, now[i]) || holds(there, wanted[i])) continue;
      out.push_back(
          fmt::format("ALTER TYPE {} RENAME VALUE {} TO {}", type, quote_literal(now[i]), quote_literal(wanted[i])));
      now[i] = wanted[i];
    }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (holds(now, wanted[i])) continue;
    std::string place;
    if (i > 0)
      place = " AFTER " + quote_literal(wanted[i - 1]);
    else if (!now.empty())
      place = " BEFORE " + quote_literal(now.front());
    out.push_back(fmt::format("ALTER TYPE {} ADD VALUE IF NOT EXISTS {}{}", type, quote_literal(wanted[i]), place));
    now.push_back(wanted[i]);
  }
  return out;
}

}  // namespace godwit::postgres
