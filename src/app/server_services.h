#pragma once
// What runs inside `godwit serve` besides the listener: the workers' supervisor, background jobs, delivery of events,
// the collector of metrics; and the Environment that ties them together.
//
// The end lets background jobs finish their step and leaves workers alone: they go on, and the next server finds
// them.

#include <memory>

#include "app/server_files.h"
#include "app/server_options.h"
#include "control/environment.h"

namespace godwit {

class ServerServices {
 public:
  static Result<std::unique_ptr<ServerServices>> open(ServerFiles files, const ServeArguments& arguments);
  ~ServerServices();
  ServerServices(const ServerServices&) = delete;
  ServerServices& operator=(const ServerServices&) = delete;

  // Before calls are taken: what an earlier server left half done is ended or gone on with.
  Result<void> begin();
  Environment& environment();

 private:
  struct Parts;
  explicit ServerServices(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace godwit
