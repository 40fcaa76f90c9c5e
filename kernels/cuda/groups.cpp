// Puts the passes that group rows on a stream, and brings back what the groups have in common.
#include "groups.hpp"

#include <algorithm>
#include <bit>

#include "check_memory.hpp"
#include "sort_keys.hpp"
#include "with_scratch.hpp"

namespace mainspring::gpu {

namespace {

constexpr uint64_t kMaxGrouped = (uint64_t{1} << 31) - 1;
// Of the kernel that counts codes: every multiprocessor is full, and few blocks add to the totals.
constexpr uint64_t kCountBlocks = 1024;

uint32_t blocks_of(uint64_t num_rows, uint64_t at_most) {
  return static_cast<uint32_t>(std::min((num_rows + kPassThreads - 1) / kPassThreads, at_most));
}

template <class T>
void copy_back(std::vector<T>* to, const DeviceMemory& from, Stream stream) {
  if (to->empty()) return;
  check_call(device_calls().copy_out(to->data(), from.as<void>(), to->size() * sizeof(T), stream),
             "Copying to the host");
}

ChosenRows checked_rows(int device, const ms_gpu_numbers& column) {
  check_device_is_sound();
  return check_chosen(column, check_values, device);
}

Grouping checked_grouping(const ms_gpu_grouping& grouping, const ChosenRows& rows,
                          const char* name) {
  const auto by = static_cast<GroupBy>(grouping.by);
  if (by > GroupBy::kMonths || (by != GroupBy::kValue && grouping.length < 1)) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "There are no periods of kind " +
                                            std::to_string(grouping.by) + " and length " +
                                            std::to_string(grouping.length) + ".");
  }
  if (by != GroupBy::kValue && rows.column.unit == TimeUnit::kNone) {
    throw GpuError(MS_GPU_BAD_ARGUMENT,
                   "Column '" + std::string(name) + "' holds no times, and periods are of times.");
  }
  return {by, grouping.length, grouping.origin, grouping.seed};
}

/// Values of the `wanted` among the chosen rows, one for each group, and the strings themselves.
void read_groups(const ChosenRows& chosen, const Grouping& grouping,
                 const std::vector<uint64_t>& wanted, Groups* groups, Stream stream) {
  const uint64_t count = wanted.size();
  groups->all_values.resize(count);
  groups->all_present.resize(count);
  const bool are_texts = holds_texts(chosen.column);
  if (are_texts) groups->all_offsets.assign(count + 1, 0);
  if (count == 0) return;
  const DeviceMemory places = copy_to_device(wanted.data(), count * sizeof(uint64_t), stream);
  const DeviceMemory values(count * sizeof(int64_t), stream), present(count, stream);
  launch_read_groups(
      {chosen, count, places.as<uint64_t>(), grouping, values.as<int64_t>(), present.as<uint8_t>()},
      blocks_of(count, kMaxBlocks), stream);
  check_launch("read_groups");
  copy_back(&groups->all_values, values, stream);
  copy_back(&groups->all_present, present, stream);
  if (!are_texts) return;
  std::vector<uint64_t>& offsets = groups->all_offsets;
  for (uint64_t i = 0; i < count; ++i) {
    offsets[i + 1] = offsets[i] + static_cast<uint64_t>(groups->all_values[i]);
  }
  groups->all_bytes.resize(offsets.back());
  if (groups->all_bytes.empty()) return;
  const DeviceMemory starts = copy_to_device(offsets.data(), count * sizeof(uint64_t), stream);
  const DeviceMemory bytes(offsets.back(), stream);
  launch_copy_texts(
      {chosen, count, places.as<uint64_t>(), starts.as<uint64_t>(), bytes.as<uint8_t>()},
      blocks_of(count * 32, kMaxBlocks), stream);
  check_launch("copy_texts");
  copy_back(&groups->all_bytes, bytes, stream);
}

/// What is behind is complete, and stays where it is.
void show(Groups* groups) {
  groups->num_groups = groups->all_counts.size();
  groups->counts = groups->all_counts.data();
  groups->present = groups->all_present.data();
  groups->values = groups->all_values.data();
  groups->offsets = groups->all_offsets.empty() ? nullptr : groups->all_offsets.data();
  groups->bytes = groups->all_bytes.data();
  groups->rows = groups->sorted.as<uint64_t>();
}

void check_can_be_grouped(const ms_gpu_numbers& column) {
  const uint64_t rows = std::max(column.num_rows, column.column->num_rows);
  if (rows <= kMaxGrouped) return;
  throw GpuError(MS_GPU_UNSUPPORTED, "Column '" + std::string(column.name) + "' has " +
                                         std::to_string(rows) + " rows, and at most " +
                                         std::to_string(kMaxGrouped) + " are grouped.");
}

