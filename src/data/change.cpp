#include "data/change.h"

namespace godwit {

std::string_view to_string(Op op) {
  switch (op) {
    case Op::insert:
      return "INSERT";
    case Op::update:
      return "UPDATE";
    case Op::erase:
      return "DELETE";
    case Op::truncate:
      return "TRUNCATE";
  }
  return "?";
}

size_t ChangeBatch::memory_bytes() const {
  size_t total = changes.capacity() * sizeof(Change) + parts.capacity() * sizeof(TxnPart);
  for (const RowBatch& image : images) total += image.memory_bytes() + sizeof(RowBatch);
  for (const ChangeNote& note : notes) total += sizeof(ChangeNote) + note.message.capacity();
  return total;
}

}  // namespace godwit
