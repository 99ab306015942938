#pragma once
// For tests: an engine that serves the names "postgres", "gcp-mysql" and "s3" by forms of its own, and answers what a
// test tells it to. No server, no tasks.

#include <functional>
#include <mutex>
#include <vector>

#include "engine/engine.h"

namespace godwit {

class FakeEngine : public Engine {
 public:
  explicit FakeEngine(const EndpointForm& form) : form_(form) {}
  std::string_view name() const override { return "fake"; }
  std::span<const std::string_view> schemes() const override { return {}; }
  const EndpointForm& endpoint_form() const override { return form_; }
  // An LSN or a checkpoint; "file:offset" and times where `finds_times_`.
  Result<Position> parse_position(std::string_view text) const override {
    const bool known = text.starts_with("checkpoint:") || text.find('/') != std::string_view::npos ||
                       (finds_times_ && text.starts_with("mysql-bin"));
    if (known) return Position{std::string(text)};
    return Failure(
        Error{ErrorKind::usage, "fake.position", "\"" + std::string(text) + "\" is no fake position.", ""});
  }
  bool finds_times() const override { return finds_times_; }
  void lose_times() { finds_times_ = false; }
  Result<std::unique_ptr<Source>> open_source(const Endpoint&, const SessionOptions&) override { return no_tasks(); }
  Result<std::unique_ptr<Target>> open_target(const Endpoint&, const SessionOptions&) override { return no_tasks(); }

  Result<ServerIdentity> probe(const Endpoint& endpoint, EndpointRole role) override {
    const std::lock_guard lock(mutex_);
    probed_.push_back(uri_of(endpoint));
    role_ = role;
    if (probe_error_) return Failure(*probe_error_);
    return ServerIdentity{"system", endpoint.database, "1"};
  }
  Result<std::vector<std::string>> list_schemas(const Endpoint& endpoint, EndpointRole role) override {
    TRY(probe(endpoint, role));
    return schemas_;
  }

  void refuse(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    probe_error_ = std::move(error);
  }
  void set_schemas(std::vector<std::string> schemas) { schemas_ = std::move(schemas); }
  std::string last_uri() {
    const std::lock_guard lock(mutex_);
    return probed_.empty() ? "" : probed_.back();
  }
  size_t probes() {
    const std::lock_guard lock(mutex_);
    return probed_.size();
  }

 private:
  static Failure no_tasks() { return Failure(Error{ErrorKind::fatal, "fake", "no tasks", ""}); }

  const EndpointForm& form_;
  bool finds_times_ = true;
  std::mutex mutex_;
  std::vector<std::string> probed_;
  EndpointRole role_ = EndpointRole::source;
  std::optional<Error> probe_error_;
  std::vector<std::string> schemas_;
};

namespace fake {

using Form = Attribute::Form;

inline constexpr Attribute attributes[] = {
    {.name = "SlotName", .on = Attribute::On::source, .member = "SlotName"},
    {.name = "CaptureDdls", .form = Form::flag, .member = "CaptureDdls", .default_value = "true"},
    {.name = "MaxFileSize",
     .form = Form::number,
     .on = Attribute::On::target,
     .least = 1,
     .most = 1048576,
     .member = "MaxFileSize",
     .default_value = "32768",
     .unit = "KB",
     .older_structure = true},
    {.name = "PluginName",
     .form = Form::word,
     .words = {"test-decoding", "test_decoding", "pglogical"},
     .member = "PluginName"},
    {.name = "AfterConnectScript", .member = "AfterConnectScript", .older_structure = true},
    {.name = "Initstmt", .repeats = true},
    {.name = "loadUsingCSV", .form = Form::flag, .default_value = "true"},
    {.name = "SslFile", .only_in_uri = true},
};
inline constexpr SslMode ssl_modes[] = {
    {"none", "disable"}, {"require", "require"}, {"verify-ca", "verify-ca", true}};
inline constexpr std::string_view driver_parameters[] = {"options"};

inline constexpr ServedEngine sql_engines[] = {
    {.name = "postgres",
     .display_name = "PostgreSQL",
     .scheme = "postgresql",
     .settings_structure = "PostgreSQLSettings"},
    {.name = "gcp-mysql",
     .display_name = "Google Cloud SQL for MySQL",
     .scheme = "mysql",
     .settings_structure = "MySQLSettings",
     .older_structure = "GcpMySQLSettings",
     .target = false},
};
inline constexpr EndpointForm sql_form{.engines = sql_engines,
                                       .default_port = 5432,
                                       .ssl_modes = ssl_modes,
                                       .ssl_parameter = "sslmode",
                                       .certificate_parameter = "sslrootcert",
                                       .attributes = attributes,
                                       .driver_parameters = driver_parameters};

inline constexpr ServedEngine file_engines[] = {{.name = "s3",
                                                 .display_name = "Amazon S3",
                                                 .scheme = "s3",
                                                 .settings_structure = "S3Settings",
                                                 .captures_changes = false}};
inline constexpr EndpointForm file_form{.engines = file_engines};

}  // namespace fake
}  // namespace godwit
