#pragma once
// For tests of the decoder: messages as the server writes them, tables they belong to, and what came out as lines.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "base/text.h"
#include "engines/postgres/pgoutput.h"

namespace godwit::postgres {

using Told = std::vector<std::string>;

// --- messages --------------------------------------------------------------------------------------------------

class Message {
 public:
  explicit Message(char kind) { bytes_.push_back(kind); }
  template <class Int>
  Message& number(Int value) {
    append_big_endian(bytes_, value);
    return *this;
  }
  Message& mark(char byte) {
    bytes_.push_back(byte);
    return *this;
  }
  Message& name(std::string_view text) {
    bytes_.append(text);
    bytes_.push_back('\0');
    return *this;
  }
  // Values apart by blanks: NULL, ~ for an unchanged one, b:… for a binary one, else text.
  Message& row(std::string_view values) {
    const std::vector<std::string> parts = split(values, ' ');
    number(static_cast<uint16_t>(parts.size()));
    for (const std::string& value : parts) {
      if (value == "NULL" || value == "~") {
        bytes_.push_back(value == "~" ? 'u' : 'n');
        continue;
      }
      const bool binary = value.starts_with("b:");
      const std::string_view bytes = std::string_view(value).substr(binary ? 2 : 0);
      bytes_.push_back(binary ? 'b' : 't');
      number(static_cast<uint32_t>(bytes.size()));
      bytes_.append(bytes);
    }
    return *this;
  }
  std::string text() const { return std::string(bytes_.view()); }

 private:
  ByteBuffer bytes_;
};

inline std::string begin(Lsn commit_lsn, uint32_t xid = 9) {
  return Message('B').number(commit_lsn).number(int64_t{0}).number(xid).text();
}
inline std::string commit(Lsn commit_lsn) {
  return Message('C').mark('\0').number(commit_lsn).number(commit_lsn + 8).number(int64_t{0}).text();
}

struct SentColumn {
  std::string_view name;
  uint32_t type = 25;
  bool key = false;
  int32_t modifier = -1;
};

inline std::string relation(uint32_t oid, std::string_view name, const std::vector<SentColumn>& columns,
                            char identity = 'd') {
  Message out('R');
  out.number(oid).name("public").name(name).mark(identity).number(static_cast<uint16_t>(columns.size()));
  for (const SentColumn& column : columns)
    out.mark(column.key ? '\1' : '\0').name(column.name).number(column.type).number(column.modifier);
  return out.text();
}

inline std::string insert(uint32_t oid, std::string_view row) {
  return Message('I').number(oid).mark('N').row(row).text();
}
inline std::string update(uint32_t oid, std::string_view row) {
  return Message('U').number(oid).mark('N').row(row).text();
}
inline std::string update(uint32_t oid, char form, std::string_view before, std::string_view after) {
  return Message('U').number(oid).mark(form).row(before).mark('N').row(after).text();
}
inline std::string erase(uint32_t oid, char form, std::string_view before) {
  return Message('D').number(oid).mark(form).row(before).text();
}
inline std::string truncate(const std::vector<uint32_t>& oids) {
  Message out('T');
  out.number(static_cast<uint32_t>(oids.size())).mark('\0');
  for (const uint32_t oid : oids) out.number(oid);
  return out.text();
}

// --- tables ----------------------------------------------------------------------------------------------------

inline constexpr uint32_t a_oid = 0x40a2, parted_oid = 500, leaf_oid = 501, other_leaf_oid = 502, wide_oid = 600;

inline ColumnDef column(std::string name, uint32_t type) {
  ColumnDef out;
  out.name = std::move(name);
  out.type.native = type == 23 ? "integer" : "text";
  out.type.log_id = type;
  return out;
}

inline std::shared_ptr<TableDef> table(std::string name, uint32_t oid) {
  auto out = std::make_shared<TableDef>();
  out->ref = {"public", std::move(name)};
  out->log_id = oid;
  out->columns = {column("id", 23), column("v", 25)};
  out->key = KeyDef{"pkey", {0}};
  return out;
}

// 0: a(id, v). 1: parted(id, v) of two leaves. 2: wide(id, skipped, v, computed) of which v and id are wanted.
inline std::vector<CapturedTable> tables() {
  const auto a = table("a", a_oid), parted = table("parted", parted_oid), wide = table("wide", wide_oid),
             narrow = table("wide", wide_oid);
  parted->partitioned = true;
  parted->leaves = {{{"public", "leaf"}, leaf_oid}, {{"public", "other_leaf"}, other_leaf_oid}};
  wide->columns = {column("id", 23), column("skipped", 25), column("v", 25), column("computed", 23)};
  wide->columns[3].generated = true;
  narrow->columns = {column("v", 25), column("id", 23)};
  narrow->key = KeyDef{"pkey", {1}};
  return {{a, a, {}}, {parted, parted, {}}, {wide, narrow, {}}};
}

inline const std::vector<SentColumn> two_columns = {{"id", 23, true}, {"v"}};
inline const std::vector<SentColumn> three_columns = {{"id", 23, true}, {"skipped"}, {"v"}};

inline std::string image(const ChangeBatch& batch, const Change& change, uint32_t row) {
  const RowBatch& rows = batch.images[change.table];
  std::string out;
  for (size_t c = 0; c < rows.width(); ++c) {
    const Cell& cell = rows.cell(row, c);
    if (c > 0) out += ' ';
    if (cell.length == Cell::unchanged)
      out += '~';
    else
      out += cell.length == Cell::null ? "NULL" : rows.bytes(cell);
  }
  return out;
}

// One line for each change, "UPDATE 0 old row -> new row"; a truncate names its leaf.
inline Told told(const ChangeBatch& batch) {
  Told out;
  for (const Change& change : batch.changes) {
    std::string line = fmt::format("{} {}", to_string(change.op), change.table);
    if (change.op == Op::truncate) {
      if (change.before_row != Change::no_row) line += fmt::format(" leaf {}", change.before_row);
    } else {
      if (change.before_row != Change::no_row) line += fmt::format(" {} ->", image(batch, change, change.before_row));
      if (change.after_row != Change::no_row) line += fmt::format(" {}", image(batch, change, change.after_row));
    }
    out.push_back(std::move(line));
  }
  return out;
}

// A decoder and the batch it fills.
class Stream {
 public:
  explicit Stream(std::vector<CapturedTable> captured = tables(), TextsOfValues texts = {})
      : decoder(captured, std::move(texts)) {
    decoder.start_batch(batch);
  }

  void send(const std::vector<std::string>& messages) {
    for (const std::string& message : messages) {
      const Result<void> done = decoder.decode(message, 0, batch);
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  // One transaction.
  void transaction(Lsn lsn, std::vector<std::string> messages) {
    messages.insert(messages.begin(), begin(lsn));
    messages.push_back(commit(lsn));
    send(messages);
  }
  void hand_over() {
    decoder.batch_taken();
    decoder.start_batch(batch);
  }

  PgoutputDecoder decoder;
  ChangeBatch batch;
};

}  // namespace godwit::postgres
