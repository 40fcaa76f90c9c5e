// What becomes of the number of times that a row holds an n-gram: the feature's value.
#pragma once
#include <cstdint>

#include "runtime/core/math.hpp"

namespace mainspring {

/// Stored in bundles, never changes.
enum class NgramNorm : uint32_t { kNone = 0, kL1 = 1, kL2 = 2 };

/// Stored in bundles, as ngram_value_bits().
struct NgramValueRule {
  NgramNorm norm = NgramNorm::kNone;  // the row's values are divided by it
  bool binary = false;                // 1 for any number
  bool alternate_sign = false;        // half of the n-grams count -1; not with binary
  bool sublinear = false;             // 1 + log(number)
};

constexpr uint64_t ngram_value_bits(const NgramValueRule& rule) {
  return static_cast<uint64_t>(rule.norm) | uint64_t{rule.binary} << 8 |
         uint64_t{rule.alternate_sign} << 9 | uint64_t{rule.sublinear} << 10;
}

constexpr NgramValueRule ngram_value_rule_of(uint64_t bits) {
  return {static_cast<NgramNorm>(bits & 0xff), (bits >> 8 & 1) != 0, (bits >> 9 & 1) != 0,
          (bits >> 10 & 1) != 0};
}

/// Whether the bits are those of a rule; 1 + log(number) is for numbers of 1 or more.
constexpr bool is_ngram_value_rule(uint64_t bits) {
  const NgramValueRule rule = ngram_value_rule_of(bits);
  return bits >> 11 == 0 && rule.norm <= NgramNorm::kL2 &&
         !(rule.alternate_sign && (rule.binary || rule.sublinear));
}

/// `number` is not 0.
inline double ngram_value(double number, double weight, const NgramValueRule& rule) {
  if (rule.binary) return weight;
  return (rule.sublinear ? 1 + log_value(number) : number) * weight;
}

/// What a row's value adds to what its norm is made of.
inline double norm_term(double value, NgramNorm norm) {
  return norm == NgramNorm::kL1 ? __builtin_fabs(value) : value * value;
}

/// What a row's values are divided by; never 0.
inline double norm_of(double sum, NgramNorm norm) {
  if (norm == NgramNorm::kNone || sum == 0) return 1;
  return norm == NgramNorm::kL1 ? sum : sqrt_value(sum);
}

}  // namespace mainspring
