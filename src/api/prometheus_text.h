#pragma once
// Prometheus's text exposition 0.0.4, or OpenMetrics 1.0. Samples may come in any order: those of one name are
// gathered under one HELP and TYPE.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit {

enum class PrometheusType { gauge, counter, histogram };

struct PrometheusFamily {
  std::string_view name;  // of counters with "_total"
  PrometheusType type;
  std::string_view help;
};

using PrometheusLabels = std::vector<std::pair<std::string_view, std::string>>;

class PrometheusText {
 public:
  explicit PrometheusText(bool open_metrics) : open_metrics_(open_metrics) {}

  // `suffix`: of the lines of a histogram, "_bucket".
  void add(const PrometheusFamily& family, const PrometheusLabels& labels, double value,
           std::string_view suffix = {});
  std::string text() const;
  std::string_view content_type() const;

 private:
  struct Gathered {
    PrometheusFamily family;
    std::string lines;
  };
  const bool open_metrics_;
  std::vector<Gathered> families_;
  std::map<std::string_view, size_t> by_name_;
};

}  // namespace godwit
