#pragma once
// The output plugins whose streams can be read (spec/engine-postgresql.md §3, §5 to §7): what they are called, what
// START_REPLICATION is told, and who decodes what they send.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/postgres/stream_decoder.h"

namespace godwit::postgres {

enum class OutputPlugin { pgoutput, test_decoding, pglogical };

// As CREATE_REPLICATION_SLOT takes it.
std::string_view library_name(OutputPlugin plugin);
// From pg_replication_slots.plugin; nothing: one that cannot be read.
std::optional<OutputPlugin> plugin_of_library(std::string_view library);

struct StreamOptions {
  std::vector<std::string> sets;  // pgoutput: publications; pglogical: replication sets
  bool binary = false;            // pgoutput alone
};
// What stands in the parentheses of START_REPLICATION.
std::string start_options(OutputPlugin plugin, const StreamOptions& options);

std::unique_ptr<StreamDecoder> make_decoder(OutputPlugin plugin, std::span<const CapturedTable> tables,
                                            const DecoderServices& services, std::optional<AuditTable> audit);

}  // namespace godwit::postgres
