#pragma once
// ChangeBatch to bytes and back, for the spool's segment files. Layouts are not written: the reader supplies them by
// table index. decode() is total: any bytes give a batch or an error.

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "data/change.h"

namespace godwit {

void encode(const ChangeBatch& batch, ByteBuffer& out);

Result<ChangeBatch> decode(std::string_view bytes, std::span<const std::shared_ptr<const TableDef>> layouts);

}  // namespace godwit
