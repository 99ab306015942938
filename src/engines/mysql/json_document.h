#pragma once
// A JSON document as a tree over its binary form: views into the bytes it was read from, which must outlive it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_buffer.h"
#include "engines/mysql/json_binary.h"

namespace godwit::mysql {

enum class JsonKind : uint8_t {
  small_object = 0,
  large_object = 1,
  small_array = 2,
  large_array = 3,
  literal = 4,
  int16 = 5,
  uint16 = 6,
  int32 = 7,
  uint32 = 8,
  int64 = 9,
  uint64 = 10,
  real = 11,
  string = 12,
  opaque = 15,
};

inline bool is_container(JsonKind kind) {
  return kind <= JsonKind::large_array;
}

// No server nests deeper than 100.
constexpr unsigned json_depth_max = 100;

// Bytes of text that a byte of a document may give.
constexpr size_t json_growth_max = 16;

// A value: its kind, and the bytes from its start to the end of what holds it.
struct JsonValue {
  JsonKind kind = JsonKind::literal;
  std::string_view bytes;
};

// The head of an object or array, checked against its bytes.
class JsonContainer {
 public:
  static std::optional<JsonContainer> open(const JsonValue& value);
  bool is_object() const { return object_; }
  uint32_t size() const { return count_; }
  bool key(uint32_t index, std::string_view& out) const;
  bool value(uint32_t index, JsonValue& out) const;

 private:
  bool number(size_t at, uint32_t& out) const;
  std::string_view bytes_;
  bool object_ = false, large_ = false;
  uint32_t count_ = 0;
};

std::optional<JsonValue> json_root(std::string_view binary);
// Scalars; false: damaged.
bool append_json_scalar(ByteBuffer& out, const JsonValue& value, JsonReals reals);
void append_json_string(ByteBuffer& out, std::string_view text);

// A document that can be changed.
struct JsonNode {
  using Members = std::vector<std::pair<std::string, std::unique_ptr<JsonNode>>>;  // keys are empty in an array
  JsonValue scalar;
  bool container = false, object = false;
  Members members;

  // Null: damaged. A true document has fewer values than bytes.
  static std::unique_ptr<JsonNode> read(const JsonValue& value);
  static std::unique_ptr<JsonNode> read(const JsonValue& value, unsigned depth, size_t& values_left);
  bool append(ByteBuffer& out, JsonReals reals, unsigned depth = 0) const;
};

}  // namespace godwit::mysql
