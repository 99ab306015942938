// Following the binlog: what the reader must know of this server.

#include "engines/mysql/source.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {

Result<std::unique_ptr<ChangeReader>> MysqlSource::read_changes(const CaptureSpec&, const Position&,
                                                                std::span<const CapturedTable>) {
  return Failure(errors::no_target("changes"));
}

}  // namespace godwit::mysql
