#include "mapping/column_evaluator.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "mapping/convert.h"
#include "mapping/decimal.h"
#include "mapping/errors.h"

namespace godwit {
namespace {

Type type_of(TypeClass type_class) {
  Type type;
  type.type_class = type_class;
  return type;
}

// 16 digits of the commit time to hundredths, and 19 of the counter.
std::string change_sequence(const ChangeFacts& facts) {
  std::string time = sql_timestamp(facts.commit_us);
  time.resize(time.size() - 4);
  std::erase_if(time, [](char c) { return c < '0' || c > '9'; });
  return fmt::format("{}{:019}", time, facts.sequence);
}

}  // namespace

RowFacts facts_of_load(int64_t now_us) {
  return {Op::insert, "", sql_timestamp(now_us), ""};
}

RowFacts facts_of_change(Op operation, const ChangeFacts& facts) {
  return {operation, facts.position.text, sql_timestamp(facts.commit_us), change_sequence(facts)};
}

Result<std::unique_ptr<ColumnEvaluator>> ColumnEvaluator::open(const TableDef& source, const TableDef& read,
                                                               const RowShape& shape) {
  std::unique_ptr<ColumnEvaluator> evaluator(new ColumnEvaluator(read, shape));
  evaluator->expressions_.resize(shape.columns.size());
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    if (shape.columns[i].from != ColumnShape::From::expression) continue;
    const auto unusable = [&](const Error& cause) {
      return Failure(expression_not_usable(source.ref, shape.columns[i].name, cause));
    };
    if (!evaluator->engine_) {
      auto engine = ExpressionEngine::open();
      if (!engine) return unusable(engine.error());
      evaluator->engine_ = *std::move(engine);
    }
    auto compiled = evaluator->engine_->compile(shape.columns[i].expression->text);
    if (!compiled) return unusable(compiled.error());
    evaluator->expressions_[i] = *std::move(compiled);
  }
  return evaluator;
}

void ColumnEvaluator::bind_cell(uint32_t column, size_t variable, const SeenCell& cell) {
  Expression& expression = *expressions_[column];
  if (cell.state != SeenCell::State::value) {
    expression.bind_null(variable);
    return;
  }
  const ShapedExpression& shaped = *shape_.columns[column].expression;
  const Type& type = read_.columns[shaped.sources[variable].column].type;
  if (is_binary(type.type_class) && type.form != ValueForm::bits) {
    expression.bind_blob(variable, cell.bytes);
    return;
  }
  if (type.type_class == TypeClass::boolean) {
    expression.bind_text(variable, cell.bytes == "t" ? "true" : cell.bytes == "f" ? "false" : cell.bytes);
    return;
  }
  if (is_integer(type.type_class) || type.type_class == TypeClass::numeric || is_real(type.type_class)) {
    bind_number(expression, variable, type, cell.bytes, shaped.text.variables[variable].as_text);
    return;
  }
  expression.bind_text(variable, cell.bytes);
}

// Text where text is wanted. Else an integer if it is one of 64 bits, else the nearest double; what is neither (NaN)
// is text.
void ColumnEvaluator::bind_number(Expression& expression, size_t variable, const Type& type, std::string_view text,
                                  bool as_text) {
  int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), integer);
  if (!is_real(type.type_class) && error == std::errc{} && end == text.end()) {
    expression.bind_integer(variable, integer);
    return;
  }
  double real = 0;
  const bool is_number =
      !as_text && (read_real(text, real) || (to_plain_decimal(text, number_) && read_real(number_, real)));
  if (is_number && std::isfinite(real)) {
    expression.bind_real(variable, real);
    return;
  }
  expression.bind_text(variable, text);
}

void ColumnEvaluator::bind_fact(uint32_t column, size_t variable, const RowFacts& facts) {
  const VariableSource& source = shape_.columns[column].expression->sources[variable];
  const auto text = [&]() -> std::string_view {
    switch (source.kind) {
      case VariableSource::Kind::stream_position:
        return facts.stream_position;
      case VariableSource::Kind::commit_time:
        return facts.commit_time;
      case VariableSource::Kind::operation:
        return to_string(facts.operation);
      case VariableSource::Kind::change_sequence:
        return facts.change_sequence;
      case VariableSource::Kind::constant:
        return source.text;
      default:
        return "";  // no source tells who made a change
    }
  };
  expressions_[column]->bind_text(variable, text());
}

void ColumnEvaluator::evaluate(uint32_t column, const RowFacts& facts, CellShaper& cells, RowBatch& out,
                               std::vector<ShapeFinding>& findings) {
  const ColumnShape& shape = shape_.columns[column];
  engine_->set_operation(facts.operation);
  const ExpressionValue value = expressions_[column]->evaluate();
  using Kind = ExpressionValue::Kind;
  if (value.kind == Kind::null) {
    out.append_null();
    return;
  }
  if (value.kind == Kind::failed) {
    findings.push_back(value_finding(shape, out, fmt::format("the expression failed: {}", value.bytes)));
    out.append_null();
    return;
  }
  std::string_view bytes = value.bytes;
  Type from = type_of(TypeClass::string);
  if (value.kind == Kind::blob) from = type_of(TypeClass::bytes);
  if (value.kind == Kind::integer && !is_character(shape.type.type_class)) from = type_of(TypeClass::int8);
  if (value.kind == Kind::real && !is_character(shape.type.type_class)) {
    from = type_of(TypeClass::real8);
    write_real(value.real, false, number_);
    bytes = number_;
  }
  // Bytes that an expression gives a text column are its text: SQLite, too, takes them so.
  if (value.kind == Kind::blob && is_character(shape.type.type_class)) from = type_of(TypeClass::string);
  std::string_view why = "its result is of another kind";
  if (!can_convert(from.type_class, shape.type.type_class) ||
      !convert(from, shape.type, bytes, scratch_, bytes, why)) {
    findings.push_back(value_finding(
        shape, out,
        fmt::format("the expression's result does not fit type {}: {}", to_string(shape.type.type_class), why)));
    out.append_null();
    return;
  }
  cells.append_masked(shape, bytes, out, &findings);
}

}  // namespace godwit
