// CloudWatch Logs (spec/monitoring.md §4): AWS JSON 1.1, target Logs_20140328, times in milliseconds since 1970.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/errors.h"
#include "api/facade_input.h"
#include "api/json_text.h"
#include "api/logs.h"
#include "base/base64.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "control/log_faults.h"
#include "control/log_groups.h"
#include "control/log_search.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr std::string_view target_prefix = "Logs_20140328.", content_type = "application/x-amz-json-1.1";
constexpr size_t name_bytes_max = 512, arn_bytes_max = 2048, token_bytes_max = 1'000'000;
constexpr int64_t events_max = 10'000, page_max = 50, tags_max = 50;

struct LogCall {
  FacadeInput input;
  Environment& environment;
};

using LogHandler = Result<json> (*)(const LogCall&);

std::string arn_of(const Environment& environment, std::string_view group) {
  const Namespace& names = environment.names;
  return fmt::format("arn:{}:logs:{}:{}:log-group:{}", names.partition, names.region, names.account, group);
}

// The name in an ARN of a group, "…:*" too, or the text itself.
std::string group_of_identifier(const Environment& environment, std::string_view identifier) {
  const std::string prefix = arn_of(environment, "");
  if (identifier.starts_with(prefix)) identifier.remove_prefix(prefix.size());
  if (identifier.ends_with(":*")) identifier.remove_suffix(2);
  return std::string(identifier);
}

Result<std::string> group_name(const LogCall& call) {
  const auto name = TRY(call.input.text("logGroupName", name_bytes_max));
  const auto identifier = TRY(call.input.text("logGroupIdentifier", arn_bytes_max));
  if (name.has_value() == identifier.has_value())
    return Failure(log_parameter("Exactly one of logGroupName and logGroupIdentifier must be given."));
  return name ? *name : group_of_identifier(call.environment, *identifier);
}

Result<LogWindow> window_of(const LogCall& call) {
  const auto from = TRY(call.input.integer("startTime", 0, INT64_MAX));
  const auto before = TRY(call.input.integer("endTime", 0, INT64_MAX));
  if (from && before && *before < *from) return Failure(log_parameter("endTime must not be less than startTime."));
  return LogWindow{from.value_or(INT64_MIN), before.value_or(INT64_MAX)};
}

// A page of a list in order of key: rows behind the token's key. `identity` is of the list that the token is for.
template <class Entry, class KeyOf>
Result<json> list_page(const LogCall& call, std::string_view identity, std::vector<Entry>& rows, KeyOf key_of) {
  const auto limit = static_cast<size_t>(TRY(call.input.integer("limit", 1, page_max)).value_or(page_max));
  const auto token = TRY(call.input.text("nextToken", token_bytes_max));
  const std::string mark = hex64(fnv1a(identity)) + ";";
  if (token) {
    const auto text = from_base64(*token);
    if (!text || !text->starts_with(mark)) return Failure(log_token_invalid("nextToken"));
    const auto at = std::ranges::find_if(
        rows, [&](const Entry& row) { return key_of(row) == std::string_view(*text).substr(mark.size()); });
    if (at == rows.end()) return Failure(log_token_invalid("nextToken"));
    rows.erase(rows.begin(), at + 1);
  }
  json reply = json::object();
  if (rows.size() > limit) {
    rows.resize(limit);
    reply["nextToken"] = base64_url(mark + key_of(rows.back()));
  }
  return reply;
}

json shown(const Environment& environment, const LogGroup& group) {
  const std::string arn = arn_of(environment, group.name);
  json out = {{"logGroupName", group.name}, {"creationTime", group.created_ms},
              {"metricFilterCount", 0},     {"arn", arn + ":*"},
              {"logGroupArn", arn},         {"storedBytes", group.stored_bytes},
              {"logGroupClass", "STANDARD"}};
  if (group.retention_days) out["retentionInDays"] = *group.retention_days;
  return out;
}

