#include "engines/mysql/ddl_apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "engines/mysql/ddl_values.h"
#include "engines/mysql/native_type.h"

namespace godwit::mysql {
namespace {

using Kind = DdlAction::Kind;

bool same_name(std::string_view a, std::string_view b) {
  return lower_utf8(a) == lower_utf8(b);
}

struct TextOf {
  std::string charset, collation;
};

class Application {
 public:
  Application(const AlterStatement& statement, const TableDef& before, const DdlServer& server, uint64_t sql_mode)
      : statement_(statement),
        before_(before),
        server_(server),
        strict_(is_strict(sql_mode) && !statement.ignores_errors) {}

  SchemaChange run() {
    out_.kind = SchemaChange::Kind::table;
    out_.command = "ALTER TABLE";
    out_.log_id = before_.log_id;
    out_.was = before_.ref;
    out_.table = before_;
    if (statement_.renamed) {
      out_.table.ref = stored(*statement_.renamed, server_);
      out_.table.log_id = table_log_id(out_.table.ref, server_.lower_case_names != 0);
    }
    out_.name = out_.table.ref;
    for (const DdlAction& action : statement_.actions) take_up(action);
    change_columns();
    place_columns();
    number_key();
    return std::move(out_);
  }

 private:
  void take_up(const DdlAction& action) {
    switch (action.kind) {
      case Kind::unknown:
        out_.replaced = true;
        break;
      case Kind::note:
        note(action.what);
        break;
      case Kind::partition_rows:
        if (server_.ignores_partitions)
          out_.notes.push_back(fmt::format(
              "ALTER TABLE on the source changed which rows the partitions of table {} hold; the rows of the target "
              "stay as they are, as skipTableSuspensionForPartitionDdl asks.",
              to_string(before_.ref)));
        else
          out_.replaced = true;
        break;
      case Kind::add_foreign:
        add_foreign(action.foreign);
        note("a foreign key");
        break;
      case Kind::drop_foreign:
        out_.keys.dropped.push_back(action.name);
        note("a foreign key");
        break;
      case Kind::add_key:
        // Rows may be found in another way from now on.
        if (!before_.key || before_.key->name != "PRIMARY")
          out_.replaced = true;
        else
          note(action.what.empty() ? "a key" : action.what);
        break;
      case Kind::drop_key:
      case Kind::drop_object:
        if (action.kind == Kind::drop_object) out_.keys.dropped.push_back(action.name);
        if (before_.key && same_name(before_.key->name, action.name))
          out_.replaced = true;
        else
          note(action.what.empty() ? "index " + action.name : action.what);
        break;
      case Kind::table_charset:
        set_table_charset(action.charset, action.collation);
        break;
      case Kind::convert:
        convert(action);
        break;
      default:
        break;  // columns, below
    }
  }

  void add_foreign(const DdlForeignKey& written) {
    ActingKey key;
    key.child = before_.ref;
    key.parent = written.other;
    if (key.parent.schema.empty()) key.parent.schema = before_.ref.schema;
    key.parent = stored(key.parent, server_);
    for (size_t i = 0; i < written.columns.size(); ++i)
      key.columns.emplace_back(written.columns[i],
                               i < written.other_columns.size() ? written.other_columns[i] : std::string());
    key.on_delete = written.on_delete;
    key.on_update = written.on_update;
    key.name = written.name;
    out_.keys.made.push_back(std::move(key));
  }

  // Older servers read it and let it be.
  bool heeds_references() const { return server_.kind.version >= (server_.kind.is_mariadb ? 100500U : 90000U); }

  void note(std::string_view what) {
    out_.notes.push_back(fmt::format(
        "ALTER TABLE of {} on the source concerned {}, which is not replicated: do the same on the target.",
        to_string(before_.ref), what));
  }

  // --- text ---

  std::string default_collation(const std::string& charset) const {
    const auto found = server_.collations.find(charset);
    return found == server_.collations.end() ? std::string() : found->second;
  }

  // Names as this server writes them: utf8 and utf8mb3 are one.
  TextOf resolved(std::string charset, std::string collation, bool binary) const {
    if (charset == "default") charset.clear();
    if (charset.empty() && collation.empty()) collation = out_.table.collation;
    if (charset.empty()) charset = collation.substr(0, collation.find('_'));
    const bool short_name = server_.collations.contains("utf8"), long_name = server_.collations.contains("utf8mb3");
    if (charset == "utf8" && !short_name && long_name) charset = "utf8mb3";
    if (charset == "utf8mb3" && !long_name && short_name) charset = "utf8";
    if (collation.starts_with("utf8_") && !short_name && long_name) collation = "utf8mb3_" + collation.substr(5);
    if (collation.starts_with("utf8mb3_") && !long_name && short_name) collation = "utf8_" + collation.substr(8);
    if (binary) collation = charset + "_bin";
    if (collation.empty() || !collation.starts_with(charset)) collation = default_collation(charset);
    return {std::move(charset), std::move(collation)};
  }

  void set_table_charset(const std::string& charset, const std::string& collation) {
    out_.table.collation = resolved(charset, collation, false).collation;
  }

