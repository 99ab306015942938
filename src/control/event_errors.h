#pragma once
// One constructor per message of the configuration of sinks and of the delivery of events. None holds more of a URL
// than its host.

#include <string_view>

#include "base/error.h"

namespace godwit {

Error sinks_not_read(std::string_view path, std::string_view why);
Error sink_has_no_place(std::string_view path);
Error sink_has_two_places(std::string_view path, std::string_view one, std::string_view other);
Error sink_member_unknown(std::string_view path);

Error topic_leads_nowhere(std::string_view topic);
Error webhook_failed(std::string_view url, std::string_view why);
Error webhook_answered(std::string_view url, long status);
Error event_file_failed(std::string_view path, std::string_view why);
Error mail_failed(std::string_view program, std::string_view why);

}  // namespace godwit
