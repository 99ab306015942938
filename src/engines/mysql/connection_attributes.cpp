#include "engines/mysql/connection_attributes.h"

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

using Form = Attribute::Form;
using On = Attribute::On;

constexpr std::string_view straight = "rows go from server to server through no files";

constexpr Attribute attributes[] = {
    {.name = "SslMode", .form = Form::word, .words = {"none", "require", "verify-ca", "verify-full"}},
    {.name = "SslCa"},
    {.name = "SslCert"},
    {.name = "SslKey"},
    {.name = "ConnectionTimeout", .form = Form::number, .least = 1},
    {.name = "AfterConnectScript"},
    {.name = "Initstmt"},
    {.name = "IgnoreOpenXaTransactionsCheck", .form = Form::flag, .on = On::source},
    {.name = "GtidCluster", .on = On::source},
    {.name = "HeartbeatEnable", .form = Form::flag, .on = On::source},
    {.name = "HeartbeatFrequency", .form = Form::number, .on = On::source, .least = 1},
    {.name = "HeartbeatSchema", .on = On::source},
    {.name = "FailTasksOnLobTruncation", .form = Form::flag, .on = On::source},
    {.name = "EventsPollInterval",
     .form = Form::number,
     .on = On::source,
     .needless = "the server sends its changes as they are committed, nobody polls",
     .least = 1,
     .most = 60},
    {.name = "ExecuteTimeout",
     .form = Form::number,
     .needless = "statements of a load may take as long as they need; waits for locks are bounded by "
                 "TransactionConsistencyTimeout"},
    {.name = "ServerTimezone",
     .on = On::source,
     .needless =
         "sessions and binlog are read in UTC, whatever the server's zone is: TIMESTAMP arrives as the moment "
         "it is, DATETIME as it stands"},
    {.name = "CharsetMapping",
     .on = On::source,
     .needless = "every character set of the server is known, and converted to UTF-8"},
    {.name = "CleanSourceMetadataOnMismatch",
     .form = Form::flag,
     .on = On::source,
     .needless = "columns are compared with each table map of the binlog anyway"},
    {.name = "skipTableSuspensionForPartitionDdl", .form = Form::flag, .on = On::source},
    {.name = "TargetDbType",
     .form = Form::word,
     .on = On::target,
     .words = {"multiple-databases", "specific-database"}},
    {.name = "ParallelLoadThreads",
     .form = Form::number,
     .on = On::target,
     .needless = "MaxFullLoadSubTasks of the task's settings says how many slices are loaded at once",
     .least = 1},
    {.name = "MaxFileSize",
     .form = Form::number,
     .on = On::target,
     .needless = straight,
     .least = 1,
     .most = 1048576},
    {.name = "loadUsingCSV",
     .form = Form::flag,
     .on = On::target,
     .needless = "rows that LOAD DATA refuses are tried by INSERT anyway"},
};

// What this version cannot do at all is refused, so that nobody believes it is done.
Result<void> check_support(const Endpoint& endpoint) {
  const std::string wanted = lower_ascii(endpoint.parameter("TargetDbType").value_or("multiple-databases"));
  if (wanted == "multiple-databases") return {};
  return Failure(errors::target_attribute_refused(
      "TargetDbType", "a rename-schema rule of the table mappings, which puts all tables where you like"));
}

}  // namespace

Result<void> check_own_attributes(const Endpoint& endpoint, EndpointRole role) {
  for (const std::string& warning : TRY(check_attributes(endpoint, role, attributes)))
    log_warning(Component::common, "{}", warning);
  for (const auto& [name, value] : endpoint.parameters)
    if (find_attribute(attributes, name) == nullptr)
      log_warning(Component::common, "Parameter {} of the {}'s URI is unknown and without effect", name,
                  role == EndpointRole::source ? "source" : "target");
  return role == EndpointRole::target ? check_support(endpoint) : Result<void>();
}

}  // namespace godwit::mysql
