#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <latch>
#include <mutex>
#include <thread>

#include "http/test_client.h"

namespace godwit {
namespace {

using namespace testing_http;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(HttpServer, answers_a_request_with_the_handlers_reply) {
  HttpRequest seen;
  const auto server = started({}, [&](const HttpRequest& request) {
    seen = request;
    return HttpReply{201, "application/json", {{"x-amzn-RequestId", "7"}}, "{}"};
  });
  ASSERT_NE(server->port(), 0);
  EXPECT_EQ(server->address(), "127.0.0.1");
  EXPECT_TRUE(server->is_loopback());
  TestClient client(server->port());
  const std::string reply =
      client.ask(post("body", "X-Amz-Target:  A.b \r\nx-twice: 1\r\nX-Twice: 2\r\n", "/a?b=c%20"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 201 Created\r\nDate: "));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nx-amzn-RequestId: 7\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n{}"));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/a?b=c%20");
  EXPECT_EQ(seen.path(), "/a");
  EXPECT_EQ(seen.query(), "b=c%20");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_EQ(*seen.header("x-amz-target"), "A.b");
  EXPECT_EQ(
      seen.headers,
      (HttpHeaders{
          {"host", "x"}, {"content-length", "4"}, {"x-amz-target", "A.b"}, {"x-twice", "1"}, {"x-twice", "2"}}));
}

TEST(HttpServer, serves_many_requests_on_one_connection) {
  const auto server = started();
  TestClient client(server->port());
  for (int i = 0; i < 50; ++i) EXPECT_THAT(client.ask(post(std::to_string(i))), EndsWith("\n" + std::to_string(i)));
  EXPECT_EQ(server->connections(), 1U);
}

TEST(HttpServer, answers_pipelined_requests_in_order) {
  const auto server = started({}, [](const HttpRequest& request) {
    if (request.body == "slow") std::this_thread::sleep_for(50ms);
    return echo(request);
  });
  TestClient client(server->port());
  std::string all = post("slow");
  for (int i = 0; i < 20; ++i) all += post(std::to_string(i));
  ASSERT_TRUE(client.send(all));
  EXPECT_THAT(client.read_reply(), EndsWith("\nslow"));
  for (int i = 0; i < 20; ++i) EXPECT_THAT(client.read_reply(), EndsWith("\n" + std::to_string(i)));
}

TEST(HttpServer, takes_requests_that_come_byte_by_byte) {
  const auto server = started();
  TestClient client(server->port());
  for (const char c : post("abc")) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_THAT(client.read_reply(), EndsWith("\nabc"));
}

TEST(HttpServer, takes_chunked_bodies) {
  const auto server = started();
  TestClient client(server->port());
  EXPECT_THAT(
      client.ask(
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;e=1\r\nde\r\n0\r\n\r\n"),
      EndsWith("\nabcde"));
  EXPECT_THAT(client.ask(post("next")), EndsWith("\nnext"));
}

TEST(HttpServer, asks_for_a_body_that_waits_for_100_continue) {
  const auto server = started();
  TestClient client(server->port());
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_THAT(client.read_reply(), StartsWith("HTTP/1.1 100 Continue\r\n"));
  EXPECT_THAT(client.ask("abc"), EndsWith("\nabc"));
}

TEST(HttpServer, passes_any_method_and_path_to_the_handler) {
  const auto server = started();
  TestClient client(server->port());
  EXPECT_THAT(client.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("GET /healthz\n"));
  EXPECT_THAT(client.ask("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("BREW /pot\n"));
  EXPECT_THAT(client.ask("GET http://other:1/a?b HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("GET /a?b\n"));
  EXPECT_THAT(client.ask("GET http://other:1 HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("GET /\n"));
  EXPECT_THAT(client.ask("GET http://other?b HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("GET /?b\n"));
}

TEST(HttpServer, answers_head_without_the_body) {
  const auto server = started();
  TestClient client(server->port());
  ASSERT_TRUE(client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string reply = client.read_reply(false);
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Length: 14\r\n"));
  EXPECT_THAT(client.ask(post("next")), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, ends_the_connection_where_the_client_wants_that) {
  const auto server = started();
  TestClient one(server->port()), old(server->port());
  EXPECT_THAT(one.ask(post("a", "Connection: close\r\n")), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(one.ends_within(5s));
  EXPECT_THAT(old.ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_TRUE(old.ends_within(5s));
  EXPECT_TRUE(holds_soon([&] { return server->connections() == 0; }));
}

TEST(HttpServer, answers_a_client_that_has_ended_its_side) {
  const auto server = started();
  TestClient client(server->port());
  client.send(post("a"));
  client.end_sending();
  EXPECT_THAT(client.read_reply(), EndsWith("\na"));
  EXPECT_TRUE(client.ends_within(5s));
}

TEST(HttpServer, answers_500_when_the_handler_throws) {
  const auto server = started({}, [](const HttpRequest& request) -> HttpReply {
    if (request.body == "throw") throw std::runtime_error("a secret");
    return echo(request);
  });
  TestClient client(server->port());
  const std::string reply = client.ask(post("throw"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_THAT(reply, HasSubstr("\"__type\":\"InternalFailure\""));
  EXPECT_THAT(reply, Not(HasSubstr("a secret")));
  EXPECT_THAT(client.ask(post("next")), EndsWith("\nnext"));
}

TEST(HttpServer, headers_of_a_reply_cannot_break_out_of_their_line) {
  const auto server = started(
      {}, [](const HttpRequest&) { return HttpReply{200, "text/plain", {{"x-name", "a\r\nSet-Cookie: b"}}, ""}; });
  TestClient client(server->port());
  EXPECT_THAT(client.ask(post("")), HasSubstr("x-name: a  Set-Cookie: b\r\n"));
}

TEST(HttpServer, what_is_not_http_is_answered_400_and_the_others_go_on) {
  const auto server = started();
  TestClient steady(server->port());
  const std::string_view broken[] = {
      "\x16\x03\x01\x02 hello\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n bad: 1\r\nna me: 1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const std::string_view request : broken) {
    TestClient client(server->port());
    const std::string reply = client.ask(request);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << request;
    EXPECT_THAT(reply, HasSubstr("\r\nx-amzn-ErrorType: MalformedHttpRequestException\r\n")) << request;
    EXPECT_THAT(reply, HasSubstr("\"message\":\"")) << request;
    EXPECT_THAT(reply, HasSubstr("\r\nConnection: close\r\n")) << request;
    EXPECT_THAT(steady.ask(post("on")), EndsWith("\non")) << request;
  }
}

TEST(HttpServer, a_request_that_ends_halfway_is_answered_400) {
  const auto server = started();
  TestClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  client.end_sending();
  EXPECT_THAT(client.read_reply(), HasSubstr("MalformedHttpRequestException"));
}

TEST(HttpServer, an_ending_server_lets_running_handlers_answer) {
  std::latch running(1);
  auto server = started({}, [&](const HttpRequest& request) {
    running.count_down();
    std::this_thread::sleep_for(200ms);
    return echo(request);
  });
  const uint16_t port = server->port();
  TestClient busy(port), idle(port);
  ASSERT_TRUE(busy.send(post("last")));
  running.wait();
  server.reset();
  EXPECT_THAT(busy.read_reply(), EndsWith("\nlast"));
  EXPECT_TRUE(idle.ends_within(5s));
  EXPECT_FALSE(TestClient(port).is_connected());
}

TEST(HttpServer, an_ending_server_refuses_what_is_queued) {
  std::latch running(1), release(1);
  auto server = started({.threads = 1}, [&](const HttpRequest& request) {
    running.count_down();
    release.wait();
    return echo(request);
  });
  TestClient first(server->port()), second(server->port());
  first.send(post("first"));
  running.wait();
  second.send(post("second"));
  std::this_thread::sleep_for(100ms);
  std::thread ending([&] { server.reset(); });
  EXPECT_THAT(second.read_reply(), StartsWith("HTTP/1.1 503 "));
  release.count_down();
  EXPECT_THAT(first.read_reply(), EndsWith("\nfirst"));
  ending.join();
}

TEST(HttpServer, ends_at_once_when_nobody_is_there) {
  const int64_t begun = monotonic_ms();
  for (int i = 0; i < 10; ++i) started();
  EXPECT_LT(monotonic_ms() - begun, 2000);
}

TEST(HttpServer, a_port_in_use_is_an_error_that_says_so) {
  const auto server = started();
  const auto second = HttpServer::start({.port = server->port()}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "http.address_in_use");
  EXPECT_THAT(second.error().message, HasSubstr("choose another port"));
}

TEST(HttpServer, a_port_is_free_again_after_the_end) {
  auto server = started();
  const uint16_t port = server->port();
  TestClient client(port);
  EXPECT_THAT(client.ask(post("a")), EndsWith("\na"));
  server.reset();
  EXPECT_TRUE(HttpServer::start({.port = port}, echo));
}

TEST(HttpServer, refuses_addresses_that_are_not_this_machines) {
  for (const std::string address : {"192.0.2.1", "no.such.host.invalid", "1.2.3"}) {
    const auto server = HttpServer::start({.address = address, .allow_plain_beyond_loopback = true}, echo);
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().code, "http.address") << address;
  }
}

TEST(HttpServer, refuses_plain_http_beyond_loopback_unless_allowed) {
  for (const std::string address : {"0.0.0.0", "::"}) {
    const auto refused = HttpServer::start({.address = address}, echo);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "http.plain_beyond_loopback");
    EXPECT_THAT(refused.error().message, HasSubstr("--tls-cert"));
  }
  const auto allowed = HttpServer::start({.address = "0.0.0.0", .allow_plain_beyond_loopback = true}, echo);
  ASSERT_TRUE(allowed);
  EXPECT_FALSE((*allowed)->is_loopback());
  TestClient client((*allowed)->port());
  EXPECT_THAT(client.ask(post("a")), EndsWith("\na"));
}

TEST(HttpServer, child_processes_do_not_inherit_its_sockets) {
  const auto sockets_of_a_child = [] {
    FILE* pipe = ::popen("ls -l /proc/self/fd | grep -c socket:", "r");  // NOLINT(cert-env33-c)
    char line[32] = "";
    EXPECT_NE(std::fgets(line, sizeof line, pipe), nullptr);
    ::pclose(pipe);
    return std::string(line);
  };
  const std::string before = sockets_of_a_child();
  const auto server = started();
  TestClient client(server->port());
  EXPECT_THAT(client.ask(post("a")), EndsWith("\na"));
  EXPECT_EQ(sockets_of_a_child(), before);
}

}  // namespace
}  // namespace godwit
