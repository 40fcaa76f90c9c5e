// Hashes rows, column by column.
#include "measure/checks/row_hashes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "host/thread_pool.hpp"
#include "measure/checks/check.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlock = 4096;

uint64_t bits_of(double value) {
  uint64_t bits = 0;
  value += 0.0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

uint64_t cell_hash(const RowColumn& column, uint64_t row, double step) {
  if (column.missing(row)) return kMissingHash;
  if (column.has_codes()) return hash_u64(column.codes[row]);
  const double value = column.numbers[row];
  return hash_u64(bits_of(step > 0 ? std::floor(value / step) : value));
}

}  // namespace

std::vector<const RowColumn*> all_columns(const CheckTable& table) {
  std::vector<const RowColumn*> columns;
  for (const RowColumn& column : table.columns) columns.push_back(&column);
  return columns;
}

std::vector<RowHash> row_hashes(std::span<const RowColumn* const> columns, uint64_t num_rows,
                                std::span<const double> steps) {
  std::vector<RowHash> hashes(num_rows);
  parallel_for((num_rows + kBlock - 1) / kBlock, [&](uint64_t block, uint32_t) {
    const uint64_t end = std::min(num_rows, (block + 1) * kBlock);
    for (size_t i = 0; i < columns.size(); ++i) {
      for (uint64_t row = block * kBlock; row < end; ++row) {
        const uint64_t hash = cell_hash(*columns[i], row, steps.empty() ? 0 : steps[i]);
        hashes[row].high = combine_hashes(hashes[row].high, hash);
        hashes[row].low = combine_hashes(hash ^ kMissingHash, hashes[row].low);
      }
    }
  });
  return hashes;
}

uint64_t count_repeats(const std::vector<RowHash>& hashes, std::vector<uint64_t>* first_rows) {
  std::vector<uint64_t> order(hashes.size());
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) {
    return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b;
  });
  std::vector<uint64_t> repeats;
  for (size_t i = 1; i < order.size(); ++i) {
    if (hashes[order[i]] == hashes[order[i - 1]]) repeats.push_back(order[i]);
  }
  const size_t shown = std::min(kShownRows, repeats.size());
  std::partial_sort(repeats.begin(), repeats.begin() + static_cast<ptrdiff_t>(shown),
                    repeats.end());
  first_rows->assign(repeats.begin(), repeats.begin() + static_cast<ptrdiff_t>(shown));
  return repeats.size();
}

}  // namespace mainspring
