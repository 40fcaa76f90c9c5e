// The launches, one for each kernel: defined by the .cu files, and in tests by loops over the same
// bodies. None waits, and none says how it went: the caller asks the runtime.
#pragma once
#include "code_pass.hpp"
#include "device_combine.hpp"
#include "device_forest.hpp"
#include "device_plan.hpp"
#include "device_slices.hpp"
#include "embedding_rows.hpp"
#include "group_pass.hpp"
#include "layer_rows.hpp"
#include "number_pass.hpp"

namespace mainspring::gpu {

using Stream = void*;  // a cudaStream_t

void launch_transform_rows(const TransformArgs& args, uint32_t num_blocks, Stream stream);
void launch_rank_rows(const RankArgs& args, uint32_t num_blocks, Stream stream);
void launch_walk_trees(const WalkArgs& args, uint32_t num_blocks, Stream stream);
void launch_slice_trees(const SliceArgs& args, uint32_t num_blocks, Stream stream);
void launch_combine_rows(const CombineArgs& args, uint32_t num_blocks, Stream stream);
void launch_finish_rows(const FinishArgs& args, uint32_t num_blocks, Stream stream);
void launch_run_layer(const LayerArgs& args, bool is_double, uint32_t num_blocks, Stream stream);
void launch_network_rows(const NetworkArgs& args, uint32_t num_blocks, Stream stream);
void launch_move_numbers(const MoveArgs& args, uint32_t num_blocks, Stream stream);
void launch_count_numbers(const CountArgs& args, uint32_t num_blocks, Stream stream);
void launch_list_numbers(const ListArgs& args, uint32_t num_blocks, Stream stream);
void launch_gather_numbers(const GatherArgs& args, uint32_t num_blocks, Stream stream);
void launch_order_numbers(const OrderArgs& args, uint32_t num_blocks, Stream stream);
void launch_count_codes(const CodeArgs& args, uint32_t num_blocks, Stream stream);
void launch_key_rows(const KeyRowArgs& args, uint32_t num_blocks, Stream stream);
void launch_find_groups(const FindGroupArgs& args, uint32_t num_blocks, Stream stream);
void launch_read_groups(const ReadGroupArgs& args, uint32_t num_blocks, Stream stream);
void launch_copy_texts(const CopyTextArgs& args, uint32_t num_blocks, Stream stream);
void launch_key_ids(const KeyArgs& args, uint32_t num_blocks, Stream stream);
void launch_find_runs(const RunArgs& args, uint32_t num_blocks, Stream stream);
void launch_weight_gradients(const WeightArgs& args, uint32_t num_blocks, Stream stream);
void launch_update_rows(const UpdateArgs& args, uint32_t num_blocks, Stream stream);

}  // namespace mainspring::gpu
