#pragma once
// The service model: which operations there are and what shapes their inputs and outputs have (spec/api.md §6 to §9),
// read from src/api/model.txt, which the binary carries.

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace godwit {

enum class ShapeKind {
  text,
  secret,
  integer,
  long_integer,
  number,
  flag,
  timestamp,
  iso_time,
  blob,
  choice,
  list,
  structure
};

struct Structure;

struct Shape {
  ShapeKind kind = ShapeKind::text;
  size_t characters_max = 0;             // of a text; 0: any number
  std::vector<std::string> choices{};    // of a choice
  bool any_case = false;                 // a choice that callers may write in any case
  const Structure* structure = nullptr;  // of a structure
  std::unique_ptr<Shape> element{};      // of a list
};

struct Member {
  std::string name;
  bool required = false;
  Shape shape;
};

struct Structure {
  std::string name;
  std::vector<Member> members;
  const Member* find(std::string_view member) const;
};

enum class Tier { must, should, may };  // spec/api.md §6, §7, §8

struct ModelOperation {
  std::string name;
  Tier tier = Tier::must;
  std::string unsupported_fault = "InvalidResourceStateFault";  // what answers it while it is not carried out
  Structure input, output;
};

class Model {
 public:
  // Total: any text gives a model or an error of code api.model that names the line. Structures never hold
  // themselves, so that walking a shape ends.
  static Result<std::unique_ptr<Model>> parse(std::string_view text);

  const ModelOperation* find(std::string_view operation) const;  // null: there is none
  const std::deque<ModelOperation>& operations() const { return operations_; }
  const Structure* structure(std::string_view name) const;

 private:
  friend class ModelReader;
  std::deque<ModelOperation> operations_;  // deques: their elements are pointed to
  std::deque<Structure> structures_;
  std::unordered_map<std::string_view, const ModelOperation*> operation_of_name_;
  std::unordered_map<std::string_view, Structure*> structure_of_name_;
};

// The model that the binary carries; read at the first call.
const Model& service_model();

}  // namespace godwit
