#pragma once
// Failure is a value. TRY(expr) yields the value of a Result or returns its error from the enclosing function.
// Use it as a statement or as the whole right side of a declaration, not inside an argument list, and never inside
// the braces of an initializer: where it returns from there, g++ leaks the members made before
// (tests/early_returns_test.py).

#include <expected>
#include <utility>

#include "base/error.h"

namespace godwit {

template <class T>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

}  // namespace godwit

#define GODWIT_PASTE(a, b) a##b
#define GODWIT_JOIN(a, b) GODWIT_PASTE(a, b)
#define GODWIT_TRY_AS(name, ...)                                            \
  __extension__({                                                           \
    auto name = (__VA_ARGS__);                                              \
    if (!name) [[unlikely]]                                                 \
      return ::std::unexpected<::godwit::Error>(::std::move(name).error()); \
    ::std::move(name).value();                                              \
  })
#define TRY(...) GODWIT_TRY_AS(GODWIT_JOIN(try_, __COUNTER__), __VA_ARGS__)
