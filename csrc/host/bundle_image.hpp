// A bundle in memory, opened: what Python's Predictor and fitted Preprocessor hold, and what files
// are read into.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/made_forms.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {

struct RankedForest;  // host/ranked_forest.hpp

/// Owns 64-byte aligned bytes and the verified view into them. Immutable, shared by threads.
class BundleImage {
 public:
  /// Copies the bytes into aligned memory and verifies them. Throws Error(kBundleVersion /
  /// kBundleCorrupt); `subject` names the source in the message.
  static std::shared_ptr<const BundleImage> open(std::span<const uint8_t> bytes,
                                                 const std::string& subject);
  /// Reads the file into private memory (a mapped file can change under the reader). Throws
  /// Error(kFile) too.
  static std::shared_ptr<const BundleImage> load(const std::string& path);

  const BundleView& view() const { return view_; }
  std::span<const uint8_t> bytes() const { return {data_, length_}; }
  /// Made by the first call; the bundle has_ranked_features().
  std::shared_ptr<const RankedForest> ranked_forest() const;
  ~BundleImage();
  BundleImage(const BundleImage&) = delete;
  BundleImage& operator=(const BundleImage&) = delete;

 private:
  BundleImage() = default;
  uint8_t* data_ = nullptr;
  uint64_t length_ = 0;
  BundleView view_{};
  MadeForms forms_;
  mutable std::once_flag ranked_once_;
  mutable std::shared_ptr<const RankedForest> ranked_;
};

/// The kernels of this process: the CPU's best level, or what MAINSPRING_ISA (baseline, avx2,
/// avx512) lowers it to. An unknown name in the variable is Error(kParameter) at the first use.
const Kernels& process_kernels();

}  // namespace mainspring
