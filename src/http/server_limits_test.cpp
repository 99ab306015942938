// No client can harm the others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <latch>
#include <thread>
#include <vector>

#include "http/test_client.h"

namespace godwit {
namespace {

using namespace testing_http;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// One request answered as it should, and how long that took.
int64_t served_within_ms(uint16_t port) {
  const int64_t begun = monotonic_ms();
  TestClient client(port);
  EXPECT_THAT(client.ask(post("quick")), EndsWith("\nquick"));
  return monotonic_ms() - begun;
}

size_t resident_kb() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0, resident = 0;
  EXPECT_TRUE(file >> total >> resident);
  return resident * 4;
}

TEST(HttpLimits, a_body_that_says_it_is_too_large_is_answered_413_unread) {
  const auto server = started({.body_bytes_max = 1000});
  TestClient client(server->port());
  EXPECT_THAT(client.ask(post(std::string(1000, 'a'))), StartsWith("HTTP/1.1 200 "));
  const std::string reply = client.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 413 Payload Too Large\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Type: application/x-amz-json-1.1\r\n"));
  EXPECT_THAT(reply, HasSubstr("\"__type\":\"RequestEntityTooLargeException\""));
  EXPECT_TRUE(client.ends_within(5s));
}

TEST(HttpLimits, a_client_that_waits_to_send_too_much_is_spared_it) {
  const auto server = started({.body_bytes_max = 1000});
  TestClient client(server->port());
  EXPECT_THAT(client.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(HttpLimits, a_chunked_body_that_grows_too_large_is_answered_413) {
  const auto server = started({.body_bytes_max = 1000});
  TestClient client(server->port());
  std::string request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) request += "64\r\n" + std::string(100, 'a') + "\r\n";
  EXPECT_THAT(client.ask(request), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpLimits, a_client_that_sends_100_mb_gets_its_reply_and_takes_no_memory) {
  const auto server = started();
  const size_t before = resident_kb();
  TestClient client(server->port());
  constexpr size_t bytes = size_t{100} << 20;
  ASSERT_TRUE(client.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", bytes)));
  const std::string piece(1 << 20, 'a');
  for (size_t sent = 0; sent < bytes; sent += piece.size()) ASSERT_TRUE(client.send(piece)) << sent;
  EXPECT_THAT(client.read_reply(), StartsWith("HTTP/1.1 413 "));
  EXPECT_LT(resident_kb(), before + (16U << 10));
}

TEST(HttpLimits, headers_over_32_kb_are_answered_431) {
  const auto server = started();
  for (const size_t bytes : {33U << 10, 1U << 20}) {
    TestClient client(server->port());
    const std::string reply =
        client.ask("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(bytes, 'a') + "\r\n\r\n");
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 431 ")) << bytes;
    EXPECT_THAT(reply, HasSubstr("MalformedHttpRequestException")) << bytes;
  }
  TestClient many(server->port()), target(server->port()), fine(server->port());
  std::string headers;
  for (int i = 0; i < 5000; ++i) headers += "a: b\r\n  ";
  EXPECT_THAT(many.ask("GET / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(target.ask("GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(fine.ask("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(31 << 10, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST(HttpLimits, a_slow_phase_ends_the_connection_however_the_client_drips) {
  const auto server = started({.header_timeout = 300ms, .body_timeout = 400ms, .idle_timeout = 500ms});
  struct Slow {
    std::string_view name, begin, drip;
    int64_t at_least_ms;
  };
  const Slow cases[] = {
      {"silent from the start", "", "", 300},
      {"drips its headers", "POST / HTTP/1.1\r\nHost: x\r\nX-A: ", "a", 300},
      {"drips its body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", "a", 400},
  };
  for (const Slow& slow : cases) {
    const int64_t begun = monotonic_ms();
    TestClient client(server->port());
    client.send(slow.begin);
    while (monotonic_ms() - begun < 5000 && client.send(slow.drip) && !client.ends_within(20ms)) {
    }
    EXPECT_GE(monotonic_ms() - begun, slow.at_least_ms - 20) << slow.name;
    EXPECT_LT(monotonic_ms() - begun, 2000) << slow.name;
  }
  TestClient idle(server->port());
  EXPECT_THAT(idle.ask(post("a")), EndsWith("\na"));
  const int64_t begun = monotonic_ms();
  EXPECT_TRUE(idle.ends_within(5s));
  EXPECT_GE(monotonic_ms() - begun, 480);
  EXPECT_TRUE(holds_soon([&] { return server->connections() == 0; }));
}

TEST(HttpLimits, a_handler_may_take_longer_than_any_timeout) {
  const auto server =
      started({.header_timeout = 50ms, .body_timeout = 50ms, .idle_timeout = 50ms}, [](const HttpRequest& request) {
        std::this_thread::sleep_for(300ms);
        return echo(request);
      });
  TestClient client(server->port());
  EXPECT_THAT(client.ask(post("a")), EndsWith("\na"));
}

TEST(HttpLimits, a_client_that_does_not_read_its_reply_is_left) {
  const auto server = started({.body_timeout = 300ms}, [](const HttpRequest&) {
    return HttpReply{.status = 200, .content_type = "text/plain", .body = std::string(32 << 20, 'a')};
  });
  TestClient client(server->port());
  client.send(post(""));
  EXPECT_TRUE(holds_soon([&] { return server->connections() == 1; }));
  EXPECT_TRUE(holds_soon([&] { return server->connections() == 0; }));
}

TEST(HttpLimits, a_thousand_slow_clients_do_not_hold_up_others) {
  const auto server = started();
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 3000) GTEST_SKIP() << "this process may not open 3,000 files";
  std::vector<TestClient> slow;
  const std::string_view beginnings[] = {"", "POST / HTTP/1.1\r\nHost: x\r\nX-A",
                                         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\nabc"};
  for (size_t i = 0; i < 1000; ++i) {
    slow.emplace_back(server->port());
    ASSERT_TRUE(slow.back().is_connected()) << i;
    slow.back().send(beginnings[i % 3]);
  }
  EXPECT_TRUE(holds_soon([&] { return server->connections() == 1000; }));
  for (int i = 0; i < 20; ++i) EXPECT_LT(served_within_ms(server->port()), 500);
}

TEST(HttpLimits, more_connections_than_allowed_close_the_longest_idle_one) {
  const auto server = started({.connections_max = 3});
  TestClient oldest(server->port()), older(server->port()), sending(server->port());
  EXPECT_THAT(older.ask(post("a")), EndsWith("\na"));
  EXPECT_THAT(oldest.ask(post("a")), EndsWith("\na"));  // is now idle for a shorter time
  sending.send("POST / HT");
  std::this_thread::sleep_for(50ms);
  TestClient newcomer(server->port());
  EXPECT_THAT(newcomer.ask(post("new")), EndsWith("\nnew"));
  EXPECT_TRUE(older.ends_within(5s));
  EXPECT_THAT(oldest.ask(post("b")), EndsWith("\nb"));
  EXPECT_THAT(sending.ask("TP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nc"), EndsWith("\nc"));
}

TEST(HttpLimits, slow_clients_give_way_but_handled_requests_do_not) {
  std::latch running(1), release(1);
  const auto server = started({.connections_max = 2}, [&](const HttpRequest& request) {
    if (request.body == "hold") {
      running.count_down();
      release.wait();
    }
    return echo(request);
  });
  TestClient held(server->port());
  held.send(post("hold"));
  running.wait();
  TestClient slow(server->port());
  slow.send("POST / HT");
  std::this_thread::sleep_for(50ms);
  EXPECT_LT(served_within_ms(server->port()), 1000);
  EXPECT_TRUE(slow.ends_within(5s));
  release.count_down();
  EXPECT_THAT(held.read_reply(), EndsWith("\nhold"));
}

TEST(HttpLimits, requests_beyond_the_queue_are_answered_503) {
  std::latch running(1), release(1);
  const auto server = started({.threads = 1, .requests_queued_max = 1}, [&](const HttpRequest& request) {
    if (request.body == "0") {
      running.count_down();
      release.wait();
    }
    return echo(request);
  });
  std::vector<TestClient> clients;
  clients.reserve(3);
  for (int i = 0; i < 3; ++i) clients.emplace_back(server->port());
  clients[0].send(post("0"));
  running.wait();
  clients[1].send(post("1"));
  std::this_thread::sleep_for(100ms);
  const std::string reply = clients[2].ask(post("2"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(reply, HasSubstr("\"__type\":\"ServiceUnavailable\""));
  release.count_down();
  EXPECT_THAT(clients[0].read_reply(), EndsWith("\n0"));
  EXPECT_THAT(clients[1].read_reply(), EndsWith("\n1"));
  EXPECT_THAT(clients[2].ask(post("3")), EndsWith("\n3")) << "the connection is still good";
}

TEST(HttpLimits, large_bodies_share_a_budget_and_small_ones_need_none) {
  const auto server = started({.bodies_bytes_max = 300'000});
  TestClient large(server->port()), second(server->port());
  large.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200001\r\n\r\n" + std::string(200'000, 'a'));
  std::this_thread::sleep_for(100ms);
  EXPECT_THAT(second.ask(post(std::string(200'000, 'b'))), StartsWith("HTTP/1.1 503 "));
  EXPECT_LT(served_within_ms(server->port()), 500);
  EXPECT_THAT(large.ask("a"), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(holds_soon([&] {
    return TestClient(server->port()).ask(post(std::string(200'000, 'b'))).starts_with("HTTP/1.1 200 ");
  })) << "the share was not given back";
}

TEST(HttpLimits, fifty_clients_at_once_are_all_served) {
  const auto server = started();
  std::vector<std::thread> clients;
  clients.reserve(50);
  std::atomic<int> served = 0;
  for (int i = 0; i < 50; ++i)
    clients.emplace_back([&, i] {
      TestClient client(server->port());
      for (int n = 0; n < 40; ++n)
        if (client.ask(post(fmt::format("{}.{}", i, n))).ends_with(fmt::format("\n{}.{}", i, n))) ++served;
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(served, 50 * 40);
}

}  // namespace
}  // namespace godwit
