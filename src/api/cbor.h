#pragma once
// CBOR (RFC 8949) to and from JSON values, as Smithy's rpc-v2-cbor carries structures. Total: any bytes decode or are
// refused, with bounded depth.

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace godwit {

// Map keys must be texts. Tags are taken off: a time (tag 1) becomes its seconds. Byte strings become texts,
// undefined becomes null. Nothing: no whole CBOR value, or more than one.
std::optional<nlohmann::json> from_cbor(std::string_view bytes);

// Numbers below a member of which `is_time` is true get tag 1.
std::string to_cbor(const nlohmann::json& value, const std::function<bool(std::string_view member)>& is_time);

}  // namespace godwit
