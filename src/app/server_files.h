#pragma once
// The server's folder (--data-dir): the store godwit.db, the master key, the server's log, tasks/<id>/.

#include <memory>
#include <string>

#include "control/secret_box.h"
#include "control/worker_channel.h"
#include "store/database.h"

namespace godwit {

struct ServerFiles {
  std::string folder;
  std::unique_ptr<Database> database;
  SecretBox secrets;
  Descriptor lock;  // of the folder, held while a server runs
};

enum class StoreUse { serve, beside };

// $XDG_DATA_HOME/godwit, or ~/.local/share/godwit.
std::string default_data_dir();

// Makes the folder (0700) where there is none. Of servers, one has the folder at a time: wherever its store is, the
// workers' socket and the tasks' folders are there. `store`: empty for godwit.db in the folder, or sqlite:<path>.
// Of a command beside the server (StoreUse::beside) that root runs, the process takes the ids of the folder's owner.
Result<ServerFiles> open_server_files(const std::string& data_dir, const std::string& store, StoreUse use);

}  // namespace godwit
