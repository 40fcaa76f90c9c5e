// The backward pass of embedding tables: ids become keys of row and place, which are sorted; a
// block takes a run of equal rows, adds its gradients up in the order of the ids, and updates the
// row once. Each sum has one order, so that results are the same each time.
//
// Products are fused with sums where csrc/train is compiled to do so on CPUs that can, and squares
// of a row are added up in 16 lanes, halves onto halves, as its AVX-512 code does.
#pragma once
#include "mainspring_gpu.h"
#include "number_pass.hpp"
#include "short_rows.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kRunThreads = 128;
inline constexpr uint32_t kSquareLanes = 16;
inline constexpr uint32_t kLayoutNumbers = 6;  // element, row, rows, width, column, mean

/// Numbers are those of csrc/train/embedding/tables.hpp.
enum class Update : uint32_t {
  kGradient,
  kSgd,
  kAdagrad,
  kRowWiseAdagrad,
  kAdam,
  kPartialRowWiseAdam,
  kFtrl,
};

/// The smallest place of what is wrong, ~0 where nothing is; and how many rows there are to update.
struct LookupFaults {
  uint64_t offset;
  uint64_t id;
  uint64_t num_runs;
};

struct KeyArgs {
  ms_gpu_lookup lookup;
  uint64_t num_offsets;
  uint64_t* keys;  // the row among those of all tables, and below it the place
  uint64_t* from;  // by place: where its gradient begins
  float* factors;  // by place
  LookupFaults* faults;
};

struct RunArgs {
  const uint64_t* keys;  // sorted
  uint64_t num_rows;     // keys
  uint64_t* heads;       // of the runs, in no order: each is updated by itself
  LookupFaults* faults;
};

struct UpdateArgs {
  ms_gpu_lookup lookup;
  ms_gpu_rule rule;
  const float* grad;
  const uint64_t* keys;  // sorted
  const uint64_t* from;
  const float* factors;
  const uint64_t* heads;
  uint64_t num_runs;
  float* scratch;  // `widest` for each block
  uint64_t widest;
};

struct UpdateShared {
  float lanes[kSquareLanes];
  float factor;  // of the gradient, when its norm is clipped
  float step;    // of the row, in rules with one number of state a row
};

struct WeightArgs {
  ms_gpu_lookup lookup;
  const float* grad;
  const uint64_t* from;
  uint64_t num_rows;  // ids
  float* out;
};

MAINSPRING_BOTH inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

MAINSPRING_BOTH inline int64_t id_at(const ms_gpu_lookup& lookup, uint64_t place) {
  return lookup.wide_ids != 0 ? value_at<int64_t>(lookup.ids, place)
                              : value_at<int32_t>(lookup.ids, place);
}

/// The last of `count` ascending numbers that is at most `wanted`; the first is. `apart` each.
MAINSPRING_BOTH inline uint64_t last_at_most(const int64_t* numbers, uint64_t count, uint64_t apart,
                                             int64_t wanted) {
  uint64_t low = 0, high = count;
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    (numbers[middle * apart] <= wanted ? low : high) = middle;
  }
  return low;
}

/// The bag of a place, numbered over all tables; with one id each, the table.
MAINSPRING_BOTH inline uint64_t bag_at(const ms_gpu_lookup& lookup, uint64_t num_bags,
                                       uint64_t place) {
  return last_at_most(lookup.offsets, num_bags, 1, static_cast<int64_t>(place));
}

MAINSPRING_BOTH inline const int64_t* layout_of(const ms_gpu_lookup& lookup, uint64_t bag) {
  const uint64_t table = lookup.num_bags < 0 ? bag : bag / static_cast<uint64_t>(lookup.num_bags);
  return lookup.layout + table * kLayoutNumbers;
}

/// Offset `i` is the first that falls, or is wrong at an end.
MAINSPRING_BOTH inline void check_offset(const KeyArgs& args, uint64_t i) {
  const int64_t* offsets = args.lookup.offsets;
  const bool begins = i != 0 || offsets[0] == 0;
  const bool rises = i == 0 || offsets[i] >= offsets[i - 1];
  const bool ends =
      i + 1 != args.num_offsets || offsets[i] == static_cast<int64_t>(args.lookup.num_ids);
  if (!begins || !rises || !ends) lower_to(&args.faults->offset, i);
}

MAINSPRING_BOTH inline void key_id(const KeyArgs& args, uint64_t place) {
  const ms_gpu_lookup& lookup = args.lookup;
  if (place < args.num_offsets) check_offset(args, place);
  if (place >= lookup.num_ids) return;
  const uint64_t num_bags = args.num_offsets - 1;
  if (num_bags == 0) return;  // ids without bags: their end is a wrong offset
  const uint64_t bag = bag_at(lookup, num_bags, place);
  const int64_t* layout = layout_of(lookup, bag);
  const int64_t id = id_at(lookup, place);
  if (static_cast<uint64_t>(id) >= static_cast<uint64_t>(layout[2])) {
    lower_to(&args.faults->id, place);
    return;
  }
  args.keys[place] = (static_cast<uint64_t>(layout[1] + id) << 32) | place;
  float factor = 1.0F;
  uint64_t from = place * lookup.stride;
  if (lookup.num_bags >= 0) {
    const auto of_table = bag % static_cast<uint64_t>(lookup.num_bags);
    from = of_table * lookup.stride + static_cast<uint64_t>(layout[4]);
    if (layout[5] != 0) {
      factor = 1.0F / static_cast<float>(lookup.offsets[bag + 1] - lookup.offsets[bag]);
    }
  }
  args.from[place] = from;
  args.factors[place] = lookup.weights == nullptr ? factor : factor * lookup.weights[place];
}

