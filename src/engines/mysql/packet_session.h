#pragma once
// The session over which a binlog comes.

#include <memory>
#include <string>

#include "engine/endpoint.h"
#include "engines/mysql/binlog_stream.h"

namespace godwit::mysql {

Result<std::unique_ptr<PacketSource>> open_packet_session(const Endpoint& endpoint, const std::string& tag);

}  // namespace godwit::mysql
