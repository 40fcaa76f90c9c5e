// A column of numbers: exact counts first, a sketch when they grow too many.
#include "profile/number_profile.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kBlock = 512;

}  // namespace

void NumberProfile::add(const double* values, uint64_t count) {
  kept_ = nullptr;
  if (exact()) {
    const uint64_t counted = counts_.add(values, count);
    if (counted == count) return;
    start_sketch();
    values += counted;
    count -= counted;
  }
  add_to_sketch(values, count);
}

void NumberProfile::start_sketch() {
  sketched_.emplace();
  add_runs_to_sketch(counts_.runs());
  counts_ = NumberCounts();
}

void NumberProfile::add_runs_to_sketch(const NumberRuns& runs) {
  Sketched& sketched = *sketched_;
  for (size_t i = 0; i < runs.values.size(); ++i) {
    const double value = runs.values[i];
    sketched.tally.add_repeated(value, runs.counts[i]);
    if (std::isfinite(value)) sketched.moments.add_repeated(value, runs.counts[i]);
    sketched.distinct.add(hash_u64(std::bit_cast<uint64_t>(value)));
  }
  sketched.quantiles.add_runs(runs.values, runs.counts);
}

void NumberProfile::add_to_sketch(const double* values, uint64_t count) {
  Sketched& sketched = *sketched_;
  const uint64_t finite_before = sketched.tally.finite();
  sketched.tally.add(values, count);
  if (sketched.tally.finite() - finite_before == count) {
    sketched.moments.add(values, count);
  } else {
    std::array<double, kBlock> finite;
    uint32_t num_finite = 0;
    for (uint64_t i = 0; i < count; ++i) {
      if (std::isfinite(values[i])) finite[num_finite++] = values[i];
      if (num_finite == kBlock || i + 1 == count) {
        sketched.moments.add(finite.data(), num_finite);
        num_finite = 0;
      }
    }
  }
  for (uint64_t i = 0; i < count; ++i) {
    sketched.distinct.add(hash_u64(std::bit_cast<uint64_t>(values[i])));
  }
  sketched.quantiles.add(values, count);
}

void NumberProfile::merge(const NumberProfile& other) {
  kept_ = nullptr;
  if (!other.exact()) {
    if (exact()) start_sketch();
    sketched_->tally.merge(other.sketched_->tally);
    sketched_->moments.merge(other.sketched_->moments);
    sketched_->quantiles.merge(other.sketched_->quantiles);
    sketched_->distinct.merge(other.sketched_->distinct);
    return;
  }
  NumberRuns runs = other.counts_.runs();
  size_t merged = 0;
  if (exact()) {
    while (merged < runs.values.size() &&
           counts_.add_repeated(runs.values[merged], runs.counts[merged])) {
      ++merged;
    }
    if (merged == runs.values.size()) return;
    start_sketch();
  }
  runs.values.erase(runs.values.begin(), runs.values.begin() + static_cast<std::ptrdiff_t>(merged));
  runs.counts.erase(runs.counts.begin(), runs.counts.begin() + static_cast<std::ptrdiff_t>(merged));
  add_runs_to_sketch(runs);
}

template <class Visit>
void NumberProfile::for_each_number(const Visit& visit) const {
  if (kept_ == nullptr) return counts_.for_each(visit);
  for (size_t i = 0; i < kept_->values.size(); ++i) visit(kept_->values[i], kept_->counts[i]);
}

NumberTally NumberProfile::tally() const {
  if (!exact()) return sketched_->tally;
  NumberTally tally;
  for_each_number([&tally](double value, uint64_t count) { tally.add_repeated(value, count); });
  return tally;
}

Moments NumberProfile::moments() const {
  if (!exact()) return sketched_->moments;
  Moments moments;
  std::array<double, kBlock> once;  // sums are exact in any order, and a block's take less time
  uint32_t num_once = 0;
  for_each_number([&](double value, uint64_t count) {
    if (!std::isfinite(value)) return;
    if (count > 1) return moments.add_repeated(value, count);
    once[num_once++] = value;
    if (num_once < kBlock) return;
    moments.add(once.data(), num_once);
    num_once = 0;
  });
  moments.add(once.data(), num_once);
  return moments;
}

Distribution NumberProfile::distribution() const {
  if (!exact()) return sketched_->quantiles.distribution();
  NumberRuns runs = counts_.runs();
  Distribution result;
  result.values = std::move(runs.values);
  result.counts = std::move(runs.counts);
  result.total = counts_.total();
  return result;
}

std::shared_ptr<const Distribution> NumberProfile::shared_distribution() const {
  if (!exact()) return sketched_->quantiles.shared_distribution();
  if (kept_ != nullptr) return kept_;
  return std::make_shared<const Distribution>(distribution());
}

void NumberProfile::keep_distribution() {
  if (!exact()) return sketched_->quantiles.keep_distribution();
  kept_ = shared_distribution();
}

NumberProfile NumberProfile::without_counts() const {
  NumberProfile copy;
  if (!exact()) {
    copy.sketched_ = Sketched{sketched_->tally, sketched_->moments,
                              sketched_->quantiles.without_levels(), DistinctSketch()};
    return copy;
  }
  if (kept_ == nullptr) return *this;
  copy.kept_ = kept_;
  return copy;
}

double NumberProfile::distinct() const {
  if (exact()) return counts_.distinct();
  // More than the cap is certain, and no more than there are values; the estimate may say
  // otherwise.
  return std::clamp(sketched_->distinct.estimate(), NumberCounts::kMaxDistinct + 1.0,
                    static_cast<double>(count()));
}

void NumberProfile::write(StateWriter& writer) const {
  writer.put<uint8_t>(exact() ? 1 : 0);
  if (exact()) {
    counts_.write(writer);
    return;
  }
  sketched_->tally.write(writer);
  sketched_->moments.write(writer);
  sketched_->quantiles.write(writer);
  sketched_->distinct.write(writer);
}

NumberProfile NumberProfile::read(StateReader& reader) {
  NumberProfile profile;
  const uint8_t exact = reader.get<uint8_t>();
  if (exact > 1) StateReader::fail();
  if (exact == 1) {
    profile.counts_ = NumberCounts::read(reader);
    return profile;
  }
  profile.sketched_.emplace();
  Sketched& sketched = *profile.sketched_;
  sketched.tally = NumberTally::read(reader);
  sketched.moments = Moments::read(reader);
  sketched.quantiles = QuantileSketch::read(reader);
  sketched.distinct = DistinctSketch::read(reader);
  if (sketched.moments.count() != sketched.tally.finite() ||
      sketched.quantiles.total() != sketched.tally.count ||
      sketched.tally.count <= NumberCounts::kMaxDistinct) {
    StateReader::fail();
  }
  return profile;
}

double quantile(const Distribution& distribution, double q) {
  if (distribution.total == 0) return std::numeric_limits<double>::quiet_NaN();
  const double position = q * static_cast<double>(distribution.total - 1);
  const auto below = static_cast<uint64_t>(position);
  const double fraction = position - static_cast<double>(below);
  uint64_t passed = 0;
  for (size_t i = 0; i < distribution.values.size(); ++i) {
    passed += distribution.counts[i];
    if (below >= passed) continue;
    const double low = distribution.values[i];
    if (fraction == 0 || below + 1 < passed || i + 1 == distribution.values.size()) return low;
    const double high = distribution.values[i + 1];
    return std::isinf(low) || std::isinf(high) ? low : low + (high - low) * fraction;
  }
  return distribution.values.back();
}

}  // namespace mainspring
