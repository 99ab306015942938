#pragma once
// COPY text format (https://www.postgresql.org/docs/15/sql-copy.html, "Text Format"): lines of tab-separated values,
// \N for NULL, backslash escapes. Writers for apply, splitters for rows that a load refuses.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "data/table_def.h"

namespace godwit::postgres {

// Appends a value with every special byte escaped; the caller writes tabs and newlines.
void append_copy_value(ByteBuffer& out, std::string_view value);
inline void append_copy_null(ByteBuffer& out) {
  out.append("\\N", 2);
}

// Whether a column's canonical cells are bytes and not text (bytea, domains over it, and what rules make bytes of).
inline bool holds_bytes(const ColumnDef& column) {
  return is_binary(column.type.type_class) && column.type.form != ValueForm::bits;
}

// As a parameter in text form a value would end before its NUL. Sent as it is, in binary form, a text with one is
// refused by the server, as in COPY.
inline bool cuts_short(std::string_view value) {
  return value.find('\0') != std::string_view::npos;
}

// Appends the text that the type's input function takes: bytes as \x and hexadecimal digits, all else as it is.
void append_text(ByteBuffer& out, const ColumnDef& column, std::string_view value);
// The same in a COPY line.
void append_copy_text(ByteBuffer& out, const ColumnDef& column, std::string_view value);

// Appends what an escaped field stands for. Total: unknown escapes stand for themselves, as the server reads them.
void append_unescaped(ByteBuffer& out, std::string_view field);

// The values of one line without its newline; nothing = NULL. Total: unknown escapes stand for themselves, as the
// server reads them.
std::vector<std::optional<std::string>> split_copy_line(std::string_view line);

// Takes the first line (newline included) off the front of `text`; the whole text when it has none.
std::string_view take_copy_line(std::string_view& text);

// Takes the first tuple off the front of COPY binary data (no header); empty when it is damaged.
std::string_view take_copy_tuple(std::string_view& data);

}  // namespace godwit::postgres
