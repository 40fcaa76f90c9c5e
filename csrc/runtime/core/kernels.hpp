// The inner loops that exist once per instruction set: one table of plain function pointers for
// each level.
//
// The source of all of them is kernels.inc, compiled unchanged as kernels_baseline.cpp,
// kernels_avx2.cpp and kernels_avx512.cpp. No level may give other bits than another: no
// reassociation, and no fused multiply-add but where every level has one (dense_forms.inc).
#pragma once
#include <cstdint>

#include "runtime/core/tile.hpp"

namespace mainspring {

enum class IsaLevel : uint8_t { kBaseline = 0, kAvx2 = 1, kAvx512 = 2 };

/// Numbers of rows are at most kTileRows. `in` may equal `out` where both have one type. NaN in
/// gives NaN out unless a kernel says otherwise, and every NaN that comes out is the canonical
/// quiet one (0x7FF8000000000000, as float 0x7FC00000): which NaN an addition passes on differs
/// between CPUs.
struct Kernels {
  const char* name;  // "baseline", "avx2", "avx512"
  IsaLevel level;

  /// (in - center) / scale, two roundings.
  void (*affine)(const double* in, double* out, uint32_t num_rows, double center, double scale);
  /// log(1 + x), <= 2 ulp, monotone; below -1: NaN; at -1: -inf.
  void (*log1p)(const double* in, double* out, uint32_t num_rows);
  /// e^x, <= 1 ulp, monotone.
  void (*exp)(const double* in, double* out, uint32_t num_rows);
  void (*clip)(const double* in, double* out, uint32_t num_rows, double low, double high);
  /// out[i] = number of edges <= in[i] (edges ascending, float64 comparisons); NaN counts 0.
  void (*count_edges)(const double* in, int32_t* out, uint32_t num_rows, const double* edges,
                      uint32_t num_edges);
  /// Validity of a float column: bit set where the value is not NaN; bits past num_rows are 0.
  void (*valid_f64)(const double* in, uint64_t* validity, uint32_t num_rows);
  void (*widen_f32)(const float* in, double* out, uint32_t num_rows);
  void (*widen_i32)(const int32_t* in, double* out, uint32_t num_rows);
  void (*widen_i64)(const int64_t* in, double* out, uint32_t num_rows);
  void (*narrow_f64)(const double* in, float* out, uint32_t num_rows);
  /// Keys to ids in the table of keys of bytes that lies in DATA (key_table.hpp): 1 where it has no
  /// such key, else 2 + entry.
  void (*find_bytes)(const BytesView* keys, int32_t* ids, uint32_t num_rows, const uint8_t* data);
  /// hash_bytes() of each (hash.hpp).
  void (*hash_strings)(const BytesView* values, uint64_t* hashes, uint32_t num_rows);
  /// Feature columns [num_features][kTileRows] to rows out[row * row_stride + feature]. Reads whole
  /// columns, writes num_rows * num_features values and nothing between the rows.
  void (*to_rows)(const float* columns, uint32_t num_features, uint32_t num_rows, float* out,
                  uint64_t row_stride);
  /// The same to rows without gaps, in memory that nobody reads soon: past the caches, where the
  /// level can, since to write a line there would mean to read it first.
  void (*stream_rows)(const float* columns, uint32_t num_features, uint32_t num_rows, float* out);
  /// Rows of `table`, num_features wide, to feature columns [..][kTileRows]: feature i of row
  /// codes[row] to column feature_numbers[i].
  void (*spread_entries)(const float* table, uint32_t num_features, const int32_t* codes,
                         uint32_t num_rows, const uint32_t* feature_numbers, float* features);
  /// tanh(x), <= 2 ulp.
  void (*tanh)(const double* in, double* out, uint32_t num_rows);
  /// Rows x[row * row_stride ..] of num_inputs numbers times a dense layer, any number of rows:
  /// out[row * out_stride + output]. Of panels (models/dense/dense.hpp), whole panels are written;
  /// of rows of weights, num_outputs values.
  void (*multiply_panels_f32)(const float* x, uint64_t row_stride, uint32_t num_rows,
                              const float* panels, uint32_t num_inputs, uint32_t num_panels,
                              float* out, uint64_t out_stride);
  void (*multiply_panels_f64)(const double* x, uint64_t row_stride, uint32_t num_rows,
                              const double* panels, uint32_t num_inputs, uint32_t num_panels,
                              double* out, uint64_t out_stride);
  void (*multiply_rows_f32)(const float* x, uint64_t row_stride, uint32_t num_rows,
                            const float* weights, uint32_t num_inputs, uint32_t num_outputs,
                            float* out, uint64_t out_stride);
  void (*multiply_rows_f64)(const double* x, uint64_t row_stride, uint32_t num_rows,
                            const double* weights, uint32_t num_inputs, uint32_t num_outputs,
                            double* out, uint64_t out_stride);
};

const Kernels* kernels_baseline() noexcept;
const Kernels* kernels_avx2() noexcept;    // null where not compiled in (not x86-64)
const Kernels* kernels_avx512() noexcept;  // null where not compiled in (not x86-64)

/// The best level that this CPU and this build have.
IsaLevel detect_isa() noexcept;
/// The table of a level, or the best one below it that this CPU and this build have.
const Kernels* kernels_for(IsaLevel at_most) noexcept;

}  // namespace mainspring
