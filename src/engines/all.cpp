#include "engines/all.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/text.h"
#include "engines/memory/engine.h"
#ifdef GODWIT_MYSQL
#include "engines/mysql/engine.h"
#endif
#ifdef GODWIT_POSTGRES
#include "engines/postgres/engine.h"
#endif

namespace godwit {

std::span<Engine* const> all_engines() {
  static const std::vector<Engine*> engines = {
#ifdef GODWIT_POSTGRES
      &postgres_engine(),
#endif
#ifdef GODWIT_MYSQL
      &mysql_engine(),
#endif
      &memory_engine(),
  };
  return engines;
}

Result<Engine*> find_engine(std::string_view scheme) {
  std::vector<std::string> known;
  for (Engine* engine : all_engines())
    for (const std::string_view own : engine->schemes()) {
      if (own == scheme) return engine;
      known.emplace_back(own);
    }
  return Failure(Error{ErrorKind::usage, "endpoint.scheme",
                       fmt::format("no engine serves {}:// in this build; there are: {}.", scheme, join(known, ", ")),
                       ""});
}

}  // namespace godwit
