#pragma once
// DMS's heartbeat: a row that is written again and again, so that the log moves on an idle server. Asked for by
// HeartbeatEnable; its table awsdms_heartbeat lies in HeartbeatSchema.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

int64_t heartbeat_interval_s(const Endpoint& endpoint);  // 0: never
Result<void> write_heartbeat(Connection& session, const Endpoint& endpoint, std::string_view task_id);
// The task's row; the table too when no other task has one.
Result<void> drop_heartbeat(Connection& session, const Endpoint& endpoint, std::string_view task_id);

}  // namespace godwit::mysql
