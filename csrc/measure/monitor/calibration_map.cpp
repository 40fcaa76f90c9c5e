// Fits shares to parts and reads them off.
#include "measure/monitor/calibration_map.hpp"

#include <algorithm>
#include <numeric>

namespace mainspring {

namespace {

constexpr uint64_t kMaxParts = 200;
constexpr uint64_t kPartRows = 20;

struct Pool {
  double rows, hits;
  double score_rows, score_sum;  // whose mean is where the pool stands
};

// Pools whose share is not below that of the next are one.
void add_pool(const Pool& next, std::vector<Pool>* pools) {
  pools->push_back(next);
  while (pools->size() > 1) {
    const Pool last = pools->back();
    Pool& before = (*pools)[pools->size() - 2];
    if (before.hits * last.rows < last.hits * before.rows) break;
    before = {before.rows + last.rows, before.hits + last.hits, before.score_rows + last.score_rows,
              before.score_sum + last.score_sum};
    pools->pop_back();
  }
}

}  // namespace

ScoreParts::ScoreParts(const double* scores, uint64_t num_rows, uint64_t stride)
    : num_parts_(
          static_cast<uint32_t>(std::min(kMaxParts, std::max<uint64_t>(num_rows / kPartRows, 1)))),
      part_of_(num_rows) {
  std::vector<uint64_t> order(num_rows);
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) {
    const double first = scores[a * stride], second = scores[b * stride];
    return first != second ? first < second : a < b;
  });
  for (uint64_t place = 0; place < num_rows; ++place) {
    part_of_[order[place]] = static_cast<uint32_t>(place * num_parts_ / num_rows);
  }
}

CalibrationMap::CalibrationMap(std::span<const double> rows, std::span<const double> hits,
                               std::span<const double> score_sums) {
  std::vector<Pool> pools;
  for (size_t part = 0; part < rows.size(); ++part) {
    if (rows[part] > 0) add_pool({rows[part], hits[part], rows[part], score_sums[part]}, &pools);
  }
  // A small pool is drawn to one half farther than a large one, which may put it above the next.
  std::vector<Pool> drawn;
  for (const Pool& pool : pools) {
    add_pool({pool.rows + 1, pool.hits + 0.5, pool.score_rows, pool.score_sum}, &drawn);
  }
  for (const Pool& pool : drawn) {
    at_.push_back(pool.score_sum / pool.score_rows);
    share_.push_back(pool.hits / pool.rows);
  }
}

double CalibrationMap::operator()(double score) const {
  if (at_.empty()) return 0.5;
  const auto above = std::upper_bound(at_.begin(), at_.end(), score);
  if (above == at_.begin()) return share_.front();
  if (above == at_.end()) return share_.back();
  const auto i = static_cast<size_t>(above - at_.begin());
  const double width = at_[i] - at_[i - 1];
  return share_[i - 1] + (share_[i] - share_[i - 1]) * ((score - at_[i - 1]) / width);
}

}  // namespace mainspring
