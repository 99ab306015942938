#pragma once
// The grammar of test_decoding's lines (spec/engine-postgresql.md §6). Every function takes what it reads off the
// front of `text` and answers false, with `text` anywhere, when the text is another. Nothing is copied but names.

#include <cstdint>
#include <string>
#include <string_view>

#include "data/table_def.h"

namespace godwit::postgres::text_line {

// What the server writes for a name: as it is, or in double quotes that are doubled inside.
bool name(std::string_view& text, std::string& out);
bool skip_name(std::string_view& text);
// schema.name
bool table(std::string_view& text, TableRef& out);
bool skip_table(std::string_view& text);
// name[type]:
struct ColumnHead {
  std::string name;
  std::string_view type;
  std::string_view whole;  // as it is written
};
bool column_head(std::string_view& text, ColumnHead& out);

enum class Form : uint8_t { null, unchanged, bare, quoted, bits };
struct Value {
  Form form = Form::null;
  std::string_view bytes;  // without the outer quotes
  bool doubled = false;    // quotes inside are doubled
};
bool value(std::string_view& text, Value& out);
// The text of a quoted value whose quotes are doubled; appended.
void append_undoubled(std::string& out, std::string_view quoted);

struct Begin {
  uint64_t xid = 0;
};
bool begin(std::string_view text, Begin& out);
struct Commit {
  uint64_t xid = 0;
  int64_t commit_us = 0;
};
bool commit(std::string_view text, Commit& out);

// The literal at the front, taken off.
bool literal(std::string_view& text, std::string_view wanted);

}  // namespace godwit::postgres::text_line
