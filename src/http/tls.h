#pragma once
// The server's side of TLS, from its PEM files.

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "base/result.h"

namespace godwit {

// TLS 1.2 and later; of the application protocols that a client offers, http/1.1.
Result<boost::asio::ssl::context> server_tls(const std::string& cert_path, const std::string& key_path);

}  // namespace godwit
