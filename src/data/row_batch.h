#pragma once
// Rows as bytes in one arena, and a matrix of slices over it. What the bytes mean is said once, by `encoding`; no
// cell is ever an object. A batch is owned by one thread at a time and moved between threads.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "data/table_def.h"

namespace godwit {

// How the bytes are written.
enum class Encoding : uint8_t {
  canonical,       // cells indexed; UTF-8 text for everything but bytes (ISO dates, plain decimals, t/f)
  pg_copy_text,    // COPY text lines, cells not indexed: forwarded as they are
  pg_copy_binary,  // COPY binary tuples without header and trailer, cells not indexed
};

std::string_view to_string(Encoding encoding);

struct Cell {
  static constexpr int32_t null = -1;
  static constexpr int32_t unchanged = -2;  // the log did not carry the value: never write it
  uint32_t offset = 0;
  int32_t length = null;
};

struct RowBatch {
  std::shared_ptr<const TableDef> layout;  // its columns, in this order
  Encoding encoding = Encoding::canonical;
  size_t rows = 0;
  ByteBuffer arena;
  std::vector<Cell> cells;  // rows × layout->columns.size() where the encoding indexes cells, else empty

  size_t width() const { return layout->columns.size(); }
  const Cell& cell(size_t row, size_t column) const { return cells[row * width() + column]; }
  std::string_view bytes(const Cell& cell) const {
    return cell.length > 0 ? arena.view(cell.offset, static_cast<size_t>(cell.length)) : std::string_view();
  }

  // Builders: append `width()` cells, then end_row().
  void append_null() { cells.push_back({0, Cell::null}); }
  void append_unchanged() { cells.push_back({0, Cell::unchanged}); }
  void append_value(std::string_view value) {
    cells.push_back({static_cast<uint32_t>(arena.size()), static_cast<int32_t>(value.size())});
    arena.append(value);
  }
  void end_row() { ++rows; }
  void clear() {
    rows = 0;
    arena.clear();
    cells.clear();
  }
  size_t memory_bytes() const { return arena.capacity() + cells.capacity() * sizeof(Cell); }
};

}  // namespace godwit
