#pragma once
// The command line as values. A usage error is printed by parse() itself.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "task/runner.h"

namespace godwit {

enum class OutputFormat { text, json };

struct MigrateArguments {
  std::string source, target, type = "full-load-and-cdc", mappings, settings, task_id = "godwit", start_position,
                              stop_position, state_dir, output = "text";
  bool restart = false, finish = false;
};

struct DropArguments {
  std::string source, target, task_id = "godwit", control_schema;
  bool force = false;
};

struct RunArguments {
  std::string job, socket;
};

struct CheckArguments {
  std::string source, target, type = "full-load-and-cdc", mappings, settings, task_id = "godwit", start_position,
                              output = "text";
  std::vector<std::string> include, exclude;
  bool list = false;
};

// "full-load-and-cdc" and its like; an error of kind usage for another text.
Result<TaskType> task_type(const std::string& text);

// `text` itself when it begins with '{', else the content of the file it names.
Result<std::string> document_text(const std::string& text, std::string_view option);

// Everything checked that can be without a server; makes the task's folder.
Result<TaskOptions> task_options(const MigrateArguments& arguments);

// The same of documents at hand, without a folder.
Result<TaskOptions> checked_options(const MigrateArguments& arguments, const std::string& mappings,
                                    const std::string& settings);

// $XDG_STATE_HOME/godwit, or ~/.local/state/godwit.
std::string default_state_dir();

}  // namespace godwit
