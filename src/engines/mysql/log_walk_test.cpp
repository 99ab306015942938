#include "engines/mysql/log_walk.h"

#include <gtest/gtest.h>

#include "engines/mysql/fake_log.h"

namespace godwit::mysql {
namespace {

// Behind the log's end it beats, and says each time that it is so many bytes further.
class BeatingSession : public FakeSession {
 public:
  BeatingSession(const FakeLog& log, std::vector<std::string>& said, uint32_t step)
      : FakeSession(log, said), at_(static_cast<uint32_t>(log.offset())), step_(step) {}
  Result<std::optional<std::string_view>> read(int wait_ms, const std::stop_token& stop) override {
    const auto packet = FakeSession::read(wait_ms, stop);
    if (!packet || *packet) return packet;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    at_ += step_;
    say('\0' + FakeLog::bytes(EventType::heartbeat, "bin.000001", at_, 0));
    return FakeSession::read(wait_ms, stop);
  }

 private:
  uint32_t at_, step_;
};

struct Walking {
  explicit Walking(uint32_t step) {
    log.transaction("a", 1, "x");
    auto stream = BinlogStream::open(std::make_unique<BeatingSession>(log, said, step),
                                     {{"bin.000001", 4}, std::nullopt}, StreamOptions());
    walk.emplace(*std::move(stream), interrupted, 50);
  }
  // Steps until an error, at most as many as are asked for.
  std::optional<Error> go(int steps) {
    for (int i = 0; i < steps; ++i)
      if (auto event = walk->next(); !event) return event.error();
    return std::nullopt;
  }

  FakeLog log;
  std::vector<std::string> said;
  std::atomic<bool> interrupted = false;
  std::optional<LogWalk> walk;
};

TEST(LogWalk, heartbeats_alone_are_no_sign_of_life) {
  Walking run(0);
  const auto error = run.go(1000);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "mysql.binlog_silent");
  EXPECT_EQ(error->kind, ErrorKind::connection);
  EXPECT_EQ(to_string(run.walk->place()), run.log.end());
}

TEST(LogWalk, a_server_that_passes_over_events_is_at_work) {
  Walking run(100);
  EXPECT_FALSE(run.go(50)) << "250 ms and more, where 50 are the patience";
}

TEST(LogWalk, an_interruption_ends_it) {
  Walking run(100);
  EXPECT_FALSE(run.go(10));
  run.interrupted = true;
  const auto error = run.go(1);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::stopped);
}

}  // namespace
}  // namespace godwit::mysql
