// Values to 64 hash bits: the first half of a cross or of feature hashing.
#include "runtime/core/hash.hpp"

#include "runtime/core/key_table.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

uint64_t hash_of(int64_t value) { return hash_u64(static_cast<uint64_t>(value)); }
uint64_t hash_of(int32_t value) { return hash_of(int64_t{value}); }
uint64_t hash_of(double value) { return hash_u64(number_key(value)); }
uint64_t hash_of(float value) { return hash_of(double{value}); }

template <class T>
void hash_rows(const Tile& in, int64_t* out) {
  const T* values = values_of<T>(in);
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    out[row] =
        static_cast<int64_t>(is_valid(in.validity, row) ? hash_of(values[row]) : kMissingHash);
  }
}

/// The kernel also hashes the empty views of missing rows.
void hash_texts(const Tile& in, const Kernels& kernels, int64_t* out) {
  kernels.hash_strings(values_of<BytesView>(in), reinterpret_cast<uint64_t*>(out), in.num_rows);
  for (uint32_t word = 0; word * 64 < in.num_rows; ++word) {
    uint64_t bits = ~in.validity[word] & all_valid_word(in.num_rows, word);
    for (; bits != 0; bits &= bits - 1) {
      out[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))] =
          static_cast<int64_t>(kMissingHash);
    }
  }
}

struct Hash {
  static constexpr StepCode kCode = StepCode::kHash;
  static constexpr const char* kName = "hash";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1})) return kBadRecord;
    return ok_if(!is_list(input_type(record, plan)) &&
                 output_type(record, plan) == ValueType::kI64);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    int64_t* to = values_of<int64_t>(out);
    switch (in.type) {
      case ValueType::kF32: hash_rows<float>(in, to); break;
      case ValueType::kF64: hash_rows<double>(in, to); break;
      case ValueType::kI32: hash_rows<int32_t>(in, to); break;
      case ValueType::kI64: hash_rows<int64_t>(in, to); break;
      default: hash_texts(in, *context.kernels, to); break;
    }
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kHashStep = step_of<Hash>();

}  // namespace mainspring
