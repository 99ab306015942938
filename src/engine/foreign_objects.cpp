#include "engine/foreign_objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/value_sql.h"

namespace godwit {
namespace {

using Kind = DefaultMeaning::Kind;

std::string named(const ObjectDef& object) {
  return object.table.name.empty()
             ? fmt::format("{} {}", object.kind, object.name)
             : fmt::format("{} {} of table {}", object.kind, object.name, to_string(object.table));
}

bool is_date(ValueForm form) {
  return form == ValueForm::date || form == ValueForm::datetime || form == ValueForm::datetime_tz;
}
bool is_number(ValueForm form) {
  return form == ValueForm::integer || form == ValueForm::decimal || form == ValueForm::real;
}

bool fits_dates(std::string_view text, const Type& from, const Type& to) {
  const std::string_view date = text.substr(0, 10);
  if (from.zero_dates && !to.zero_dates && (date.starts_with("0000") || date.find("-00") != std::string_view::npos))
    return false;
  return !to.finite || from.finite || (text.size() >= 10 && text[4] == '-' && !text.ends_with('C'));
}

bool is_large(const Type& type) {
  const std::string word = lower_ascii(type.native.substr(0, type.native.find_first_of("( ")));
  return is_lob(type) || word.ends_with("text") || word.ends_with("blob") || word == "json" ||
         type.form == ValueForm::geometry;
}

bool is_text_without_loss(ValueForm form) {
  return form != ValueForm::bytes && form != ValueForm::geometry && form != ValueForm::boolean;
}

const ColumnMeaning* meaning_of(const TableMeaning& meaning, std::string_view name) {
  const auto found = std::ranges::find(meaning.columns, name, &ColumnMeaning::name);
  return found == meaning.columns.end() ? nullptr : &*found;
}

const ColumnDef* source_column(const TargetTable& table, size_t layout_column) {
  if (!table.shape) return layout_column < table.read->columns.size() ? &table.read->columns[layout_column] : nullptr;
  const int16_t number = table.layout->columns[layout_column].number;
  if (number == 0) return nullptr;
  const auto found = std::ranges::find(table.source->columns, number, &ColumnDef::number);
  return found == table.source->columns.end() ? nullptr : &*found;
}

// MySQL's collations that end so, and those of its default, find different texts equal; PostgreSQL's char(n) takes no
// notice of the blanks at the end, which its values have.
bool compares_exactly(const Type& type) {
  if (type.dialect != "mysql" && (type.native.starts_with("character(") || type.native.starts_with("bpchar") ||
                                  type.native.starts_with("char(") || type.native == "character"))
    return false;
  const bool is_text = type.form == ValueForm::text || type.form == ValueForm::enumeration;
  return !is_text || type.dialect != "mysql" || type.native.ends_with("_bin") || type.native.ends_with("_as_cs");
}

class Carrier {
 public:
  Carrier(const ObjectDef& object, std::span<const TargetTable> tables, const CarryTraits& traits)
      : object_(object), tables_(tables), traits_(traits) {}

  Carried run() {
    if (object_.meaning)
      std::visit([&](const auto& meaning) { carry(meaning); }, *object_.meaning);
    else if (!object_.create.empty())
      note(fmt::format("{} is not carried over: it is written in the words of {}.", named(object_),
                       object_.dialect.empty() ? "another engine" : object_.dialect));
    return std::move(out_);
  }

 private:
  void note(std::string text) { out_.notes.push_back(std::move(text)); }
  void refuse(std::string_view why) { note(fmt::format("{} is not carried over: {}.", named(object_), why)); }

  const TargetTable* table() const { return planned_table(tables_, object_.table); }

  void carry(const ImplicitMeaning&) {}
  void carry(const SchemaMeaning& schema) { out_.object = schema; }

  void carry(const TableMeaning& meaning) {
    const TargetTable* planned = table();
    if (planned == nullptr) return;
    CarriedTable carried{planned};
    carried.comment = meaning.comment;
    for (size_t i = 0; i < planned->layout->columns.size(); ++i)
      carried.columns.push_back(column(meaning, *planned, i));
    for (const ColumnMeaning& column : meaning.columns)
      if (!column.generated.empty()) add_computation(*planned, column, carried.computed);
    for (const CheckMeaning& check : meaning.checks) add_check(*planned, check, carried.checks);
    out_.object = std::move(carried);
  }

