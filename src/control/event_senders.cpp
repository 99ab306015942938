#include "control/event_senders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "control/event_errors.h"
#include "control/webhook.h"

extern char** environ;

namespace godwit {
namespace {

constexpr off_t undelivered_bytes_max = off_t{10} << 20;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

Result<void> append_line(const std::string& path, std::string_view line) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0 || !write_all(file.get(), std::string(line) + "\n"))
    return Failure(event_file_failed(path, std::strerror(errno)));
  if (::fdatasync(file.get()) != 0 && errno != EINVAL && errno != EROFS)  // those: a pipe or a device
    return Failure(event_file_failed(path, std::strerror(errno)));
  return {};
}

int facility_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int>, 11> facilities = {{{"daemon", LOG_DAEMON},
                                                                            {"user", LOG_USER},
                                                                            {"syslog", LOG_SYSLOG},
                                                                            {"local0", LOG_LOCAL0},
                                                                            {"local1", LOG_LOCAL1},
                                                                            {"local2", LOG_LOCAL2},
                                                                            {"local3", LOG_LOCAL3},
                                                                            {"local4", LOG_LOCAL4},
                                                                            {"local5", LOG_LOCAL5},
                                                                            {"local6", LOG_LOCAL6},
                                                                            {"local7", LOG_LOCAL7}}};
  for (const auto& [known, facility] : facilities)
    if (known == name) return facility;
  return LOG_DAEMON;
}

// Waits for the program, at most this long.
Result<void> wait_for(pid_t program, const EventSink& sink, int64_t timeout_ms, const std::stop_token& stop) {
  const int64_t until_ms = monotonic_ms() + timeout_ms;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(program, &status, WNOHANG)) == 0) {
    if (monotonic_ms() > until_ms || stop.stop_requested()) {
      ::kill(program, SIGKILL);
      ::waitpid(program, &status, 0);
      return Failure(mail_failed(sink.sendmail, "it did not end in time"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (ended < 0) return Failure(mail_failed(sink.sendmail, std::strerror(errno)));
  if (WIFSIGNALED(status))
    return Failure(mail_failed(sink.sendmail, fmt::format("it was ended by signal {}", WTERMSIG(status))));
  if (WEXITSTATUS(status) == 0) return {};
  return Failure(mail_failed(sink.sendmail, fmt::format("it ended with status {}", WEXITSTATUS(status))));
}

Result<void> send_mail(const EventSink& sink, const OutboxRecord& letter, int64_t timeout_ms,
                       const std::stop_token& stop) {
  const std::string text = fmt::format(
      "To: {}\nSubject: {}\nMessage-ID: <{}@godwit>\nMIME-Version: 1.0\nContent-Type: text/plain; "
      "charset=UTF-8\n\n{}\n",
      sink.place, event_subject, letter.message_id, event_message(letter.event));
  // A file in memory: a program that ends early cannot break the pipe.
  const Descriptor mail(::memfd_create("mail", MFD_CLOEXEC));
  if (mail.get() < 0 || !write_all(mail.get(), text) || ::lseek(mail.get(), 0, SEEK_SET) != 0)
    return Failure(mail_failed(sink.sendmail, std::strerror(errno)));
  posix_spawnattr_t attributes;  // the server's threads block signals; the program is not to
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, mail.get(), STDIN_FILENO);
  std::string program = sink.sendmail, ignore_dots = "-i", address = sink.place;
  std::array<char*, 4> arguments = {program.data(), ignore_dots.data(), address.data(), nullptr};
  pid_t child = 0;
  const int code = ::posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return Failure(mail_failed(sink.sendmail, std::strerror(code)));
  return wait_for(child, sink, timeout_ms, stop);
}

}  // namespace

Result<void> send_event(const EventSink& sink, const Namespace& names, const OutboxRecord& letter,
                        std::string_view topic, int64_t timeout_ms, const std::stop_token& stop) {
  const auto envelope = [&] { return event_envelope(names, letter, topic, sink.format); };
  switch (sink.kind) {
    case SinkKind::webhook:
      if (sink.format == EventFormat::eventbridge)
        return post_webhook(sink.place, {"Content-Type: application/json"}, envelope(), timeout_ms, stop);
      return post_webhook(
          sink.place,
          {"Content-Type: text/plain; charset=UTF-8", "x-amz-sns-message-type: Notification",
           "x-amz-sns-message-id: " + letter.message_id, "x-amz-sns-topic-arn: " + std::string(topic)},
          envelope(), timeout_ms, stop);
    case SinkKind::file:
      return append_line(sink.place, envelope());
    case SinkKind::syslog:
      ::syslog(facility_of(sink.place) | LOG_NOTICE, "%s", event_message(letter.event).c_str());
      return {};
    case SinkKind::email:
      break;
  }
  return send_mail(sink, letter, timeout_ms, stop);
}

Result<void> keep_undelivered(const std::string& folder, const OutboxRecord& letter, std::string_view why) {
  const std::string path = folder + "/undelivered-events.jsonl";
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0 && facts.st_size > undelivered_bytes_max)
    ::rename(path.c_str(), (path + ".1").c_str());
  const nlohmann::ordered_json line = {{"Subscription", letter.subscription},
                                       {"MessageId", letter.message_id},
                                       {"Reason", why},
                                       {"Message", event_message(letter.event)}};
  return append_line(path, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace godwit
