#include "mapping/expression.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mapping/digest.h"
#include "mapping/errors.h"
#include "mapping/utf8.h"

namespace godwit {
namespace {

std::string_view text_of(sqlite3_value* value) {
  const void* bytes = sqlite3_value_type(value) == SQLITE_BLOB ? sqlite3_value_blob(value)
                                                               : static_cast<const void*>(sqlite3_value_text(value));
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_value_bytes(value))};
}

bool any_null(int count, sqlite3_value** values) {
  return std::any_of(values, values + count, [](sqlite3_value* v) { return sqlite3_value_type(v) == SQLITE_NULL; });
}

void answer(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// replaceChars(text, from, to): each character of `from` becomes the one of `to` at its place, or its first one.
void replace_characters(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) {
    sqlite3_result_null(context);
    return;
  }
  const auto characters = [](std::string_view text) {
    std::vector<std::string_view> out;
    for (; !text.empty(); text.remove_prefix(out.back().size())) out.push_back(text.substr(0, character_bytes(text)));
    return out;
  };
  const std::vector<std::string_view> from = characters(text_of(values[1])), to = characters(text_of(values[2]));
  std::string out;
  for (const std::string_view character : characters(text_of(values[0]))) {
    const auto found = std::ranges::find(from, character);
    const auto place = static_cast<size_t>(found - from.begin());
    if (found == from.end())
      out += character;
    else if (!to.empty())
      out += place < to.size() ? to[place] : to.front();
  }
  answer(context, out);
}

void hash_sha256(sqlite3_context* context, int count, sqlite3_value** values) {
  if (any_null(count, values)) {
    sqlite3_result_null(context);
    return;
  }
  const DigestText digest = sha256_text(text_of(values[0]));
  answer(context, {digest.data(), digest.size()});
}

// operation_indicator(of a delete, of an update, of an insert)
void operation_indicator(sqlite3_context* context, int, sqlite3_value** values) {
  const Op operation = *static_cast<const Op*>(sqlite3_user_data(context));
  sqlite3_result_value(context, values[operation == Op::erase ? 0 : operation == Op::update ? 1 : 2]);
}

// Functions of the expression itself; everything else that a statement might do is denied.
int authorize(void* selects, int action, const char*, const char* function, const char*, const char*) {
  if (action == SQLITE_SELECT) return ++*static_cast<int*>(selects) == 1 ? SQLITE_OK : SQLITE_DENY;
  if (action != SQLITE_FUNCTION) return SQLITE_DENY;
  const std::string name = lower_ascii(function == nullptr ? "" : function);
  return name == "load_extension" || name.starts_with("sqlite_") || name.starts_with("fts") ? SQLITE_DENY : SQLITE_OK;
}

}  // namespace

// --- one expression ---

Expression::~Expression() {
  sqlite3_finalize(statement_);
}

