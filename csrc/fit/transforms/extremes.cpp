// Comparisons only: no batch, thread or shard can change the outcome.
#include "fit/transforms/extremes.hpp"

#include <algorithm>
#include <cmath>

#include "fit/transforms/finite_moments.hpp"
#include "host/error.hpp"

namespace mainspring {

void Extremes::update(const FitTile& tile) {
  const auto* values = values_of<double>(tile.inputs[0]);
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (std::isnan(values[row])) continue;
    if (std::isinf(values[row])) {
      infinite_ = true;
      first_infinite_row_ = std::min(first_infinite_row_, tile.first_row + row);
    } else {
      add(values[row]);
    }
  }
}

void Extremes::update_repeated(const FitTile& one_row, uint64_t count) {
  const double value = values_of<double>(one_row.inputs[0])[0];
  if (std::isnan(value) || count == 0) return;
  if (std::isinf(value)) {
    infinite_ = true;
  } else {
    add(value);
  }
}

void Extremes::add(double value) {
  // Of -0 and 0 the order of rows would decide which one is kept.
  const double canonical = value + 0.0;
  smallest_ = std::min(smallest_, canonical);
  largest_ = std::max(largest_, canonical);
}

void Extremes::merge(const Extremes& other) {
  smallest_ = std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
  infinite_ = infinite_ || other.infinite_;
  first_infinite_row_ = std::min(first_infinite_row_, other.first_infinite_row_);
}

void Extremes::write(StateWriter& writer) const {
  writer.put(smallest_);
  writer.put(largest_);
  writer.put<uint64_t>(infinite_ ? 1 : 0);
  writer.put(first_infinite_row_);
}

void Extremes::read(StateReader& reader) {
  smallest_ = reader.get<double>();
  largest_ = reader.get<double>();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const bool none = smallest_ == kInfinity && largest_ == -kInfinity;
  const bool some = std::isfinite(smallest_) && std::isfinite(largest_) && smallest_ <= largest_;
  if (!none && !some) StateReader::fail();
  infinite_ = reader.get<uint64_t>() != 0;
  first_infinite_row_ = reader.get<uint64_t>();
}

void Extremes::check_finite(std::string_view transform, const Feature& in) const {
  if (infinite_) fail_infinite(transform, in, first_infinite_row_);
}

void fail_wide(std::string_view transform, const Feature& in) {
  throw Error(ErrorKind::kData, "Column '" + in.column +
                                    "' has a range that is more than float64 holds, expected "
                                    "smaller numbers for " +
                                    std::string(transform) + " behind " + in.expression +
                                    ". Put clip(low, high) before it.")
      .column(in.column);
}

}  // namespace mainspring
