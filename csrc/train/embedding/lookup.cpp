// Drivers of lookups: blocks of bags forward; backward a stable sort of ids, then runs of equal
// rows, of one table after the other where there are enough of them for all threads.
#include "train/embedding/lookup.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "train/kernels.hpp"

namespace mainspring::train {

namespace {

constexpr int64_t kBagsOfBlock = 256;
constexpr int64_t kKeysOfBlock = 4096;
constexpr int64_t kIdsOfCheck = 65536;
constexpr uint32_t kDigitBits = 11;  // counts of a digit stay in the first cache

/// A piece of one table's work.
struct Piece {
  size_t table;
  int64_t first, last;
};

template <class Length>
std::vector<Piece> pieces_of(const Lookup& lookup, int64_t size, const Length& length) {
  std::vector<Piece> pieces;
  for (size_t t = 0; t < lookup.tables.size(); ++t) {
    const int64_t count = length(lookup.bags[t]);
    for (int64_t at = 0; at < count; at += size) {
      pieces.push_back({t, at, std::min(at + size, count)});
    }
  }
  return pieces;
}

int64_t num_bags_of(const Bags& bags) { return bags.num_bags; }
int64_t num_ids_of(const Bags& bags) { return bags.num_ids; }

/// How the rows of a table are sorted: digits of equal length, the lowest first.
struct Digits {
  uint32_t passes, bits;

