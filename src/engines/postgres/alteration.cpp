#include "engines/postgres/alteration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hex.h"
#include "engine/foreign_objects.h"
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
  Type carried;                   // as the layout has it
  const Type* foreign = nullptr;  // of the source's column, where that speaks another dialect
};
using Columns = std::map<int16_t, TargetColumn>;

bool is_foreign(const Type& type) {
  return !type.dialect.empty() && type.dialect != dialect;
}

std::string literal_of(const std::string& text, const TargetColumn& column) {
  if (column.foreign == nullptr || column.carried.form != ValueForm::bytes) return quote_literal(text);
  ByteBuffer hex;
  append_hex(hex, text);
  return quote_literal("\\x" + std::string(hex.view()));
}

// What labels of another engine may hold: its empty text stands for what was none of them.
std::string label_list(const Type& type) {
  std::string out;
  for (const std::string& label : *type.labels) out += quote_literal(label) + ", ";
  return out + "''";
}

bool has_label_check(const TargetColumn& column) {
  return column.foreign != nullptr && column.foreign->form == ValueForm::enumeration &&
         column.foreign->labels != nullptr && column.carried.form == ValueForm::text;
}

Columns columns_of(const TargetTable& table) {
  Columns out;
  for (const ColumnDef& column : table.layout->columns)
    if (column.number != 0)
      out[column.number] = {column.name, type_name(column.type), column.not_null, false, column.type, nullptr};
  for (const ColumnDef& column : table.source->columns)
    if (const auto own = out.find(column.number); own != out.end() && is_foreign(column.type))
      own->second.foreign = &column.type;
  for (const ColumnDef& column : table.source->columns)
    if (column.generated && (column.type.dialect.empty() || column.type.dialect == dialect))
      out[column.number] = {column.name, column.type.native, column.not_null, true, column.type, nullptr};
  return out;
}

class Alteration {
 public:
  Alteration(const TableAlteration& alteration, const ColumnsThere& there, const ComputedThere& computed)
      : alteration_(alteration),
        there_(there),
        computed_(computed),
        before_(columns_of(alteration.before)),
        after_(columns_of(alteration.after)),
        table_(quote_name(alteration.after.layout->ref)) {}

  std::vector<AlterStep> steps() {
    rename_table();
    if (alteration_.values_follow) empty();
    drop_computations();
    drop_columns();
    rename_columns();
    change_types();
    change_labels();
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

  // Those that stand for another engine's. The server changes neither type nor presence of what they are computed by.
  void drop_computations() {
    const std::vector<const ColumnDef*> outlived = outlived_computations(alteration_);
    for (const ColumnDef& column : alteration_.before.computed) {
      const auto there = computed_.find(column.name);
      if (there == computed_.end()) continue;
      const bool gone = std::ranges::find(outlived, &column) != outlived.end();
      if (!gone && std::ranges::none_of(there->second, [&](const auto& name) { return is_recast(name); })) continue;
      add("DROP COLUMN IF EXISTS " + quote_name(column.name));
      const bool stays = std::ranges::find(alteration_.after.computed, column.number, &ColumnDef::number) !=
                         alteration_.after.computed.end();
      if (stays) steps_.push_back({"", true, dropped_computation(column.name)});
    }
  }

  bool is_recast(const std::string& name) const {
    return std::ranges::any_of(before_, [&](const auto& old) {
      if (old.second.name != name) return false;
      const auto now = after_.find(old.first);
      return now == after_.end() || now->second.type != old.second.type;
    });
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
      drop_default(number, column);
      add(fmt::format("ALTER COLUMN {0} TYPE {1} USING {0}{2}::{1}", name, column.type,
                      alteration_.values_follow ? "::text" : ""));
      set_default(number, column);
    }
  }

  // An identity has none to drop, and may be the target's alone.
  void drop_default(int16_t number, const TargetColumn& column) {
    const std::string name = quote_name(column.name);
    if (column.foreign == nullptr) return add(fmt::format("ALTER COLUMN {} DROP DEFAULT", name));
    const ColumnOrigin* made = origin(number);
    if (made == nullptr || made->identity != '\0') return;
    add(fmt::format("ALTER COLUMN {} DROP IDENTITY IF EXISTS", name));
    add(fmt::format("ALTER COLUMN {} DROP DEFAULT", name));
  }

  // The default of a column, as SQL of this server; empty: it has none that can be carried.
  std::string default_sql(const ColumnOrigin& made, const TargetColumn& column) const {
    if (column.foreign == nullptr) return made.expression;
    const DefaultMeaning meaning = carried_default(made, *column.foreign, column.carried);
    switch (meaning.kind) {
      case DefaultMeaning::Kind::literal:
        return fmt::format("{}::{}", literal_of(meaning.text, column), column.type);
      case DefaultMeaning::Kind::now:
        return "CURRENT_TIMESTAMP";
      case DefaultMeaning::Kind::today:
        return "CURRENT_DATE";
      default:
        return "";
    }
  }

