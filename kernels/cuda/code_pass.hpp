// Counts of codes: the entries of a dictionary of strings, or 0 and 1 of booleans. Few codes are
// counted in shared memory, a copy for each lane of a warp where they fit, so that lanes that meet
// the same code do not wait for each other; many are counted in the totals at once.
#pragma once
#include "chosen_rows.hpp"
#include "shared_sums.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kMaxSharedCodes = 8192;
inline constexpr uint32_t kMaxCopies = 32;

struct CodeArgs {
  ChosenRows column;
  uint64_t num_rows;
  uint64_t num_codes;   // the last one is of missing rows
  uint32_t num_copies;  // a power of two; 0: too many codes to count in shared memory
  bool are_entries;     // else whether a value is not 0
  uint64_t* counts;
};

struct CodeShared {
  uint32_t counts[kMaxSharedCodes];
};

/// As many as fit.
constexpr uint32_t copies_of(uint64_t num_codes) {
  uint32_t copies = kMaxCopies;
  while (copies != 0 && num_codes > kMaxSharedCodes / copies) copies /= 2;
  return copies;
}

MAINSPRING_BOTH inline uint64_t code_of(const CodeArgs& args, uint64_t i) {
  const DeviceColumn& column = args.column.column;
  uint64_t at;
  if (!find_row(column, row_at(args.column, i), &at)) return args.num_codes - 1;
  if (args.are_entries) return at - column.offset;
  return integer_bits(column.type, column.values, at) != 0 ? 1 : 0;
}

/// Phase 1 of a block.
MAINSPRING_BOTH inline void clear_codes(const CodeArgs& args, CodeShared& shared, uint32_t thread) {
  const auto used =
      static_cast<uint32_t>(args.num_copies == 0 ? 0 : args.num_codes * args.num_copies);
  for (uint32_t i = thread; i < used; i += kPassThreads) shared.counts[i] = 0;
}

/// Phase 2: the rows of a thread, `stride` apart. A block takes less than 2^32 of them.
MAINSPRING_BOTH inline void count_codes_of(const CodeArgs& args, CodeShared& shared,
                                           uint64_t first_row, uint64_t stride, uint32_t thread) {
  for (uint64_t row = first_row; row < args.num_rows; row += stride) {
    const uint64_t code = code_of(args, row);
    if (args.num_copies == 0) {
      add_to(&args.counts[code], uint64_t{1});
    } else {
      const auto place = static_cast<uint32_t>(code) * args.num_copies;
      add_to(&shared.counts[place + (thread & (args.num_copies - 1))], 1);
    }
  }
}

/// Phase 3: what the block has counted goes to the totals.
MAINSPRING_BOTH inline void add_codes(const CodeArgs& args, const CodeShared& shared,
                                      uint32_t thread) {
  if (args.num_copies == 0) return;
  for (uint64_t code = thread; code < args.num_codes; code += kPassThreads) {
    uint64_t count = 0;
    for (uint32_t copy = 0; copy < args.num_copies; ++copy) {
      count += shared.counts[code * args.num_copies + copy];
    }
    if (count != 0) add_to(&args.counts[code], count);
  }
}

}  // namespace mainspring::gpu
