// Differences of JSON documents, applied to a tree of the old one.

#include <algorithm>
#include <charconv>

#include "engines/mysql/json_binary.h"
#include "engines/mysql/json_document.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {

std::unique_ptr<JsonNode> JsonNode::read(const JsonValue& value) {
  size_t values_left = value.bytes.size() + 1;
  return read(value, 0, values_left);
}

std::unique_ptr<JsonNode> JsonNode::read(const JsonValue& value, unsigned depth, size_t& values_left) {
  if (values_left-- == 0) return nullptr;
  auto out = std::make_unique<JsonNode>();
  out->scalar = value;
  if (!is_container(value.kind)) return out;
  const std::optional<JsonContainer> container = JsonContainer::open(value);
  if (!container || depth > json_depth_max) return nullptr;
  out->container = true;
  out->object = container->is_object();
  for (uint32_t i = 0; i < container->size(); ++i) {
    std::string_view key;
    JsonValue member;
    if ((out->object && !container->key(i, key)) || !container->value(i, member)) return nullptr;
    std::unique_ptr<JsonNode> child = read(member, depth + 1, values_left);
    if (child == nullptr) return nullptr;
    out->members.emplace_back(std::string(key), std::move(child));
  }
  return out;
}

bool JsonNode::append(ByteBuffer& out, JsonReals reals, unsigned depth) const {
  if (!container) return append_json_scalar(out, scalar, reals);
  if (depth > json_depth_max) return false;
  out.push_back(object ? '{' : '[');
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out.append(", ");
    if (object) {
      append_json_string(out, members[i].first);
      out.append(": ");
    }
    if (!members[i].second->append(out, reals, depth + 1)) return false;
  }
  out.push_back(object ? '}' : ']');
  return true;
}

namespace {

enum class Operation : uint8_t { replace = 0, insert = 1, remove = 2 };

// One step of a path: a member of an object or of an array.
struct Step {
  bool index = false;
  uint64_t number = 0;
  std::string key;
};

// The escapes of a JSON string that a server writes into a path.
bool read_quoted(std::string_view text, size_t& at, std::string& out) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    if (++at >= text.size()) return false;
    constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const size_t which = names.find(text[at]);
    if (which != std::string_view::npos) {
      out += meant[which];
      continue;
    }
    unsigned code = 0;
    if (text[at] != 'u' || text.size() - at < 5) return false;
    const char* digits = text.data() + at + 1;
    const auto [end, failed] = std::from_chars(digits, digits + 4, code, 16);
    if (failed != std::errc() || end != digits + 4 || code > 0x7f) return false;  // others are not escaped
    out += static_cast<char>(code);
    at += 4;
  }
  if (at >= text.size()) return false;
  ++at;
  return true;
}

bool read_path(std::string_view text, std::vector<Step>& out) {
  if (!text.starts_with('$')) return false;
  size_t at = 1;
  while (at < text.size()) {
    Step step;
    if (text[at] == '[') {
      step.index = true;
      const auto [end, failed] = std::from_chars(text.data() + at + 1, text.data() + text.size(), step.number);
      at = static_cast<size_t>(end - text.data());
      if (failed != std::errc() || at >= text.size() || text[at] != ']') return false;
      ++at;
    } else if (text[at] == '.') {
      if (++at >= text.size()) return false;
      if (text[at] == '"') {
        if (!read_quoted(text, at, step.key)) return false;
      } else {
        const size_t end = std::min(text.find_first_of(".[", at), text.size());
        step.key = text.substr(at, end - at);
        at = end;
      }
    } else {
      return false;
    }
    out.push_back(std::move(step));
  }
  return true;
}

// Where the step leads in the node: the place of the member, or the end where there is none.
size_t find(const JsonNode& node, const Step& step) {
  if (!node.container || node.object == step.index) return node.members.size();
  if (step.index) return static_cast<size_t>(std::min<uint64_t>(step.number, node.members.size()));
  const auto found = std::ranges::find(node.members, step.key, [](const auto& member) { return member.first; });
  return static_cast<size_t>(found - node.members.begin());
}

// Keys are kept by length, then by bytes.
bool key_before(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool insert(JsonNode& parent, const Step& step, std::unique_ptr<JsonNode> value) {
  if (!parent.container || parent.object == step.index) return false;
  auto at = parent.members.begin();
  if (step.index) {
    at += static_cast<ptrdiff_t>(std::min<uint64_t>(step.number, parent.members.size()));
  } else {
    at = std::ranges::find_if(parent.members, [&](const auto& m) { return !key_before(m.first, step.key); });
    if (at != parent.members.end() && at->first == step.key) return false;
  }
  parent.members.emplace(at, step.key, std::move(value));
  return true;
}

bool apply(std::unique_ptr<JsonNode>& root, Operation operation, std::string_view path_text,
           std::string_view binary) {
  std::vector<Step> path;
  if (!read_path(path_text, path)) return false;
  std::unique_ptr<JsonNode> value;
  if (operation != Operation::remove) {
    value = JsonNode::read(*json_root(binary));
    if (value == nullptr) return false;
  }
  if (path.empty()) {
    if (operation != Operation::replace) return false;
    root = std::move(value);
    return true;
  }
  JsonNode* parent = root.get();
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const size_t at = find(*parent, path[i]);
    if (at == parent->members.size()) return false;
    parent = parent->members[at].second.get();
  }
  if (operation == Operation::insert) return insert(*parent, path.back(), std::move(value));
  const size_t at = find(*parent, path.back());
  if (at == parent->members.size()) return false;
  if (operation == Operation::remove) {
    parent->members.erase(parent->members.begin() + static_cast<ptrdiff_t>(at));
  } else {
    parent->members[at].second = std::move(value);
  }
  return true;
}

}  // namespace

bool append_changed_json(ByteBuffer& out, std::string_view before, std::string_view differences, JsonReals reals) {
  std::unique_ptr<JsonNode> root = JsonNode::read(*json_root(before));
  if (root == nullptr) return false;
  LogReader in(differences);
  uint8_t operation = 0;
  while (in.u8(operation)) {
    std::string_view path, value;
    if (operation > 2 || !in.length_encoded_bytes(path)) return false;
    if (operation != 2 && !in.length_encoded_bytes(value)) return false;
    if (!apply(root, static_cast<Operation>(operation), path, value)) return false;
  }
  return root->append(out, reals);
}

}  // namespace godwit::mysql
