#include "engines/mysql/connection_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

enum class Form { text, flag, number, word };

struct Attribute {
  std::string_view name;
  Form form = Form::text;
  std::string_view needless{};  // why it changes nothing; empty: it is heeded
  int64_t least = 0, most = INT32_MAX;
  std::array<std::string_view, 5> words{};  // lower case
};

constexpr std::string_view of_target = "it belongs to the target of a task";

constexpr Attribute attributes[] = {
    {.name = "SslMode", .form = Form::word, .words = {"none", "require", "verify-ca", "verify-full"}},
    {.name = "SslCa"},
    {.name = "SslCert"},
    {.name = "SslKey"},
    {.name = "ConnectionTimeout", .form = Form::number, .least = 1},
    {.name = "AfterConnectScript"},
    {.name = "Initstmt"},
    {.name = "IgnoreOpenXaTransactionsCheck", .form = Form::flag},
    {.name = "GtidCluster"},
    {.name = "HeartbeatEnable", .form = Form::flag},
    {.name = "HeartbeatFrequency", .form = Form::number, .least = 1},
    {.name = "HeartbeatSchema"},
    {.name = "FailTasksOnLobTruncation", .form = Form::flag},
    {.name = "EventsPollInterval",
     .form = Form::number,
     .needless = "the server sends its changes as they are committed, nobody polls",
     .least = 1,
     .most = 60},
    {.name = "ExecuteTimeout",
     .form = Form::number,
     .needless = "statements of a load may take as long as they need; waits for locks are bounded by "
                 "TransactionConsistencyTimeout"},
    {.name = "ServerTimezone",
     .needless =
         "sessions and binlog are read in UTC, whatever the server's zone is: TIMESTAMP arrives as the moment "
         "it is, DATETIME as it stands"},
    {.name = "CharsetMapping", .needless = "every character set of the server is known, and converted to UTF-8"},
    {.name = "CleanSourceMetadataOnMismatch",
     .form = Form::flag,
     .needless = "columns are compared with each table map of the binlog anyway"},
    {.name = "skipTableSuspensionForPartitionDdl", .form = Form::flag},
    {.name = "TargetDbType", .needless = of_target},
    {.name = "ParallelLoadThreads", .form = Form::number, .needless = of_target},
    {.name = "MaxFileSize", .form = Form::number, .needless = of_target},
    {.name = "loadUsingCSV", .form = Form::flag, .needless = of_target},
};

constexpr std::array<std::string_view, 5> yes = {"true", "1", "y", "yes", "on"};
constexpr std::array<std::string_view, 5> no = {"false", "0", "n", "no", "off"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

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
      if (is_one_of(yes, value) || is_one_of(no, value)) return {};
      return Failure(errors::bad_attribute(attribute.name, given, "true or false"));
    case Form::word:
      if (!value.empty() && is_one_of(attribute.words, value)) return {};
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

}  // namespace

bool is_set(const Endpoint& endpoint, std::string_view flag, bool otherwise) {
  const auto given = endpoint.parameter(flag);
  return given ? is_one_of(yes, lower_ascii(trim(*given))) : otherwise;
}

Result<std::vector<std::string>> check_source_attributes(const Endpoint& endpoint) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : endpoint.parameters) {
    const auto known = std::ranges::find_if(
        attributes, [&](const Attribute& one) { return lower_ascii(one.name) == lower_ascii(name); });
    if (known == std::end(attributes)) {
      warnings.push_back(fmt::format("Parameter {} of the source's URI is unknown and without effect", name));
      continue;
    }
    TRY(check_value(*known, value));
    if (!known->needless.empty())
      warnings.push_back(fmt::format("Connection attribute {} is without effect: {}", known->name, known->needless));
  }
  return warnings;
}

}  // namespace godwit::mysql
