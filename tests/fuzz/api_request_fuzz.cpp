// Any body, under any operation, gives an input of the model's shapes or a refusal in words; what is accepted is
// accepted again as the same. The first byte chooses the operation, the rest is the body.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/form_fields.h"
#include "api/input_check.h"
#include "control/faults.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const auto& operations = godwit::service_model().operations();
  const auto& operation = operations[data[0] % operations.size()];
  const std::string body(data + 1, data + size);
  const auto read = godwit::read_input(operation, body);
  if (!read) {
    if (!godwit::is_fault(read.error()) || read.error().message.empty()) std::abort();
  } else {
    const std::string text = read->input.dump();
    const auto again = godwit::read_input(operation, text);
    if (!again || again->input != read->input || !again->ignored.empty()) std::abort();
  }
  godwit::form_fields({.method = "POST",
                       .target = "/?" + body,
                       .headers = {{"content-type", "application/x-www-form-urlencoded"}},
                       .body = body,
                       .peer = {}});
  return 0;
}
