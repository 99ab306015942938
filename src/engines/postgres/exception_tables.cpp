// What the exception tables are told: rows and changes that are parked, and what was done to those that are written.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/clock.h"
#include "engines/postgres/control_tables.h"

namespace godwit::postgres {
namespace {

// Text of a row that the target's encoding cannot hold.
ParkedRow in_ascii(const ParkedRow& row) {
  const auto ascii = [](const std::string& text) {
    std::string out;
    for (const char c : text)
      out += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c)
                                                  : fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    return out;
  };
  ParkedRow out = row;
  for (std::string* text : {&out.key, &out.values, &out.statement, &out.error}) *text = ascii(*text);
  out.error += " (bytes of characters that the target's encoding lacks are written as \\xNN)";
  return out;
}

// A row that is refused for its characters cannot be told of in them either.
Result<void> store(Connection& session, const std::function<Result<void>(bool plainly)>& work) {
  TRY(session.run("SAVEPOINT exceptions"));
  auto stored = work(false);
  if (!stored && (stored.error().sqlstate == "22P05" || stored.error().sqlstate == "22021")) {
    TRY(session.run("ROLLBACK TO SAVEPOINT exceptions"));
    stored = work(true);
  }
  if (!stored) return stored;
  return session.run("RELEASE SAVEPOINT exceptions");
}

}  // namespace

Result<void> ControlSchema::park_row(Connection& session, std::string_view task_id, const ParkedRow& row,
                                     bool full_load) const {
  const std::string at = row.error + (row.position.empty() ? "" : fmt::format(" [{}]", row.position.text));
  for (const std::string_view name : {"awsdms_apply_exceptions", "awsdms_full_load_exceptions"}) {
    if (name == "awsdms_full_load_exceptions" && !(full_load && wanted_.full_load_exceptions)) continue;
    TRY(session.run(
        fmt::format("INSERT INTO {} VALUES ($1, $2, $3, $4, $5, $6)", table(name)),
        {std::string(task_id), row.target_table.schema, row.target_table.name, now_utc(), row.statement, at}));
  }
  return session.run(
      fmt::format("INSERT INTO {} (task, table_schema, table_name, key, position, operation, row_values, code, "
                  "error, parked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())",
                  table("godwit_parked")),
      {std::string(task_id), row.target_table.schema, row.target_table.name, row.key, row.position.text,
       row.operation, row.values, row.code, row.error});
}

Result<void> ControlSchema::park(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                                 bool full_load) const {
  for (const ParkedRow& row : rows)
    TRY(store(session,
              [&](bool plainly) { return park_row(session, task_id, plainly ? in_ascii(row) : row, full_load); }));
  return {};
}

Result<void> ControlSchema::note(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                                 bool full_load) const {
  if (rows.empty()) return {};
  return store(session, [&](bool plainly) {
    std::vector<ParkedRow> ascii;
    if (plainly) std::ranges::transform(rows, std::back_inserter(ascii), in_ascii);
    return note_rows(session, task_id, plainly ? ascii : rows, full_load);
  });
}

Result<void> ControlSchema::note_rows(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                                      bool full_load) const {
  std::vector<std::string> owners, names, statements, texts;
  for (const ParkedRow& row : rows) {
    owners.push_back(row.target_table.schema);
    names.push_back(row.target_table.name);
    statements.push_back(row.statement);
    texts.push_back(row.error + (row.position.empty() ? "" : fmt::format(" [{}]", row.position.text)));
  }
  for (const std::string_view name : {"awsdms_apply_exceptions", "awsdms_full_load_exceptions"}) {
    if (name == "awsdms_full_load_exceptions" && !(full_load && wanted_.full_load_exceptions)) continue;
    TRY(session.run(fmt::format("INSERT INTO {} SELECT $1, o, n, $2::timestamp, s, e FROM unnest($3::text[], "
                                "$4::text[], $5::text[], $6::text[]) AS w(o, n, s, e)",
                                table(name)),
                    {std::string(task_id), now_utc(), array_text(owners), array_text(names), array_text(statements),
                     array_text(texts)}));
  }
  return {};
}

}  // namespace godwit::postgres
