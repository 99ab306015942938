#pragma once
// An engine knows one family of databases. It is stateless; each open_… gives a session of its own.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/endpoint.h"
#include "engine/endpoint_form.h"
#include "engine/source.h"
#include "engine/target.h"

namespace godwit {

struct SessionOptions {
  // Part of the session's name on the server, by which a later worker of the task finds leftovers. Source: the task
  // id and a hash of the target, since one source may feed the same task id of two targets. Target: the task id.
  std::string tag;
  std::string role;  // "main", "lane-3", "capture", "apply", "keeper": for people who look at the server's sessions
  ControlTables control;   // target only
  bool read_only = false;  // the server refuses whatever would write in this session
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  virtual std::span<const std::string_view> schemes() const = 0;
  // How the control plane's endpoints of this engine are described; an empty one: only a URI names such an end.
  virtual const EndpointForm& endpoint_form() const;
  // Whether its types say what their values look like (Type::form), so that rows go to and from other engines.
  virtual bool exchanges_rows() const { return true; }
  // DMS's or the user's text of a position in a source's log ("4AF/B00000D0", "mysql-bin.000012:4567", a checkpoint)
  // to ours, without a session: whether the log has such a place shows at the start. An error of kind usage.
  virtual Result<Position> parse_position(std::string_view text) const;
  // Whether Source::position_at_time() finds a place by its time.
  virtual bool finds_times() const { return false; }
  // Connects once; an error of kind connection or prerequisite tells why not.
  virtual Result<std::unique_ptr<Source>> open_source(const Endpoint& endpoint, const SessionOptions& options) = 0;
  virtual Result<std::unique_ptr<Target>> open_target(const Endpoint& endpoint, const SessionOptions& options) = 0;

  // Connects once, as a task's first session does, logs in, asks the server who it is, and goes; nothing is left
  // behind there.
  virtual Result<ServerIdentity> probe(const Endpoint& endpoint, EndpointRole role);
  // The schemas a task may name, by a session of its own, sorted by bytes; system schemas and Godwit's left out.
  virtual Result<std::vector<std::string>> list_schemas(const Endpoint& endpoint, EndpointRole role);
};

}  // namespace godwit
