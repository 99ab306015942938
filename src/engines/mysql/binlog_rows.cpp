#include "engines/mysql/binlog_rows.h"

#include <fmt/format.h>

#include "engines/mysql/binlog_compression.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/json_binary.h"

namespace godwit::mysql {
namespace {

constexpr unsigned no_foreign_key_checks = 2;  // of a rows event's flags

struct RowsKind {
  Op op = Op::insert;
  unsigned version = 1;
  bool compressed = false, partial = false;
};

bool kind_of(EventType type, RowsKind& out) {
  switch (type) {
    case EventType::write_rows_v1:
      out = {Op::insert, 1, false, false};
      return true;
    case EventType::update_rows_v1:
      out = {Op::update, 1, false, false};
      return true;
    case EventType::delete_rows_v1:
      out = {Op::erase, 1, false, false};
      return true;
    case EventType::write_rows_v2:
      out = {Op::insert, 2, false, false};
      return true;
    case EventType::update_rows_v2:
      out = {Op::update, 2, false, false};
      return true;
    case EventType::delete_rows_v2:
      out = {Op::erase, 2, false, false};
      return true;
    case EventType::partial_update_rows:
      out = {Op::update, 2, false, true};
      return true;
    case EventType::maria_write_rows_compressed:
      out = {Op::insert, 1, true, false};
      return true;
    case EventType::maria_update_rows_compressed:
      out = {Op::update, 1, true, false};
      return true;
    case EventType::maria_delete_rows_compressed:
      out = {Op::erase, 1, true, false};
      return true;
    default:
      return false;
  }
}

bool has_bit(std::string_view bits, size_t index) {
  return (unsigned{static_cast<uint8_t>(bits[index / 8])} >> (index % 8) & 1U) != 0;
}

size_t count_bits(std::string_view bits, size_t columns) {
  size_t count = 0;
  if (bits.empty()) return 0;
  for (size_t c = 0; c < columns; ++c) count += has_bit(bits, c) ? 1U : 0U;
  return count;
}

// Which columns the images have: one set for one image a row, two for two.
struct RowsHead {
  uint16_t flags = 0;
  uint64_t columns = 0;
  std::string_view first_present, second_present;
};

bool read_head(const RowsKind& kind, size_t table_id_bytes, LogReader& in, RowsHead& out) {
  uint16_t extra = 2;
  if (!in.skip(table_id_bytes) || !in.u16(out.flags) || (kind.version == 2 && !in.u16(extra)) || extra < 2 ||
      !in.skip(extra - 2U) || !in.length_encoded(out.columns) || out.columns > UINT16_MAX)
    return false;
  const size_t bytes = (out.columns + 7) / 8;
  return in.bytes(bytes, out.first_present) && (kind.op != Op::update || in.bytes(bytes, out.second_present));
}

}  // namespace

bool is_rows_event(EventType type) {
  RowsKind kind;
  return kind_of(type, kind);
}

Result<uint64_t> read_rows_table_id(EventType type, std::string_view body, const LogFormat& format,
                                    std::string_view where) {
  uint64_t id = 0;
  if (!LogReader(body).number(format.table_id_bytes(type), id))
    return Failure(errors::damaged_log("a rows event that ends early", where));
  return id;
}

Result<bool> holds_rows(EventType type, std::string_view body, const LogFormat& format, std::string_view where) {
  RowsKind kind;
  LogReader in(body);
  RowsHead head;
  if (!kind_of(type, kind) || !read_head(kind, format.table_id_bytes(type), in, head))
    return Failure(errors::damaged_log("a rows event that ends early", where));
  return !in.done();
}

Failure RowsReader::damaged(std::string_view what) const {
  return Failure(errors::damaged_log(what, where_));
}

Failure RowsReader::unreadable(Error error) {
  unreadable_ = error.message;
  return Failure(std::move(error));
}

Result<RowsReader> RowsReader::open(EventType type, std::string_view body, const LogFormat& format,
                                    const RowPlan& plan, std::string_view where) {
  RowsReader out(plan);
  out.where_ = where;
  RowsKind kind;
  if (!kind_of(type, kind)) return out.damaged(fmt::format("rows of type {}", static_cast<unsigned>(type)));
  out.op_ = kind.op;
  out.partial_ = kind.partial;
  LogReader in(body);
  RowsHead head;
  if (!read_head(kind, format.table_id_bytes(type), in, head)) return out.damaged("a rows event that ends early");
  out.keys_off_ = (head.flags & no_foreign_key_checks) != 0;
  if (head.columns != plan.codecs.size())
    return out.damaged("rows with another number of columns than their table map");
  (kind.op == Op::insert ? out.after_present_ : out.before_present_) = head.first_present;
  if (kind.op == Op::update) out.after_present_ = head.second_present;
  if (kind.compressed) {
    out.inflated_ = std::make_unique<std::string>();
    TRY(inflate_maria(in.rest(), *out.inflated_, where));
    out.in_ = LogReader(*out.inflated_);
  } else {
    out.in_ = in;
  }
  if (kind.partial) out.old_json_.resize(plan.json_columns);
  TRY(out.look_at_emptiness());
  return out;
}

// Images without any column take no bytes. A row is one all the same where it is inserted: it has its defaults.
Result<void> RowsReader::look_at_emptiness() {
  const size_t columns = plan_->codecs.size();
  if (count_bits(before_present_, columns) + count_bits(after_present_, columns) > 0) return {};
  if (op_ != Op::insert || !in_.done()) return damaged("rows without any column");
  of_defaults_ = true;
  return {};
}

bool RowsReader::append_partial(size_t column, size_t json_index, std::string_view raw, ByteBuffer& out) {
  const OldJson& old = old_json_[json_index];
  return append_changed_json(out, old.binary, raw, plan_->codecs[column].json_reals);
}

// An INSERT of a minimal row image leaves out what has its default.
Result<void> RowsReader::fill_absent(const ColumnCodec& codec, size_t column, RowBatch& image) {
  if (codec.when_absent == WhenAbsent::unknown) return unreadable(errors::insert_lacks(codec.name));
  row_[column] = {0, Cell::null};
  if (codec.when_absent == WhenAbsent::null) return {};
  row_[column] = {static_cast<uint32_t>(image.arena.size()), static_cast<int32_t>(codec.default_text.size())};
  image.arena.append(codec.default_text);
  return {};
}

// `partial`: differences may stand for documents. `keep_json`: what this image has of documents is noted.
Result<uint32_t> RowsReader::read_image(std::string_view present, bool partial, bool keep_json, RowBatch& image) {
  const size_t columns = plan_->codecs.size();
  row_.assign(image.width(), Cell{0, Cell::unchanged});
  std::string_view differing, nulls;
  if (partial) {
    uint64_t options = 0;
    if (!in_.length_encoded(options)) return damaged("a row that ends early");
    if ((options & 1U) != 0 && !in_.bytes((plan_->json_columns + 7) / 8, differing))
      return damaged("a row that ends early");
  }
  if (!in_.bytes((count_bits(present, columns) + 7) / 8, nulls)) return damaged("a row that ends early");
  size_t null_index = 0, json_index = 0;
  for (size_t c = 0; c < columns; ++c) {
    const ColumnCodec& codec = plan_->codecs[c];
    const size_t json_at = json_index;
    if (codec.kind == ValueKind::json) ++json_index;
    if (!has_bit(present, c)) {
      if (op_ == Op::insert && plan_->to_layout[c] >= 0)
        TRY(fill_absent(codec, static_cast<size_t>(plan_->to_layout[c]), image));
      continue;
    }
    const bool is_null = has_bit(nulls, null_index++);
    std::string_view raw;
    if (!is_null && !take_value(codec, in_, raw)) return damaged("a value that ends early");
    if (keep_json && codec.kind == ValueKind::json) old_json_[json_at] = {true, is_null, raw};
    const int32_t column = plan_->to_layout[c];
    if (column < 0) continue;
    Cell& cell = row_[static_cast<size_t>(column)];
    if (is_null) {
      cell = {0, Cell::null};
      continue;
    }
    const size_t start = image.arena.size();
    const bool is_difference = codec.kind == ValueKind::json && !differing.empty() && has_bit(differing, json_at);
    if (is_difference && (!old_json_[json_at].there || old_json_[json_at].null))
      return unreadable(errors::partial_json_lost(codec.name));
    if (is_difference ? !append_partial(c, json_at, raw, image.arena) : !append_value(codec, raw, image.arena))
      return unreadable(errors::unreadable_value(codec.name));
    if (image.arena.size() > UINT32_MAX || image.arena.size() - start > INT32_MAX)
      return damaged("a value of more than 2 GiB");
    cell = {static_cast<uint32_t>(start), static_cast<int32_t>(image.arena.size() - start)};
  }
  image.cells.insert(image.cells.end(), row_.begin(), row_.end());
  return static_cast<uint32_t>(image.rows++);
}

Result<void> RowsReader::next(RowBatch& image, Change& change) {
  of_defaults_ = false;
  change.op = op_;
  change.keys_off = keys_off_;
  change.before_row = change.after_row = Change::no_row;
  if (op_ != Op::insert) {
    for (OldJson& old : old_json_) old = {};
    change.before_row = TRY(read_image(before_present_, false, partial_, image));
  }
  if (op_ != Op::erase) change.after_row = TRY(read_image(after_present_, partial_, false, image));
  return {};
}

}  // namespace godwit::mysql