  // The server makes texts larger where their characters may be wider, by rules of its own.
  void convert(const DdlAction& action) {
    const TextOf text = resolved(action.charset, action.collation, false);
    out_.table.collation = text.collation;
    for (ColumnDef& column : out_.table.columns) {
      const NativeType native = read_native(column.type);
      if (native.charset.empty() || column.type.form == ValueForm::json) continue;
      const bool sized = native.column_type.find("text") != std::string::npos &&
                         !native.column_type.starts_with("enum") && !native.column_type.starts_with("set");
      if (text.charset == "binary" || text.charset.empty() || (sized && native.charset != text.charset) ||
          column.generated) {
        out_.replaced = true;
        continue;
      }
      Type type = column.type;
      type.native = fmt::format("{} CHARACTER SET {} COLLATE {}", native.column_type, text.charset, text.collation);
      name_type(type);
      out_.rewritten |= !keeps_values(column.type, type, strict_);
      column.type = std::move(type);
    }
  }

  // --- columns ---

  const DdlAction* action_on(const ColumnDef& column) const {
    for (const DdlAction& action : statement_.actions)
      if ((action.kind == Kind::change || action.kind == Kind::drop || action.kind == Kind::rename) &&
          same_name(action.name, column.name))
        return &action;
    return nullptr;
  }

  ColumnDef* column(std::string_view name, std::vector<ColumnDef>& columns) const {
    const auto found = std::ranges::find_if(columns, [&](const ColumnDef& c) { return same_name(c.name, name); });
    return found == columns.end() ? nullptr : &*found;
  }

  bool in_key(const ColumnDef& column) const {
    return before_.key && std::ranges::any_of(before_.key->columns,
                                              [&](uint32_t c) { return before_.columns[c].number == column.number; });
  }

  // What each column of before becomes, in its place.
  void change_columns() {
    for (const DdlAction& action : statement_.actions) expect_column(action);
    std::vector<ColumnDef> changed;
    for (ColumnDef& old : out_.table.columns) {
      const DdlAction* action = action_on(old);
      if (action == nullptr) {
        set_default(old);
        changed.push_back(std::move(old));
        continue;
      }
      out_.replaced |= old.generated;  // others may be computed by it, or it by others
      if (action->kind == Kind::drop) {
        out_.replaced |= in_key(old);
        continue;
      }
      ColumnDef made = old;
      if (action->kind == Kind::rename) {
        made.name = action->new_name;
      } else {
        change(old, action->column, made);
      }
      set_default(made);
      changed.push_back(std::move(made));
    }
    out_.table.columns = std::move(changed);
  }

  // A statement that names what is not there was written for another table than the one that is known.
  void expect_column(const DdlAction& action) {
    const bool names = action.kind == Kind::change || action.kind == Kind::drop || action.kind == Kind::rename ||
                       action.kind == Kind::set_default;
    if (names && !action.if_exists && column(action.name, out_.table.columns) == nullptr) out_.replaced = true;
  }

  void change(const ColumnDef& old, const DdlColumn& spec, ColumnDef& made) {
    if (!define(spec, made)) return;
    if (spec.makes_key && !in_key(old)) out_.replaced = true;
    if (old.not_null && in_key(old) && spec.null == DdlColumn::Null::unsaid) made.not_null = true;
    const bool primary = before_.key && before_.key->name == "PRIMARY";
    if (in_key(old) && primary) made.not_null = true;
    if (in_key(old) && !made.not_null) out_.replaced = true;
    if (!old.not_null && made.not_null && !strict_) out_.rewritten = true;
    if (!keeps_values(old.type, made.type, strict_)) out_.rewritten = true;
  }

  // False: what the definition means is not known.
  bool define(const DdlColumn& spec, ColumnDef& made) {
    CatalogColumn facts = spec.type.facts;
    if (spec.type.has_charset) {
      const TextOf text = resolved(spec.type.charset, spec.type.collation, spec.type.binary_collation);
      facts.charset = text.charset;
      facts.collation = text.collation;
      if (text.charset.empty() || text.charset == "binary") {
        out_.replaced = true;
        return false;
      }
    }
    out_.replaced |= spec.generated;
    made.name = spec.name;
    made.type = type_of(facts);
    made.generated = spec.generated;
    made.not_null = spec.null == DdlColumn::Null::refused || spec.counts_up;
    const bool timestamp = made.type.form == ValueForm::datetime_tz;
    if (timestamp && spec.null == DdlColumn::Null::unsaid && !server_.explicit_timestamps) {
      made.not_null = true;
      out_.rewritten |= spec.value.kind == DdlDefault::Kind::none;
    }
    set_default(spec.value, made);
    ColumnOrigin origin = origin_of(spec.value, made);
    if (spec.counts_up) origin.identity = 'd';
    out_.origins.push_back(std::move(origin));
    for (const std::string& what : spec.notes) note(what);
    if (spec.reference && heeds_references()) {
      DdlForeignKey key = *spec.reference;
      key.columns = {spec.name};
      add_foreign(key);
    }
    return true;
  }