  CarriedColumn column(const TableMeaning& meaning, const TargetTable& planned, size_t index) {
    CarriedColumn carried{&planned.layout->columns[index], planned.layout->columns[index].type};
    const ColumnDef* source = source_column(planned, index);
    const ColumnMeaning* means = source == nullptr ? nullptr : meaning_of(meaning, source->name);
    if (source != nullptr) carried.source = source->type;
    if (means == nullptr || is_before_image(planned, index)) return carried;
    carried.comment = means->comment;
    const bool takes_null = !carried.column->not_null && !in_key(planned, index);
    carried.counts_up = means->counts_up && is_number(carried.column->type.form) && !takes_null;
    if (!carried.counts_up) carried.default_value = default_of(*means, *source, carried.column->type);
    if (means->counts_up && takes_null)
      note(fmt::format(
          "Column \"{}\" of table {} does not count up on the target: it may be NULL, where a column that "
          "counts would put a number.",
          means->name, to_string(object_.table)));
    else if (means->counts_up && !carried.counts_up)
      note(fmt::format("Column \"{}\" of table {} does not count up on the target: its type there is no number.",
                       means->name, to_string(object_.table)));
    if (means->now_on_update && !traits_.now_on_update)
      note(fmt::format("ON UPDATE CURRENT_TIMESTAMP of column \"{}\" of table {} is not carried over.", means->name,
                       to_string(object_.table)));
    return carried;
  }

  void add_computation(const TargetTable& planned, const ColumnMeaning& means, std::vector<CarriedComputation>& out) {
    const auto source = find_column(*planned.source, means.name);
    const int16_t number = source ? planned.source->columns[*source].number : int16_t{0};
    const auto column = std::ranges::find(planned.computed, number, &ColumnDef::number);
    std::optional<std::string> expression;
    if (traits_.computed_columns && number != 0 && column != planned.computed.end())
      expression = computation(planned, means, planned.source->columns[*source], column->type);
    if (!expression)
      return note(fmt::format("{} ({}).", uncarried_computation(means.name, object_.table), means.generated));
    const auto& columns = planned.layout->columns;
    const auto next = std::ranges::find_if(
        columns, [&](const ColumnDef& other) { return other.number == 0 || other.number > number; });
    out.push_back({&*column, static_cast<size_t>(next - columns.begin()), *std::move(expression), means.comment});
  }

  std::optional<std::string> computation(const TargetTable& planned, const ColumnMeaning& means,
                                         const ColumnDef& source, const Type& target) const {
    ValueWriter writer;
    writer.is_mysql = traits_.is_mysql;
    writer.literal = [&](std::string_view text) { return traits_.quote_literal(text); };
    writer.column = [&](std::string_view name) -> std::optional<ValueWriter::Column> {
      const ColumnDef* to = planned_column(planned, name);
      const auto from = find_column(*planned.source, name);
      if (to == nullptr || !from) return std::nullopt;
      const bool as_read =
          planned.shape == nullptr || std::ranges::find(planned.as_read, to->number) != planned.as_read.end();
      if (!as_read) return std::nullopt;
      const ColumnDef& own = planned.source->columns[*from];
      return ValueWriter::Column{traits_.quote_name(to->name), own.type, to->type, own.not_null};
    };
    return write_value({means.generated, object_.dialect, source.type, target, source.not_null}, writer);
  }

  static bool in_key(const TargetTable& planned, size_t index) {
    const auto& key = planned.layout->key;
    return key && std::ranges::find(key->columns, index) != key->columns.end();
  }

  // The second column of one number.
  static bool is_before_image(const TargetTable& planned, size_t index) {
    const auto& columns = planned.layout->columns;
    return columns[index].number == 0 && planned.shape != nullptr;
  }

  DefaultMeaning default_of(const ColumnMeaning& means, const ColumnDef& source, const Type& to) {
    const DefaultMeaning& own = means.default_value;
    const auto refuse_default = [&](std::string_view why) {
      note(fmt::format("The default of column \"{}\" of table {} is not carried over: {}.", means.name,
                       to_string(object_.table), why));
      return DefaultMeaning();
    };
    switch (own.kind) {
      case Kind::none:
        return {};
      case Kind::literal:
        if (is_large(to) && !traits_.large_defaults) return refuse_default("such columns have none on the target");
        if (auto text = carried_literal(own.text, source.type, to)) return {Kind::literal, *std::move(text)};
        return refuse_default("the column's type on the target has no such value");
      case Kind::now:
      case Kind::today: {
        const bool of_day = own.kind == Kind::today || to.form == ValueForm::date;
        if (of_day && !traits_.today_as_default)
          return refuse_default("the target cannot have the current date as a default");
        if (is_date(to.form)) return {of_day ? Kind::today : Kind::now, own.text};
        return refuse_default("the column holds no moment on the target");
      }
      case Kind::expression:
        break;
    }
    return refuse_default(fmt::format("it is computed ({})", own.text));
  }

