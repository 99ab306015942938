#pragma once
// An endpoint in the making: what is stored, with what a call carries merged into it, checked as a whole. Works
// inside the transaction of its caller (control/endpoints.h).

#include <nlohmann/json.hpp>

#include "control/endpoint_kinds.h"
#include "control/endpoints.h"
#include "control/extra_attributes.h"

namespace godwit {

class EndpointDraft {
 public:
  // `stored`: as it is now; of a new endpoint its id, creation time and default key alone.
  EndpointDraft(const Environment& environment, EndpointRecord stored);

  // Merges in; faults name the member that is wrong.
  Result<void> take(const EndpointInput& input);
  // What holds of every endpoint: a login, a known kind on a side that it serves, a certificate where it is needed.
  Result<EndpointRecord> finish();

 private:
  Result<void> take_kind(const EndpointInput& input);
  Result<void> take_login(const EndpointInput& input, const nlohmann::json& given);
  Result<void> take_way_in(bool secret, bool in_clear);
  Result<void> take_settings(const nlohmann::json& given);
  Result<void> take_extra_attributes(const EndpointInput& input, const nlohmann::json& given);
  Result<void> take_tls(const EndpointInput& input);
  Result<nlohmann::json> given_settings(const EndpointInput& input) const;
  void drop_settings();
  Result<void> check_login() const;
  Result<void> check_tls() const;

  const Environment& environment_;
  EndpointRecord record_;
  EndpointKind kind_;
  nlohmann::json settings_;
  std::string extra_text_;
};

}  // namespace godwit