  static void set_default(const DdlDefault& value, ColumnDef& column) {
    const std::optional<std::string> plain = plain_value(value, column.type);
    const bool none = value.kind == DdlDefault::Kind::none || value.kind == DdlDefault::Kind::null;
    column.when_absent = plain                      ? ColumnDef::Absent::text
                         : none && !column.not_null ? ColumnDef::Absent::null
                                                    : ColumnDef::Absent::unknown;
    column.absent_text = plain.value_or("");
  }

  static ColumnOrigin origin_of(const DdlDefault& value, const ColumnDef& column) {
    ColumnOrigin out;
    out.number = column.number;
    if (value.kind != DdlDefault::Kind::none && value.kind != DdlDefault::Kind::null) out.expression = value.sql;
    out.literal = plain_value(value, column.type);
    return out;
  }

  // ALTER COLUMN … SET DEFAULT
  void set_default(ColumnDef& made) {
    for (const DdlAction& action : statement_.actions)
      if (action.kind == Kind::set_default && same_name(action.name, made.name)) {
        set_default(action.column.value, made);
        note("the default of column " + made.name);
      }
  }

  void add_column(const DdlAction& action, std::vector<ColumnDef>& columns) {
    if (column(action.column.name, columns) != nullptr) {
      out_.replaced |= !action.if_exists;
      return;
    }
    ColumnDef made;
    if (out_.table.last_number == std::numeric_limits<int16_t>::max()) {
      out_.replaced = true;
      return;
    }
    made.number = ++out_.table.last_number;
    if (!define(action.column, made)) return;
    const DdlColumn& spec = action.column;
    if (spec.makes_key || spec.counts_up) out_.replaced = true;
    ColumnOrigin& origin = out_.origins.back();
    const bool none = spec.value.kind == DdlDefault::Kind::none || spec.value.kind == DdlDefault::Kind::null;
    if (!none)
      origin.old_rows = origin.literal;
    else if (made.not_null && !spec.counts_up)
      origin.old_rows = implied_value(made.type);
    // What the rows of before have in it is known, or they come again.
    if (!origin.old_rows && (!none || made.not_null)) out_.rewritten = true;
    insert(std::move(made), action, columns);
  }

  void insert(ColumnDef made, const DdlAction& action, std::vector<ColumnDef>& columns) {
    auto at = columns.end();
    if (action.placed && action.after.empty()) at = columns.begin();
    if (action.placed && !action.after.empty()) {
      at = std::ranges::find_if(columns, [&](const ColumnDef& c) { return same_name(c.name, action.after); });
      if (at == columns.end())
        out_.replaced = true;
      else
        ++at;
    }
    columns.insert(at, std::move(made));
  }

  // New columns, and those that move: in the order of the statement.
  void place_columns() {
    std::vector<ColumnDef>& columns = out_.table.columns;
    for (const DdlAction& action : statement_.actions) {
      if (action.kind == Kind::add) add_column(action, columns);
      if (action.kind != Kind::change || !action.placed) continue;
      const auto moved =
          std::ranges::find_if(columns, [&](const ColumnDef& c) { return same_name(c.name, action.column.name); });
      if (moved == columns.end()) continue;
      ColumnDef made = std::move(*moved);
      columns.erase(moved);
      insert(std::move(made), action, columns);
    }
  }

  // The key's columns are found again by their numbers.
  void number_key() {
    if (!before_.key) return;
    KeyDef key = *before_.key;
    key.columns.clear();
    for (const uint32_t c : before_.key->columns) {
      const auto at = std::ranges::find(out_.table.columns, before_.columns[c].number, &ColumnDef::number);
      if (at == out_.table.columns.end()) {
        out_.replaced = true;
        out_.table.key.reset();
        out_.table.identity = RowIdentity::full;
        return;
      }
      key.columns.push_back(static_cast<uint32_t>(at - out_.table.columns.begin()));
    }
    out_.table.key = std::move(key);
  }

  const AlterStatement& statement_;
  const TableDef& before_;
  const DdlServer& server_;
  const bool strict_;
  SchemaChange out_;
};

}  // namespace

uint32_t table_log_id(const TableRef& table, bool fold_names) {
  const auto name = [&](const std::string& text) { return fold_names ? lower_utf8(text) : text; };
  const uint64_t hash = fnv1a(name(table.schema) + '\0' + name(table.name));
  const auto out = static_cast<uint32_t>(hash ^ hash >> 32U);
  return out == 0 ? 1 : out;
}

TableRef folded(const TableRef& table, const DdlServer& server) {
  if (server.lower_case_names == 0) return table;
  return {lower_utf8(table.schema), lower_utf8(table.name)};
}

TableRef stored(const TableRef& table, const DdlServer& server) {
  return server.lower_case_names == 1 ? folded(table, server) : table;
}

SchemaChange apply_alter(const AlterStatement& statement, const TableDef& before, const DdlServer& server,
                         uint64_t sql_mode) {
  return Application(statement, before, server, sql_mode).run();
}

}  // namespace godwit::mysql
