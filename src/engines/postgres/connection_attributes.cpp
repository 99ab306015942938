#include "engines/postgres/connection_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

enum class Form { text, flag, number, word };
enum class On { source, target, both };

struct Attribute {
  std::string_view name;
  Form form = Form::text;
  On on = On::both;
  std::string_view needless{};  // why it changes nothing; empty: it is heeded
  int64_t least = 0, most = INT32_MAX;
  std::array<std::string_view, 6> words{};  // lower case
};

constexpr std::string_view types_stay = "between PostgreSQL and PostgreSQL every value keeps its type and its text";
constexpr std::string_view straight = "rows go by COPY from server to server, through no files and no cursor";

constexpr Attribute attributes[] = {
    {.name = "PluginName",
     .form = Form::word,
     .on = On::source,
     .words = {"pglogical", "test-decoding", "test_decoding", "no-preference", "pgoutput"}},
    {.name = "SlotName", .on = On::source},
    {.name = "PublicationName", .on = On::source},
    {.name = "CaptureDdls", .form = Form::flag, .on = On::source},
    {.name = "DdlArtifactsSchema", .on = On::source},
    {.name = "ConsumeMonotonicEvents",
     .form = Form::flag,
     .on = On::source,
     .needless = "every change is applied exactly once, also where several share a log position"},
    {.name = "DisableUnicodeSourceFilter",
     .form = Form::flag,
     .on = On::source,
     .needless = "PostgreSQL's literals have one form, which every index can serve"},
    {.name = "FailTasksOnLobTruncation", .form = Form::flag, .on = On::source},
    {.name = "fetchCacheSize", .form = Form::number, .on = On::source, .needless = straight, .least = 1},
    {.name = "HeartbeatEnable", .form = Form::flag, .on = On::source},
    {.name = "HeartbeatFrequency", .form = Form::number, .on = On::source, .least = 1},
    {.name = "HeartbeatSchema", .on = On::source},
    {.name = "unboundedVarcharMaxSize",
     .form = Form::number,
     .on = On::source,
     .needless = types_stay,
     .least = 1,
     .most = 10485760},
    {.name = "MapBooleanAsBoolean", .form = Form::flag, .needless = types_stay},
    {.name = "MapJsonbAsClob", .form = Form::flag, .needless = types_stay},
    {.name = "MapLongVarcharAs", .form = Form::word, .needless = types_stay, .words = {"wstring", "clob", "nclob"}},
    {.name = "MapUnboundedNumericAsString", .form = Form::flag, .needless = types_stay},
    {.name = "TrimSpaceInChar",
     .form = Form::flag,
     .needless = "char(n) arrives as it is stored, and the server compares it without its trailing blanks"},
    {.name = "ExecuteTimeout", .form = Form::number},
    {.name = "ConnectionTimeout", .form = Form::number, .least = 1},
    {.name = "AfterConnectScript", .on = On::target},
    {.name = "MaxFileSize",
     .form = Form::number,
     .on = On::target,
     .needless = straight,
     .least = 1,
     .most = 1048576},
    {.name = "loadUsingCSV", .form = Form::flag, .on = On::target, .needless = straight},
    {.name = "AuthenticationMethod", .form = Form::word, .words = {"password", "iam"}},
    {.name = "DatabaseMode", .form = Form::word, .words = {"default", "babelfish"}},
    {.name = "BabelfishDatabaseName"},
};

const Attribute* find_attribute(std::string_view name) {
  const auto at = std::ranges::find_if(
      attributes, [&](const Attribute& known) { return lower_ascii(known.name) == lower_ascii(name); });
  return at == std::end(attributes) ? nullptr : at;
}

constexpr std::array<std::string_view, 10> flag_words = {"true", "false", "1",  "0",  "y",
                                                         "n",    "yes",   "no", "on", "off"};

std::string list_of(std::span<const std::string_view> words) {
  std::vector<std::string> out;
  for (const std::string_view word : words)
    if (!word.empty()) out.emplace_back(word);
  return join(out, ", ");
}

Result<void> check_value(const Attribute& attribute, std::string_view given) {
  const std::string value = lower_ascii(trim(given));
  int64_t number = 0;
  switch (attribute.form) {
    case Form::text:
      if (!value.empty()) return {};
      return Failure(errors::bad_attribute(attribute.name, given, "a text"));
    case Form::flag:
      if (std::ranges::find(flag_words, value) != flag_words.end()) return {};
      return Failure(errors::bad_attribute(attribute.name, given, "true or false"));
    case Form::word:
      if (!value.empty() && std::ranges::find(attribute.words, value) != attribute.words.end()) return {};
      return Failure(errors::bad_attribute(attribute.name, given, "one of " + list_of(attribute.words)));
    case Form::number:
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error == std::errc{} && end == value.data() + value.size() && number >= attribute.least &&
          number <= attribute.most)
        return {};
      return Failure(errors::bad_attribute(
          attribute.name, given, fmt::format("a whole number from {} to {}", attribute.least, attribute.most)));
  }
  return {};
}

// What this version cannot do at all is refused, so that nobody believes it is done.
Result<void> check_support(const Endpoint& endpoint) {
  if (lower_ascii(endpoint.parameter("AuthenticationMethod").value_or("")) == "iam")
    return Failure(
        errors::not_supported("AuthenticationMethod=iam", "Fetch a token and give it as the password of the URI"));
  if (lower_ascii(endpoint.parameter("DatabaseMode").value_or("")) == "babelfish" ||
      endpoint.parameter("BabelfishDatabaseName"))
    return Failure(errors::not_supported("DatabaseMode=babelfish",
                                         "Name the PostgreSQL database itself, whose schemas are <database>_dbo"));
  return {};
}

}  // namespace

bool is_attribute(std::string_view name) {
  return find_attribute(name) != nullptr;
}

bool is_set(const Endpoint& endpoint, std::string_view flag) {
  const std::string value = lower_ascii(trim(endpoint.parameter(flag).value_or("false")));
  return value == "true" || value == "1" || value == "y" || value == "yes" || value == "on";
}

Result<void> check_attributes(const Endpoint& endpoint, EndpointRole role) {
  for (const auto& [name, value] : endpoint.parameters) {
    const Attribute* attribute = find_attribute(name);
    if (attribute == nullptr) continue;
    TRY(check_value(*attribute, value));
    const bool elsewhere = (attribute->on == On::source && role == EndpointRole::target) ||
                           (attribute->on == On::target && role == EndpointRole::source);
    if (elsewhere)
      log_warning(Component::common, "Connection attribute {} is without effect: it belongs to the {} of a task",
                  attribute->name, role == EndpointRole::target ? "source" : "target");
    else if (!attribute->needless.empty())
      log_warning(Component::common, "Connection attribute {} is without effect: {}", attribute->name,
                  attribute->needless);
  }
  return check_support(endpoint);
}

}  // namespace godwit::postgres
