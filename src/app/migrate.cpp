#include <fmt/format.h>

#include "app/commands.h"
#include "app/output.h"
#include "app/signal_thread.h"
#include "base/log.h"

namespace godwit {
namespace {

int usage_failed(const Error& error, bool json) {
  if (json) {
    TaskSummary summary;
    summary.exit = 2;
    summary.stop_reason = "FATAL_ERROR";
    summary.error = error;
    fmt::print("{}\n", summary_json(summary));
  }
  fmt::print(stderr, "error: {} [{}]\n", error.message, error.code);
  return 2;
}

void set_severities(const TaskSettings& settings) {
  for (const auto& [component, severity] : settings.logging.components) task_log().set_severity(component, severity);
}

}  // namespace

int migrate(const MigrateArguments& arguments) {
  SignalThread::block();
  const bool json = arguments.output == "json";
  auto options = task_options(arguments);
  if (!options) return usage_failed(options.error(), json);
  set_severities(options->settings);
  const auto opened = task_log().open(options->state_dir + "/task.log");
  if (!opened) return usage_failed(opened.error(), json);
  std::stop_source stop;
  const SignalThread signals([&] { stop.request_stop(); });
  TaskRunner runner(std::move(*options));
  Output output(json ? OutputFormat::json : OutputFormat::text, runner.progress());
  task_log().set_listener([&](Component, Severity severity, std::string_view text) {
    if (severity <= Severity::warning) output.notice(severity, text);
  });
  const TaskSummary summary = runner.run(stop.get_token());
  task_log().set_listener(nullptr);
  output.finish(summary);
  return summary.exit;
}

}  // namespace godwit
