#pragma once
// An HTTP/1.1 server, plain or TLS (1.2 and later): keep-alive, pipelining (replies in order), chunked bodies,
// Expect: 100-continue. It cares for transport alone; every well-formed request, of any method and path, goes to the
// handler.
//
// Limits, so that no client can harm the others:
//   headers over 32 KiB      431 MalformedHttpRequestException
//   not HTTP                 400 MalformedHttpRequestException
//   body over body_bytes_max 413 RequestEntityTooLargeException, without keeping what is sent
//   too much at once         503 ServiceUnavailable: requests_queued_max wait for a handler thread, or large bodies
//                            being received hold bodies_bytes_max together
//   a phase over its time    the connection is closed; each time-out is a deadline for the whole phase, so a client
//                            that drips bytes gains nothing
//   connections_max reached  the connection that has waited longest for a request is closed, idle ones first; those
//   whose
//                            request is being handled never. When there is none to close, the new one is.
// These replies are AWS JSON errors: {"__type":…,"message":…}, with x-amzn-ErrorType and x-amzn-RequestId. All but
// the 503 of the queue close the connection, and read on for a while, so that a client that is still sending sees
// them.
//
// TLS files are read once, at the start: a renewed certificate takes a restart.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace godwit {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // numeric, or a name whose first address is taken
  uint16_t port = 0;                  // 0: any free one
  std::string tls_cert_path{};  // PEM, the chain with the server's certificate first; empty with the next: plain HTTP
  std::string tls_key_path{};   // PEM, not encrypted
  bool allow_plain_beyond_loopback = false;
  size_t body_bytes_max = size_t{8} << 20;
  size_t bodies_bytes_max =
      size_t{64} << 20;              // of all bodies over 64 KiB together, while they are received and handled
  unsigned threads = 8;              // that run the handler
  size_t requests_queued_max = 256;  // read, and waiting for such a thread
  size_t connections_max = 2048;
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte (of a connection's first: from its
                                                     // accept, TLS handshake included) to the end of its headers
  std::chrono::milliseconds body_timeout{30'000};    // for receiving a body; the same again for sending a reply
  std::chrono::milliseconds idle_timeout{75'000};    // between requests
};

// Called on one of `threads` threads, several at once; no time limit. An exception that leaves it is answered by 500
// InternalFailure.
using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

class HttpServer {
 public:
  // Listens when it returns. Errors, each with a way out: http.address, http.address_in_use,
  // http.plain_beyond_loopback, http.tls. Raises this process's soft limit of open files, where it is too low for
  // connections_max.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  // Accepts no more, closes idle connections, lets running handlers end and their replies go out (for up to 5 s);
  // requests still queued are answered by 503.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  std::string address() const;  // numeric
  bool is_loopback() const;
  bool is_tls() const;
  size_t connections() const;  // open now

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace godwit
