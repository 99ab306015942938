#pragma once
// Between Beast's messages and ours.

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "http/message.h"

namespace godwit {

using WireRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Why a request whose headers are read is not to be taken.
std::optional<HttpReply> complaint_of(const WireRequest& request);

bool expects_continue(const WireRequest& request);

// The body is moved out of it.
HttpRequest taken(WireRequest& request, const std::string& peer);

// Headers, without the body; its length is said.
template <class Body>
boost::beast::http::response<Body> wire_message(const HttpReply& reply, unsigned version, bool keeps_alive);

}  // namespace godwit
