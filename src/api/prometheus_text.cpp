#include "api/prometheus_text.h"

#include <fmt/format.h>

#include <cmath>

namespace godwit {
namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{}", value);
}

std::string_view type_name(PrometheusType type) {
  switch (type) {
    case PrometheusType::counter:
      return "counter";
    case PrometheusType::histogram:
      return "histogram";
    case PrometheusType::gauge:
      break;
  }
  return "gauge";
}

}  // namespace

void PrometheusText::add(const PrometheusFamily& family, const PrometheusLabels& labels, double value,
                         std::string_view suffix) {
  const auto [at, fresh] = by_name_.try_emplace(family.name, families_.size());
  if (fresh) families_.push_back({family, {}});
  std::string& lines = families_[at->second].lines;
  lines += family.name;
  lines += suffix;
  char before = '{';
  for (const auto& [name, text] : labels) {
    lines += fmt::format("{}{}=\"{}\"", before, name, escaped(text));
    before = ',';
  }
  if (!labels.empty()) lines += '}';
  lines += ' ' + number(value) + '\n';
}

std::string PrometheusText::text() const {
  std::string out;
  for (const Gathered& each : families_) {
    std::string_view name = each.family.name;
    if (open_metrics_ && each.family.type == PrometheusType::counter && name.ends_with("_total"))
      name.remove_suffix(std::string_view("_total").size());
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{3}", name, each.family.help, type_name(each.family.type),
                       each.lines);
  }
  return open_metrics_ ? out + "# EOF\n" : out;
}

std::string_view PrometheusText::content_type() const {
  return open_metrics_ ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace godwit
