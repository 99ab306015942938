#include "engines/postgres/connection_attributes.h"

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view types_stay = "between PostgreSQL and PostgreSQL every value keeps its type and its text";
constexpr std::string_view straight = "rows go by COPY from server to server, through no files and no cursor";

constexpr Attribute attributes[] = {
    {.name = "PluginName",
     .form = Attribute::Form::word,
     .on = Attribute::On::source,
     .words = {"pglogical", "test-decoding", "test_decoding", "no-preference", "pgoutput"}},
    {.name = "SlotName", .on = Attribute::On::source},
    {.name = "PublicationName", .on = Attribute::On::source},
    {.name = "CaptureDdls", .form = Attribute::Form::flag, .on = Attribute::On::source},
    {.name = "DdlArtifactsSchema", .on = Attribute::On::source},
    {.name = "ConsumeMonotonicEvents",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .needless = "every change is applied exactly once, also where several share a log position"},
    {.name = "DisableUnicodeSourceFilter",
     .form = Attribute::Form::flag,
     .on = Attribute::On::source,
     .needless = "PostgreSQL's literals have one form, which every index can serve"},
    {.name = "FailTasksOnLobTruncation", .form = Attribute::Form::flag, .on = Attribute::On::source},
    {.name = "fetchCacheSize",
     .form = Attribute::Form::number,
     .on = Attribute::On::source,
     .needless = straight,
     .least = 1},
    {.name = "HeartbeatEnable", .form = Attribute::Form::flag, .on = Attribute::On::source},
    {.name = "HeartbeatFrequency", .form = Attribute::Form::number, .on = Attribute::On::source, .least = 1},
    {.name = "HeartbeatSchema", .on = Attribute::On::source},
    {.name = "unboundedVarcharMaxSize",
     .form = Attribute::Form::number,
     .on = Attribute::On::source,
     .needless = types_stay,
     .least = 1,
     .most = 10485760},
    {.name = "MapBooleanAsBoolean", .form = Attribute::Form::flag, .needless = types_stay},
    {.name = "MapJsonbAsClob", .form = Attribute::Form::flag, .needless = types_stay},
    {.name = "MapLongVarcharAs",
     .form = Attribute::Form::word,
     .needless = types_stay,
     .words = {"wstring", "clob", "nclob"}},
    {.name = "MapUnboundedNumericAsString", .form = Attribute::Form::flag, .needless = types_stay},
    {.name = "TrimSpaceInChar",
     .form = Attribute::Form::flag,
     .needless = "char(n) arrives as it is stored, and the server compares it without its trailing blanks"},
    {.name = "ExecuteTimeout", .form = Attribute::Form::number},
    {.name = "ConnectionTimeout", .form = Attribute::Form::number, .least = 1},
    {.name = "AfterConnectScript", .on = Attribute::On::target},
    {.name = "MaxFileSize",
     .form = Attribute::Form::number,
     .on = Attribute::On::target,
     .needless = straight,
     .least = 1,
     .most = 1048576},
    {.name = "loadUsingCSV", .form = Attribute::Form::flag, .on = Attribute::On::target, .needless = straight},
    {.name = "AuthenticationMethod", .form = Attribute::Form::word, .words = {"password", "iam"}},
    {.name = "DatabaseMode", .form = Attribute::Form::word, .words = {"default", "babelfish"}},
    {.name = "BabelfishDatabaseName"},
};

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

}  // namespace godwit::postgres