  void set_default(int16_t number, const TargetColumn& column) {
    const ColumnOrigin* made = origin(number);
    if (made == nullptr || made->expression.empty() || made->identity != '\0') return;
    const std::string sql = default_sql(*made, column);
    if (sql.empty()) {
      steps_.push_back({"", true, fmt::format("the default of column \"{}\": {}", column.name, made->expression)});
      return;
    }
    steps_.push_back(
        {fmt::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", table_, quote_name(column.name), sql), true,
         fmt::format("the default of column \"{}\"", column.name)});
  }

  // The check that stands for another engine's labels gives way to one that knows the new ones.
  void change_labels() {
    for (const auto& [number, column] : after_) {
      const auto old = before_.find(number);
      if (old == before_.end() || !has_label_check(old->second)) continue;
      if (has_label_check(column) && *old->second.foreign->labels == *column.foreign->labels) continue;
      std::string known;
      for (const std::string& label : *old->second.foreign->labels)
        known +=
            fmt::format(" AND position({} IN pg_get_constraintdef(k.oid)) > 0", quote_literal(quote_literal(label)));
      steps_.push_back(
          {fmt::format(
               "DO $godwit$ DECLARE name text; BEGIN FOR name IN SELECT k.conname FROM pg_catalog.pg_constraint "
               "k JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum] "
               "WHERE k.contype = 'c' AND k.conrelid = {}::pg_catalog.regclass AND a.attname = {}{} LOOP "
               "EXECUTE pg_catalog.format('ALTER TABLE {} DROP CONSTRAINT %I', name); END LOOP; END $godwit$",
               quote_literal(table_), quote_literal(column.name), known, doubled_percent(table_)),
           true, fmt::format("the check of the labels of column \"{}\"", column.name)});
      add_label_check(column);
    }
  }

  // Inside a literal of format().
  static std::string doubled_percent(std::string_view text) {
    std::string out;
    for (const char c : text) {
      out += c;
      if (c == '%' || c == '\'') out += c;
    }
    return out;
  }

  void add_label_check(const TargetColumn& column) {
    if (!has_label_check(column)) return;
    steps_.push_back({fmt::format("ALTER TABLE {} ADD CHECK ({} IN ({}))", table_, quote_name(column.name),
                                  label_list(*column.foreign)),
                      true, fmt::format("the check of the labels of column \"{}\"", column.name)});
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
    const std::optional<std::string> value =
        made == nullptr || identity ? std::nullopt : shown_by_old_rows(*made, column);
    if (value) action += fmt::format(" DEFAULT {}::{}", literal_of(*value, column), column.type);
    if (column.not_null) action += " NOT NULL";
    add(action);
    if (value) add(fmt::format("ALTER COLUMN {} DROP DEFAULT", quote_name(column.name)));
    if (value && !alteration_.values_follow) fill_column(column, *value);
    if (made != nullptr && made->old_rows && !value && !alteration_.values_follow)
      steps_.push_back({"", true, fmt::format("the value of column \"{}\" in rows that were there", column.name)});
    set_default(number, column);
    add_label_check(column);
  }

  static std::optional<std::string> shown_by_old_rows(const ColumnOrigin& made, const TargetColumn& column) {
    if (!made.old_rows || column.foreign == nullptr) return made.old_rows;
    return carried_literal(*made.old_rows, *column.foreign, column.carried);
  }

  // A column that was there already got no default above. Its type may be another than the source's, and have no =.
  void fill_column(const TargetColumn& column, const std::string& value) {
    const auto was_there = there_.find(column.name);
    const bool goes = std::ranges::any_of(before_, [&](const auto& old) { return old.second.name == column.name; });
    if (was_there == there_.end() || goes) return;
    steps_.push_back({fmt::format("UPDATE {0} SET {1} = {2}::{3} WHERE {1}::text IS DISTINCT FROM {2}::{3}::text",
                                  table_, quote_name(column.name), literal_of(value, column), was_there->second)});
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
  const ColumnsThere& there_;
  const ComputedThere& computed_;
  Columns before_, after_;
  std::string table_;
  std::vector<AlterStep> steps_;
};

}  // namespace

std::vector<AlterStep> alter_steps(const TableAlteration& alteration, const ColumnsThere& there,
                                   const ComputedThere& computed) {
  return Alteration(alteration, there, computed).steps();
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
