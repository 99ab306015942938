#pragma once
// The input of an operation of CloudWatch Logs or metrics, read member by member. Numbers and flags may come as text,
// since the query protocol has nothing else; null is absent. What is wrong is a fault of the service's own, made by
// `refuse` from a message such as "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint:
// …".

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

class FacadeInput {
 public:
  using Refuse = Error (*)(std::string_view message);

  // `object` must outlive it; anything but an object reads as an empty one.
  FacadeInput(const nlohmann::json& object, Refuse refuse, std::string path = {})
      : object_(&object), refuse_(refuse), path_(std::move(path)) {}

  bool has(std::string_view member) const { return find(member) != nullptr; }
  std::string path_of(std::string_view member) const;

  Result<std::optional<std::string>> text(std::string_view member, size_t bytes_max) const;
  Result<std::string> required_text(std::string_view member, size_t bytes_max) const;
  Result<std::optional<int64_t>> integer(std::string_view member, int64_t least, int64_t most) const;
  Result<int64_t> required_integer(std::string_view member, int64_t least, int64_t most) const;
  Result<bool> flag(std::string_view member, bool otherwise) const;
  // Seconds since 1970 as a number, or ISO 8601; the answer is in milliseconds.
  Result<int64_t> required_time_ms(std::string_view member) const;
  // Empty when absent.
  Result<std::vector<std::string>> texts(std::string_view member, size_t count_max, size_t bytes_max) const;
  Result<std::vector<FacadeInput>> objects(std::string_view member, size_t count_max) const;
  Result<std::optional<FacadeInput>> object(std::string_view member) const;
  // Of an object whose values are all texts.
  Result<std::vector<std::pair<std::string, std::string>>> text_map(std::string_view member, size_t count_max) const;

  Error invalid(std::string_view member, std::string_view value, std::string_view constraint) const;
  Error refuse(std::string_view message) const { return refuse_(message); }

 private:
  const nlohmann::json* find(std::string_view member) const;
  Result<const nlohmann::json*> list(std::string_view member, size_t count_max) const;
  Error wrong_kind(std::string_view member, std::string_view wanted) const;
  Error missing(std::string_view member) const;

  const nlohmann::json* object_;
  Refuse refuse_;
  std::string path_;
};

// What of a value may stand in a message.
std::string shortened(std::string_view value);

}  // namespace godwit
