// A PEM text of any bytes gives what a certificate says, or a fault.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "control/certificates.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto facts = godwit::read_certificate(std::string(reinterpret_cast<const char*>(data), size));
  if (!facts && facts.error().code != "InvalidCertificateFault") std::abort();
  return 0;
}
