#pragma once
// Words that others wrote (a server, a client library, the system) as part of our sentences: one line, and one mark
// at the end of each of theirs.

#include <string>
#include <string_view>

namespace godwit {

// Lines become sentences of one line, the last one with its full stop unless '?' or '!' ends it. Empty stays empty.
//   "failed: Connection refused\n\tIs the server running?"  ->  "failed: Connection refused. Is the server running?"
std::string as_sentence(std::string_view words);
// The same without the last full stop, for words behind which a sentence of ours goes on.
std::string inside_sentence(std::string_view words);
// "1 attempt", "2 attempts"
std::string counted(long long count, std::string_view one);

}  // namespace godwit
