#include "engines/postgres/connection_attributes.h"

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view types_stay = "between PostgreSQL and PostgreSQL every value keeps its type and its text";
constexpr std::string_view straight = "rows go by COPY from server to server, through no files and no cursor";

constexpr std::string_view no_role = "servers are reached by their own logins";

constexpr Attribute attributes[] = {
    {.name = "PluginName",
     .form = Attribute::Form::word,
     .on = Attribute::On::source,
     .words = {"pglogical", "test-decoding", "test_decoding", "no-preference", "pgoutput"},
     .member = "PluginName",
     .default_value = "no-preference",
     .description = "the output plugin of the replication slot"},
    {.name = "SlotName",
     .on = Attribute::On::source,
     .member = "SlotName",
     .description = "a logical replication slot that is there already"},
    {.name = "PublicationName",
     .on = Attribute::On::source,
     .description = "publications made beforehand, commas between them, for pgoutput"},
    {.name = "CaptureDdls",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .member = "CaptureDdls",
     .default_value = "true",
     .description = "whether event triggers on the source tell changes of structure"},
    {.name = "DdlArtifactsSchema",
     .on = Attribute::On::source,
     .member = "DdlArtifactsSchema",
     .default_value = "public",
     .description = "the schema that holds what those event triggers need"},
    {.name = "ConsumeMonotonicEvents",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .needless = "every change is applied exactly once, also where several share a log position",
     .member = "ConsumeMonotonicEvents",
     .default_value = "false",
     .description = "how changes that share a log position are taken"},
    {.name = "DisableUnicodeSourceFilter",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .needless = "PostgreSQL's literals have one form, which every index can serve",
     .member = "DisableUnicodeSourceFilter",
     .default_value = "false",
     .description = "the form of literals in source filters"},
    {.name = "FailTasksOnLobTruncation",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .member = "FailTasksOnLobTruncation",
     .default_value = "false",
     .description = "whether a value cut by a limited LOB mode fails the task"},
    {.name = "fetchCacheSize",
     .form = Attribute::Form::number,
     .on = Attribute::On::source,
     .needless = straight,
     .least = 1,
     .default_value = "10000",
     .unit = "rows",
     .description = "rows a fetch of the full load"},
    {.name = "HeartbeatEnable",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .member = "HeartbeatEnable",
     .default_value = "false",
     .description = "whether a table is written now and then, so that the slot of an idle database moves on"},
    {.name = "HeartbeatFrequency",
     .form = Attribute::Form::number,
     .on = Attribute::On::source,
     .least = 1,
     .member = "HeartbeatFrequency",
     .default_value = "5",
     .unit = "min",
     .description = "how often"},
    {.name = "HeartbeatSchema",
     .on = Attribute::On::source,
     .member = "HeartbeatSchema",
     .default_value = "public",
     .description = "the schema of that table"},
    {.name = "unboundedVarcharMaxSize",
     .form = Attribute::Form::number,
     .on = Attribute::On::source,
     .needless = types_stay,
     .least = 1,
     .most = 10485760,
     .default_value = "8000",
     .unit = "bytes",
     .description = "size of a varchar without a length"},
    {.name = "MapBooleanAsBoolean",
     .form = Attribute::Form::flag,
     .needless = types_stay,
     .member = "MapBooleanAsBoolean",
     .default_value = "false",
     .description = "whether a boolean stays one"},
    {.name = "MapJsonbAsClob",
     .form = Attribute::Form::flag,
     .needless = types_stay,
     .member = "MapJsonbAsClob",
     .default_value = "false",
     .description = "whether jsonb is a CLOB instead of an NCLOB"},
    {.name = "MapLongVarcharAs",
     .form = Attribute::Form::word,
     .needless = types_stay,
     .words = {"wstring", "clob", "nclob"},
     .member = "MapLongVarcharAs",
     .default_value = "wstring",
     .description = "what a long varchar becomes"},
    {.name = "MapUnboundedNumericAsString",
     .form = Attribute::Form::flag,
     .needless = types_stay,
     .default_value = "false",
     .description = "whether a numeric without a precision is a text"},
    {.name = "TrimSpaceInChar",
     .form = Attribute::Form::flag,
     .needless = "char(n) arrives as it is stored, and the server compares it without its trailing blanks",
     .member = "TrimSpaceInChar",
     .default_value = "true",
     .description = "whether trailing blanks of char(n) are cut"},
    {.name = "ExecuteTimeout",
     .form = Attribute::Form::number,
     .member = "ExecuteTimeout",
     .default_value = "60",
     .unit = "s",
     .description = "the longest that a statement about metadata may take"},
    {.name = "ConnectionTimeout",
     .form = Attribute::Form::number,
     .least = 1,
     .default_value = "10",
     .unit = "s",
     .description = "the longest that connecting may take"},
    {.name = "AfterConnectScript",
     .on = Attribute::On::target,
     .member = "AfterConnectScript",
     .description = "SQL to run on each connection"},
    {.name = "MaxFileSize",
     .form = Attribute::Form::number,
     .on = Attribute::On::target,
     .needless = straight,
     .least = 1,
     .most = 1048576,
     .member = "MaxFileSize",
     .default_value = "32768",
     .unit = "KB",
     .description = "size of a file of the load"},
    {.name = "loadUsingCSV",
     .form = Attribute::Form::flag,
     .on = Attribute::On::target,
     .needless = straight,
     .default_value = "true",
     .description = "whether the load goes by CSV files"},
    {.name = "AuthenticationMethod",
     .form = Attribute::Form::word,
     .words = {"password", "iam"},
     .member = "AuthenticationMethod",
     .default_value = "password",
     .description = "how to log in"},
    {.name = "ServiceAccessRoleArn",
     .needless = no_role,
     .member = "ServiceAccessRoleArn",
     .description = "a role of the cloud's"},
    {.name = "DatabaseMode",
     .form = Attribute::Form::word,
     .words = {"default", "babelfish"},
     .member = "DatabaseMode",
     .default_value = "default",
     .description = "whether the database is seen by Babelfish"},
    {.name = "BabelfishDatabaseName", .member = "BabelfishDatabaseName", .description = "the T-SQL database"},
};

