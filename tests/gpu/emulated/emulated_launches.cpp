// Every kernel as loops over blocks and threads: the same bodies, phase by phase, where a GPU's
// threads would meet.
#include <algorithm>
#include <memory>

#include "combine_rows.hpp"
#include "finish_rows.hpp"
#include "forest_rows.hpp"
#include "launches.hpp"
#include "slice_rows.hpp"
#include "sort_keys.hpp"
#include "transform_rows.hpp"

namespace mainspring::gpu {

void note_launch(Stream stream);

namespace {

/// Kernels of a thread a row.
template <class Args, class Body>
void run_rows(const Args& args, uint32_t num_blocks, Stream stream, Body body) {
  note_launch(stream);
  const uint64_t num_threads = uint64_t{num_blocks} * kForestRows;
  for (uint64_t thread = 0; thread < num_threads; ++thread) {
    for (uint64_t row = thread; row < args.num_rows; row += num_threads) body(args, row);
  }
}

/// Warp by warp: ballots are words with a lane's answer in each bit.
template <uint32_t DEPTH>
void run_slices(const SliceArgs& args, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  const auto shared = std::make_unique<SliceShared>();
  const uint64_t num_warps = uint64_t{num_blocks} * kSliceWarps;
  for (uint64_t warp = num_warps; warp-- > 0;) {
    uint32_t* masks = shared->masks[warp % kSliceWarps];
    uint32_t* planes = shared->planes[warp % kSliceWarps];
    for (uint64_t row = warp * kWarpRows; row < args.num_rows; row += num_warps * kWarpRows) {
      double sums[kWarpRows];
      const auto each_lane = [](auto work) {
        for (uint32_t lane = 0; lane < kWarpRows; ++lane) work(lane);
      };
      each_lane([&](uint32_t lane) { sums[lane] = begin_sums(args, row + lane); });
      for (uint32_t i = 0; i < args.slices.num_tiles; ++i) {
        const SliceTile tile = args.slices.tiles[i];
        for (uint32_t c = 0; c < tile.num_conditions; ++c) {
          const DeviceCondition asked = args.slices.conditions[tile.first_condition + c];
          masks[c] = 0;
          each_lane([&](uint32_t lane) {
            const uint16_t rank = rank_of(args, asked.slot, row + lane);
            masks[c] |= uint32_t{goes_right(args, asked, rank)} << lane;
          });
        }
        for (uint32_t group = tile.first_group; group < tile.end_group; ++group) {
          each_lane([&](uint32_t lane) {
            find_planes<DEPTH>(args, group, masks, lane, planes + lane * kMaxSymmetricDepth);
          });
          each_lane([&](uint32_t lane) {
            sums[lane] = add_leaves<DEPTH>(args, group, planes, row + lane, lane, sums[lane]);
          });
        }
      }
      each_lane([&](uint32_t lane) { end_sums(args, row + lane, sums[lane]); });
    }
  }
}

}  // namespace

void launch_rank_rows(const RankArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, rank_row);
}
void launch_walk_trees(const WalkArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, walk_row);
}
void launch_slice_trees(const SliceArgs& args, uint32_t num_blocks, Stream stream) {
  if (args.slices.is_symmetric) return run_slices<kSymmetric>(args, num_blocks, stream);
  switch (args.slices.depth) {
    case 1: return run_slices<1>(args, num_blocks, stream);
    case 2: return run_slices<2>(args, num_blocks, stream);
    case 3: return run_slices<3>(args, num_blocks, stream);
    case 4: return run_slices<4>(args, num_blocks, stream);
    case 5: return run_slices<5>(args, num_blocks, stream);
    default: return run_slices<kMaxSliceDepth>(args, num_blocks, stream);
  }
}
void launch_combine_rows(const CombineArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, combine_row);
}
void launch_finish_rows(const FinishArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, finish_row);
}

void launch_run_layer(const LayerArgs& args, bool is_double, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  for (uint64_t block = num_blocks; block-- > 0;) {
    for (uint64_t tile = block; tile < args.num_tiles; tile += num_blocks) {
      for (uint32_t thread = 0; thread < kLayerThreads; ++thread) {
        (is_double ? run_layer_tile<double> : run_layer_tile<float>)(args, tile, thread);
      }
    }
  }
}
void launch_network_rows(const NetworkArgs& args, uint32_t, Stream stream) {
  note_launch(stream);
  for (uint64_t i = 0; i < args.num_rows * args.num_units; ++i) run_network_unit(args, i);
}
void launch_move_numbers(const MoveArgs& args, uint32_t, Stream stream) {
  note_launch(stream);
  for (uint64_t i = 0; i < args.num_rows * args.num_columns; ++i) move_number(args, i);
}

void launch_list_numbers(const ListArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, list_row);
}
void launch_gather_numbers(const GatherArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, gather_row);
}
void launch_order_numbers(const OrderArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, order_row);
}

void launch_count_numbers(const CountArgs& args, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  const auto shared = std::make_unique<CountShared>();
  // The last block first: no order of blocks may be seen in the totals.
  for (uint32_t block = num_blocks; block-- > 0;) {
    for (uint32_t thread = 0; thread < kPassThreads; ++thread) clear_counts(args, *shared, thread);
    for (uint32_t thread = 0; thread < kPassThreads; ++thread) {
      count_rows(args, *shared, uint64_t{block} * kPassThreads + thread,
                 uint64_t{num_blocks} * kPassThreads);
    }
    for (uint32_t thread = 0; thread < kPassThreads; ++thread) add_counts(args, *shared, thread);
  }
}

