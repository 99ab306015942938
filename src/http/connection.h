#pragma once
// One accepted connection, from its TLS handshake to its end: reads requests one after the other, has the pool handle
// them, and writes their replies in order.

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "http/body_budget.h"
#include "http/connection_registry.h"
#include "http/handler_pool.h"
#include "http/server.h"

namespace godwit {

// What all connections of a server share; outlives them.
struct ConnectionContext {
  const HttpServerOptions& options;
  boost::asio::ssl::context* tls;  // null: plain
  ConnectionRegistry& registry;
  HandlerPool& pool;
  BodyBudget& bodies;
  const std::atomic<bool>& stopping;
};

// The socket's executor is a strand; the connection keeps itself alive on it.
void start_connection(boost::asio::ip::tcp::socket socket, ConnectionContext context);

}  // namespace godwit
