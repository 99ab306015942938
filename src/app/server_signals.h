#pragma once
// What the server's process sets up with the system, and how it waits for its end.

#include <string>

namespace godwit {

// No core dumps, no reading of this process's memory by others of its user: it holds secrets. SIGPIPE is ignored.
void protect_process();

class StopSignals {
 public:
  // From now on SIGTERM and SIGINT end wait(); a second one ends the process at once. Handlers, not a mask: started
  // workers must not inherit it.
  StopSignals();
  // Blocks until one came; its name.
  std::string wait();
};

// Tells whoever started the server that it listens: systemd (NOTIFY_SOCKET), and the reader of `ready_fd` (below 0:
// none), who gets the address as one line and then the end of the file.
void announce_ready(const std::string& url, int ready_fd);

}  // namespace godwit
