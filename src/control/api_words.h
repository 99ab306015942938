#pragma once
// Messages of engines and tasks name options of the command line ("run the task with --restart"). Who uses the API is
// told the same in its own words: the members of its calls. Called at the edges where such a message leaves for the
// server or a task's log; a text without an option stays as it is.

#include <string>
#include <string_view>

namespace godwit {

// `type`: the task's; one of changes alone cannot be loaded anew by itself. Empty: not known.
std::string in_api_words(std::string_view text, std::string_view type = {});

}  // namespace godwit
