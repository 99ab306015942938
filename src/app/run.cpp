// The worker program: one task, as `godwit serve` starts it. It is given its job, with the secrets in it, on a
// descriptor, and leaves how it ended in the task's folder; see control/worker_protocol.h.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <new>
#include <optional>

#include "app/commands.h"
#include "app/signal_thread.h"
#include "app/worker_link.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "control/api_words.h"
#include "control/worker_errors.h"
#include "control/worker_folder.h"
#include "control/worker_limits.h"
#include "engines/all.h"
#include "task/drop_task.h"

namespace godwit {
namespace {

constexpr size_t order_bytes_max = size_t{64} << 20U;
constexpr int64_t lock_wait_ms = 15000;
constexpr int low_memory_status = 75;  // control/supervisor_watch.cpp

Result<std::string> read_order(const std::string& text) {
  int fd = STDIN_FILENO;
  if (text != "-" && std::from_chars(text.data(), text.data() + text.size(), fd).ptr != text.data() + text.size())
    return Failure(errors::worker_job("--job", "is a number of an open descriptor, or - for standard input."));
  const Descriptor order(fd);
  std::string out;
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure(errors::worker_job("--job", "cannot be read."));
    if (got == 0) return out;
    out.append(piece.data(), static_cast<size_t>(got));
    if (out.size() > order_bytes_max) return Failure(errors::worker_job("--job", "is longer than a job may be."));
  }
}

// Control tables and file names hold it.
Result<void> check_names(const WorkerJob& job) {
  const auto fits = [](const std::string& name) {
    return !name.empty() && name.size() <= 100 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               std::string::npos;
  };
  if (!fits(job.server_name)) return Failure(errors::worker_job("server", "is no name of a replication instance."));
  if (job.run <= 0) return Failure(errors::worker_job("run", "is a number above 0."));
  if (job.fresh_run <= 0 || job.fresh_run > job.run)
    return Failure(errors::worker_job("fresh_run", "is a run that is not later than this one."));
  if (job.state_dir.empty()) return Failure(errors::worker_job("state_dir", "is missing."));
  return {};
}

Result<TaskOptions> worker_options(const WorkerJob& job) {
  TRY(check_names(job));
  MigrateArguments arguments;
  arguments.source = job.source;
  arguments.target = job.target;
  arguments.type = job.type;
  arguments.task_id = job.task_id;
  arguments.start_position = job.start_position;
  arguments.stop_position = job.stop_position;
  arguments.restart = job.start != StartKind::resume;
  TaskOptions out = TRY(checked_options(arguments, job.mappings, job.settings));
  out.state_dir = job.state_dir;
  out.server_name = job.server_name;
  out.fresh_run = job.fresh_run;
  out.has_begun = job.has_begun;
  out.came_to = job.came_to;
  out.remember_capture = [state_dir = job.state_dir](const CaptureTrace& capture) {
    return remember_capture(state_dir, capture);
  };
  fit_budget(out.settings, job.limits);
  return out;
}

// Statistics of this run, or of an earlier one of the same life.
WorkerStatistics statistics_before(const WorkerJob& job) {
  auto left = read_statistics(job.state_dir);
  if (!left || left->run < job.fresh_run) return {};
  return std::move(*left);
}

WorkerOutcome failure_of(const WorkerJob& job, const Error& error) {
  WorkerOutcome out;
  out.run = job.run;
  out.pid = ::getpid();
  out.failed = true;
  out.recoverable = is_recoverable(error);
  out.stop_reason = "FATAL_ERROR";
  out.failure = in_api_words(error.message, job.type);
  return out;
}

WorkerOutcome outcome_of(const WorkerJob& job, const TaskSummary& summary, const std::string& checkpoint,
                         bool was_running) {
  WorkerOutcome out;
  out.run = job.run;
  out.pid = ::getpid();
  // A stop that did not end cleanly is no failure of the task: the figures' setback tells what is left undone.
  out.failed = summary.error.has_value() && !summary.stopped_midway;
  out.recoverable = summary.error && is_recoverable(*summary.error);
  out.was_running = was_running;
  out.stop_reason = summary.stop_reason;
  if (out.failed) out.failure = in_api_words(summary.error->message, job.type);
  out.checkpoint = summary.checkpoint.empty() ? checkpoint : summary.checkpoint;
  out.has_findings = summary.exit == 3;
  for (const std::string& remark : summary.remarks) out.remarks.push_back(in_api_words(remark, job.type));
  return out;
}

// Wherever memory runs out, also on a thread that could not say so.
[[noreturn]] void memory_is_gone() {
  ::_exit(low_memory_status);
}

Result<WorkerOutcome> run_task(const WorkerJob& job, const std::string& socket_path) {
  TaskOptions options = TRY(worker_options(job));
  TRY(take_limits(job.limits, job.task_id));
  std::set_new_handler(memory_is_gone);
  for (const auto& [component, severity] : options.settings.logging.components)
    task_log().set_severity(component, severity);
  task_log().set_rotation(job.log);
  task_log().set_wording([type = job.type](std::string_view text) { return in_api_words(text, type); });
  TRY(task_log().open(job.state_dir + "/task.log"));
  const WorkerStatistics before = statistics_before(job);
  for (const WorkerTable& table : before.tables) options.carried.push_back(table.figures);
  std::stop_source stop;
  options.has_begun = options.has_begun || before.has_begun;
  TaskRunner runner(std::move(options));
  const SignalThread signals([&] {
    runner.recycle();
    stop.request_stop();
  });
  WorkerLink link(job, socket_path, runner, stop, before);
  const TaskSummary summary = runner.run(stop.get_token());
  link.finish();
  return outcome_of(job, summary, runner.progress().copy().checkpoint, link.has_run());
}

int failed(const Error& error) {
  fmt::print(stderr, "{} error: {} [{}]\n", iso_seconds(now_us()), error.message, error.code);
  return error.kind == ErrorKind::usage ? 2 : 1;
}

int work(const WorkerJob& job, const std::string& socket_path) {
  const auto folder = make_state_folder(job.state_dir);
  if (!folder) return failed(folder.error());
  const auto lock = WorkerLock::take(job.state_dir, lock_wait_ms);
  if (!lock) return failed(lock.error());
  forget_outcome(job.state_dir);
  auto outcome = run_task(job, socket_path);
  if (!outcome) outcome = failure_of(job, outcome.error());
  for (const std::string& remark : cap_remarks(*outcome)) log_warning(Component::task_manager, "{}", remark);
  if (const auto written = write_outcome(job.state_dir, *outcome); !written)
    log_error(Component::task_manager, "{}", written.error().message);
  return outcome->failed ? 1 : outcome->has_findings ? 3 : 0;
}

void say(const CleanUpLine& line) {
  const std::string text = to_line(line);
  // One write: another thread says that it is alive.
  [[maybe_unused]] const ssize_t wrote = ::write(STDOUT_FILENO, text.data(), text.size());
}

Result<ClearedTask> remove_task(const WorkerJob& job) {
  TaskContext context;
  context.source = TRY(parse_endpoint(job.source));
  context.target = TRY(parse_endpoint(job.target));
  context.source_engine = TRY(find_engine(context.source.scheme));
  context.target_engine = TRY(find_engine(context.target.scheme));
  context.task_id = job.task_id;
  context.server_name = job.server_name;
  context.settings = TRY(parse_settings(job.settings));
  const auto captures = read_captures(job.state_dir);
  ClearedTask out = clear_task(context, captures ? *captures : std::vector<CaptureTrace>(),
                               {[] { say({}); }, [] { say({.restored = true}); }});
  if (!captures) out.left.push_back(captures.error().message);
  return out;
}

// Lines for the server on standard output.
int clean_up(const WorkerJob& job) {
  const auto removed = remove_task(job);
  CleanUpLine answer{.ends = true};
  // Of a target that was not even asked nobody knows.
  answer.holds_definitions = removed ? removed->holds_definitions : true;
  if (removed) answer.remarks = removed->remarks;  // the task is gone: they name commands, not calls
  answer.error = in_api_words(removed ? join(removed->left, "\n") : removed.error().message);
  say(answer);
  return answer.error.empty() ? 0 : 1;
}

}  // namespace

int run_worker(const RunArguments& arguments) {
  SignalThread::block();
  if (const auto kept = keep_secrets_in_memory(); !kept) return failed(kept.error());
  auto text = read_order(arguments.job);
  if (!text) return failed(text.error());
  const auto order = parse_worker_order(*text);
  std::ranges::fill(*text, '\0');
  if (!order) return failed(order.error());
  return order->clean_up ? clean_up(order->job) : work(order->job, arguments.socket);
}

}  // namespace godwit