void check_codes(const ms_gpu_numbers& column, const DeviceColumn& checked) {
  const bool are_flags = checked.type == DeviceType::kBool || checked.type == DeviceType::kU8;
  if (are_flags || (holds_texts(checked) && column.column->index_type != 0)) return;
  throw GpuError(MS_GPU_UNSUPPORTED, "Column '" + std::string(column.name) +
                                         "' has no codes: expected booleans or a dictionary of "
                                         "strings.");
}

}  // namespace

std::unique_ptr<Groups> group_rows(int device, const ms_gpu_numbers& column,
                                   const ms_gpu_grouping& asked, Stream stream) {
  const OnDevice on_device(device);
  const ChosenRows chosen = checked_rows(device, column);
  const Grouping grouping = checked_grouping(asked, chosen, column.name);
  check_can_be_grouped(column);
  auto groups = std::make_unique<Groups>();
  const uint64_t num_rows = column.num_rows;
  const auto row_bits = static_cast<uint32_t>(std::bit_width(column.column->num_rows));
  groups->row_mask = (uint64_t{1} << row_bits) - 1;
  if (num_rows == 0) {
    show(groups.get());
    return groups;
  }
  const DeviceMemory keys(num_rows * sizeof(uint64_t), stream);
  groups->sorted = DeviceMemory(num_rows * sizeof(uint64_t), stream);
  launch_key_rows({chosen, num_rows, grouping, groups->row_mask, keys.as<uint64_t>()},
                  blocks_of(num_rows, kMaxBlocks), stream);
  check_launch("key_rows");
  with_scratch("sort_keys", stream, [&](void* scratch, uint64_t* num_bytes) {
    return sort_keys(scratch, num_bytes, keys.as<uint64_t>(), groups->sorted.as<uint64_t>(),
                     num_rows, row_bits, stream);
  });
  // The keys in their first order are done with: their memory takes the heads.
  std::vector<uint64_t> num_groups(1, 0);
  const DeviceMemory total = copy_to_device(num_groups.data(), sizeof(uint64_t), stream);
  launch_find_groups({chosen.column, num_rows, grouping, groups->row_mask,
                      groups->sorted.as<uint64_t>(), keys.as<uint64_t>(), total.as<uint64_t>()},
                     blocks_of(num_rows, kMaxBlocks), stream);
  check_launch("find_groups");
  copy_back(&num_groups, total, stream);
  if (asked.at_most != 0 && num_groups[0] > asked.at_most) {
    groups->num_groups = num_groups[0];
    return groups;
  }
  std::vector<uint64_t> heads(num_groups[0]);
  copy_back(&heads, keys, stream);
  std::sort(heads.begin(), heads.end());
  groups->all_counts.resize(heads.size());
  for (size_t i = 0; i < heads.size(); ++i) {
    groups->all_counts[i] = (i + 1 < heads.size() ? heads[i + 1] : num_rows) - heads[i];
  }
  const ChosenRows sorted{chosen.column, groups->sorted.as<uint64_t>(), groups->row_mask, 0};
  read_groups(sorted, grouping, heads, groups.get(), stream);
  show(groups.get());
  return groups;
}

std::unique_ptr<Groups> count_codes(int device, const ms_gpu_numbers& column, Stream stream) {
  const OnDevice on_device(device);
  const ChosenRows chosen = checked_rows(device, column);
  check_codes(column, chosen.column);
  auto groups = std::make_unique<Groups>();
  const bool are_entries = holds_texts(chosen.column);
  const uint64_t num_codes = (are_entries ? chosen.column.num_entries : 2) + 1;
  std::vector<uint64_t> counts(num_codes, 0);
  if (column.num_rows != 0) {
    const DeviceMemory totals = copy_to_device(counts.data(), num_codes * sizeof(uint64_t), stream);
    launch_count_codes({chosen, column.num_rows, num_codes, copies_of(num_codes), are_entries,
                        totals.as<uint64_t>()},
                       blocks_of(column.num_rows, kCountBlocks), stream);
    check_launch("count_codes");
    copy_back(&counts, totals, stream);
  }
  const uint64_t missing = counts.back();
  counts.pop_back();
  std::vector<uint64_t> codes;
  for (uint64_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    codes.push_back(code);
    groups->all_counts.push_back(counts[code]);
  }
  if (are_entries) {
    ChosenRows entries{chosen.column, nullptr, 0, 0};
    entries.column.indices = nullptr;
    read_groups(entries, {GroupBy::kValue, 0, 0, 0}, codes, groups.get(), stream);
  } else {
    groups->all_values.assign(codes.begin(), codes.end());
    groups->all_present.assign(codes.size(), 1);
  }
  if (missing != 0) {
    groups->all_counts.push_back(missing);
    groups->all_present.push_back(0);
    groups->all_values.push_back(0);
    if (are_entries) groups->all_offsets.push_back(groups->all_offsets.back());
  }
  show(groups.get());
  return groups;
}

}  // namespace mainspring::gpu