MAINSPRING_BOTH inline void find_run(const RunArgs& args, uint64_t i) {
  if (i != 0 && args.keys[i] >> 32 == args.keys[i - 1] >> 32) return;
  args.heads[add_to(&args.faults->num_runs, uint64_t{1})] = i;
}

/// d loss / d weight of an id, from the row as it is.
MAINSPRING_BOTH inline void weight_gradient(const WeightArgs& args, uint64_t place) {
  const ms_gpu_lookup& lookup = args.lookup;
  const uint64_t num_bags = lookup.num_tables * static_cast<uint64_t>(lookup.num_bags);
  const uint64_t bag = bag_at(lookup, num_bags, place);
  const int64_t* layout = layout_of(lookup, bag);
  const auto width = static_cast<uint64_t>(layout[3]);
  const uint64_t at =
      static_cast<uint64_t>(layout[0]) + static_cast<uint64_t>(id_at(lookup, place)) * width;
  const auto type = static_cast<RowType>(lookup.row_type);
  double sum = 0;
  for (uint64_t d = 0; d < width; ++d) {
    const float product = read_element(type, lookup.rows, at + d) * args.grad[args.from[place] + d];
    sum += static_cast<double>(product);
  }
  float factor = 1.0F;
  if (layout[5] != 0) {
    factor = 1.0F / static_cast<float>(lookup.offsets[bag + 1] - lookup.offsets[bag]);
  }
  args.out[place] = static_cast<float>(sum) * factor;
}

/// A row that a block updates, and where its numbers are.
struct RowPlace {
  uint64_t element;  // of the rows, and of a state of an element each
  uint64_t number;   // among the rows of all tables: of a state of one number a row
  uint64_t row;      // of its table
  uint64_t table;
  uint64_t width;
};

MAINSPRING_BOTH inline RowPlace row_place(const UpdateArgs& args, uint64_t head) {
  const uint64_t number = args.keys[head] >> 32;
  const uint64_t table = last_at_most(args.lookup.layout + 1, args.lookup.num_tables,
                                      kLayoutNumbers, static_cast<int64_t>(number));
  const int64_t* layout = args.lookup.layout + table * kLayoutNumbers;
  const uint64_t row = number - static_cast<uint64_t>(layout[1]);
  const auto width = static_cast<uint64_t>(layout[3]);
  return {static_cast<uint64_t>(layout[0]) + row * width, number, row, table, width};
}

MAINSPRING_BOTH inline Update update_of(const UpdateArgs& args) {
  return static_cast<Update>(args.rule.update);
}
MAINSPRING_BOTH inline bool is_row_wise(Update update) {
  return update == Update::kRowWiseAdagrad || update == Update::kPartialRowWiseAdam;
}

/// Phase 1 of a block: each thread sums some of the row's elements, in the order of the ids.
MAINSPRING_BOTH inline void sum_run(const UpdateArgs& args, const RowPlace& place, uint64_t head,
                                    float* g, uint32_t thread) {
  const uint64_t number = place.number;
  const float limit = args.rule.clip_value;
  for (uint64_t d = thread; d < place.width; d += kRunThreads) {
    float sum = 0;
    for (uint64_t j = head; j < args.lookup.num_ids && args.keys[j] >> 32 == number; ++j) {
      const uint64_t at = args.keys[j] & 0xFFFFFFFF;
      sum = fused(args.factors[at], args.grad[args.from[at] + d], sum);
    }
    if (update_of(args) == Update::kGradient) {
      args.lookup.first[place.element + d] = sum;
      continue;
    }
    g[d] = sum > limit ? limit : (sum < -limit ? -limit : sum);  // NaN stays
  }
}

/// Phases 2 and 4: the squares of a lane.
MAINSPRING_BOTH inline void square_lane(const RowPlace& place, const float* g, UpdateShared& shared,
                                        uint32_t thread) {
  if (thread >= kSquareLanes) return;
  float sum = 0;
  for (uint64_t d = thread; d < place.width; d += kSquareLanes) sum = fused(g[d], g[d], sum);
  shared.lanes[thread] = sum;
}

MAINSPRING_BOTH inline float sum_lanes(UpdateShared& shared) {
  for (uint32_t half = kSquareLanes / 2; half > 0; half /= 2) {
    for (uint32_t i = 0; i < half; ++i) shared.lanes[i] += shared.lanes[i + half];
  }
  return shared.lanes[0];
}

