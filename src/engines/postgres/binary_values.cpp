#include "engines/postgres/binary_values.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/text.h"

namespace godwit::postgres {
namespace {

// pg_type.dat
enum TypeOid : uint32_t {
  oid_bool = 16,
  oid_name = 19,
  oid_int8 = 20,
  oid_int2 = 21,
  oid_int4 = 23,
  oid_text = 25,
  oid_json = 114,
  oid_bpchar = 1042,
  oid_varchar = 1043,
};

template <class Int>
bool append_integer(ByteBuffer& out, Int value) {
  const fmt::format_int text(value);
  out.append(std::string_view(text.data(), text.size()));
  return true;
}

}  // namespace

bool append_simple_text(ByteBuffer& out, const BinaryValue& value) {
  ByteReader in(value.bytes);
  uint8_t flag = 0;
  uint16_t small = 0;
  int32_t number = 0;
  int64_t big = 0;
  switch (value.type) {
    case oid_bool:
      if (value.bytes.size() != 1 || !in.u8(flag)) return false;
      out.push_back(flag != 0 ? 't' : 'f');
      return true;
    case oid_int2:
      return value.bytes.size() == 2 && in.u16(small) && append_integer(out, static_cast<int16_t>(small));
    case oid_int4:
      return value.bytes.size() == 4 && in.i32(number) && append_integer(out, number);
    case oid_int8:
      return value.bytes.size() == 8 && in.i64(big) && append_integer(out, big);
    case oid_name:
    case oid_text:
    case oid_json:
    case oid_bpchar:
    case oid_varchar:
      out.append(value.bytes);
      return true;
    default:
      return false;
  }
}

Result<std::vector<std::string>> texts_by_server(Connection& session, std::span<const BinaryValue> values) {
  std::vector<Oid> types;
  std::vector<const char*> bytes;
  std::vector<int> lengths;
  const std::vector<int> formats(values.size(), 1);
  std::vector<std::string> outputs;
  for (const BinaryValue& value : values) {
    types.push_back(value.type);
    bytes.push_back(value.bytes.empty() ? "" : value.bytes.data());  // a null pointer would say NULL
    lengths.push_back(static_cast<int>(value.bytes.size()));
    outputs.push_back(fmt::format("${}", types.size()));
  }
  const std::string sql = "SELECT " + join(outputs, ", ");
  const Rows rows(PQexecParams(session.raw(), sql.c_str(), static_cast<int>(values.size()), types.data(),
                               bytes.data(), lengths.data(), formats.data(), 0));
  if (PQresultStatus(rows.raw()) != PGRES_TUPLES_OK)
    return Failure(in_context(session.error_of(rows.raw()),
                              "the source could not put binary values of its own log into text, which a transaction "
                              "with a value above half a gigabyte needs"));
  std::vector<std::string> out;
  for (size_t i = 0; i < values.size(); ++i) out.push_back(rows.text(0, static_cast<int>(i)));
  return out;
}

}  // namespace godwit::postgres