// SQLite takes no value while the statement stands on its last row.
int Expression::place_of(size_t variable) {
  sqlite3_reset(statement_);
  return static_cast<int>(variable + 1);
}
void Expression::bind_null(size_t variable) {
  sqlite3_bind_null(statement_, place_of(variable));
}
void Expression::bind_integer(size_t variable, int64_t value) {
  sqlite3_bind_int64(statement_, place_of(variable), value);
}
void Expression::bind_real(size_t variable, double value) {
  sqlite3_bind_double(statement_, place_of(variable), value);
}
void Expression::bind_text(size_t variable, std::string_view value) {
  sqlite3_bind_text64(statement_, place_of(variable), value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void Expression::bind_blob(size_t variable, std::string_view value) {
  sqlite3_bind_blob64(statement_, place_of(variable), value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
}

ExpressionValue Expression::evaluate() {
  sqlite3_reset(statement_);
  ExpressionValue value;
  if (sqlite3_step(statement_) != SQLITE_ROW) {
    value.kind = ExpressionValue::Kind::failed;
    value.bytes = sqlite3_errmsg(db_);
    return value;
  }
  const int type = sqlite3_column_type(statement_, 0);
  if (type == SQLITE_NULL) return value;
  if (type == SQLITE_INTEGER) value.integer = sqlite3_column_int64(statement_, 0);
  if (type == SQLITE_FLOAT) value.real = sqlite3_column_double(statement_, 0);
  value.kind = type == SQLITE_INTEGER ? ExpressionValue::Kind::integer
               : type == SQLITE_FLOAT ? ExpressionValue::Kind::real
               : type == SQLITE_TEXT  ? ExpressionValue::Kind::text
                                      : ExpressionValue::Kind::blob;
  const void* bytes = type == SQLITE_BLOB ? sqlite3_column_blob(statement_, 0)
                                          : static_cast<const void*>(sqlite3_column_text(statement_, 0));
  if (bytes != nullptr)
    value.bytes = {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, 0))};
  return value;
}

// --- the engine ---

Result<std::unique_ptr<ExpressionEngine>> ExpressionEngine::open() {
  std::unique_ptr<ExpressionEngine> engine(new ExpressionEngine());
  TRY(engine->configure());
  return engine;
}

ExpressionEngine::~ExpressionEngine() {
  sqlite3_close_v2(db_);
}

Result<void> ExpressionEngine::configure() {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(":memory:", &db_, flags, nullptr) != SQLITE_OK)
    return Failure(mapping_expression("SQLite cannot be opened"));
  for (const int option : {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION})
    sqlite3_db_config(db_, option, 0, nullptr);
  sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
  using Function = void (*)(sqlite3_context*, int, sqlite3_value**);
  const struct {
    const char* name;
    int arguments, flags;
    Function function;
  } functions[] = {{"replaceChars", 3, SQLITE_DETERMINISTIC, replace_characters},
                   {"hash_sha256", 1, SQLITE_DETERMINISTIC, hash_sha256},
                   {"operation_indicator", 3, 0, operation_indicator}};
  for (const auto& f : functions)
    if (sqlite3_create_function_v2(db_, f.name, f.arguments, SQLITE_UTF8 | f.flags, &operation_, f.function, nullptr,
                                   nullptr, nullptr) != SQLITE_OK)
      return Failure(mapping_expression(fmt::format("SQLite does not take {}", f.name)));
  return {};
}

Result<std::unique_ptr<Expression>> ExpressionEngine::compile(const ExpressionText& text) {
  int selects = 0;
  sqlite3_set_authorizer(db_, authorize, &selects);
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(db_, text.sql.c_str(), static_cast<int>(text.sql.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  const std::string why = code == SQLITE_OK ? "it is no expression" : sqlite3_errmsg(db_);
  sqlite3_set_authorizer(db_, nullptr, nullptr);
  std::unique_ptr<Expression> expression(new Expression(db_, statement));
  const bool is_one_value = code == SQLITE_OK && statement != nullptr && std::string_view(rest).empty() &&
                            sqlite3_column_count(statement) == 1;
  if (!is_one_value) return Failure(mapping_expression("SQLite says: " + why));
  return expression;
}

namespace {

// One engine a thread, for what is evaluated once.
Result<std::unique_ptr<Expression>> compile_once(const ExpressionText& text) {
  thread_local std::unique_ptr<ExpressionEngine> engine;
  if (!engine) engine = TRY(ExpressionEngine::open());
  return engine->compile(text);
}

}  // namespace

Result<void> check_expression(std::string_view text) {
  TRY(compile_once(TRY(read_expression_text(text))));
  return {};
}

std::string evaluate_name(std::string_view expression, const std::vector<NameVariable>& variables) {
  const Result<ExpressionText> text = read_expression_text(expression);
  if (!text) return {};
  const auto compiled = compile_once(*text);
  if (!compiled) return {};
  for (size_t i = 0; i < text->variables.size(); ++i) {
    const auto known = std::ranges::find(variables, text->variables[i].name, &NameVariable::name);
    if (known == variables.end()) return {};
    (*compiled)->bind_text(i, known->value);
  }
  const ExpressionValue value = (*compiled)->evaluate();
  const bool is_text = value.kind != ExpressionValue::Kind::null && value.kind != ExpressionValue::Kind::failed;
  return is_text ? std::string(value.bytes) : std::string();
}

}  // namespace godwit
