#include "api/metric_codec.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <vector>

#include "api/cbor.h"
#include "api/errors.h"
#include "api/facade.h"
#include "api/form_fields.h"
#include "base/clock.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "control/faults.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr std::string_view json_target_prefix = "GraniteServiceVersion20100801.";
constexpr std::string_view cbor_path_prefix = "/service/GraniteServiceVersion20100801/operation/";
constexpr std::string_view version = "2010-08-01";
constexpr std::string_view xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
constexpr size_t body_bytes_max = size_t{1} << 20, fields_max = 20'000, levels_max = 16;

bool is_time(std::string_view member) {
  return member == "Timestamp" || member == "Timestamps";
}

Error body_too_large() {
  return fault("SerializationException", fmt::format("The request body has more than {} bytes.", body_bytes_max));
}
Error malformed_form(std::string_view field) {
  return fault("MalformedQueryString", fmt::format("The field '{}' does not fit the others.", field.substr(0, 100)));
}
Error malformed_cbor() {
  return fault("SerializationException", "The request body must be one CBOR map.");
}

// A structure whose only member is "member" is a list: its elements by number.
json with_lists(json value) {
  if (!value.is_object()) return value;
  if (value.size() == 1 && value.begin().key() == "member" && value.begin()->is_object()) {
    std::map<uint64_t, json> by_number;
    for (auto& [key, element] : value.begin()->items()) {
      uint64_t number = 0;
      std::from_chars(key.data(), key.data() + key.size(), number);
      by_number[number] = with_lists(std::move(element));
    }
    json list = json::array();
    for (auto& [number, element] : by_number) list.push_back(std::move(element));
    return list;
  }
  for (auto& [key, member] : value.items()) member = with_lists(std::move(member));
  return value;
}

Result<json> decode_form(const HttpRequest& request) {
  json root = json::object();
  for (const auto& [name, text] : form_fields(request, fields_max)) {
    const std::vector<std::string> path = split(name, '.');
    if (path.size() > levels_max) return Failure(malformed_form(name));
    json* at = &root;
    for (const std::string& step : path) {
      if (!at->is_object() && !at->is_null()) return Failure(malformed_form(name));
      at = &(*at)[step];
    }
    if (!at->is_null()) return Failure(malformed_form(name));
    *at = text;
  }
  return with_lists(std::move(root));
}

void put_xml(std::string& out, std::string_view name, const json& value);

void put_members(std::string& out, const json& object) {
  for (const auto& [name, member] : object.items()) put_xml(out, name, member);
}

std::string scalar_text(const json& value, bool time) {
  if (time && value.is_number()) return iso_seconds(value.get<int64_t>() * 1'000'000) + "Z";
  if (value.is_string()) return xml_text(value.get_ref<const std::string&>());
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.dump();
}

void put_xml(std::string& out, std::string_view name, const json& value) {
  out += fmt::format("<{}>", name);
  if (name == "ExtendedStatistics") {  // the one map
    for (const auto& [key, number] : value.items())
      out += fmt::format("<entry><key>{}</key><value>{}</value></entry>", key, scalar_text(number, false));
  } else if (value.is_array()) {
    for (const json& element : value) {
      out += "<member>";
      if (element.is_object())
        put_members(out, element);
      else
        out += scalar_text(element, is_time(name));
      out += "</member>";
    }
  } else if (value.is_object()) {
    put_members(out, value);
  } else {
    out += scalar_text(value, is_time(name));
  }
  out += fmt::format("</{}>", name);
}

std::string query_code(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"MissingRequiredParameterException", "MissingParameter"},
      {"UnknownOperationException", "InvalidAction"},
      {"UnrecognizedClientException", "InvalidClientTokenId"},
      {"InvalidSignatureException", "SignatureDoesNotMatch"},
      {"AccessDeniedException", "AccessDenied"},
  };
  for (const auto& [ours, theirs] : names)
    if (code == ours) return std::string(theirs);
  if (code.ends_with("Exception")) code.remove_suffix(std::string_view("Exception").size());
  return std::string(code);
}

std::string_view blame(unsigned status) {
  return status >= 500 ? "Receiver" : "Sender";
}

HttpReply cbor_reply(unsigned status, const json& body) {
  return {.status = status,
          .content_type = "application/cbor",
          .headers = {{"smithy-protocol", "rpc-v2-cbor"}},
          .body = to_cbor(body, is_time)};
}

}  // namespace

std::optional<MetricRequest> metric_request(const HttpRequest& request) {
  if (request.path().starts_with(cbor_path_prefix))
    return MetricRequest{MetricProtocol::cbor, std::string(request.path().substr(cbor_path_prefix.size()))};
  if (const std::string* target = request.header("x-amz-target")) {
    if (!target->starts_with(json_target_prefix)) return std::nullopt;
    return MetricRequest{MetricProtocol::json, target->substr(json_target_prefix.size())};
  }
  const auto fields = form_fields(request, fields_max);
  const auto action = fields.find("Action"), asked = fields.find("Version");
  if (action == fields.end() || asked == fields.end() || asked->second != version) return std::nullopt;
  return MetricRequest{MetricProtocol::query, action->second};
}

Result<json> decode_input(MetricProtocol protocol, const HttpRequest& request) {
  if (request.body.size() > body_bytes_max) return Failure(body_too_large());
  if (protocol == MetricProtocol::query) return decode_form(request);
  if (protocol == MetricProtocol::cbor) {
    if (request.body.empty()) return json::object();
    auto input = from_cbor(request.body);
    if (!input || !input->is_object()) return Failure(malformed_cbor());
    return std::move(*input);
  }
  if (trim(request.body).empty()) return json::object();
  auto input = parse_json(request.body, "the request body");
  if (!input) return Failure(not_a_json_object(input.error().message));
  if (!input->is_object()) return Failure(not_a_json_object(json_for_people(*input)));
  return std::move(*input);
}

HttpReply encode_output(const MetricRequest& request, const json& output, std::string_view request_id) {
  if (request.protocol == MetricProtocol::cbor) return cbor_reply(200, output);
  if (request.protocol == MetricProtocol::json)
    return {.status = 200,
            .content_type = "application/x-amz-json-1.0",
            .body = output.dump(-1, ' ', false, json::error_handler_t::replace)};
  std::string result;
  put_members(result, output);
  return {.status = 200,
          .content_type = "text/xml",
          .body = fmt::format("<{0}Response xmlns=\"{1}\"><{0}Result>{2}</{0}Result><ResponseMetadata><RequestId>{3}"
                              "</RequestId></ResponseMetadata></{0}Response>",
                              request.operation, xml_namespace, result, request_id)};
}

HttpReply encode_fault(MetricProtocol protocol, unsigned status, const Error& error, std::string_view request_id) {
  const std::string code = query_code(error.code);
  if (protocol == MetricProtocol::query)
    return {.status = status,
            .content_type = "text/xml",
            .body = fmt::format("<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}"
                                "</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
                                xml_namespace, blame(status), xml_text(code), xml_text(error.message), request_id)};
  HttpReply reply = protocol == MetricProtocol::json
                        ? json_refusal(status, error, "application/x-amz-json-1.0")
                        : cbor_reply(status, {{"__type", error.code}, {"message", error.message}});
  reply.headers.emplace_back("x-amzn-query-error", fmt::format("{};{}", code, blame(status)));
  return reply;
}

}  // namespace godwit