constexpr ServedEngine engines[] = {
    {.name = "postgres",
     .display_name = "PostgreSQL",
     .scheme = "postgresql",
     .settings_structure = "PostgreSQLSettings"},
    {.name = "aurora-postgresql",
     .display_name = "Amazon Aurora PostgreSQL",
     .scheme = "postgresql",
     .settings_structure = "PostgreSQLSettings"},
    {.name = "aurora-postgresql-serverless",
     .display_name = "Amazon Aurora PostgreSQL Serverless",
     .scheme = "postgresql",
     .settings_structure = "PostgreSQLSettings"},
};

constexpr SslMode ssl_modes[] = {{"none", "disable"},
                                 {"require", "require"},
                                 {"verify-ca", "verify-ca", true},
                                 {"verify-full", "verify-full", true}};

// Those of libpq that our sessions do not set themselves, and that name no file of this machine.
constexpr std::string_view driver_parameters[] = {
    "channel_binding",          "gssencmode", "keepalives_count",
    "keepalives_interval",      "options",    "ssl_max_protocol_version",
    "ssl_min_protocol_version", "sslsni",     "target_session_attrs"};

constexpr EndpointForm form{.engines = engines,
                            .default_port = 5432,
                            .ssl_modes = ssl_modes,
                            .ssl_parameter = "sslmode",
                            .certificate_parameter = "sslrootcert",
                            .attributes = attributes,
                            .driver_parameters = driver_parameters};

// What this version cannot do at all is refused, so that nobody believes it is done.
Result<void> check_support(const Endpoint& endpoint) {
  if (lower_ascii(endpoint.parameter("AuthenticationMethod").value_or("")) == "iam")
    return Failure(
        errors::not_supported("AuthenticationMethod=iam", "Fetch a token and give it as the password of the URI"));
  if (lower_ascii(endpoint.parameter("DatabaseMode").value_or("")) == "babelfish" ||
      endpoint.parameter("BabelfishDatabaseName"))
    return Failure(errors::not_supported("DatabaseMode=babelfish",
                                         "Name the PostgreSQL database itself, whose schemas are <database>_dbo"));
  return {};
}

}  // namespace

bool is_attribute(std::string_view name) {
  return find_attribute(attributes, name) != nullptr;
}

Result<void> check_own_attributes(const Endpoint& endpoint, EndpointRole role) {
  for (const std::string& warning : TRY(check_attributes(endpoint, role, attributes)))
    log_warning(Component::common, "{}", warning);
  return check_support(endpoint);
}

const EndpointForm& endpoint_form() {
  return form;
}

}  // namespace godwit::postgres
