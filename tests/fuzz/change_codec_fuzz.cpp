// Bytes from the spool never crash: decode() gives a batch that can be encoded again to the same bytes, or an error.

#include <cstdlib>

#include "data/change_codec.h"

namespace {

using godwit::TableDef;

std::shared_ptr<const TableDef> layout_of(size_t columns) {
  TableDef def;
  def.columns.resize(columns);
  return std::make_shared<const TableDef>(std::move(def));
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::shared_ptr<const TableDef>> layouts = {layout_of(1), layout_of(3)};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto batch = godwit::decode(bytes, layouts);
  if (!batch) return 0;
  for (const godwit::RowBatch& image : batch->images)
    for (const godwit::Cell& cell : image.cells) {
      const std::string_view value = image.bytes(cell);
      require(value.empty() || value.data() + value.size() <= image.arena.data() + image.arena.size());
    }
  godwit::ByteBuffer again;
  godwit::encode(*batch, again);
  require(again.view() == bytes);
  return 0;
}
