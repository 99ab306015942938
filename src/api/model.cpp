#include "api/model.h"

#include <charconv>
#include <cstdlib>

#include "api/errors.h"
#include "base/server_log.h"
#include "base/text.h"

namespace godwit {

extern const std::string_view api_model_text;  // model.txt, by cmake/embed.cmake

namespace {

constexpr unsigned list_depth_max = 4;

struct Token {
  std::string_view text;
  size_t line = 0;
};

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  size_t line = 0;
  while (!text.empty()) {
    ++line;
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    rest = rest.substr(0, rest.find('#'));
    text.remove_prefix(std::min(end + 1, text.size()));
    while (true) {
      const size_t first = rest.find_first_not_of(" \t\r");
      if (first == std::string_view::npos) break;
      rest.remove_prefix(first);
      const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r"));
      tokens.push_back({word, line});
      rest.remove_prefix(word.size());
    }
  }
  return tokens;
}

}  // namespace

class ModelReader {
 public:
  explicit ModelReader(std::string_view text) : tokens_(tokens_of(text)) {}

  Result<std::unique_ptr<Model>> read() {
    declare_structures();
    while (at_ < tokens_.size()) {
      const Token word = next();
      if (word.text == "operation")
        TRY(operation());
      else if (word.text == "structure")
        TRY(structure());
      else
        return Failure(bad_model(word.line, "expected 'operation' or 'structure'"));
    }
    for (const Structure& structure : model_->structures_) TRY(check_ends(structure, 0));
    return std::move(model_);
  }

 private:
  // All names first, since a member may be of a structure that stands further down.
  void declare_structures() {
    for (size_t i = 0; i + 1 < tokens_.size(); ++i) {
      if (tokens_[i].text != "structure" || model_->structure_of_name_.contains(tokens_[i + 1].text)) continue;
      Structure& made = model_->structures_.emplace_back();
      made.name = tokens_[i + 1].text;
      model_->structure_of_name_.emplace(made.name, &made);
    }
  }

  Token next() {
    return at_ < tokens_.size() ? tokens_[at_++] : Token{{}, tokens_.empty() ? 0 : tokens_.back().line};
  }
  std::string_view peek() const { return at_ < tokens_.size() ? tokens_[at_].text : std::string_view(); }

  Result<void> operation() {
    const Token name = next(), tier = next();
    if (name.text.empty() || model_->operation_of_name_.contains(name.text))
      return Failure(bad_model(name.line, "an operation without a name of its own"));
    ModelOperation& made = model_->operations_.emplace_back();
    made.name = name.text;
    model_->operation_of_name_.emplace(made.name, &made);
    if (tier.text == "must")
      made.tier = Tier::must;
    else if (tier.text == "should")
      made.tier = Tier::should;
    else if (tier.text == "may")
      made.tier = Tier::may;
    else
      return Failure(bad_model(tier.line, "a tier is must, should or may"));
    if (peek() != "in") made.unsupported_fault = next().text;
    for (auto [word, members] : {std::pair("in", &made.input), std::pair("out", &made.output)}) {
      if (const Token found = next(); found.text != word)
        return Failure(bad_model(found.line, std::string("expected ") + word));
      members->name = made.name;
      TRY(read_members(*members));
    }
    return {};
  }

  Result<void> structure() {
    const Token name = next();
    const auto declared = model_->structure_of_name_.find(name.text);
    if (declared == model_->structure_of_name_.end() || !declared->second->members.empty())
      return Failure(bad_model(name.line, "a structure without a name of its own"));
    return read_members(*declared->second);
  }

  Result<void> read_members(Structure& into) {
    while (peek().contains(':')) {
      const Token token = next();
      const size_t colon = token.text.find(':');
      std::string_view name = token.text.substr(0, colon);
      Member member;
      member.required = name.ends_with('*');
      if (member.required) name.remove_suffix(1);
      if (name.empty() || into.find(name) != nullptr)
        return Failure(bad_model(token.line, "a member without a name of its own"));
      member.name = name;
      member.shape = TRY(shape(token.text.substr(colon + 1), token.line, 0));
      into.members.push_back(std::move(member));
    }
    return {};
  }

  Result<Shape> shape(std::string_view type, size_t line, unsigned depth) {
    static const std::unordered_map<std::string_view, ShapeKind> plain = {
        {"str", ShapeKind::text},          {"secret", ShapeKind::secret}, {"int", ShapeKind::integer},
        {"long", ShapeKind::long_integer}, {"double", ShapeKind::number}, {"bool", ShapeKind::flag},
        {"ts", ShapeKind::timestamp},      {"iso", ShapeKind::iso_time},  {"blob", ShapeKind::blob}};
    Shape made;
    if (const auto found = plain.find(type); found != plain.end()) {
      made.kind = found->second;
    } else if (type.starts_with("str<=")) {
      const std::string_view digits = type.substr(5);
      const auto [end, failed] = std::from_chars(digits.begin(), digits.end(), made.characters_max);
      if (failed != std::errc() || end != digits.end()) return Failure(bad_model(line, "str<= takes a number"));
    } else if ((type.starts_with("enum(") || type.starts_with("anycase(")) && type.ends_with(')')) {
      made.kind = ShapeKind::choice;
      made.any_case = type.starts_with('a');
      type.remove_suffix(1);
      made.choices = split(type.substr(type.find('(') + 1), '|');
    } else if (type.starts_with('[') && type.ends_with(']') && depth < list_depth_max) {
      made.kind = ShapeKind::list;
      made.element = std::make_unique<Shape>(TRY(shape(type.substr(1, type.size() - 2), line, depth + 1)));
    } else if (const auto named = model_->structure_of_name_.find(type); named != model_->structure_of_name_.end()) {
      made.kind = ShapeKind::structure;
      made.structure = named->second;
    } else {
      return Failure(bad_model(line, "there is no type " + std::string(type)));
    }
    return made;
  }

  Result<void> check_ends(const Structure& structure, size_t depth) const {
    if (depth > model_->structures_.size()) return Failure(bad_model(0, structure.name + " holds itself"));
    for (const Member& member : structure.members) {
      const Shape* shape = &member.shape;
      while (shape->kind == ShapeKind::list) shape = shape->element.get();
      if (shape->kind == ShapeKind::structure) TRY(check_ends(*shape->structure, depth + 1));
    }
    return {};
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::unique_ptr<Model> model_ = std::make_unique<Model>();
};

const Member* Structure::find(std::string_view member) const {
  for (const Member& known : members)
    if (known.name == member) return &known;
  return nullptr;
}

Result<std::unique_ptr<Model>> Model::parse(std::string_view text) {
  return ModelReader(text).read();
}

const ModelOperation* Model::find(std::string_view operation) const {
  const auto found = operation_of_name_.find(operation);
  return found == operation_of_name_.end() ? nullptr : found->second;
}

const Structure* Model::structure(std::string_view name) const {
  const auto found = structure_of_name_.find(name);
  return found == structure_of_name_.end() ? nullptr : found->second;
}

const Model& service_model() {
  static const std::unique_ptr<Model> model = [] {
    auto read = Model::parse(api_model_text);
    if (!read) {  // a defect of the build, which model_test.cpp finds
      server_log(Severity::error, "api", read.error().message);
      std::abort();
    }
    return std::move(*read);
  }();
  return *model;
}

}  // namespace godwit
