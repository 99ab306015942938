// The record of a task, spoiled in any way, is an error or a document that can be written and read again.

#include <cstdlib>

#include "task/task_document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto document = godwit::parse_task_document(std::string(reinterpret_cast<const char*>(data), size));
  if (!document) return 0;
  const std::string text = godwit::to_json(*document);
  const auto again = godwit::parse_task_document(text);
  if (!again || godwit::to_json(*again) != text) std::abort();
  return 0;
}
