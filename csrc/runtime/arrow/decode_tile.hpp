// Arrow memory to tiles: the only place that knows Arrow's layouts.
#pragma once
#include "runtime/arrow/column_view.hpp"
#include "runtime/core/integral.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// The tile type that a kind decodes to.
constexpr ValueType value_type_of(InputKind kind) {
  switch (kind) {
    case InputKind::kFloat: return ValueType::kF64;
    case InputKind::kBytes: return ValueType::kBytes;
    case InputKind::kFloatList: return ValueType::kF64List;
    case InputKind::kIntegerList: return ValueType::kI64List;
    case InputKind::kBytesList: return ValueType::kBytesList;
    default: return ValueType::kI64;
  }
}

/// Decodes rows [first_row, first_row + out.num_rows) of `column` into `out`, whose type is
/// value_type_of(kind). `column` was verified and feeds(column, kind) holds; `unit` is the wanted
/// unit when kind is kTimestamp.
///
/// kFloat: every number as float64 (integers above 2^53 and decimals round to nearest), bool as 0
///   and 1; NaN is missing, or with keeps_nan a value of its own.
/// kInteger: integers, bool; a float or decimal column gives its integral values and "unseen" for
///   the others: they stay valid with the value kNotAnInteger, which no vocabulary holds; so does a
///   uint64 above INT64_MAX. Dates and timestamps give their stored numbers.
/// kTimestamp: converted between units by floor; a value out of the range of int64 is missing.
/// kBytes: views into the column's own buffers.
/// kFloatList, kIntegerList, kBytesList: where each list lies in the column's child, which
///   *out.elements is set to; see list_elements.hpp.
/// A dictionary entry or run that is null makes its rows missing; a column of type null is all
/// missing.
void decode_tile(const ColumnView& column, InputKind kind, TimeUnit unit, uint64_t first_row,
                 const Kernels& kernels, Tile out, bool keeps_nan = false) noexcept;

}  // namespace mainspring
