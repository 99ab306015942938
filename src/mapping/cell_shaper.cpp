#include "mapping/cell_shaper.h"

#include <fmt/format.h>

#include "mapping/convert.h"
#include "mapping/utf8.h"

namespace godwit {
namespace {

std::string_view cut(const ColumnShape& shape, std::string_view value) {
  const auto limit = static_cast<size_t>(*shape.limit_bytes);
  return shape.source_type.type_class == TypeClass::blob ? value.substr(0, limit) : cut_at_character(value, limit);
}

}  // namespace

void CellShaper::append(const ColumnShape& shape, std::string_view value, RowBatch& out,
                        std::vector<ShapeFinding>* findings) {
  if (shape.limit_bytes && value.size() > *shape.limit_bytes) {
    if (findings != nullptr)
      findings->push_back({ShapeFinding::Kind::truncated, static_cast<uint32_t>(out.rows), shape.name,
                           *shape.limit_bytes, value.size(), ""});
    value = cut(shape, value);
  }
  if (shape.converts) {
    std::string_view why, made;
    bool fits = convert(shape.source_type, shape.type, value, converted_, made, why);
    if (fits && shape.names_rows && !keeps_value(shape.source_type, shape.type, value, made)) {
      why = "it would become another value there, and rows are known by it";
      fits = false;
    }
    if (!fits) {
      if (findings != nullptr)
        findings->push_back(value_finding(
            shape, out, fmt::format("the value does not fit type {}: {}", to_string(shape.type.type_class), why)));
      out.append_null();
      return;
    }
    value = made;
  }
  append_masked(shape, value, out, findings);
}

void CellShaper::append_masked(const ColumnShape& shape, std::string_view value, RowBatch& out,
                               std::vector<ShapeFinding>* findings) {
  if (!shape.mask) {
    append_formed(shape, value, out, findings);
    return;
  }
  std::string_view why;
  if (masker_.mask(*shape.mask, shape.type, value, masked_, why)) {
    append_formed(shape, masked_, out, findings);
    return;
  }
  if (findings != nullptr)
    findings->push_back({ShapeFinding::Kind::mask, static_cast<uint32_t>(out.rows), shape.name, 0, 0,
                         fmt::format("{} cannot be done: {}", to_string(shape.mask->action), why)});
  append_formed(shape, value, out, findings);
}

void CellShaper::append_formed(const ColumnShape& shape, std::string_view value, RowBatch& out,
                               std::vector<ShapeFinding>* findings) {
  if (shape.form_change == nullptr) {
    out.append_value(value);
    return;
  }
  std::string_view why;
  const FormOutcome outcome = shape.form_change(shape.type, shape.target_type, value, formed_, value, why);
  if (outcome == FormOutcome::value) {
    out.append_value(value);
    return;
  }
  if (findings != nullptr) {
    findings->push_back(value_finding(shape, out, std::string(why)));
    if (outcome == FormOutcome::refused) findings->back().kind = ShapeFinding::Kind::refused;
  }
  out.append_null();
}

ShapeFinding value_finding(const ColumnShape& shape, const RowBatch& out, std::string message) {
  return {ShapeFinding::Kind::value, static_cast<uint32_t>(out.rows), shape.name, 0, 0, std::move(message)};
}

}  // namespace godwit
