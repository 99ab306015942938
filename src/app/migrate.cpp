#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <thread>

#include "app/commands.h"
#include "app/output.h"
#include "base/log.h"

namespace godwit {
namespace {

// SIGINT and SIGTERM are taken by one thread, which asks the task to stop at its next transaction boundary.
class SignalThread {
 public:
  explicit SignalThread(std::stop_source& stop)
      : thread_([this, &stop](const std::stop_token& own) { run(own, stop); }) {}
  ~SignalThread() {
    thread_.request_stop();
    pthread_kill(thread_.native_handle(), SIGUSR1);
  }

  // Before any thread is made, so that all of them inherit it.
  static void block() {
    sigset_t all = signals();
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }

 private:
  static sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, number);
    return set;
  }
  void run(const std::stop_token& own, std::stop_source& stop) {
    const sigset_t set = signals();
    int number = 0;
    while (!own.stop_requested() && sigwait(&set, &number) == 0)
      if (number != SIGUSR1) stop.request_stop();
  }

  std::jthread thread_;
};

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
  const SignalThread signals(stop);
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