/// Of thread 0, after phase 2.
MAINSPRING_BOTH inline void find_factor(const UpdateArgs& args, UpdateShared& shared) {
  const float norm = __builtin_sqrtf(sum_lanes(shared));
  shared.factor = norm > args.rule.clip_norm ? args.rule.clip_norm / norm : 1.0F;
}

/// Phase 3: clipping by the norm, and the decay that is part of the gradient.
MAINSPRING_BOTH inline void prepare_gradient(const UpdateArgs& args, const RowPlace& place,
                                             float* g, const UpdateShared& shared,
                                             uint32_t thread) {
  const ms_gpu_rule& rule = args.rule;
  const bool decays = rule.weight_decay != 0 && rule.decoupled == 0;
  const auto type = static_cast<RowType>(args.lookup.row_type);
  for (uint64_t d = thread; d < place.width; d += kRunThreads) {
    float value = g[d] * shared.factor;
    if (decays) {
      value =
          fused(rule.weight_decay, read_element(type, args.lookup.rows, place.element + d), value);
    }
    g[d] = value;
  }
}

/// Of thread 0, after phase 4: the row's own state, and its step.
MAINSPRING_BOTH inline void find_row_step(const UpdateArgs& args, const RowPlace& place,
                                          UpdateShared& shared) {
  const ms_gpu_rule& rule = args.rule;
  const float mean = sum_lanes(shared) / static_cast<float>(place.width);
  if (update_of(args) == Update::kRowWiseAdagrad) {
    float& m = args.lookup.first[place.number];
    m += mean;
    shared.step = rule.learning_rate / (__builtin_sqrtf(m) + rule.epsilon);
    return;
  }
  float& v = args.lookup.second[place.number];
  v = fused(rule.beta2, v, (1.0F - rule.beta2) * mean);
  const float spread = 1.0F / rule.correction2;
  shared.step =
      rule.learning_rate / rule.correction1 / (__builtin_sqrtf(v * spread) + rule.epsilon);
}

/// One element of a row, with its states.
MAINSPRING_BOTH inline float new_element(const UpdateArgs& args, const UpdateShared& shared,
                                         uint64_t at, float g, float w) {
  const ms_gpu_rule& rule = args.rule;
  const float rate = rule.learning_rate;
  float* first = args.lookup.first;
  float* second = args.lookup.second;
  switch (update_of(args)) {
    case Update::kSgd: return fused(-rate, g, w);
    case Update::kAdagrad: {
      const float m = fused(g, g, first[at]);
      first[at] = m;
      return w - rate * g / (__builtin_sqrtf(m) + rule.epsilon);
    }
    case Update::kRowWiseAdagrad: return fused(-shared.step, g, w);
    case Update::kAdam: {
      const float m = fused(rule.beta1, first[at], (1.0F - rule.beta1) * g);
      const float v = fused(rule.beta2, second[at], (1.0F - rule.beta2) * (g * g));
      first[at] = m;
      second[at] = v;
      const float spread = 1.0F / rule.correction2;
      return w - rate / rule.correction1 * m / (__builtin_sqrtf(v * spread) + rule.epsilon);
    }
    case Update::kPartialRowWiseAdam: {
      const float m = fused(rule.beta1, first[at], (1.0F - rule.beta1) * g);
      first[at] = m;
      return fused(-shared.step, m, w);
    }
    case Update::kFtrl: {  // McMahan et al. 2013, doi:10.1145/2487575.2488200: z, and n
      const float root = __builtin_sqrtf(second[at]);
      const float n = fused(g, g, second[at]);
      const float new_root = __builtin_sqrtf(n);
      const float z = first[at] + fused(-((new_root - root) / rate), w, g);
      first[at] = z;
      second[at] = n;
      const float over = (z < 0 ? -z : z) - rule.l1;
      const float size = over / ((rule.beta + new_root) / rate + rule.l2);
      return over <= 0 ? 0.0F : (z > 0 ? -size : size);
    }
    default: return w;
  }
}

/// Phase 5: the row.
MAINSPRING_BOTH inline void write_row(const UpdateArgs& args, const RowPlace& place, const float* g,
                                      const UpdateShared& shared, uint32_t thread) {
  const ms_gpu_rule& rule = args.rule;
  const auto type = static_cast<RowType>(args.lookup.row_type);
  const bool decays = rule.weight_decay != 0 && rule.decoupled != 0;
  const float keep = decays ? fused(-rule.learning_rate, rule.weight_decay, 1.0F) : 1.0F;
  const bool at_random = rule.stochastic != 0;
  const uint32_t key = at_random ? mix(mix(rule.seed, place.table), place.row) : 0;
  for (uint64_t d = thread; d < place.width; d += kRunThreads) {
    const uint64_t at = place.element + d;
    const float w = read_element(type, args.lookup.rows, at) * keep;
    const uint32_t random = at_random ? random_of(key, d) : 0;
    write_element(type, args.lookup.rows, at, new_element(args, shared, at, g[d], w), at_random,
                  random);
  }
}

}  // namespace mainspring::gpu
