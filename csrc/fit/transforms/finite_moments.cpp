// The exact sums behind standardize and the mean of impute, and the one rounding at their end.
#include "fit/transforms/finite_moments.hpp"

#include <algorithm>
#include <cmath>

#include "fit/transforms/exact_spread.hpp"
#include "host/error.hpp"
#include "profile/block_sums.hpp"

namespace mainspring {

void write_exact_sum(const ExactSum& sum, StateWriter& writer) {
  int64_t limbs[kExactSumLimbs];
  sum.canonical(limbs);
  for (const int64_t limb : limbs) writer.put(limb);
}

void read_exact_sum(ExactSum* sum, StateReader& reader) {
  int64_t limbs[kExactSumLimbs];
  for (uint32_t i = 0; i < kExactSumLimbs; ++i) {
    limbs[i] = reader.get<int64_t>();
    if (i + 1 < kExactSumLimbs && (limbs[i] < 0 || limbs[i] >> 32 != 0)) StateReader::fail();
  }
  sum->set(limbs);
}

void FiniteMoments::update(const FitTile& tile) {
  const auto* values = values_of<double>(tile.inputs[0]);
  alignas(64) double finite[kSumBlock];
  uint32_t num_finite = pack_present(values, tile.num_rows, finite);
  if (with_squares_ && add_near_block(finite, num_finite, &sum_, &squares_)) {
    count_ += num_finite;
    return;
  }
  if (!are_finite(finite, num_finite)) {
    num_finite = 0;
    for (uint32_t row = 0; row < tile.num_rows; ++row) {
      if (std::isinf(values[row])) {
        ++num_infinite_;
        first_infinite_row_ = std::min(first_infinite_row_, tile.first_row + row);
      } else if (!std::isnan(values[row])) {
        finite[num_finite++] = values[row];
      }
    }
  }
  count_ += num_finite;
  if (!with_squares_) {
    sum_.add_all(finite, num_finite);
    return;
  }
  use_up_block(finite, num_finite, &sum_, &squares_);
}

void FiniteMoments::update_repeated(const FitTile& one_row, uint64_t count) {
  const double value = values_of<double>(one_row.inputs[0])[0];
  if (std::isnan(value) || count == 0) return;
  if (std::isinf(value)) {
    num_infinite_ += count;
    return;
  }
  add_finite(value, count);
}

bool FiniteMoments::update_counted(std::span<const double> values,
                                   std::span<const uint64_t> counts) {
  const auto is_infinite = [](double value) { return std::isinf(value); };
  if (std::any_of(values.begin(), values.end(), is_infinite)) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) add_finite(values[i], counts[i]);
  }
  return true;
}

void FiniteMoments::add_finite(double value, uint64_t count) {
  count_ += count;
  sum_.add_repeated(value, count);
  if (with_squares_) squares_.add_product_repeated(value, value, count);
}

void FiniteMoments::merge(const FiniteMoments& other) {
  count_ += other.count_;
  sum_.merge(other.sum_);
  squares_.merge(other.squares_);
  num_infinite_ += other.num_infinite_;
  first_infinite_row_ = std::min(first_infinite_row_, other.first_infinite_row_);
}

void FiniteMoments::write(StateWriter& writer) const {
  writer.put(count_);
  write_exact_sum(sum_, writer);
  if (with_squares_) write_exact_sum(squares_, writer);
  writer.put(num_infinite_);
  writer.put(first_infinite_row_);
}

void FiniteMoments::read(StateReader& reader) {
  count_ = reader.get<uint64_t>();
  read_exact_sum(&sum_, reader);
  if (with_squares_) read_exact_sum(&squares_, reader);
  num_infinite_ = reader.get<uint64_t>();
  first_infinite_row_ = reader.get<uint64_t>();
}

void fail_infinite(std::string_view transform, const Feature& in, uint64_t first_row) {
  std::string where;
  if (first_row != UINT64_MAX) where = " at row " + std::to_string(first_row);
  Error error(ErrorKind::kData, "Column '" + in.column + "' gives an infinite value" + where +
                                    ", expected finite numbers for " + std::string(transform) +
                                    " behind " + in.expression +
                                    ". Put clip(low, high) before it.");
  error.column(in.column).expected("finite numbers").got("infinity").hint("clip(low, high)");
  if (first_row != UINT64_MAX) error.row(first_row);
  throw error;
}

void FiniteMoments::check_finite(std::string_view transform, const Feature& in) const {
  if (num_infinite_ != 0) fail_infinite(transform, in, first_infinite_row_);
  if (!std::isfinite(sum_.value()) || !std::isfinite(squares_.value())) {
    throw Error(ErrorKind::kData, "Column '" + in.column +
                                      "' has values whose squares add up to more than float64 "
                                      "holds, expected smaller numbers for " +
                                      std::string(transform) + " behind " + in.expression +
                                      ". Put clip(low, high) before it.")
        .column(in.column);
  }
}

double FiniteMoments::mean() const {
  return count_ == 0 ? 0 : sum_.value() / static_cast<double>(count_);
}

double FiniteMoments::variance() const {
  if (count_ == 0) return 0;
  const auto n = static_cast<double>(count_);
  return scaled_spread(n, sum_, squares_) / n / n;
}

}  // namespace mainspring
