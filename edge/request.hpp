// A caller's request, checked before a value is read: columns, a batch of Arrow, or a matrix.
#pragma once
#include <cstdint>

#include "bundle.hpp"
#include "mainspring.h"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/status.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

/// What the runtime is called with.
struct Request {
  const ColumnView* columns;  // null: a matrix of features
  const float* narrow;        // of a matrix, one of the two
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
  uint64_t num_rows;
  uint32_t num_trees;
  uint8_t* scratch;  // of the runtime
  TextRoom texts;
};

/// A caller's struct that begins with its own size: at least `shortest` bytes, what a caller of the
/// first version had. What this library does not know has to be zero.
template <class T>
Code check_size(const T* caller, uint32_t shortest = sizeof(T)) {
  const uint32_t size = caller->struct_size;
  if (size < shortest || size > 4096) return Code::kInvalidArgument;
  const auto* bytes = reinterpret_cast<const uint8_t*>(caller);
  for (uint32_t i = sizeof(T); i < size; ++i) {
    if (bytes[i] != 0) return Code::kNewerVersion;
  }
  return Code::kOk;
}

ScratchParts scratch_parts_of(const BundleView& bundle) noexcept;

/// Reads and checks everything but the output; views of columns go to the start of the scratch.
Status read_request(const mainspring_bundle& opened, const mainspring_request* caller,
                    Request* request) noexcept;

}  // namespace mainspring