  void add_check(const TargetTable& planned, const CheckMeaning& check, std::vector<CheckMeaning>& out) {
    if (!traits_.checks)
      return note(fmt::format("Check {} of table {} is not carried over: the target's server enforces none.",
                              check.name, to_string(object_.table)));
    CheckWriter writer;
    writer.column = [&](std::string_view name) -> std::optional<CheckWriter::Column> {
      const ColumnDef* to = planned_column(planned, name);
      const auto from = find_column(*planned.source, name);
      if (to == nullptr || !from) return std::nullopt;
      return CheckWriter::Column{traits_.quote_name(to->name), to->type.form,
                                 compares_exactly(planned.source->columns[*from].type)};
    };
    writer.literal = [&](std::string_view text) { return traits_.quote_literal(text); };
    if (auto condition = write_check(check.condition, object_.dialect, writer))
      out.push_back({check.name, *std::move(condition)});
    else
      note(fmt::format("Check {} of table {} is not carried over: {}", check.name, to_string(object_.table),
                       check.condition));
  }

  void carry(const CheckMeaning& check) {
    const TargetTable* planned = table();
    if (planned == nullptr) return;
    std::vector<CheckMeaning> checks;
    add_check(*planned, check, checks);
    if (!checks.empty()) out_.object = CarriedCheck{planned, checks.front().name, checks.front().condition};
  }

  void carry(const IndexMeaning& index) {
    const TargetTable* planned = table();
    if (planned == nullptr) return;
    if (index.method == IndexMeaning::Method::fulltext && !traits_.fulltext)
      return refuse("it is a full-text index, and the target's are others");
    if (index.method == IndexMeaning::Method::spatial && !traits_.spatial)
      return refuse("it is a spatial index, and its column is bytes on the target");
    if (index.method == IndexMeaning::Method::other) return refuse("only its own engine has indexes of its kind");
    if (index.is_partial) return refuse("it holds the rows of a condition only");
    if (index.nulls_equal) return refuse("two NULLs are equal in it");
    CarriedIndex carried{planned, object_.name, index.kind, index.method};
    const bool too_early = index.deferrable && !traits_.deferrable_keys && index.kind != IndexMeaning::Kind::plain;
    if (too_early && index.kind == IndexMeaning::Kind::unique) {
      note(
          fmt::format("{} is no more than an index on the target, which has no DEFERRABLE: values may meet in it on "
                      "the way.",
                      named(object_)));
      carried.kind = IndexMeaning::Kind::plain;
    } else if (too_early) {
      note(fmt::format("{} is checked at once on the target, which has no DEFERRABLE.", named(object_)));
    }
    for (const IndexMeaning::Part& part : index.parts) {
      if (part.column.empty()) return refuse("a part of it is computed");
      const ColumnDef* column = planned_column(*planned, part.column);
      if (column == nullptr) return refuse(fmt::format("column \"{}\" does not move", part.column));
      CarriedIndex::Part to{column, part.prefix, part.descending};
      if (!to.prefix && traits_.prefix_of_large > 0 && is_lob(column->type)) to.prefix = traits_.prefix_of_large;
      if (to.prefix && !part.prefix && index.kind != IndexMeaning::Kind::plain)
        return refuse(fmt::format("column \"{}\" is of a type there that no unique key takes whole", column->name));
      carried.parts.push_back(to);
    }
    out_.object = std::move(carried);
  }

  void carry(const ForeignKeyMeaning& key) {
    const TargetTable* planned = table();
    const TargetTable* other = planned_table(tables_, object_.other);
    if (planned == nullptr) return;
    if (other == nullptr) return refuse(fmt::format("table {} is not in the task", to_string(object_.other)));
    if (!key.special.empty()) return refuse(fmt::format("the target has no {}", key.special));
    CarriedForeignKey carried{planned, other, object_.name, {}, {}, key.on_update, key.on_delete};
    const auto add = [](const TargetTable& where, std::span<const std::string> names,
                        std::vector<const ColumnDef*>& out) {
      for (const std::string& name : names) out.push_back(planned_column(where, name));
      return std::ranges::find(out, nullptr) == out.end();
    };
    if (!add(*planned, key.columns, carried.columns) || !add(*other, key.other_columns, carried.other_columns))
      return refuse("a column of it does not move");
    const bool sets_default = key.on_update == ForeignKeyMeaning::Action::set_default ||
                              key.on_delete == ForeignKeyMeaning::Action::set_default;
    if (sets_default && !traits_.set_default_action) return refuse("the target has no SET DEFAULT");
    carried.deferrable = key.deferrable && traits_.deferrable_keys;
    carried.deferred = key.deferred && traits_.deferrable_keys;
    if (key.deferrable && !traits_.deferrable_keys)
      note(fmt::format("{} is checked at once on the target, which has no DEFERRABLE.", named(object_)));
    out_.object = std::move(carried);
  }

