// A MODEL section in aligned memory, opened, with what predicting from it needs.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "runtime/models/model.hpp"

namespace mainspring {

/// Bytes at a multiple of 64, exactly as long as asked for: sanitizers see one byte too far.
class AlignedBytes {
 public:
  explicit AlignedBytes(uint64_t length)
      : data_(new (std::align_val_t{64}) uint8_t[length]), length_(length) {}
  ~AlignedBytes() { ::operator delete[](data_, std::align_val_t{64}); }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  uint8_t* data() { return data_; }
  uint64_t length() const { return length_; }

 private:
  uint8_t* data_;
  uint64_t length_;
};

class OpenedModel {
 public:
  explicit OpenedModel(std::span<const uint8_t> section) : bytes_(section.size()) {
    std::memcpy(bytes_.data(), section.data(), section.size());
    status_ = open_model(bytes_.data(), bytes_.length(), &view_);
    if (status_.ok()) {
      scratch_ = std::make_unique<AlignedBytes>(view_.model->scratch_bytes(view_));
    }
  }
  Status status() const { return status_; }
  const ModelHeader& header() const { return *view_.header; }
  ModelView& view() { return view_; }

  /// Features to raw scores, with the kernels of a level; columns kTileRows apart, unless rows are.
  template <class T>
  std::vector<double> predict(const T* features, uint32_t num_rows,
                              IsaLevel level = IsaLevel::kBaseline, int64_t row_stride = 1,
                              int64_t feature_stride = kTileRows) {
    FeatureTile tile{nullptr, nullptr, num_rows, row_stride, feature_stride};
    if constexpr (sizeof(T) == sizeof(float)) {
      tile.narrow = features;
    } else {
      tile.wide = features;
    }
    std::vector<double> scores(uint64_t{num_rows} * view_.header->num_outputs);
    view_.model->predict_raw(view_, tile, *kernels_for(level), scratch_->data(), scores.data());
    return scores;
  }

 private:
  AlignedBytes bytes_;
  ModelView view_{};
  Status status_;
  std::unique_ptr<AlignedBytes> scratch_;
};

}  // namespace mainspring
