#include "control/log_regex.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "control/log_faults.h"

namespace godwit {
namespace {

constexpr size_t steps_max = 500, emitted_max = 10'000, states_max = 256;
constexpr unsigned repeats_max = 1000;
constexpr int64_t unbounded = -1;

using Bytes = LogRegex::Bytes;

struct Node {
  enum class Kind { bytes, sequence, choice, repeat, begin, end } kind = Kind::sequence;
  Bytes bytes{};
  std::vector<Node> parts{};
  int64_t least = 0, most = 0;  // of a repeat
};

Bytes range(unsigned char from, unsigned char to) {
  Bytes out;
  for (unsigned c = from; c <= to; ++c) out.set(c);
  return out;
}

const Bytes digits = range('0', '9');
const Bytes letters = range('a', 'z') | range('A', 'Z') | digits | range('_', '_');
const Bytes blanks = range('\t', '\r') | range(' ', ' ');
const Bytes continuation = range(0x80, 0xBF);

std::optional<Bytes> class_of(char letter) {
  switch (letter) {
    case 'd':
      return digits;
    case 'w':
      return letters;
    case 's':
      return blanks;
    default:
      return std::nullopt;
  }
}

Node one_of(const Bytes& bytes) {
  return {.kind = Node::Kind::bytes, .bytes = bytes};
}

// One character that is not among these: of several bytes, unless it is ASCII.
Node none_of(const Bytes& bytes) {
  Node rest{.kind = Node::Kind::repeat, .parts = {one_of(continuation)}, .least = 0, .most = unbounded};
  return {.kind = Node::Kind::sequence, .parts = {one_of(~(bytes | continuation)), std::move(rest)}};
}

bool is_alphanumeric(char c) {
  return (digits | range('a', 'z') | range('A', 'Z'))[static_cast<unsigned char>(c)];
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> parse() {
    Node root = TRY(choice());
    if (!at_end()) return refuse("there is no ( for this )");
    return root;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  bool take(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }
  std::unexpected<Error> refuse(std::string_view why) const {
    return Failure(log_pattern_regex_invalid(text_, std::min(at_ + 1, text_.size()), why));
  }

  Result<Node> choice() {
    Node out{.kind = Node::Kind::choice};
    do out.parts.push_back(TRY(sequence()));
    while (take('|'));
    if (out.parts.size() == 1) return std::move(out.parts.front());
    return out;
  }

  Result<Node> sequence() {
    Node out{.kind = Node::Kind::sequence};
    while (!at_end() && peek() != '|' && peek() != ')') {
      Node part = TRY(atom());
      out.parts.push_back(TRY(repeated(std::move(part))));
    }
    return out;
  }

  // {n}, {n,}, {n,m}; nothing: the brace is a character like others.
  std::optional<std::pair<int64_t, int64_t>> counts() {
    const size_t before = at_;
    const auto number = [this]() -> std::optional<int64_t> {
      const size_t from = at_;
      int64_t out = 0;
      while (!at_end() && digits[static_cast<unsigned char>(peek())] && at_ - from < 6)
        out = out * 10 + (text_[at_++] - '0');
      return at_ == from ? std::nullopt : std::optional(out);
    };
    if (take('{')) {
      if (const auto least = number()) {
        int64_t most = *least;
        if (take(',')) most = number().value_or(unbounded);
        if (take('}')) return std::pair(*least, most);
      }
    }
    at_ = before;
    return std::nullopt;
  }

  Result<Node> repeated(Node part) {
    int64_t least = 0, most = unbounded;
    if (take('*')) {
    } else if (take('+')) {
      least = 1;
    } else if (take('?')) {
      most = 1;
    } else if (const auto asked = counts()) {
      std::tie(least, most) = *asked;
      if (least > repeats_max || most > repeats_max) return refuse("it is repeated more than 1000 times");
      if (most != unbounded && most < least) return refuse("its least number of repeats is above the most");
    } else {
      return part;
    }
    take('?');  // how much is taken makes no difference to whether it is there
    return Node{.kind = Node::Kind::repeat, .parts = {std::move(part)}, .least = least, .most = most};
  }

  Result<Node> atom() {
    if (const size_t before = at_; counts()) {
      at_ = before;
      return refuse("there is nothing to repeat");
    }
    const char c = text_[at_];
    switch (c) {
      case '*':
      case '+':
      case '?':
        return refuse("there is nothing to repeat");
      case '(':
        return group();
      case '[':
        return set();
      case '\\':
        return escaped();
      default:
        break;
    }
    ++at_;
    if (c == '.') return none_of({});
    if (c == '^') return Node{.kind = Node::Kind::begin};
    if (c == '$') return Node{.kind = Node::Kind::end};
    return character(c);
  }

  // With the bytes that belong to it, so that a repeat behind it is of the whole character.
  Node character(char first) {
    Node out{.kind = Node::Kind::sequence, .parts = {one_of(byte(first))}};
    if (static_cast<unsigned char>(first) < 0xC0) return out;
    while (!at_end() && continuation[static_cast<unsigned char>(peek())])
      out.parts.push_back(one_of(byte(text_[at_++])));
    return out;
  }
  static Bytes byte(char c) { return range(static_cast<unsigned char>(c), static_cast<unsigned char>(c)); }

  Result<Node> group() {
    ++at_;
    if (take('?') && !take(':')) return refuse("of groups that begin with ? only (?: is known");
    Node inside = TRY(choice());
    if (!take(')')) return refuse("a ( is not closed");
    return inside;
  }

  // Behind a backslash: the byte that it stands for.
  Result<char> escaped_byte() {
    if (at_end()) return refuse("nothing follows the \\");
    const char c = text_[at_++];
    if (c == 't') return '\t';
    if (c == 'n') return '\n';
    if (c == 'r') return '\r';
    if (c == 'x') return hex_byte();
    if (static_cast<unsigned char>(c) >= 0x80 || !is_alphanumeric(c)) return c;
    --at_;
    return refuse("this letter or digit means nothing behind a \\");
  }

  Result<char> hex_byte() {
    unsigned out = 0;
    for (int i = 0; i < 2; ++i) {
      constexpr std::string_view hex = "0123456789abcdef";
      const char c = at_end() ? ' ' : peek();
      const size_t digit = hex.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
      if (digit == std::string_view::npos) return refuse("two hexadecimal digits follow \\x");
      out = out * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    return static_cast<char>(static_cast<unsigned char>(out));
  }

  Result<Node> escaped() {
    ++at_;
    if (!at_end()) {
      const char c = peek();
      if (const auto members = class_of(c)) return ++at_, one_of(*members);
      if (const auto others = class_of(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : ' '))
        return ++at_, none_of(*others);
    }
    return character(TRY(escaped_byte()));
  }

  Result<Node> set() {
    ++at_;
    const bool negated = take('^');
    Bytes members;
    bool first = true;
    while (at_end() || peek() != ']' || first) {
      if (at_end()) return refuse("a [ is not closed");
      first = false;
      if (peek() == '\\' && at_ + 1 < text_.size() && class_of(text_[at_ + 1])) {
        members |= *class_of(text_[at_ + 1]);
        at_ += 2;
        continue;
      }
      const char from = TRY(member());
      char to = from;
      if (at_ + 1 < text_.size() && peek() == '-' && text_[at_ + 1] != ']') {
        ++at_;
        to = TRY(member());
        if (to < from) return refuse("a range in [ ] ends before it begins");
      }
      members |= range(static_cast<unsigned char>(from), static_cast<unsigned char>(to));
    }
    ++at_;
    return negated ? none_of(members) : one_of(members);
  }

  // Of a set, ASCII.
  Result<char> member() {
    char c = text_[at_++];
    if (c == '\\') c = TRY(escaped_byte());
    if (static_cast<unsigned char>(c) < 0x80) return c;
    --at_;
    return refuse("a set in [ ] holds ASCII characters; others go as (ä|ö)");
  }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

// Writes the steps of an expression, each before those that follow it.
class LogRegexBuilder {
 public:
  Result<LogRegex> build(std::string_view text) {
    const Node root = TRY(Parser(text).parse());
    const uint16_t accept = put({.kind = LogRegex::Kind::accept});
    out_.start_ = emit(root, accept);
    if (full())
      return Failure(log_pattern_regex_invalid(text, text.size(), "it is too large with its repeats written out"));
    return std::move(out_);
  }

 private:
  bool full() const { return out_.steps_.size() > steps_max || emitted_ > emitted_max; }

  uint16_t put(const LogRegex::Step& step) {
    out_.steps_.push_back(step);
    return static_cast<uint16_t>(out_.steps_.size() - 1);
  }
  uint16_t split(uint16_t next, uint16_t other) {
    return put({.kind = LogRegex::Kind::split, .next = next, .other = other});
  }

  // Answers where the node begins; what follows it begins at `next`.
  uint16_t emit(const Node& node, uint16_t next) {
    ++emitted_;
    if (full()) return next;
    switch (node.kind) {
      case Node::Kind::bytes:
        return put({.kind = LogRegex::Kind::bytes, .next = next, .bytes = node.bytes});
      case Node::Kind::begin:
        return put({.kind = LogRegex::Kind::begin, .next = next});
      case Node::Kind::end:
        return put({.kind = LogRegex::Kind::end, .next = next});
      case Node::Kind::sequence:
        for (size_t i = node.parts.size(); i-- > 0;) next = emit(node.parts[i], next);
        return next;
      case Node::Kind::choice: {
        uint16_t entry = emit(node.parts.back(), next);
        for (size_t i = node.parts.size() - 1; i-- > 0;) entry = split(emit(node.parts[i], next), entry);
        return entry;
      }
      case Node::Kind::repeat:
        break;
    }
    return emit_repeat(node, next);
  }

  uint16_t emit_repeat(const Node& node, uint16_t next) {
    uint16_t entry = next;
    if (node.most == unbounded) {
      entry = split(next, next);
      const uint16_t body = emit(node.parts.front(), entry);
      out_.steps_[entry].next = body;
    }
    for (int64_t i = node.least; i < node.most && !full(); ++i) entry = split(emit(node.parts.front(), entry), next);
    for (int64_t i = 0; i < node.least && !full(); ++i) entry = emit(node.parts.front(), entry);
    return entry;
  }

  LogRegex out_;
  size_t emitted_ = 0;
};

Result<LogRegex> LogRegex::parse(std::string_view text) {
  return LogRegexBuilder().build(text);
}

// With all that is reached from there without a byte.
void LogRegex::add(Members& to, uint16_t step, bool at_begin, bool at_end) const {
  std::vector<bool> seen(steps_.size());
  for (const uint16_t member : to) seen[member] = true;
  std::vector<uint16_t> open = {step};
  while (!open.empty()) {
    const uint16_t at = open.back();
    open.pop_back();
    if (seen[at]) continue;
    seen[at] = true;
    const Step& its = steps_[at];
    if (its.kind == Kind::split) {
      open.push_back(its.next);
      open.push_back(its.other);
    } else if (its.kind == Kind::begin) {
      if (at_begin) open.push_back(its.next);
    } else if (its.kind == Kind::end && at_end) {
      open.push_back(its.next);
    } else {
      to.push_back(at);
    }
  }
}

int32_t LogRegex::state_of(Members members, bool at_begin) const {
  std::ranges::sort(members);
  if (!at_begin)
    if (const auto at = known_.find(members); at != known_.end()) return at->second;
  State state;
  const auto accepting = [this](uint16_t step) { return steps_[step].kind == Kind::accept; };
  state.accepts = std::ranges::any_of(members, accepting);
  Members ends;
  for (const uint16_t member : members)
    if (steps_[member].kind == Kind::end) add(ends, steps_[member].next, at_begin, true);
  state.accepts_at_end = state.accepts || std::ranges::any_of(ends, accepting);
  state.next.assign(256, -1);
  state.members = std::move(members);
  const auto number = static_cast<int32_t>(states_.size());
  if (!at_begin) known_.emplace(state.members, number);
  states_.push_back(std::move(state));
  return number;
}

int32_t LogRegex::next_of(int32_t state, unsigned char byte) const {
  Members members;
  for (const uint16_t member : states_[static_cast<size_t>(state)].members)
    if (steps_[member].kind == Kind::bytes && steps_[member].bytes[byte])
      add(members, steps_[member].next, false, false);
  add(members, start_, false, false);  // it may begin anywhere
  if (states_.size() >= states_max) {
    begin_anew();
    return state_of(std::move(members), false);
  }
  const int32_t next = state_of(std::move(members), false);
  states_[static_cast<size_t>(state)].next[byte] = next;
  return next;
}

void LogRegex::begin_anew() const {
  known_.clear();
  states_.clear();
  Members members;
  add(members, start_, true, false);
  state_of(std::move(members), true);
}

bool LogRegex::found_in(std::string_view message) const {
  if (states_.empty()) begin_anew();
  int32_t state = 0;
  for (const char c : message) {
    if (states_[static_cast<size_t>(state)].accepts) return true;
    const auto byte = static_cast<unsigned char>(c);
    const int32_t next = states_[static_cast<size_t>(state)].next[byte];
    state = next < 0 ? next_of(state, byte) : next;
  }
  return states_[static_cast<size_t>(state)].accepts_at_end;
}

}  // namespace godwit
