// Passes over the numbers of one column: counted between edges in a block's shared memory, listed,
// taken out by row, and made keys that sort as they do. What blocks add up are integers, and which
// is smallest does not hang on the order: so every pass gives the same bits each time.
#pragma once
#include "chosen_rows.hpp"
#include "shared_sums.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kMaxEdges = 8192;  // those of csrc/profile/number_bins.hpp

/// Numbers as integers in the same order; what is missing comes last.
inline constexpr uint64_t kMissingKey = ~uint64_t{0};

MAINSPRING_BOTH inline uint64_t order_key(double value) {
  if (value != value) return kMissingKey;
  const auto bits = __builtin_bit_cast(uint64_t, value + 0.0);  // -0.0 becomes 0.0
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}

/// What all blocks add to: a count for each bin, then these.
struct PassTotals {
  uint64_t nans;
  uint64_t least;  // keys
  uint64_t most;
  uint64_t num_listed;
};

struct CountArgs {
  ChosenRows column;
  uint64_t num_rows;
  const double* edges;
  uint32_t num_edges;
  uint64_t* bins;  // num_edges + 1
  PassTotals* totals;
};

struct CountShared {
  uint32_t bins[kMaxEdges + 1];
  uint32_t nans;
  uint64_t least;
  uint64_t most;
};

struct ListedNumber {
  uint64_t row;
  double value;
};

struct ListArgs {
  ChosenRows column;
  uint64_t num_rows;
  const double* edges;
  uint32_t num_edges;
  const uint8_t* listed;  // by bin
  ListedNumber* out;
  uint64_t capacity;
  PassTotals* totals;
};

struct GatherArgs {
  ChosenRows column;
  uint64_t num_rows;     // of `rows`
  const uint64_t* rows;  // numbers among the chosen ones
  double* out;
};

struct OrderArgs {
  ChosenRows column;
  uint64_t num_rows;
  uint64_t* keys;
};

/// The number of edges at or below a value that is not NaN.
MAINSPRING_BOTH inline uint32_t bin_of(const double* edges, uint32_t num_edges, double value) {
  uint32_t first = 0, left = num_edges;
  while (left != 0) {
    const uint32_t half = left / 2;
    const bool is_above = value >= edges[first + half];
    first += is_above ? half + 1 : 0;
    left = is_above ? left - half - 1 : half;
  }
  return first;
}

/// Phase 1 of a block that counts.
MAINSPRING_BOTH inline void clear_counts(const CountArgs& args, CountShared& shared,
                                         uint32_t thread) {
  for (uint32_t bin = thread; bin <= args.num_edges; bin += kPassThreads) shared.bins[bin] = 0;
  if (thread != 0) return;
  shared.nans = 0;
  shared.least = kMissingKey;
  shared.most = 0;
}

/// Phase 2: the rows of a thread, `stride` apart. A block takes less than 2^32 of them.
MAINSPRING_BOTH inline void count_rows(const CountArgs& args, CountShared& shared,
                                       uint64_t first_row, uint64_t stride) {
  uint32_t nans = 0;
  uint64_t least = kMissingKey, most = 0;
  for (uint64_t row = first_row; row < args.num_rows; row += stride) {
    const double value = read_counted(args.column, row);
    if (value != value) {
      ++nans;
      continue;
    }
    add_to(&shared.bins[bin_of(args.edges, args.num_edges, value)], 1);
    const uint64_t key = order_key(value);
    least = key < least ? key : least;
    most = key > most ? key : most;
  }
  if (nans != 0) add_to(&shared.nans, nans);
  lower_to(&shared.least, least);
  raise_to(&shared.most, most);
}

/// Phase 3: what the block has counted goes to the totals.
MAINSPRING_BOTH inline void add_counts(const CountArgs& args, const CountShared& shared,
                                       uint32_t thread) {
  for (uint32_t bin = thread; bin <= args.num_edges; bin += kPassThreads) {
    if (shared.bins[bin] != 0) add_to(&args.bins[bin], uint64_t{shared.bins[bin]});
  }
  if (thread != 0) return;
  add_to(&args.totals->nans, uint64_t{shared.nans});
  lower_to(&args.totals->least, shared.least);
  raise_to(&args.totals->most, shared.most);
}

/// In no order: the host puts them in that of the rows.
MAINSPRING_BOTH inline void list_row(const ListArgs& args, uint64_t row) {
  const double value = read_counted(args.column, row);
  if (value != value || args.listed[bin_of(args.edges, args.num_edges, value)] == 0) return;
  const uint64_t at = add_to(&args.totals->num_listed, uint64_t{1});
  if (at < args.capacity) args.out[at] = {row, value + 0.0};
}

MAINSPRING_BOTH inline void gather_row(const GatherArgs& args, uint64_t i) {
  args.out[i] = read_counted(args.column, args.rows[i]);
}

MAINSPRING_BOTH inline void order_row(const OrderArgs& args, uint64_t row) {
  args.keys[row] = order_key(read_counted(args.column, row));
}

}  // namespace mainspring::gpu
