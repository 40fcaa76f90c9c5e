// JSON bytes to scores, a tile at a time: memory is one tile and the scores, whatever the text
// holds.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/binary_tensor.hpp"
#include "host/bundle_image.hpp"
#include "host/json_schema.hpp"
#include "runtime/json/read_rows.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

/// More rows than the caller allows.
class LimitError : public Error {
 public:
  explicit LimitError(uint64_t max_rows);
};

/// Learns of every tile of a request on its way: what a server times and counts.
class TileObserver {
 public:
  virtual ~TileObserver() = default;
  /// The values have been read: one column for each input of the plan.
  virtual void on_read(const ColumnView* columns, uint64_t num_rows) noexcept = 0;
  /// `scores` has num_rows rows of what was asked for.
  virtual void on_predicted(const double* scores, uint64_t num_rows) noexcept = 0;
  /// Fills num_rows * width scores in the model's place; false: the model is to predict. May throw.
  virtual bool gives_scores(const ColumnView* columns, uint64_t num_rows, uint64_t width,
                            double* scores) {
    static_cast<void>(columns), static_cast<void>(num_rows), static_cast<void>(width);
    static_cast<void>(scores);
    return false;
  }
};

/// What is asked of a model, beside the rows.
struct JsonCall {
  const BundleImage& bundle;
  const JsonSchema& schema;
  std::span<const uint8_t> text;  // the whole body: errors count their bytes from its beginning
  OutputKind kind = OutputKind::kPredict;
  uint64_t max_rows = UINT64_MAX;
  TileObserver* observer = nullptr;
};

/// Rows as json/read_rows.hpp reads them, which stand in the text from byte `first` to byte `last`.
/// Appends num_rows * output_width scores to *out and returns num_rows. Throws Error(kData or
/// kSchema) naming column, row and byte.
uint64_t predict_json_rows(const JsonCall& call, uint64_t first, uint64_t last,
                           std::vector<double>* out);
inline uint64_t predict_json_rows(const JsonCall& call, std::vector<double>* out) {
  return predict_json_rows(call, 0, call.text.size(), out);
}

/// A column of values in the body: a JSON list, or a binary tensor.
struct ColumnValues {
  ListReader list;
  std::optional<BinaryTensor> binary;
};

/// One for each field, all of num_rows values.
void predict_json_lists(const JsonCall& call, std::span<ColumnValues> columns, uint64_t num_rows,
                        std::vector<double>* out);

/// Rows as lists: [[1, "a"], [2, "b"]] from byte `first` on. `places` says the field of each place,
/// or kNoField for one that nobody asks for; a row has as many values as there are places. Returns
/// num_rows.
uint64_t predict_json_split(const JsonCall& call, uint64_t first, std::span<const uint32_t> places,
                            std::vector<double>* out);

}  // namespace mainspring
