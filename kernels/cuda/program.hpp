// A bundle on one device: what ms_gpu_open makes and calls run.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "compile_plan.hpp"
#include "device_model.hpp"
#include "runtime/bundle/read_bundle.hpp"

namespace mainspring::gpu {

class Program {
 public:
  /// Copies the bundle, verifies it, and puts its tables on the device. Throws GpuError.
  Program(const uint8_t* bundle, uint64_t num_bytes, int device);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void transform(const ms_gpu_column* columns, uint32_t num_columns, uint64_t num_rows, float* out,
                 uint64_t row_stride, Stream stream) const;
  /// Rows of columns through plan and forest to out[num_rows][width of the kind].
  void predict(const ms_gpu_column* columns, uint32_t num_columns, uint64_t num_rows, uint32_t kind,
               double* out, Stream stream) const;
  /// Rows of features straight to the forest.
  void predict_matrix(const DeviceFeatures& features, uint64_t num_rows, uint32_t kind, double* out,
                      Stream stream) const;
  /// How rows go through the forest, once another way has been taken where `way` is one.
  DeviceWay forest_way(DeviceWay way);

 private:
  struct FreeBytes {
    void operator()(uint8_t* bytes) const;
  };

  void open_model_of(const ModelView& view, bool is_alone);
  std::vector<DeviceColumn> check_columns(const ms_gpu_column* columns, uint32_t num_columns,
                                          uint64_t num_rows) const;
  void run_plan(std::vector<DeviceColumn> columns, uint64_t first_row, uint64_t num_rows,
                float* out, uint64_t row_stride, Stream stream) const;
  OutputKind check_output(uint32_t kind, const double* out, uint64_t num_rows) const;
  template <class Features>
  void predict_blocks(uint64_t num_rows, uint64_t row_bytes, OutputKind kind, double* out,
                      Stream stream, Features features_of) const;

  int device_;
  std::unique_ptr<uint8_t, FreeBytes> bytes_;  // aligned to 64, as a bundle is read
  BundleView view_{};
  DeviceMemory data_, steps_, chunks_;
  DeviceModel model_;
  std::string refusal_;  // why there is no model, where the bundle has one
  uint32_t num_chunks_ = 0;
};

}  // namespace mainspring::gpu