  explicit Digits(int64_t num_rows) {
    const auto all = static_cast<uint32_t>(std::bit_width(static_cast<uint64_t>(num_rows - 1)));
    passes = (all + kDigitBits - 1) / kDigitBits;
    bits = passes == 0 ? 0 : (all + passes - 1) / passes;
  }
  size_t values() const { return size_t{1} << bits; }
  uint64_t of(uint64_t row, uint32_t pass) const { return (row >> (pass * bits)) & (values() - 1); }
};

/// How often each value of each digit occurs, in one pass over the ids.
template <uint32_t kPasses>
void count_digits(const Bags& bags, Digits digits, uint32_t* counts) {
  for (int64_t i = bags.first_id; i < bags.first_id + bags.num_ids; ++i) {
    const auto row = static_cast<uint64_t>(bags.id(i));
    for (uint32_t k = 0; k < kPasses; ++k) ++counts[k * digits.values() + digits.of(row, k)];
  }
}

/// Keys of a table's ids, the row and below it the bag or with weights the place: sorted by row,
/// those of a row in the order of the ids. Returns which of both memories has them.
uint64_t* sorted_keys(const Bags& bags, int64_t num_rows, uint64_t* keys, uint64_t* other) {
  if (bags.num_ids == 0) return keys;
  const Digits digits(num_rows);
  std::vector<uint32_t> starts(digits.passes * digits.values() + 1);
  constexpr void (*kCount[])(const Bags&, Digits, uint32_t*) = {count_digits<0>, count_digits<1>,
                                                                count_digits<2>, count_digits<3>};
  kCount[digits.passes](bags, digits, starts.data());
  for (uint32_t pass = 0; pass < digits.passes; ++pass) {
    uint32_t sum = 0, *own = starts.data() + pass * digits.values();
    for (size_t i = 0; i < digits.values(); ++i) sum += std::exchange(own[i], sum);
  }
  uint32_t* const first = starts.data();  // without digits there is one value, 0
  int64_t at = 0;
  for (int64_t bag = 0; bag < bags.num_bags; ++bag) {
    const int64_t last = bags.begin(bag + 1);
    for (int64_t place = bags.begin(bag); place < last; ++place, ++at) {
      const auto row = static_cast<uint64_t>(bags.id(place));
      const auto low = static_cast<uint64_t>(bags.weights == nullptr ? bag : at);
      keys[first[digits.of(row, 0)]++] = (row << 32) | low;
    }
  }
  for (uint32_t pass = 1; pass < digits.passes; ++pass) {
    uint32_t* const own = starts.data() + pass * digits.values();
    for (int64_t i = 0; i < bags.num_ids; ++i) {
      other[own[digits.of(keys[i] >> 32, pass)]++] = keys[i];
    }
    std::swap(keys, other);
  }
  return keys;
}

}  // namespace

LookupFault check_offsets(const int64_t* offsets, int64_t count, int64_t num_ids) {
  if (offsets[0] != 0) return {LookupFaultKind::kFirstOffset, 0, 0, offsets[0]};
  for (int64_t i = 1; i < count; ++i) {
    if (offsets[i] < offsets[i - 1]) return {LookupFaultKind::kOffset, 0, i, offsets[i]};
  }
  if (offsets[count - 1] != num_ids) {
    return {LookupFaultKind::kLastOffset, 0, count - 1, offsets[count - 1]};
  }
  return {};
}

LookupFault check_ids(const Lookup& lookup, const Workers& workers) {
  const std::vector<Piece> pieces = pieces_of(lookup, kIdsOfCheck, num_ids_of);
  std::mutex mutex;
  LookupFault fault;
  const auto report = [&](const Piece& piece, const auto* ids, uint64_t num_rows) {
    for (int64_t i = piece.first; i < piece.last; ++i) {
      if (static_cast<uint64_t>(static_cast<int64_t>(ids[i])) < num_rows) continue;
      const std::lock_guard<std::mutex> held(mutex);
      const int64_t place = lookup.bags[piece.table].first_id + i;
      if (fault.kind == LookupFaultKind::kNone || place < fault.place) {
        fault = {LookupFaultKind::kId, static_cast<int64_t>(piece.table), place, ids[i]};
      }
      return;
    }
  };
  const auto check = [&](const Piece& piece, const auto* ids, uint64_t num_rows) {
    bool bad = false;  // without a branch in the loop
    for (int64_t i = piece.first; i < piece.last; ++i) {
      bad |= static_cast<uint64_t>(static_cast<int64_t>(ids[i])) >= num_rows;
    }
    if (bad) report(piece, ids, num_rows);
  };
  workers.run(pieces.size(), [&](uint64_t item, uint32_t) {
    const Piece& piece = pieces[item];
    const Bags& bags = lookup.bags[piece.table];
    const auto num_rows = static_cast<uint64_t>(lookup.tables[piece.table].num_rows);
    if (bags.wide_ids) {
      check(piece, static_cast<const int64_t*>(bags.ids) + bags.first_id, num_rows);
    } else {
      check(piece, static_cast<const int32_t*>(bags.ids) + bags.first_id, num_rows);
    }
  });
  return fault;
}

void lookup_forward(const Lookup& lookup, float* out, const TrainKernels& kernels,
                    const Workers& workers) {
  const std::vector<Piece> pieces = pieces_of(lookup, kBagsOfBlock, num_bags_of);
  workers.run(pieces.size(), [&](uint64_t item, uint32_t) {
    const Piece& piece = pieces[item];
    kernels.pool_bags(lookup.tables[piece.table], lookup.bags[piece.table], piece.first, piece.last,
                      out);
  });
}

namespace {

/// What a thread needs of memory for a table: two arrays of keys, two rows.
struct TableMemory {
  std::unique_ptr<uint64_t[]> keys;
  std::vector<float> rows;
};

/// Sorts a table's ids and updates its rows, all on one thread: keys stay in its cache.
void update_table(const Table& table, const Bags& bags, const float* grad, const Rule& rule,
                  const TrainKernels& kernels, TableMemory& memory) {
  uint64_t* keys = memory.keys.get();
  const uint64_t* sorted = sorted_keys(bags, table.num_rows, keys, keys + bags.num_ids);
  kernels.update_rows(table, bags, sorted, 0, bags.num_ids, bags.num_ids, grad, rule,
                      memory.rows.data());
}

void update_tables(const Lookup& lookup, const float* grad, const Rule& rule,
                   const TrainKernels& kernels, const Workers& workers) {
  int64_t most_ids = 0, widest = 0;
  for (size_t t = 0; t < lookup.tables.size(); ++t) {
    most_ids = std::max(most_ids, lookup.bags[t].num_ids);
    widest = std::max(widest, lookup.tables[t].width);
  }
  std::vector<TableMemory> memory(workers.count);
  workers.run(lookup.tables.size(), [&](uint64_t t, uint32_t worker) {
    TableMemory& own = memory[worker];
    if (own.rows.empty()) {
      own.keys = std::make_unique_for_overwrite<uint64_t[]>(2 * most_ids);
      own.rows.resize(2 * widest);
    }
    update_table(lookup.tables[t], lookup.bags[t], grad, rule, kernels, own);
  });
}

/// Whether tables alone are work enough for all threads: none has more than a thread's share.
bool goes_by_table(const Lookup& lookup, const Workers& workers) {
  if (workers.count == 1) return true;
  int64_t num_ids = 0, most_ids = 0;
  for (const Bags& bags : lookup.bags) {
    num_ids += bags.num_ids;
    most_ids = std::max(most_ids, bags.num_ids);
  }
  return lookup.tables.size() >= 2 * size_t{workers.count} && most_ids * workers.count <= num_ids;
}

}  // namespace

void lookup_backward(const Lookup& lookup, const float* grad, const Rule& rule,
                     const TrainKernels& kernels, const Workers& workers) {
  if (goes_by_table(lookup, workers)) {
    update_tables(lookup, grad, rule, kernels, workers);
    return;
  }
  int64_t num_ids = 0, widest = 0;
  std::vector<int64_t> starts;
  for (size_t t = 0; t < lookup.tables.size(); ++t) {
    starts.push_back(num_ids);
    num_ids += lookup.bags[t].num_ids;
    widest = std::max(widest, lookup.tables[t].width);
  }
  const auto memory = std::make_unique_for_overwrite<uint64_t[]>(2 * num_ids);
  std::vector<const uint64_t*> sorted(lookup.tables.size());
  workers.run(lookup.tables.size(), [&](uint64_t t, uint32_t) {
    uint64_t* keys = memory.get() + 2 * starts[t];
    const Bags& bags = lookup.bags[t];
    sorted[t] = sorted_keys(bags, lookup.tables[t].num_rows, keys, keys + bags.num_ids);
  });
  const std::vector<Piece> pieces = pieces_of(lookup, kKeysOfBlock, num_ids_of);
  std::vector<float> scratch(2 * widest * workers.count);
  workers.run(pieces.size(), [&](uint64_t item, uint32_t worker) {
    const Piece& piece = pieces[item];
    kernels.update_rows(lookup.tables[piece.table], lookup.bags[piece.table], sorted[piece.table],
                        piece.first, piece.last, lookup.bags[piece.table].num_ids, grad, rule,
                        scratch.data() + 2 * widest * worker);
  });
}

void lookup_pairs(const Lookup& lookup, float* out, float* sums, const TrainKernels& kernels,
                  const Workers& workers) {
  const int64_t rows = lookup.bags.empty() ? 0 : lookup.bags[0].num_bags;
  const auto num_tables = static_cast<int64_t>(lookup.tables.size());
  workers.run((rows + kBagsOfBlock - 1) / kBagsOfBlock, [&](uint64_t block, uint32_t) {
    const int64_t first = static_cast<int64_t>(block) * kBagsOfBlock;
    kernels.pair_rows(lookup.tables.data(), lookup.bags.data(), num_tables, first,
                      std::min(first + kBagsOfBlock, rows), out, sums);
  });
}

void lookup_weight_gradients(const Lookup& lookup, const float* grad, float* out,
                             const TrainKernels& kernels, const Workers& workers) {
  const std::vector<Piece> pieces = pieces_of(lookup, kBagsOfBlock, num_bags_of);
  workers.run(pieces.size(), [&](uint64_t item, uint32_t) {
    const Piece& piece = pieces[item];
    kernels.weight_gradients(lookup.tables[piece.table], lookup.bags[piece.table], piece.first,
                             piece.last, grad, out);
  });
}

}  // namespace mainspring::train
