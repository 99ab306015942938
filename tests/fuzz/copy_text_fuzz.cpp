// COPY data of any bytes is split without reading beyond it, and values that were split come back when written again.

#include <cstdlib>

#include "engines/postgres/copy_text.h"

namespace {

using namespace godwit::postgres;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto values = split_copy_line(line);
  godwit::ByteBuffer written;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) written.push_back('\t');
    if (values[i])
      append_copy_value(written, *values[i]);
    else
      append_copy_null(written);
  }
  require(written.view().find('\n') == std::string_view::npos);
  require(split_copy_line(written.view()) == values);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  size_t taken = 0;
  for (std::string_view left = bytes; !left.empty();) {
    const std::string_view line = take_copy_line(left);
    require(!line.empty());
    taken += line.size();
    check_line(line);
  }
  require(taken == size);
  for (std::string_view left = bytes;;) {
    const size_t before = left.size();
    const std::string_view tuple = take_copy_tuple(left);
    require(tuple.size() + left.size() == before);
    if (tuple.empty()) return 0;
  }
}
