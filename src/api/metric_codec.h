#pragma once
// The three protocols in which clients speak to CloudWatch metrics (spec/monitoring.md §5.3): query (a form, answers
// in XML), AWS JSON 1.0, and Smithy's RPC v2 CBOR. An operation sees one JSON input and gives one JSON output; which
// protocol it was is told by the request alone, never by the client's name.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace godwit {

enum class MetricProtocol { query, json, cbor };

struct MetricRequest {
  MetricProtocol protocol = MetricProtocol::json;
  std::string operation;
};

// Nothing: no request of this service. A form counts as one when it says Version=2010-08-01.
std::optional<MetricRequest> metric_request(const HttpRequest& request);

// An object. In a form all values are texts, and `a.member.1` makes a list. SerializationException or, of a form,
// MalformedQueryString when it is none.
Result<nlohmann::json> decode_input(MetricProtocol protocol, const HttpRequest& request);

// Members named Timestamp or Timestamps hold seconds since 1970.
HttpReply encode_output(const MetricRequest& request, const nlohmann::json& output, std::string_view request_id);

// The fault by the protocol's name: InvalidParameterValueException is InvalidParameterValue in a form's answer, and
// in the header x-amzn-query-error of the others.
HttpReply encode_fault(MetricProtocol protocol, unsigned status, const Error& error, std::string_view request_id);

}  // namespace godwit
