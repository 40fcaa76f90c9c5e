// The C interface for programs in C++17: memory that frees itself, exceptions for codes, and a
// check of who signed a bundle. Header only; nothing here is needed to use mainspring.h.
//
//   mainspring::Predictor late(mainspring::read_file("late.spring"));
//   std::vector<double> scores = late.predict(features, num_rows);
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mainspring.h"

namespace mainspring {

/// What went wrong: a mainspring_code, and the number of the column, byte or record it speaks of.
class Failure : public std::runtime_error {
 public:
  Failure(uint32_t failure_code, uint64_t at)
      : std::runtime_error(std::string(mainspring_message(failure_code)) + " (code " +
                           std::to_string(failure_code) + ", at " + std::to_string(at) + ")"),
        code(failure_code),
        where(at) {}

  uint32_t code;
  uint64_t where;
};

/// Memory aligned to 64, as bundles, arenas and scratches need it.
class Memory {
 public:
  explicit Memory(uint64_t length)
      : bytes_(static_cast<uint8_t*>(::operator new(length == 0 ? 64 : length, kAlignment))),
        length_(length) {}

  uint8_t* data() const { return bytes_.get(); }
  uint64_t length() const { return length_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(uint8_t* bytes) const { ::operator delete(bytes, kAlignment); }
  };
  std::unique_ptr<uint8_t, Free> bytes_;
  uint64_t length_;
};

inline Memory read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) throw std::runtime_error(path + " cannot be opened");
  std::vector<uint8_t> bytes;
  uint8_t part[65536];
  for (size_t count = 0; (count = std::fread(part, 1, sizeof part, file.get())) != 0;) {
    bytes.insert(bytes.end(), part, part + count);
  }
  Memory memory(bytes.size());
  if (!bytes.empty()) std::memcpy(memory.data(), bytes.data(), bytes.size());
  return memory;
}

/// Says whether the one to trust made these bytes, with whatever library the program has for it.
using Verify = std::function<bool(const uint8_t* bytes, uint64_t length)>;

/// An opened bundle with one scratch: for one thread at a time. scratch() makes room for more.
class Predictor {
 public:
  /// Throws Failure where the bytes are no bundle, std::runtime_error where `verify` says no.
  explicit Predictor(Memory bytes, const Verify& verify = nullptr)
      : bytes_(std::move(bytes)), arena_(0), scratch_(0) {
    if (verify && !verify(bytes_.data(), bytes_.length())) {
      throw std::runtime_error("the bundle is not signed by whom this program trusts");
    }
    mainspring_sizes sizes{};
    sizes.struct_size = sizeof sizes;
    uint64_t where = 0;
    check(mainspring_size(bytes_.data(), bytes_.length(), nullptr, &sizes, &where), where);
    arena_ = Memory(sizes.arena_bytes);
    scratch_ = Memory(sizes.scratch_bytes);
    check(mainspring_open(bytes_.data(), bytes_.length(), nullptr, arena_.data(), arena_.length(),
                          &bundle_, &where),
          where);
  }

  /// For everything that is not wrapped here; it lives as long as this.
  const mainspring_bundle* bundle() const { return bundle_; }
  Memory scratch() const { return Memory(mainspring_scratch_bytes(bundle_)); }
  uint32_t num_features() const { return mainspring_num_features(bundle_); }
  uint32_t width(uint32_t kind) const { return mainspring_output_width(bundle_, kind); }

  /// Features row by row, past the transforms; NaN is missing. width(kind) values for each row.
  std::vector<double> predict(const double* features, uint64_t num_rows,
                              uint32_t kind = MAINSPRING_PREDICT) {
    mainspring_matrix matrix{};
    matrix.struct_size = sizeof matrix;
    matrix.type = MAINSPRING_F64;
    matrix.values = features;
    matrix.num_rows = num_rows;
    matrix.num_features = num_features();
    matrix.row_stride = static_cast<int64_t>(matrix.num_features);
    matrix.feature_stride = 1;
    mainspring_request request{};
    request.matrix = &matrix;
    return answer(request, num_rows, kind);
  }

  /// One column for each input, in the order of mainspring_input_at().
  std::vector<double> predict(const std::vector<mainspring_column>& columns, uint64_t num_rows,
                              uint32_t kind = MAINSPRING_PREDICT) {
    mainspring_request request{};
    request.column_size = sizeof(mainspring_column);
    request.columns = columns.data();
    request.num_columns = columns.size();
    return answer(request, num_rows, kind);
  }

 private:
  static void check(uint32_t code, uint64_t where) {
    if (code != MAINSPRING_OK) throw Failure(code, where);
  }

  std::vector<double> answer(mainspring_request request, uint64_t num_rows, uint32_t kind) {
    std::vector<double> out(num_rows * width(kind));
    request.struct_size = sizeof request;
    request.num_rows = num_rows;
    for (;;) {
      request.scratch = scratch_.data();
      request.scratch_bytes = scratch_.length();
      uint64_t where = 0;
      const uint32_t code =
          mainspring_predict(bundle_, &request, kind, out.data(), out.size(), &where);
      // Strings that the bundle builds may want more than it said at first.
      if (code != MAINSPRING_BUFFER_TOO_SMALL || where <= scratch_.length()) {
        check(code, where);
        return out;
      }
      scratch_ = Memory(where);
    }
  }

  Memory bytes_, arena_, scratch_;
  mainspring_bundle* bundle_ = nullptr;
};

}  // namespace mainspring