void launch_count_codes(const CodeArgs& args, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  const auto shared = std::make_unique<CodeShared>();
  for (uint32_t block = num_blocks; block-- > 0;) {
    for (uint32_t thread = 0; thread < kPassThreads; ++thread) clear_codes(args, *shared, thread);
    for (uint32_t thread = 0; thread < kPassThreads; ++thread) {
      count_codes_of(args, *shared, uint64_t{block} * kPassThreads + thread,
                     uint64_t{num_blocks} * kPassThreads, thread);
    }
    for (uint32_t thread = 0; thread < kPassThreads; ++thread) add_codes(args, *shared, thread);
  }
}

void launch_key_rows(const KeyRowArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, key_row);
}
void launch_find_groups(const FindGroupArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, find_group);
}
void launch_read_groups(const ReadGroupArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, read_group);
}
void launch_copy_texts(const CopyTextArgs& args, uint32_t, Stream stream) {
  constexpr uint32_t kLanes = 32;
  note_launch(stream);
  for (uint64_t i = args.num_rows; i-- > 0;) {
    for (uint32_t lane = 0; lane < kLanes; ++lane) copy_text(args, i, lane, kLanes);
  }
}

int sort_keys(void* scratch, uint64_t* scratch_bytes, const uint64_t* keys, uint64_t* sorted,
              uint64_t num_keys, uint32_t first_bit, Stream stream) {
  if (scratch == nullptr) {
    *scratch_bytes = 1;
    return 0;
  }
  note_launch(stream);
  std::copy(keys, keys + num_keys, sorted);
  std::stable_sort(sorted, sorted + num_keys,
                   [first_bit](uint64_t a, uint64_t b) { return a >> first_bit < b >> first_bit; });
  return 0;
}

int encode_runs(void* scratch, uint64_t* scratch_bytes, const uint64_t* sorted, uint64_t* values,
                uint64_t* counts, uint64_t* num_runs, uint64_t num_keys, Stream stream) {
  if (scratch == nullptr) {
    *scratch_bytes = 1;
    return 0;
  }
  note_launch(stream);
  *num_runs = 0;
  for (uint64_t i = 0; i < num_keys; ++i) {
    if (i == 0 || sorted[i] != sorted[i - 1]) {
      values[*num_runs] = sorted[i];
      counts[(*num_runs)++] = 0;
    }
    ++counts[*num_runs - 1];
  }
  return 0;
}

void launch_key_ids(const KeyArgs& args, uint32_t, Stream stream) {
  note_launch(stream);
  const uint64_t count = std::max(args.num_offsets, args.lookup.num_ids);
  for (uint64_t place = 0; place < count; ++place) key_id(args, place);
}
void launch_find_runs(const RunArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, find_run);
}
void launch_weight_gradients(const WeightArgs& args, uint32_t num_blocks, Stream stream) {
  run_rows(args, num_blocks, stream, weight_gradient);
}

void launch_update_rows(const UpdateArgs& args, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  UpdateShared shared;
  const auto each_thread = [](auto work) {
    for (uint32_t thread = 0; thread < kRunThreads; ++thread) work(thread);
  };
  for (uint64_t run = args.num_runs; run-- > 0;) {  // no order of runs may be seen
    float* g = args.scratch + run % num_blocks * args.widest;
    const uint64_t head = args.heads[run];
    const RowPlace place = row_place(args, head);
    each_thread([&](uint32_t thread) { sum_run(args, place, head, g, thread); });
    if (update_of(args) == Update::kGradient) continue;
    shared.factor = 1.0F;
    if (args.rule.clip_norm < __builtin_inff()) {
      each_thread([&](uint32_t thread) { square_lane(place, g, shared, thread); });
      find_factor(args, shared);
    }
    each_thread([&](uint32_t thread) { prepare_gradient(args, place, g, shared, thread); });
    if (is_row_wise(update_of(args))) {
      each_thread([&](uint32_t thread) { square_lane(place, g, shared, thread); });
      find_row_step(args, place, shared);
    }
    each_thread([&](uint32_t thread) { write_row(args, place, g, shared, thread); });
  }
}

void launch_transform_rows(const TransformArgs& args, uint32_t num_blocks, Stream stream) {
  note_launch(stream);
  const auto shared = std::make_unique<TransformShared>();
  for (uint32_t block = 0; block < num_blocks; ++block) {
    for (uint64_t row = uint64_t{block} * kBlockRows; row < args.num_rows;
         row += uint64_t{num_blocks} * kBlockRows) {
      for (uint32_t i = 0; i < args.num_chunks; ++i) {
        for (uint32_t thread = 0; thread < kBlockRows; ++thread) {
          run_chunk(args, args.chunks[i], *shared, row, thread);
        }
        for (uint32_t thread = 0; thread < kBlockRows; ++thread) {
          write_chunk(args, args.chunks[i], *shared, row, thread);
        }
      }
    }
  }
}

}  // namespace mainspring::gpu
