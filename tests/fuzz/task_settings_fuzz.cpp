// Task settings of any bytes are an error of kind usage, or settings whose whole document is taken again as it is.

#include <cstdlib>

#include "task/settings.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto settings = godwit::parse_settings({reinterpret_cast<const char*>(data), size});
  if (!settings) {
    require(settings.error().kind == godwit::ErrorKind::usage && !settings.error().message.empty());
    return 0;
  }
  const auto again = godwit::parse_settings(settings->effective.dump());
  require(again && again->effective == settings->effective);
  return 0;
}