Result<json> describe_log_groups(const LogCall& call) {
  const auto prefix = TRY(call.input.text("logGroupNamePrefix", name_bytes_max));
  const auto pattern = TRY(call.input.text("logGroupNamePattern", name_bytes_max));
  if (prefix && pattern)
    return Failure(
        log_parameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
  const auto log_class = TRY(call.input.text("logGroupClass", name_bytes_max));
  auto identifiers = TRY(call.input.texts("logGroupIdentifiers", page_max, arn_bytes_max));
  for (std::string& identifier : identifiers) identifier = group_of_identifier(call.environment, identifier);
  auto groups = TRY(log_groups(call.environment));
  std::erase_if(groups, [&](const LogGroup& group) {
    return (prefix && !group.name.starts_with(*prefix)) ||
           (pattern && group.name.find(*pattern) == std::string::npos) || (log_class && *log_class != "STANDARD") ||
           (!identifiers.empty() && std::ranges::find(identifiers, group.name) == identifiers.end());
  });
  const std::string identity =
      fmt::format("groups;{};{};{}", prefix.value_or(""), pattern.value_or(""), join(identifiers, ";"));
  json reply = TRY(list_page(call, identity, groups, [](const LogGroup& group) { return group.name; }));
  reply["logGroups"] = json::array();
  for (const LogGroup& group : groups) reply["logGroups"].push_back(shown(call.environment, group));
  return reply;
}

struct ShownStream {
  std::string name;
  LogStream::Facts facts;
};

Result<std::vector<ShownStream>> streams_with_facts(const LogCall& call, const LogGroup& group,
                                                    std::string_view prefix) {
  std::vector<ShownStream> streams;
  for (const LogStreamPlace& place : TRY(log_streams(call.environment, group))) {
    if (!place.name.starts_with(prefix)) continue;
    const auto stream = TRY(LogStream::open(place.folder));
    if (!stream) continue;
    LogStream::Facts facts = TRY(stream->facts());
    streams.push_back({place.name, std::move(facts)});
  }
  return streams;
}

Result<json> describe_log_streams(const LogCall& call) {
  const LogGroup group = TRY(require_log_group(call.environment, TRY(group_name(call))));
  const std::string prefix = TRY(call.input.text("logStreamNamePrefix", name_bytes_max))
  .value_or("");
  const std::string order = TRY(call.input.text("orderBy", name_bytes_max))
  .value_or("LogStreamName");
  const bool descending = TRY(call.input.flag("descending", false));
  if (order != "LogStreamName" && order != "LastEventTime")
    return Failure(
        call.input.invalid("orderBy", order, "Member must satisfy enum value set: [LogStreamName, LastEventTime]"));
  if (order == "LastEventTime" && !prefix.empty())
    return Failure(log_parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
  auto streams = TRY(streams_with_facts(call, group, prefix));
  const auto before = [&](const ShownStream& a, const ShownStream& b) {
    return order == "LastEventTime" ? std::tie(a.facts.last_ms, a.name) < std::tie(b.facts.last_ms, b.name)
                                    : a.name < b.name;
  };
  std::ranges::sort(streams, before);
  if (descending) std::ranges::reverse(streams);
  const std::string identity = fmt::format("streams;{};{};{};{}", group.name, prefix, order, descending);
  json reply = TRY(list_page(call, identity, streams, [](const ShownStream& stream) { return stream.name; }));
  reply["logStreams"] = json::array();
  for (const ShownStream& stream : streams)
    reply["logStreams"].push_back({{"logStreamName", stream.name},
                                   {"creationTime", stream.facts.created_ms},
                                   {"firstEventTimestamp", stream.facts.first_ms},
                                   {"lastEventTimestamp", stream.facts.last_ms},
                                   {"lastIngestionTime", stream.facts.written_ms},
                                   {"uploadSequenceToken", std::to_string(stream.facts.bytes)},
                                   {"arn", arn_of(call.environment, group.name) + ":log-stream:" + stream.name},
                                   {"storedBytes", 0}});
  return reply;
}

struct LogToken {
  bool forward = true;
  LogPosition position;
};

Result<std::optional<LogToken>> event_token(const LogCall& call) {
  const auto text = TRY(call.input.text("nextToken", token_bytes_max));
  if (!text) return std::nullopt;
  const std::string_view given = *text;
  const auto position = given.size() > 2 ? parse_log_position(given.substr(2)) : std::nullopt;
  const bool forward = given.starts_with("f/");
  if (!position || (!forward && !given.starts_with("b/"))) return Failure(log_token_invalid("nextToken"));
  return LogToken{forward, *position};
}

Result<json> get_log_events(const LogCall& call) {
  const LogGroup group = TRY(require_log_group(call.environment, TRY(group_name(call))));
  const std::string name = TRY(call.input.required_text("logStreamName", name_bytes_max));
  const LogWindow window = retained(call.environment, group, TRY(window_of(call)));
  const auto limit = static_cast<size_t>(TRY(call.input.integer("limit", 1, events_max)).value_or(events_max));
  const bool from_head = TRY(call.input.flag("startFromHead", false));
  const auto token = TRY(event_token(call));
  const LogStreamPlace place = TRY(require_log_stream(call.environment, group, name));
  const auto stream = TRY(LogStream::open(place.folder));
  if (!stream) return Failure(log_stream_unknown());
  const auto from = token ? std::optional(token->position) : std::nullopt;
  const bool forward = token ? token->forward : from_head;
  LogPage page = forward ? TRY(stream->forward(from, window, limit)) : TRY(stream->backward(from, window, limit));
  if (token && page.events.empty()) page.begin = page.end = token->position;  // how callers see the stream's end
  json events = json::array();
  for (LogEvent& event : page.events)
    events.push_back(
        {{"timestamp", event.time_ms}, {"message", std::move(event.message)}, {"ingestionTime", event.ingested_ms}});
  return json{{"events", std::move(events)},
              {"nextForwardToken", "f/" + to_text(page.end)},
              {"nextBackwardToken", "b/" + to_text(page.begin)}};
}

// The streams that a search names, by name or prefix, or all of them.
Result<std::vector<LogStreamPlace>> searched_streams(const LogCall& call, const LogGroup& group) {
  const auto names = TRY(call.input.texts("logStreamNames", 100, name_bytes_max));
  const auto prefix = TRY(call.input.text("logStreamNamePrefix", name_bytes_max));
  if (!names.empty() && prefix)
    return Failure(log_parameter("logStreamNames and logStreamNamePrefix cannot be given together."));
  auto places = TRY(log_streams(call.environment, group));
  for (const std::string& name : names)
    if (std::ranges::find(places, name, &LogStreamPlace::name) == places.end()) return Failure(log_stream_unknown());
  std::erase_if(places, [&](const LogStreamPlace& place) {
    if (prefix) return !place.name.starts_with(*prefix);
    return !names.empty() && std::ranges::find(names, place.name) == names.end();
  });
  return places;
}

Result<json> filter_log_events(const LogCall& call) {
  const LogGroup group = TRY(require_log_group(call.environment, TRY(group_name(call))));
  const LogWindow asked = TRY(window_of(call));
  const std::string pattern = TRY(call.input.text("filterPattern", token_bytes_max))
  .value_or("");
  const auto names = TRY(call.input.texts("logStreamNames", 100, name_bytes_max));
  const auto prefix = TRY(call.input.text("logStreamNamePrefix", name_bytes_max));
  LogSearch search;
  search.streams = TRY(searched_streams(call, group));
  search.window = retained(call.environment, group, asked);
  search.pattern = TRY(LogPattern::parse(pattern));
  search.identity = fmt::format("{};{};{};{};{};{}", group.name, join(names, ","), prefix.value_or(""), asked.from_ms,
                                asked.before_ms, pattern);
  search.limit = static_cast<size_t>(TRY(call.input.integer("limit", 1, events_max)).value_or(events_max));
  LogFindings found = TRY(search_logs(search, TRY(call.input.text("nextToken", token_bytes_max)).value_or("")));
  json events = json::array();
  for (FoundLogEvent& each : found.events)
    events.push_back({{"logStreamName", each.stream},
                      {"timestamp", each.event.time_ms},
                      {"message", std::move(each.event.message)},
                      {"ingestionTime", each.event.ingested_ms},
                      {"eventId", std::move(each.event.id)}});
  json reply = {{"events", std::move(events)}, {"searchedLogStreams", json::array()}};
  if (!found.next_token.empty()) reply["nextToken"] = found.next_token;
  return reply;
}

Result<json> delete_stream(const LogCall& call) {
  const std::string group = TRY(call.input.required_text("logGroupName", name_bytes_max));
  TRY(delete_log_stream(call.environment, group, TRY(call.input.required_text("logStreamName", name_bytes_max))));
  return json::object();
}

Result<json> create_group(const LogCall& call) {
  const std::string name = TRY(call.input.required_text("logGroupName", name_bytes_max));
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/#";
  if (name.find_first_not_of(allowed) != std::string::npos)
    return Failure(call.input.invalid("logGroupName", name,
                                      "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"));
  if (call.input.has("kmsKeyId"))
    return Failure(
        log_parameter("kmsKeyId is not supported: task logs are plain files of the server's data folder."));
  if (TRY(call.input.text("logGroupClass", name_bytes_max)).value_or("STANDARD") != "STANDARD")
    return Failure(log_parameter("logGroupClass must be STANDARD."));
  TRY(create_log_group(call.environment, name, TRY(call.input.text_map("tags", tags_max))));
  return json::object();
}

Result<json> delete_group(const LogCall& call) {
  TRY(delete_log_group_of(call.environment, TRY(call.input.required_text("logGroupName", name_bytes_max))));
  return json::object();
}

Result<json> put_retention_policy(const LogCall& call) {
  static constexpr std::array<int64_t, 22> allowed = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                                      365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
  const std::string name = TRY(call.input.required_text("logGroupName", name_bytes_max));
  const int64_t days = TRY(call.input.required_integer("retentionInDays", 1, INT64_MAX));
  if (std::ranges::find(allowed, days) == allowed.end())
    return Failure(
        call.input.invalid("retentionInDays", std::to_string(days),
                           fmt::format("Member must satisfy enum value set: [{}]", fmt::join(allowed, ", "))));
  TRY(retain_log_group(call.environment, name, days));
  return json::object();
}

Result<json> delete_retention_policy(const LogCall& call) {
  TRY(retain_log_group(call.environment, TRY(call.input.required_text("logGroupName", name_bytes_max)), {}));
  return json::object();
}

// The group of resourceArn, or of logGroupName in the older operations.
Result<std::string> tagged_group(const LogCall& call) {
  if (call.input.has("logGroupName")) return call.input.required_text("logGroupName", name_bytes_max);
  return group_of_identifier(call.environment, TRY(call.input.required_text("resourceArn", arn_bytes_max)));
}

Result<json> list_group_tags(const LogCall& call) {
  const std::string group = TRY(tagged_group(call));
  json tags = json::object();
  for (const auto& [key, value] : TRY(log_group_tags(call.environment, group))) tags[key] = value;
  return json{{"tags", std::move(tags)}};
}

Result<json> tag_group(const LogCall& call) {
  const std::string group = TRY(tagged_group(call));
  TRY(tag_log_group(call.environment, group, TRY(call.input.text_map("tags", tags_max))));
  return json::object();
}

Result<json> untag_group(const LogCall& call) {
  const std::string group = TRY(tagged_group(call));
  const std::string_view member =
      call.input.has("tagKeys") ? "tagKeys" : "tags";  // the newer operation's, the older's
  TRY(untag_log_group(call.environment, group, TRY(call.input.texts(member, tags_max, 128))));
  return json::object();
}

struct LogOperation {
  std::string_view name;
  LogHandler handler;  // null: known, and not supported
  Role needs = Role::viewer;
  std::string_view why_not{};  // of those without a handler
};

constexpr std::string_view written_by_tasks =
    "Streams are the logs of tasks: their workers write them, and nothing else can be put there.";
constexpr std::string_view no_live_tail = "Poll GetLogEvents or FilterLogEvents, as 'aws logs tail --follow' does.";
constexpr std::string_view no_queries = "Logs Insights is not there: search with FilterLogEvents.";

constexpr LogOperation operations[] = {
    {"CreateLogGroup", create_group, Role::operator_},
    {"DeleteLogGroup", delete_group, Role::operator_},
    {"DeleteLogStream", delete_stream, Role::operator_},
    {"DeleteRetentionPolicy", delete_retention_policy, Role::operator_},
    {"DescribeLogGroups", describe_log_groups},
    {"DescribeLogStreams", describe_log_streams},
    {"FilterLogEvents", filter_log_events},
    {"GetLogEvents", get_log_events},
    {"ListTagsForResource", list_group_tags},
    {"ListTagsLogGroup", list_group_tags},
    {"PutRetentionPolicy", put_retention_policy, Role::operator_},
    {"TagLogGroup", tag_group, Role::operator_},
    {"TagResource", tag_group, Role::operator_},
    {"UntagLogGroup", untag_group, Role::operator_},
    {"UntagResource", untag_group, Role::operator_},
    {"CreateLogStream", nullptr, Role::operator_, written_by_tasks},
    {"GetLogRecord", nullptr, Role::viewer, no_queries},
    {"GetQueryResults", nullptr, Role::viewer, no_queries},
    {"PutLogEvents", nullptr, Role::operator_, written_by_tasks},
    {"StartLiveTail", nullptr, Role::viewer, no_live_tail},
    {"StartQuery", nullptr, Role::viewer, no_queries},
    {"StopQuery", nullptr, Role::viewer, no_queries},
};

std::string_view target_of(const HttpRequest& request) {
  const std::string* target = request.header("x-amz-target");
  return target == nullptr ? std::string_view() : std::string_view(*target);
}

const LogOperation* operation_of(const HttpRequest& request) {
  const std::string_view target = target_of(request);
  const auto found = std::ranges::find(operations, target.substr(std::min(target.size(), target_prefix.size())),
                                       &LogOperation::name);
  return found == std::end(operations) ? nullptr : &*found;
}

bool match(const HttpRequest& request) {
  return target_of(request).starts_with(target_prefix);
}

FacadeAction action(const HttpRequest& request) {
  const LogOperation* operation = operation_of(request);
  if (operation == nullptr) return {.name = "logs:" + shortened(target_of(request))};
  return {.name = "logs:" + std::string(operation->name),
          .needs = operation->needs,
          .changes = operation->needs != Role::viewer};
}

Result<HttpReply> answer(const FacadeCall& call) {
  const LogOperation* operation = operation_of(call.request);
  if (operation == nullptr) return Failure(unknown_operation(target_of(call.request), target_prefix));
  if (operation->handler == nullptr) return Failure(log_operation_not_supported(operation->name, operation->why_not));
  json input = json::object();
  if (!trim(call.request.body).empty()) {
    auto parsed = parse_json(call.request.body, "the request body");
    if (!parsed) return Failure(not_a_json_object(parsed.error().message));
    input = std::move(*parsed);
  }
  if (!input.is_object()) return Failure(not_a_json_object(json_for_people(input)));
  const json reply = TRY(operation->handler({FacadeInput(input, log_parameter), call.environment}));
  return HttpReply{.status = 200, .content_type = std::string(content_type), .body = json_text(reply)};
}

HttpReply refuse(const HttpRequest&, unsigned status, const Error& error, std::string_view) {
  return json_refusal(status, error, content_type);
}

constexpr std::string_view services[] = {"logs"};

}  // namespace

Facade logs_facade() {
  return {.name = "logs",
          .access = FacadeAccess::signature,
          .services = services,
          .match = match,
          .action = action,
          .answer = answer,
          .refuse = refuse};
}

}  // namespace godwit
