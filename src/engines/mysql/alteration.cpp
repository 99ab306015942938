#include "engines/mysql/alteration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/text.h"
#include "engine/foreign_objects.h"
#include "engines/mysql/constraints.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/target_columns.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

struct CurrentColumn {
  std::string name, extra, fallback;
  bool nullable = true, has_default = false;
  std::string comment;
};

class Alteration {
 public:
  Alteration(Connection& session, const TableAlteration& alteration)
      : session_(session),
        alteration_(alteration),
        before_(*alteration.before.layout),
        after_(*alteration.after.layout),
        table_(quote_name(after_.ref)) {}

  Result<std::vector<std::string>> run() {
    TRY(refuse_swaps());
    TRY(rename_table());
    if (alteration_.values_follow) TRY(session_.run("TRUNCATE TABLE " + table_));
    TRY(read_columns());
    TRY(drop_computations());
    TRY(drop_columns());
    TRY(change_columns());
    TRY(add_columns());
    return std::move(left_out_);
  }

 private:
  // One that the layout before and after name by the same number; those of rules by their name.
  static const ColumnDef* same(const TableDef& layout, const ColumnDef& column) {
    const auto found = std::ranges::find_if(layout.columns, [&](const ColumnDef& other) {
      return column.number != 0 ? other.number == column.number : other.name == column.name;
    });
    return found == layout.columns.end() ? nullptr : &*found;
  }

  CurrentColumn* current(std::string_view name) {
    const auto found = columns_.find(lower_utf8(name));
    return found == columns_.end() ? nullptr : &found->second;
  }

  // A second run could not tell whether two names have been exchanged.
  Result<void> refuse_swaps() const {
    for (const ColumnDef& column : before_.columns) {
      const ColumnDef* now = same(after_, column);
      if (now == nullptr || lower_utf8(now->name) == lower_utf8(column.name)) continue;
      for (const ColumnDef& other : before_.columns)
        if (lower_utf8(other.name) == lower_utf8(now->name) && same(after_, other) != nullptr)
          return Failure(errors::names_exchanged(after_.ref, now->name));
    }
    return {};
  }

