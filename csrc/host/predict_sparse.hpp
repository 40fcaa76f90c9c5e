// Compressed sparse rows through models that begin with a dense layer: only features that are not 0
// are multiplied, and the results have the bits of the dense rows.
#pragma once
#include <cstdint>

#include "host/bundle_image.hpp"
#include "host/sparse_rows.hpp"
#include "host/table.hpp"
#include "runtime/arrow/column_view.hpp"
#include "runtime/models/output.hpp"

namespace mainspring {

/// Somebody's rows: row r has the entries [start(r), start(r + 1)), features ascending. Exactly one
/// of each pair of pointers is set.
struct SparseMatrix {
  const int32_t* narrow_starts;
  const int64_t* wide_starts;
  const int32_t* features;
  const float* narrow;
  const double* wide;
  uint64_t num_rows;
  uint64_t num_entries;

  uint64_t start(uint64_t row) const {
    return static_cast<uint64_t>(narrow_starts != nullptr ? narrow_starts[row] : wide_starts[row]);
  }
};

SparseMatrix matrix_of(const SparseRows& rows);

/// Whether rows without their zeros give the results of the dense ones. Of a forest they need not:
/// to some libraries what is not there is 0, to others it is missing.
bool takes_sparse(const ModelView& model);

/// Throws Error(kSchema) where starts do not ascend from 0 to the number of entries, or the
/// features of a row do not, or one is not below num_features.
void check_sparse(const SparseMatrix& matrix, uint32_t num_features);

/// out: num_rows * output_width doubles. The model takes_sparse(), the matrix is checked.
void predict_sparse(const BundleImage& bundle, const SparseMatrix& matrix, OutputKind kind,
                    double* out);

/// Whether the features between the plan and the model of a bundle should never be dense: there
/// are so many that a tile of them leaves the caches.
bool joins_sparse(const BundleView& bundle);

/// As predict_rows, for a bundle that joins_sparse(); on the calling thread alone.
void predict_joined(const BundleImage& bundle, const ColumnView* columns, uint64_t first_row,
                    uint64_t num_rows, OutputKind kind, double* out);

}  // namespace mainspring
