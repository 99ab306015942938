#include "engines/mysql/connection_attributes.h"

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

using Form = Attribute::Form;
using On = Attribute::On;

constexpr std::string_view straight = "rows go from server to server through no files";

constexpr Attribute attributes[] = {
    {.name = "SslMode",
     .form = Form::word,
     .words = {"none", "require", "verify-ca", "verify-full"},
     .only_in_uri = true},
    {.name = "SslCa", .only_in_uri = true},
    {.name = "SslCert", .only_in_uri = true},
    {.name = "SslKey", .only_in_uri = true},
    {.name = "ConnectionTimeout",
     .form = Form::number,
     .least = 1,
     .default_value = "10",
     .unit = "s",
     .description = "the longest that connecting may take"},
    {.name = "AfterConnectScript",
     .member = "AfterConnectScript",
     .description = "SQL to run on each connection",
     .older_structure = true},
    {.name = "Initstmt", .description = "SQL to run on each connection", .repeats = true},
    {.name = "IgnoreOpenXaTransactionsCheck",
     .form = Form::flag,
     .on = On::source,
     .default_value = "true",
     .description = "whether a start does not wait for prepared XA transactions"},
    {.name = "GtidCluster",
     .on = On::source,
     .description = "a name for servers that stand in for one another by GTID"},
    {.name = "HeartbeatEnable",
     .form = Form::flag,
     .on = On::source,
     .default_value = "false",
     .description = "whether a table is written now and then on an idle server"},
    {.name = "HeartbeatFrequency",
     .form = Form::number,
     .on = On::source,
     .least = 1,
     .default_value = "5",
     .unit = "min",
     .description = "how often"},
    {.name = "HeartbeatSchema", .on = On::source, .description = "the database of that table"},
    {.name = "FailTasksOnLobTruncation",
     .form = Form::flag,
     .on = On::source,
     .default_value = "false",
     .description = "whether a value cut by a limited LOB mode fails the task"},
    {.name = "EventsPollInterval",
     .form = Form::number,
     .on = On::source,
     .needless = "the server sends its changes as they are committed, nobody polls",
     .least = 1,
     .most = 60,
     .member = "EventsPollInterval",
     .default_value = "5",
     .unit = "s",
     .description = "how often an idle log is asked for changes",
     .older_structure = true},
    {.name = "ExecuteTimeout",
     .form = Form::number,
     .needless = "statements of a load may take as long as they need; waits for locks are bounded by "
                 "TransactionConsistencyTimeout",
     .member = "ExecuteTimeout",
     .default_value = "60",
     .unit = "s",
     .description = "the longest that a statement may take"},
    {.name = "ServerTimezone",
     .on = On::source,
     .needless =
         "sessions and binlog are read in UTC, whatever the server's zone is: TIMESTAMP arrives as the moment "
         "it is, DATETIME as it stands",
     .member = "ServerTimezone",
     .description = "the time zone of the server",
     .older_structure = true},
    {.name = "CharsetMapping",
     .on = On::source,
     .needless = "every character set of the server is known, and converted to UTF-8",
     .description = "a character set and its code page"},
    {.name = "CleanSourceMetadataOnMismatch",
     .form = Form::flag,
     .on = On::source,
     .needless = "columns are compared with each table map of the binlog anyway",
     .member = "CleanSourceMetadataOnMismatch",
     .default_value = "false",
     .description = "whether columns are read again when those of the log differ",
     .older_structure = true},
    {.name = "skipTableSuspensionForPartitionDdl",
     .form = Form::flag,
     .on = On::source,
     .default_value = "false",
     .description = "whether a table stays when its partitions change"},
    {.name = "TargetDbType",
     .form = Form::word,
     .on = On::target,
     .words = {"multiple-databases", "specific-database"},
     .member = "TargetDbType",
     .default_value = "multiple-databases",
     .description = "whether all schemas go to one database",
     .older_structure = true},
    {.name = "ParallelLoadThreads",
     .form = Form::number,
     .on = On::target,
     .needless = "MaxFullLoadSubTasks of the task's settings says how many slices are loaded at once",
     .least = 1,
     .member = "ParallelLoadThreads",
     .default_value = "1",
     .description = "connections that load one table",
     .older_structure = true},
    {.name = "MaxFileSize",
     .form = Form::number,
     .on = On::target,
     .needless = straight,
     .least = 1,
     .most = 1048576,
     .member = "MaxFileSize",
     .default_value = "32768",
     .unit = "KB",
     .description = "size of a file of the load",
     .older_structure = true},
    {.name = "loadUsingCSV",
     .form = Form::flag,
     .on = On::target,
     .needless = "rows that LOAD DATA refuses are tried by INSERT anyway",
     .default_value = "true",
     .description = "whether the load goes by CSV files"},
    {.name = "AuthenticationMethod",
     .form = Form::word,
     .words = {"password", "iam"},
     .member = "AuthenticationMethod",
     .default_value = "password",
     .description = "how to log in"},
    {.name = "ServiceAccessRoleArn",
     .needless = "servers are reached by their own logins",
     .member = "ServiceAccessRoleArn",
     .description = "a role of the cloud's"},
};

constexpr ServedEngine engines[] = {
    {.name = "mysql", .display_name = "MySQL", .scheme = "mysql", .settings_structure = "MySQLSettings"},
    {.name = "mariadb", .display_name = "MariaDB", .scheme = "mariadb", .settings_structure = "MySQLSettings"},
    {.name = "aurora",
     .display_name = "Amazon Aurora MySQL",
     .scheme = "aurora",
     .settings_structure = "MySQLSettings"},
    {.name = "aurora-serverless",
     .display_name = "Amazon Aurora MySQL Serverless",
     .scheme = "aurora",
     .settings_structure = "MySQLSettings"},
    {.name = "gcp-mysql",
     .display_name = "Google Cloud SQL for MySQL",
     .scheme = "gcp-mysql",
     .settings_structure = "MySQLSettings",
     .older_structure = "GcpMySQLSettings",
     .target = false},
};

// DMS has no `require` for this family; the client library has.
constexpr SslMode ssl_modes[] = {
    {"none", "none"}, {"require", "require"}, {"verify-ca", "verify-ca", true}, {"verify-full", "verify-full", true}};

constexpr EndpointForm form{.engines = engines,
                            .default_port = 3306,
                            .ssl_modes = ssl_modes,
                            .ssl_parameter = "SslMode",
                            .certificate_parameter = "SslCa",
                            .attributes = attributes,
                            .driver_parameters = {}};

// What this version cannot do at all is refused, so that nobody believes it is done.
Result<void> check_login(const Endpoint& endpoint) {
  if (lower_ascii(trim(endpoint.parameter("AuthenticationMethod").value_or(""))) != "iam") return {};
  return Failure(errors::iam_refused());
}

Result<void> check_target(const Endpoint& endpoint) {
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
  TRY(check_login(endpoint));
  return role == EndpointRole::target ? check_target(endpoint) : Result<void>();
}

const EndpointForm& endpoint_form() {
  return form;
}

}  // namespace godwit::mysql