  Result<bool> is_there(const TableRef& table) {
    const Rows rows = TRY(session_.query(
        fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                    quote_literal(table.schema), quote_literal(table.name))));
    return !rows.empty();
  }

  Result<void> rename_table() {
    if (before_.ref == after_.ref) return {};
    const bool old_there = TRY(is_there(before_.ref));
    if (!old_there) return {};
    TRY(session_.run("CREATE DATABASE IF NOT EXISTS " + quote_name(after_.ref.schema) + " CHARACTER SET utf8mb4"));
    TRY(session_.run(fmt::format("RENAME TABLE {} TO {}", quote_name(before_.ref), table_)));
    return {};
  }

  Result<void> read_columns() {
    const Rows rows =
        TRY(session_.query(fmt::format("SELECT COLUMN_NAME, EXTRA, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_COMMENT FROM "
                                       "information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                                       "{} AND TABLE_NAME = {}",
                                       quote_literal(after_.ref.schema), quote_literal(after_.ref.name))));
    for (size_t row = 0; row < rows.size(); ++row)
      columns_[lower_utf8(rows.get(row, 0))] = {rows.text(row, 0),
                                                lower_ascii(rows.get(row, 1)),
                                                rows.text(row, 2),
                                                rows.get(row, 3) == "YES",
                                                !rows.is_null(row, 2) && rows.get(row, 2) != "NULL",
                                                rows.text(row, 4)};
    return {};
  }

  // Those that stand for another engine's. MySQL changes neither name nor presence of what they are computed by, and
  // a new type may give other values.
  Result<void> drop_computations() {
    for (const ColumnDef& column : alteration_.after.computed)
      if (std::ranges::find(alteration_.before.computed, column.number, &ColumnDef::number) ==
          alteration_.before.computed.end())
        left_out_.push_back(fmt::format("column \"{}\", which the source computes", column.name));
    if (alteration_.before.computed.empty() || !session_.traits().at_least(50706, 100201)) return {};
    const Rows rows = TRY(session_.query(
        fmt::format("SELECT COLUMN_NAME, GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                    "{} AND TABLE_NAME = {} AND GENERATION_EXPRESSION <> ''",
                    quote_literal(after_.ref.schema), quote_literal(after_.ref.name))));
    const std::vector<const ColumnDef*> outlived = outlived_computations(alteration_);
    for (size_t row = 0; row < rows.size(); ++row) {
      const std::string name = rows.text(row, 0);
      const auto known = std::ranges::find_if(alteration_.before.computed, [&](const ColumnDef& column) {
        return lower_utf8(column.name) == lower_utf8(name);
      });
      if (known == alteration_.before.computed.end()) continue;
      const bool gone = std::ranges::find(outlived, &*known) != outlived.end();
      if (!gone && !names_changing_column(lower_utf8(rows.get(row, 1)))) continue;
      TRY(session_.run(fmt::format("ALTER TABLE {} DROP COLUMN {}", table_, quote_name(name))));
      columns_.erase(lower_utf8(name));
      const bool stays = std::ranges::find(alteration_.after.computed, known->number, &ColumnDef::number) !=
                         alteration_.after.computed.end();
      if (stays) left_out_.push_back(dropped_computation(name));
    }
    return {};
  }

  bool names_changing_column(const std::string& expression) const {
    return std::ranges::any_of(before_.columns, [&](const ColumnDef& old) {
      const ColumnDef* now = same(after_, old);
      const bool changes = now == nullptr || now->name != old.name || now->type.native != old.type.native;
      return changes && expression.find(quote_name(lower_utf8(old.name))) != std::string::npos;
    });
  }

  // A second run: another column bears its name already.
  bool has_given_its_name(const ColumnDef& gone) {
    return std::ranges::any_of(before_.columns, [&](const ColumnDef& old) {
      const ColumnDef* now = same(after_, old);
      return now != nullptr && lower_utf8(now->name) == lower_utf8(gone.name) &&
             lower_utf8(old.name) != lower_utf8(gone.name) && current(old.name) == nullptr;
    });
  }
  bool was_there_before(std::string_view name) const {
    return std::ranges::any_of(before_.columns,
                               [&](const ColumnDef& old) { return lower_utf8(old.name) == lower_utf8(name); });
  }

  // The source let go of them before it let go of the column; here they would keep it.
  Result<void> drop_keys_over(const std::string& column) {
    const auto rests_on = [&](const std::vector<std::string>& columns) {
      return std::ranges::any_of(columns,
                                 [&](const std::string& name) { return lower_utf8(name) == lower_utf8(column); });
    };
    for (const KeyColumns& key : TRY(foreign_keys_of(session_, after_.ref))) {
      if (!rests_on(key.columns) && !(key.other == after_.ref && rests_on(key.other_columns))) continue;
      TRY(session_.run(fmt::format("ALTER TABLE {} DROP FOREIGN KEY {}", table_, quote_name(key.name))));
      log_warning(Component::target_apply,
                  "Foreign key {} of table {} is dropped: the source dropped column {}, which it rests on", key.name,
                  log_name(after_.ref), column);
    }
    return {};
  }

  // One that comes anew under the same name holds nothing yet: the position is behind its first values.
  Result<void> drop_columns() {
    for (const ColumnDef& column : before_.columns) {
      if (same(after_, column) != nullptr || current(column.name) == nullptr || has_given_its_name(column)) continue;
      TRY(drop_keys_over(column.name));
      TRY(session_.run(fmt::format("ALTER TABLE {} DROP COLUMN {}", table_, quote_name(column.name))));
      columns_.erase(lower_utf8(column.name));
    }
    return {};
  }

  Result<void> change_columns() {
    for (const ColumnDef& column : after_.columns) {
      const ColumnDef* old = same(before_, column);
      if (old == nullptr) continue;
      const bool renamed = old->name != column.name, typed = old->type.native != column.type.native,
                 required = old->not_null != column.not_null;
      if (!renamed && !typed && !required) continue;
      // A second run may find a new column under the old name.
      const bool done = renamed && !was_there_before(column.name) && current(column.name) != nullptr;
      const CurrentColumn* there = done ? nullptr : current(old->name);
      const std::string now = there != nullptr ? old->name : column.name;
      if (there == nullptr) there = current(column.name);
      if (there == nullptr) return Failure(errors::column_gone(after_.ref, old->name));
      const std::string clause = default_clause(column);
      TRY(session_.run(fmt::format("ALTER TABLE {} CHANGE COLUMN {} {} {} {}{}{}", table_, quote_name(now),
                                   quote_name(column.name), column.type.native, column.not_null ? "NOT NULL" : "NULL",
                                   clause, kept(*there))));
      if (there->has_default && clause.empty())
        left_out_.push_back(fmt::format("the default of column \"{}\": set it by hand", column.name));
      CurrentColumn moved = *there;
      moved.name = column.name;
      if (now != column.name) columns_.erase(lower_utf8(now));
      columns_[lower_utf8(column.name)] = std::move(moved);
    }
    return {};
  }

  // What a new definition would drop. The time of each update may not fit a new type, so it is left to the user.
  std::string kept(const CurrentColumn& column) {
    if (column.extra.find("on update") != std::string::npos)
      left_out_.push_back(fmt::format("ON UPDATE CURRENT_TIMESTAMP of column \"{}\": set it by hand", column.name));
    return (column.extra.find("auto_increment") != std::string::npos ? " AUTO_INCREMENT" : "") +
           (column.comment.empty() ? std::string() : " COMMENT " + quote_literal(column.comment));
  }

  const ColumnOrigin* origin(int16_t number) const {
    const auto found = std::ranges::find(alteration_.origins, number, &ColumnOrigin::number);
    return number == 0 || found == alteration_.origins.end() ? nullptr : &*found;
  }

  std::optional<std::string> value_of_old_rows(const ColumnDef& column) {
    const ColumnOrigin* made = origin(column.number);
    if (made == nullptr || !made->old_rows) return std::nullopt;
    const ColumnDef* source = source_column(column);
    if (source == nullptr) return std::nullopt;
    return source->type.dialect == column.type.dialect ? made->old_rows
                                                       : carried_literal(*made->old_rows, source->type, column.type);
  }

  // Rows that are there take the value that the source's old rows show.
  Result<void> add_columns() {
    for (const ColumnDef& column : after_.columns) {
      if (same(before_, column) != nullptr) continue;
      const std::string name = quote_name(column.name);
      if (current(column.name) == nullptr)
        TRY(session_.run(fmt::format("ALTER TABLE {} ADD COLUMN {} {} NULL", table_, name, column.type.native)));
      const ColumnOrigin* made = origin(column.number);
      const std::optional<std::string> value = value_of_old_rows(column);
      if (value) TRY(fill(column, *value));
      if (!value && made != nullptr && made->old_rows)
        left_out_.push_back(fmt::format("the value of column \"{}\" in rows that were there", column.name));
      const std::string clause = default_clause(column);
      if (made != nullptr && !made->expression.empty() && clause.empty())
        left_out_.push_back(fmt::format("the default of column \"{}\": set it by hand", column.name));
      if (!column.not_null && clause.empty()) continue;
      TRY(session_.run(fmt::format("ALTER TABLE {} MODIFY COLUMN {} {} {}{}", table_, name, column.type.native,
                                   column.not_null ? "NOT NULL" : "NULL", clause)));
    }
    return {};
  }

  const ColumnDef* source_column(const ColumnDef& column) const {
    const auto& columns = alteration_.after.source->columns;
    const auto found = std::ranges::find(columns, column.number, &ColumnDef::number);
    return column.number == 0 || found == columns.end() ? nullptr : &*found;
  }

  // What the statement gave it, where the server takes it: a plain literal, or the time of now. With a blank before.
  std::string default_clause(const ColumnDef& column) {
    const ColumnOrigin* made = origin(column.number);
    const ColumnDef* source = source_column(column);
    const bool large = column.type.native.find("text") != std::string::npos ||
                       column.type.native.find("blob") != std::string::npos || column.type.form == ValueForm::json ||
                       column.type.form == ValueForm::geometry;
    if (made == nullptr || source == nullptr || large || made->identity != '\0') return std::string();
    const DefaultMeaning meaning = carried_default(*made, source->type, column.type);
    const bool moment = column.type.form == ValueForm::datetime || column.type.form == ValueForm::datetime_tz;
    if (meaning.kind == DefaultMeaning::Kind::now && moment) {
      const int digits = column.type.precision.value_or(0);
      return digits == 0 ? " DEFAULT CURRENT_TIMESTAMP" : fmt::format(" DEFAULT CURRENT_TIMESTAMP({})", digits);
    }
    if (meaning.kind != DefaultMeaning::Kind::literal || column.type.form == ValueForm::datetime_tz)
      return std::string();
    // The column may have its old name or type yet.
    return fmt::format(" DEFAULT {}", literal_sql(column, meaning.text));
  }

  static std::string literal_sql(const ColumnDef& column, const std::string& text) {
    if (column.type.form == ValueForm::boolean) return text == "t" ? "b'1'" : "b'0'";
    if (column.type.form == ValueForm::bits) return "b'" + text + "'";
    return quote_literal(text);
  }

  Result<void> fill(const ColumnDef& column, const std::string& value) {
    TableDef one;
    one.ref = after_.ref;
    one.columns = {column};
    const std::vector<TargetColumn> how = TRY(read_target_columns(session_, one));
    ByteBuffer literal;
    append_literal(literal, how.front(), value);
    // Columns that take the time of each update keep what they have.
    const Rows stamped = TRY(session_.query(
        fmt::format("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} "
                    "AND EXTRA LIKE '%on update%' AND COLUMN_NAME <> {}",
                    quote_literal(after_.ref.schema), quote_literal(after_.ref.name), quote_literal(column.name))));
    std::string kept_as_they_are;
    for (size_t row = 0; row < stamped.size(); ++row)
      kept_as_they_are += fmt::format(", {0} = {0}", quote_name(stamped.get(row, 0)));
    TRY(session_.run(fmt::format("UPDATE {} SET {} = {}{} WHERE {} IS NULL", table_, how.front().name, literal.view(),
                                 kept_as_they_are, how.front().name)));
    return {};
  }

  Connection& session_;
  const TableAlteration& alteration_;
  const TableDef &before_, &after_;
  std::string table_;
  std::map<std::string, CurrentColumn> columns_;  // by name in lower case
  std::vector<std::string> left_out_;
};

}  // namespace

Result<std::vector<std::string>> alter_table(Connection& session, const TableAlteration& alteration) {
  return Alteration(session, alteration).run();
}

}  // namespace godwit::mysql
