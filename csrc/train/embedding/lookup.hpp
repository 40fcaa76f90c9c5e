// Lookups in many embedding tables at once, and the update of the rows that were looked up.
#pragma once
#include <cstdint>
#include <span>

#include "train/embedding/tables.hpp"
#include "train/workers.hpp"

namespace mainspring::train {

struct TrainKernels;

/// Tables and their bags, one for one.
struct Lookup {
  std::span<const Table> tables;
  std::span<const Bags> bags;
};

enum class LookupFaultKind : uint8_t { kNone, kFirstOffset, kOffset, kLastOffset, kId };

/// What is wrong with offsets or ids: the first of them, with its place in its array.
struct LookupFault {
  LookupFaultKind kind = LookupFaultKind::kNone;
  int64_t table = 0;
  int64_t place = 0;
  int64_t value = 0;
};

/// Offsets begin with 0, never fall, and end with num_ids.
LookupFault check_offsets(const int64_t* offsets, int64_t count, int64_t num_ids);
/// Ids are rows of their tables. Everything below relies on both checks.
LookupFault check_ids(const Lookup& lookup, const Workers& workers);

/// A bag without ids is zeros.
void lookup_forward(const Lookup& lookup, float* out, const TrainKernels& kernels,
                    const Workers& workers);

/// Each row that occurs is updated once, with the sum of its gradients in the order of its ids.
void lookup_backward(const Lookup& lookup, const float* grad, const Rule& rule,
                     const TrainKernels& kernels, const Workers& workers);

/// Of tables of one width with one id a bag: of each bag the sum of the products of all pairs of
/// its rows, and the sum of its rows, without a copy of the rows. Back by lookup_backward, whose
/// gradient is that sum times the bag's, with Bags::own_factors.
void lookup_pairs(const Lookup& lookup, float* out, float* sums, const TrainKernels& kernels,
                  const Workers& workers);

/// d loss / d weight of each id, from the rows as they are: before lookup_backward.
void lookup_weight_gradients(const Lookup& lookup, const float* grad, float* out,
                             const TrainKernels& kernels, const Workers& workers);

}  // namespace mainspring::train
