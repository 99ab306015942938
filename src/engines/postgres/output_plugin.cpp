#include "engines/postgres/output_plugin.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/pglogical.h"
#include "engines/postgres/pgoutput.h"
#include "engines/postgres/test_decoding.h"

namespace godwit::postgres {

std::string_view library_name(OutputPlugin plugin) {
  switch (plugin) {
    case OutputPlugin::pgoutput:
      return "pgoutput";
    case OutputPlugin::test_decoding:
      return "test_decoding";
    case OutputPlugin::pglogical:
      return "pglogical_output";
  }
  return "";
}

std::optional<OutputPlugin> plugin_of_library(std::string_view library) {
  for (const OutputPlugin plugin : {OutputPlugin::pgoutput, OutputPlugin::test_decoding, OutputPlugin::pglogical})
    if (library == library_name(plugin)) return plugin;
  if (library == "pglogical") return OutputPlugin::pglogical;  // the older of its two names
  return std::nullopt;
}

std::string start_options(OutputPlugin plugin, const StreamOptions& options) {
  std::vector<std::string> names;
  for (const std::string& set : options.sets) names.push_back(quote_name(set));
  switch (plugin) {
    case OutputPlugin::pgoutput:
      return fmt::format("proto_version '1', publication_names {}{}", quote_literal(join(names, ",")),
                         options.binary ? ", binary 'true'" : "");
    case OutputPlugin::test_decoding:
      return R"("include-xids" 'on', "include-timestamp" 'on')";
    case OutputPlugin::pglogical:
      return fmt::format(
          "startup_params_format '1', min_proto_version '1', max_proto_version '1', proto_format 'native', "
          "expected_encoding 'UTF8', \"binary.want_internal_basetypes\" '0', \"binary.want_binary_basetypes\" '0', "
          "\"pglogical.forward_origins\" 'all', \"pglogical.replication_set_names\" {}",
          quote_literal(join(names, ",")));
  }
  return "";
}

std::unique_ptr<StreamDecoder> make_decoder(OutputPlugin plugin, std::span<const CapturedTable> tables,
                                            const DecoderServices& services, std::optional<AuditTable> audit) {
  switch (plugin) {
    case OutputPlugin::pgoutput:
      return std::make_unique<PgoutputDecoder>(tables, services.texts, std::move(audit));
    case OutputPlugin::test_decoding:
      return std::make_unique<TestDecodingDecoder>(tables, services, std::move(audit));
    case OutputPlugin::pglogical:
      return std::make_unique<PglogicalDecoder>(tables, services, std::move(audit));
  }
  return nullptr;
}

}  // namespace godwit::postgres
