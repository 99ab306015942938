#include "engines/postgres/ddl_document.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>

#include "engines/postgres/errors.h"
#include "engines/postgres/replica_identity.h"

namespace godwit::postgres {
namespace {

using Json = nlohmann::json;

constexpr int known_form = 1;
// pg_event_trigger_table_rewrite_reason(): persistence, default, type. Another access method changes no value.
constexpr int rewrite_reasons = 1 | 2 | 4;

// Members of one object; the first that is missing or of another type makes the document damaged.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) { damaged_ = !object.is_object(); }

  std::string text(const char* name) {
    const Json* found = member(name);
    if (found != nullptr && found->is_string()) return found->get<std::string>();
    damaged_ |= found == nullptr || !found->is_null();
    return {};
  }
  std::optional<std::string> optional_text(const char* name) {
    const Json* found = member(name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  }
  char letter(const char* name) {
    const std::string value = text(name);
    return value.empty() ? '\0' : value.front();
  }
  int64_t number(const char* name) {
    const Json* found = member(name);
    if (found != nullptr && found->is_number_integer()) return found->get<int64_t>();
    damaged_ = true;
    return 0;
  }
  uint32_t oid(const char* name) {
    const int64_t value = number(name);
    damaged_ |= value < 0 || value > UINT32_MAX;
    return static_cast<uint32_t>(value);
  }
  bool flag(const char* name) {
    const Json* found = member(name);
    if (found != nullptr && found->is_boolean()) return found->get<bool>();
    damaged_ = true;
    return false;
  }
  // An array, or nothing where it is null or missing.
  std::vector<Json> list(const char* name) {
    const Json* found = member(name);
    if (found == nullptr || found->is_null()) return {};
    damaged_ |= !found->is_array();
    return found->is_array() ? found->get<std::vector<Json>>() : std::vector<Json>();
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> out;
    for (const Json& item : list(name)) {
      damaged_ |= !item.is_string();
      if (item.is_string()) out.push_back(item.get<std::string>());
    }
    return out;
  }
  bool damaged() const { return damaged_; }

 private:
  const Json* member(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  const Json& object_;
  bool damaged_ = false;
};

bool read_columns(Members& document, SchemaChange& out) {
  bool whole = true;
  for (const Json& item : document.list("columns")) {
    Members member(item);
    ColumnDef column;
    column.name = member.text("name");
    column.number = static_cast<int16_t>(member.number("number"));
    column.type.native = member.text("native");
    column.type.log_id = member.oid("type");
    column.type.log_modifier = static_cast<int32_t>(member.number("modifier"));
    column.not_null = member.flag("not_null");
    const char identity = member.letter("identity");
    column.identity_always = identity == 'a';
    column.generated = member.letter("generated") != '\0';
    out.origins.push_back({column.number, member.text("default"), member.optional_text("missing"), identity});
    out.table.columns.push_back(std::move(column));
    whole &= !member.damaged();
  }
  return whole;
}

struct Identities {
  std::unordered_map<uint32_t, char> settings;
  std::unordered_map<uint32_t, std::vector<IndexFacts>> indexes;
};

bool read_relations(Members& document, SchemaChange& out, Identities& identities) {
  bool whole = true, first = true;
  TableDef& table = out.table;
  for (const Json& item : document.list("relations")) {
    Members member(item);
    const TableRef ref{member.text("schema"), member.text("name")};
    const uint32_t oid = member.oid("oid");
    const bool logged = member.letter("persistence") == 'p';
    const char kind = member.letter("kind");
    identities.settings[oid] = member.letter("identity");
    if (first) {
      table.ref = ref;
      table.log_id = oid;
      table.partitioned = kind == 'p';
      table.logged = table.partitioned || logged;
    } else {
      table.leaves.push_back({ref, oid});
      table.logged &= logged && kind == 'r';
    }
    first = false;
    whole &= !member.damaged();
  }
  return whole && !first;
}

bool read_indexes(Members& document, Identities& identities) {
  bool whole = true;
  for (const Json& item : document.list("indexes")) {
    Members member(item);
    IndexFacts index;
    index.name = member.text("name");
    index.primary = member.flag("primary");
    index.unique = true;
    index.immediate = member.flag("immediate");
    index.valid = member.flag("valid");
    index.replica_identity = member.flag("replica_identity");
    index.partial = member.flag("partial");
    index.columns = member.texts("columns");
    index.all_not_null = member.flag("all_not_null");
    identities.indexes[member.oid("oid")].push_back(std::move(index));
    whole &= !member.damaged();
  }
  return whole;
}

Failure damaged() {
  return Failure(errors::bad_stream("a structure change that cannot be read (godwit_ddl_audit)", ""));
}

Result<void> read_table(Members& document, SchemaChange& out, const DescribeTypes& describe) {
  Identities identities;
  if (!read_columns(document, out) || !read_relations(document, out, identities) ||
      !read_indexes(document, identities))
    return damaged();
  std::vector<std::pair<uint32_t, int32_t>> types;
  for (const ColumnDef& column : out.table.columns) types.emplace_back(column.type.log_id, column.type.log_modifier);
  std::vector<Type> found = TRY(describe(types));
  for (size_t c = 0; c < out.table.columns.size(); ++c) {
    Type& type = out.table.columns[c].type;
    found[c].native = std::move(type.native);
    found[c].log_id = type.log_id;
    found[c].log_modifier = type.log_modifier;
    type = std::move(found[c]);
  }
  std::unordered_map<uint32_t, IdentityFacts> facts;
  for (const auto& [oid, setting] : identities.settings) facts[oid] = identity_of(setting, identities.indexes[oid]);
  set_identity(out.table, facts);
  for (const Json& reason : document.list("rewritten"))
    out.rewritten |= reason.is_number_integer() && (reason.get<int>() & rewrite_reasons) != 0;
  out.log_id = out.table.log_id;
  out.name = out.table.ref;
  return {};
}

}  // namespace

Result<SchemaChange> parse_ddl_document(std::string_view text, const DescribeTypes& describe) {
  const Json json = Json::parse(text, nullptr, false);
  Members document(json);
  SchemaChange out;
  if (document.number("form") != known_form) return damaged();
  const std::string what = document.text("what");
  out.command = document.text("tag");
  if (what == "table") {
    out.kind = SchemaChange::Kind::table;
    TRY(read_table(document, out, describe));
  } else if (what == "drop") {
    out.kind = SchemaChange::Kind::dropped;
    out.log_id = document.oid("oid");
    out.name = {document.text("schema"), document.text("name")};
  } else if (what == "enum") {
    out.kind = SchemaChange::Kind::labels;
    out.name = {document.text("schema"), document.text("name")};
    out.labels = document.texts("labels");
  } else if (what == "other") {
    out.kind = SchemaChange::Kind::other;
    out.what = document.text("kind") + " " + document.text("name");
  }
  if (document.damaged()) return damaged();
  return out;
}

}  // namespace godwit::postgres
