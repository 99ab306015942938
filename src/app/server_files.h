#pragma once
// The server's folder (--data-dir): the store godwit.db, the master key, the server's log, tasks/<id>/.

#include <memory>
#include <string>

#include "control/secret_box.h"
#include "store/database.h"

namespace godwit {

struct ServerFiles {
  std::string folder;
  std::unique_ptr<Database> database;
  SecretBox secrets;
};

enum class StoreUse { serve, beside };

// $XDG_DATA_HOME/godwit, or ~/.local/share/godwit.
std::string default_data_dir();

// Of a command beside the server (StoreUse::beside) that root runs, the process takes the ids of the folder's owner.
// Makes the folder (0700) where there is none. `store`: empty for godwit.db in the folder, or sqlite:<path>.
Result<ServerFiles> open_server_files(const std::string& data_dir, const std::string& store, StoreUse use);

}  // namespace godwit