  const ObjectDef& object_;
  std::span<const TargetTable> tables_;
  const CarryTraits& traits_;
  Carried out_;
};

}  // namespace

const TargetTable* planned_table(std::span<const TargetTable> tables, const TableRef& source) {
  const auto found =
      std::ranges::find_if(tables, [&](const TargetTable& table) { return table.source->ref == source; });
  return found == tables.end() ? nullptr : &*found;
}

const ColumnDef* planned_column(const TargetTable& table, std::string_view source_name) {
  const auto known = find_column(*table.source, source_name);
  if (!known) return nullptr;
  // A plan without a shape keeps the order of what is read.
  if (!table.shape) {
    const auto moved = find_column(*table.read, source_name);
    return moved ? &table.layout->columns[*moved] : nullptr;
  }
  const int16_t number = table.source->columns[*known].number;
  const auto found = std::ranges::find(table.layout->columns, number, &ColumnDef::number);
  return number == 0 || found == table.layout->columns.end() ? nullptr : &*found;
}

std::string shortened(std::string_view name, size_t bytes_max) {
  if (name.size() <= bytes_max) return std::string(name);
  const std::string mark = "_" + hex64(fnv1a(name)).substr(0, 8);
  size_t keep = bytes_max - mark.size();
  while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xC0U) == 0x80U) --keep;  // no half characters
  return std::string(name.substr(0, keep)) + mark;
}

std::optional<std::string> carried_literal(std::string_view text, const Type& from, const Type& to) {
  const ValueForm a = from.form, b = to.form;
  if (is_date(a) && (is_date(b) || b == ValueForm::text)) {
    if (is_date(b) && !fits_dates(text, from, to)) return std::nullopt;
    const bool drops_zone = a == ValueForm::datetime_tz && b == ValueForm::datetime && text.ends_with("+00");
    if (a == b || drops_zone || b == ValueForm::text)
      return std::string(drops_zone ? text.substr(0, text.size() - 3) : text);
    return std::nullopt;
  }
  if (is_number(a) && is_number(b)) {
    if (to.finite && (text.ends_with('N') || text.ends_with('y'))) return std::nullopt;
    return b == ValueForm::integer && a != b ? std::nullopt : std::optional(std::string(text));
  }
  if (a == ValueForm::boolean && (b == ValueForm::integer || b == ValueForm::bits)) return text == "t" ? "1" : "0";
  if (a == ValueForm::boolean && b == ValueForm::text) return text == "t" ? "true" : "false";
  if (a == ValueForm::bits && b == ValueForm::boolean) return text == "1" ? "t" : "f";
  if (a == b) return std::string(text);
  if (b == ValueForm::text && is_text_without_loss(a)) return std::string(text);
  return std::nullopt;
}

std::vector<const ColumnDef*> outlived_computations(const TableAlteration& alteration) {
  std::vector<const ColumnDef*> out;
  for (const ColumnDef& column : alteration.before.computed) {
    const auto now = std::ranges::find(alteration.after.computed, column.number, &ColumnDef::number);
    const bool stays = now != alteration.after.computed.end() && now->name == column.name &&
                       now->type.native == column.type.native && !alteration.values_follow;
    if (!stays) out.push_back(&column);
  }
  return out;
}

std::string uncarried_computation(std::string_view column, const TableRef& table) {
  return fmt::format("Column \"{}\" of table {} is not carried over: the server computes it", column,
                     to_string(table));
}

std::string dropped_computation(std::string_view name) {
  return fmt::format("column \"{}\", which the target computed: it is dropped there, make it again by hand", name);
}

DefaultMeaning carried_default(const ColumnOrigin& origin, const Type& from, const Type& to) {
  using Kind = DefaultMeaning::Kind;
  if (origin.expression.empty() && !origin.literal) return {};
  DefaultMeaning meaning =
      origin.literal ? DefaultMeaning{Kind::literal, *origin.literal} : read_default(origin.expression, from);
  // Only PostgreSQL's literals are read there.
  const bool misread = !origin.literal && meaning.kind == Kind::literal && from.dialect == "mysql";
  std::optional<std::string> text;
  if (meaning.kind == Kind::literal && !misread) text = carried_literal(meaning.text, from, to);
  if (text) return {Kind::literal, *std::move(text)};
  if ((meaning.kind == Kind::now || meaning.kind == Kind::today) && is_date(to.form)) return meaning;
  if (meaning.kind == Kind::none) return meaning;
  return {Kind::expression, origin.expression};
}

Carried carry(const ObjectDef& object, std::span<const TargetTable> tables, const CarryTraits& traits) {
  return Carrier(object, tables, traits).run();
}

}  // namespace godwit
