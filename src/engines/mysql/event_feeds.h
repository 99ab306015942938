#pragma once
// Events that lie inside another (a payload), or elsewhere in the log (what an XA transaction prepared).

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/mysql/binlog_stream.h"
#include "engines/mysql/prepared_rows.h"

namespace godwit::mysql {

Result<std::unique_ptr<EventFeed>> payload_feed(std::string_view body, const LogFormat& format,
                                                std::string_view where);

// The table maps and rows of the XA transaction of this name that begins where the stream does. `where`: of its
// commit.
std::unique_ptr<EventFeed> log_feed(std::unique_ptr<BinlogStream> stream, const XaName& name, const LogPlace& start,
                                    std::string_view where);

}  // namespace godwit::mysql
