#include "engines/mysql/native_type.h"

namespace godwit::mysql {
namespace {

// What stands behind the last of these words, which is cut off.
std::string cut(std::string& text, std::string_view words) {
  const size_t at = text.rfind(words);
  if (at == std::string::npos || text.find('\'', at) != std::string::npos) return {};
  std::string out = text.substr(at + words.size());
  text.erase(at);
  return out;
}

}  // namespace

NativeType read_native(const Type& type) {
  NativeType out{type.native, "", ""};
  if (type.form == ValueForm::geometry) cut(out.column_type, " SRID ");
  out.collation = cut(out.column_type, " COLLATE ");
  out.charset = cut(out.column_type, " CHARACTER SET ");
  return out;
}

ColumnFacts native_facts(std::string_view name, const Type& type) {
  const NativeType native = read_native(type);
  return facts_of(name, native.column_type, native.charset);
}

}  // namespace godwit::mysql
