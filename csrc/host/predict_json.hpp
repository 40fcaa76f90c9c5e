// JSON bytes to scores, a tile at a time: memory is one tile and the scores, whatever the text
// holds.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

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

/// Rows as json/read_rows.hpp reads them. Appends num_rows * output_width scores to *out and
/// returns num_rows. Throws Error(kData or kSchema) naming column, row and byte.
uint64_t predict_json_rows(const BundleImage& bundle, const JsonSchema& schema,
                           std::span<const uint8_t> text, OutputKind kind, uint64_t max_rows,
                           std::vector<double>* out);

/// One list for each field, all of num_rows values (json/read_rows.hpp, open_list).
void predict_json_lists(const BundleImage& bundle, const JsonSchema& schema,
                        std::span<const uint8_t> text, std::span<ListReader> lists,
                        uint64_t num_rows, OutputKind kind, std::vector<double>* out);

}  // namespace mainspring
