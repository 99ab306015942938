#include "control/metric_math.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <variant>

#include "base/text.h"
#include "control/metric_faults.h"

namespace godwit {
namespace {

constexpr int references_max = 10, levels_max = 100;

// Counts up while it lives.
class Counted {
 public:
  explicit Counted(int& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  int& count_;
};

using Value = std::variant<double, TimeSeries, std::vector<TimeSeries>>;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Nothing where the operation has no value: a division by zero leaves its point out.
std::optional<double> combine(char operation, double a, double b) {
  double result = 0;
  switch (operation) {
    case '+':
      result = a + b;
      break;
    case '-':
      result = a - b;
      break;
    case '*':
      result = a * b;
      break;
    default:
      result = a / b;
  }
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

TimeSeries combine(char operation, const TimeSeries& a, const TimeSeries& b) {
  TimeSeries out;
  for (const auto& [at, value] : a) {
    const auto other = b.find(at);
    if (other == b.end()) continue;
    if (const auto result = combine(operation, value, other->second)) out[at] = *result;
  }
  return out;
}

double reduce(std::string_view name, const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  if (name == "MIN") return *std::ranges::min_element(values);
  if (name == "MAX") return *std::ranges::max_element(values);
  return name == "AVG" ? sum / static_cast<double>(values.size()) : sum;
}

TimeSeries fill(TimeSeries series, const std::vector<int64_t>& starts_s,
                const std::function<double(int64_t)>& value) {
  TimeSeries out = series;
  for (const int64_t at : starts_s)
    if (!series.contains(at)) {
      const double filled = value(at);
      if (std::isfinite(filled)) out[at] = filled;
    }
  return out;
}

// The value before the moment, or on the line to the one after it; NaN where there is none.
double before_or_between(const TimeSeries& series, int64_t at, bool linear) {
  const auto next = series.lower_bound(at);
  if (next == series.begin()) return std::nan("");
  const auto last = std::prev(next);
  if (!linear) return last->second;
  if (next == series.end()) return std::nan("");
  const double share = static_cast<double>(at - last->first) / static_cast<double>(next->first - last->first);
  return last->second + share * (next->second - last->second);
}

class MathParser {
 public:
  MathParser(std::string_view text, const MathInputs& inputs) : text_(text), rest_(text), inputs_(inputs) {}

  Result<Value> whole() {
    Value value = TRY(sum());
    if (!at_end()) return Failure(not_understood());
    return value;
  }

 private:
  Error not_understood() const { return expression_not_understood(text_, text_.size() - rest_.size()); }
  void skip_blanks() { rest_ = trim(rest_); }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_name() {
    skip_blanks();
    const auto end = std::ranges::find_if_not(rest_, is_name);
    const std::string_view name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    return name;
  }

  Result<Value> sum() {
    Value left = TRY(product());
    while (true) {
      const char operation = take('+') ? '+' : take('-') ? '-' : '\0';
      if (operation == '\0') return left;
      const Value right = TRY(product());
      left = TRY(applied(operation, left, right));
    }
  }

  Result<Value> product() {
    Value left = TRY(factor());
    while (true) {
      const char operation = take('*') ? '*' : take('/') ? '/' : '\0';
      if (operation == '\0') return left;
      const Value right = TRY(factor());
      left = TRY(applied(operation, left, right));
    }
  }

  // Before work over so many points.
  Result<void> spend(size_t points) const {
    MathBudget& budget = inputs_.budget;
    budget.points_left -= static_cast<int64_t>(points) + 1;
    return budget.points_left < 0 ? Result<void>(Failure(expressions_too_costly())) : Result<void>();
  }

  Result<TimeSeries> series_of(std::string_view id) const {
    TimeSeries series = TRY(inputs_.series_of(id));
    TRY(spend(series.size()));
    return series;
  }

  Result<Value> applied(char operation, const Value& left, const Value& right) const {
    const auto *a = std::get_if<TimeSeries>(&left), *b = std::get_if<TimeSeries>(&right);
    TRY(spend((a != nullptr ? a->size() : 0) + (b != nullptr ? b->size() : 0)));
    const auto *x = std::get_if<double>(&left), *y = std::get_if<double>(&right);
    if (a != nullptr && b != nullptr) return combine(operation, *a, *b);
    if (x != nullptr && y != nullptr) {
      const auto result = combine(operation, *x, *y);
      if (!result) return Failure(expression_not_understood(text_, text_.size() - rest_.size()));
      return *result;
    }
    if ((a == nullptr && b == nullptr) || (a == nullptr && x == nullptr) || (b == nullptr && y == nullptr))
      return Failure(expression_of_lists(text_));
    TimeSeries out;
    for (const auto& [at, value] : a != nullptr ? *a : *b) {
      const auto result = a != nullptr ? combine(operation, value, *y) : combine(operation, *x, value);
      if (result) out[at] = *result;
    }
    return out;
  }

  Result<Value> factor() {
    const Counted level(inputs_.budget.levels);
    if (inputs_.budget.levels > levels_max) return Failure(expressions_too_deep(references_max, levels_max));
    return unnested_factor();
  }

  Result<Value> unnested_factor() {
    skip_blanks();
    if (rest_.empty()) return Failure(not_understood());
    if (take('(')) {
      Value inner = TRY(sum());
      if (!take(')')) return Failure(not_understood());
      return inner;
    }
    if (take('-')) {
      const Value inner = TRY(factor());
      return applied('*', Value(-1.0), inner);
    }
    if (rest_.front() == '[') return list();
    if ((rest_.front() >= '0' && rest_.front() <= '9') || rest_.front() == '.') return number();
    const std::string_view name = take_name();
    if (name.empty()) return Failure(not_understood());
    if (take('(')) return function(name);
    return Value(TRY(series_of(name)));
  }

  Result<Value> number() {
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) return Failure(not_understood());
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  Result<Value> list() {
    take('[');
    std::vector<TimeSeries> out;
    do {
      Value element = TRY(sum());
      auto* series = std::get_if<TimeSeries>(&element);
      if (series == nullptr) return Failure(not_understood());
      out.push_back(std::move(*series));
    } while (take(','));
    if (!take(']')) return Failure(not_understood());
    return out;
  }

  Result<Value> metrics_of_call() {
    std::string_view part;
    if (take('"')) {
      const size_t end = rest_.find('"');
      if (end == std::string_view::npos) return Failure(not_understood());
      part = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    }
    if (!take(')')) return Failure(not_understood());
    std::vector<TimeSeries> out;
    for (const std::string& id : inputs_.metric_ids)
      if (id.find(part) != std::string::npos) out.push_back(TRY(series_of(id)));
    return out;
  }

  Result<Value> function(std::string_view name) {
    if (name == "METRICS") return metrics_of_call();
    if (name == "FILL") return filled();
    if (name != "SUM" && name != "AVG" && name != "MIN" && name != "MAX" && name != "ABS")
      return Failure(expression_function_unknown(name));
    Value argument = TRY(sum());
    if (!take(')')) return Failure(not_understood());
    if (name == "ABS") return absolute(argument);
    if (const auto* many = std::get_if<std::vector<TimeSeries>>(&argument)) return reduced(name, *many);
    const auto* one = std::get_if<TimeSeries>(&argument);
    if (one == nullptr) return argument;
    TRY(spend(one->size()));
    std::vector<double> values;
    for (const auto& [at, value] : *one) values.push_back(value);
    if (values.empty()) return TimeSeries{};  // of nothing there is no sum: what uses it has no points either
    return reduce(name, values);
  }

  Result<Value> absolute(const Value& argument) const {
    if (const auto* one = std::get_if<double>(&argument)) return std::abs(*one);
    const auto* series = std::get_if<TimeSeries>(&argument);
    if (series == nullptr) return Failure(expression_of_lists(text_));
    TRY(spend(series->size()));
    TimeSeries out;
    for (const auto& [at, value] : *series) out[at] = std::abs(value);
    return out;
  }

  Result<Value> reduced(std::string_view name, const std::vector<TimeSeries>& many) const {
    for (const TimeSeries& series : many) TRY(spend(series.size()));
    std::map<int64_t, std::vector<double>> by_time;
    for (const TimeSeries& series : many)
      for (const auto& [at, value] : series) by_time[at].push_back(value);
    TimeSeries out;
    for (const auto& [at, values] : by_time) out[at] = reduce(name, values);
    return out;
  }

  Result<Value> filled() {
    Value argument = TRY(sum());
    auto* series = std::get_if<TimeSeries>(&argument);
    if (series == nullptr || !take(',')) return Failure(not_understood());
    skip_blanks();
    std::function<double(int64_t)> value;
    if (rest_.starts_with("REPEAT") || rest_.starts_with("LINEAR")) {
      const bool linear = take_name() == "LINEAR";
      value = [series, linear](int64_t at) { return before_or_between(*series, at, linear); };
    } else {
      const Value other = TRY(sum());
      const auto* constant = std::get_if<double>(&other);
      if (constant == nullptr) return Failure(not_understood());
      value = [constant = *constant](int64_t) { return constant; };
    }
    if (!take(')')) return Failure(not_understood());
    TRY(spend(series->size() + inputs_.starts_s.size()));
    return fill(*series, inputs_.starts_s, value);
  }

  const std::string_view text_;
  std::string_view rest_;
  const MathInputs& inputs_;
};

}  // namespace

Result<TimeSeries> evaluate_expression(std::string_view text, const MathInputs& inputs) {
  if (text.size() > metric_expression_bytes_max) return Failure(expression_too_long(text.size()));
  const Counted expression(inputs.budget.expressions);
  if (inputs.budget.expressions > references_max + 1)
    return Failure(expressions_too_deep(references_max, levels_max));
  const std::string trimmed(trim(text));
  Value value = TRY(MathParser(trimmed, inputs).whole());
  auto* series = std::get_if<TimeSeries>(&value);
  if (series == nullptr) return Failure(expression_gives_no_series(trimmed));
  return std::move(*series);
}

}  // namespace godwit
