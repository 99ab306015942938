#pragma once
// Expressions of add-column and rename (spec/table-mappings.md §4.3), evaluated by an embedded SQLite that can do
// nothing else: no statement, no table, no file, no extension. Not thread-safe; each thread has its own.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/change.h"

struct sqlite3;
struct sqlite3_stmt;

namespace godwit {

struct ExpressionVariable {
  std::string name;  // without $ and braces
  // Where it stands, text is wanted (beside ||, in upper() and its like, or alone): numbers come as their exact text.
  // Elsewhere they take part in SQLite's arithmetic and comparisons, as 64-bit integers or doubles.
  bool as_text = false;
};

struct ExpressionText {
  std::string sql;                            // SELECT of the one value, with parameters ?1 …
  std::vector<ExpressionVariable> variables;  // by parameter
  bool marks_operation = false;               // calls operation_indicator()
};

// Errors are of kind usage, code "mapping.expression", and say what is wrong and where, as part of a sentence.
Result<ExpressionText> read_expression_text(std::string_view text);
// The same, and that SQLite takes it.
Result<void> check_expression(std::string_view text);

struct ExpressionValue {
  enum class Kind { null, integer, real, text, blob, failed };
  Kind kind = Kind::null;
  int64_t integer = 0;
  double real = 0;
  // text, blob: the bytes; integer, real: SQLite's text of it; failed: why. Valid until the next evaluation.
  std::string_view bytes;
};

class Expression {
 public:
  ~Expression();
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  // Each variable of the text is bound before evaluate(), by its index; bytes must live until then.
  void bind_null(size_t variable);
  void bind_integer(size_t variable, int64_t value);
  void bind_real(size_t variable, double value);
  void bind_text(size_t variable, std::string_view value);
  void bind_blob(size_t variable, std::string_view value);
  ExpressionValue evaluate();

 private:
  friend class ExpressionEngine;
  Expression(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  int place_of(size_t variable);
  sqlite3* db_;
  sqlite3_stmt* statement_;
};

// Must outlive its expressions, and stays where it was made.
class ExpressionEngine {
 public:
  static Result<std::unique_ptr<ExpressionEngine>> open();
  ~ExpressionEngine();
  ExpressionEngine(const ExpressionEngine&) = delete;
  ExpressionEngine& operator=(const ExpressionEngine&) = delete;

  Result<std::unique_ptr<Expression>> compile(const ExpressionText& text);
  // What operation_indicator() answers to.
  void set_operation(Op operation) { operation_ = operation; }

 private:
  ExpressionEngine() = default;
  Result<void> configure();
  sqlite3* db_ = nullptr;
  Op operation_ = Op::insert;
};

// The value of one variable of a name's expression.
struct NameVariable {
  std::string_view name, value;
};

// The text an expression gives, the variables being the given ones; nothing when it gives NULL, fails or names
// another variable.
std::string evaluate_name(std::string_view expression, const std::vector<NameVariable>& variables);

}  // namespace godwit
