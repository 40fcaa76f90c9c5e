// Puts the passes over a column's numbers on a stream, and brings back what they found.
#include "numbers.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "check_memory.hpp"
#include "sort_keys.hpp"
#include "with_scratch.hpp"

namespace mainspring::gpu {

namespace {

// Of the kernel that counts: every multiprocessor is full, and few blocks add to the totals.
constexpr uint64_t kCountBlocks = 1024;
constexpr uint64_t kMaxSorted = (uint64_t{1} << 31) - 1;

uint32_t blocks_of(uint64_t num_rows, uint64_t at_most) {
  return static_cast<uint32_t>(std::min((num_rows + kPassThreads - 1) / kPassThreads, at_most));
}

ChosenRows checked_rows(int device, const ms_gpu_numbers& numbers) {
  check_device_is_sound();
  return check_chosen(numbers, check_numbers, device);
}

void check_edges(const ms_gpu_numbers& numbers) {
  if (numbers.num_edges >= 2 && numbers.num_edges <= kMaxEdges) return;
  throw GpuError(MS_GPU_BAD_ARGUMENT, "There are " + std::to_string(numbers.num_edges) +
                                          " edges, expected 2 to " + std::to_string(kMaxEdges) +
                                          ".");
}

void copy_back(void* to, const DeviceMemory& from, uint64_t num_bytes, Stream stream) {
  check_call(device_calls().copy_out(to, from.as<void>(), num_bytes, stream),
             "Copying to the host");
}

DeviceMemory copied_edges(const ms_gpu_numbers& numbers, Stream stream) {
  return copy_to_device(numbers.edges, numbers.num_edges * sizeof(double), stream);
}

double number_of(uint64_t key) {
  const uint64_t top = uint64_t{1} << 63;
  const uint64_t bits = (key & top) != 0 ? key ^ top : ~key;
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

}  // namespace

void count_numbers(int device, const ms_gpu_numbers& numbers, uint64_t* bins, uint64_t* nans,
                   double* extremes, Stream stream) {
  const OnDevice on_device(device);
  const ChosenRows column = checked_rows(device, numbers);
  check_edges(numbers);
  const uint32_t num_bins = numbers.num_edges + 1;
  std::fill(bins, bins + num_bins, uint64_t{0});
  PassTotals totals{0, kMissingKey, 0, 0};
  extremes[0] = std::numeric_limits<double>::infinity();
  extremes[1] = -extremes[0];
  *nans = 0;
  if (numbers.num_rows == 0) return;
  const DeviceMemory edges = copied_edges(numbers, stream);
  const DeviceMemory counts = copy_to_device(bins, num_bins * sizeof(uint64_t), stream);
  const DeviceMemory on_stream = copy_to_device(&totals, sizeof(totals), stream);
  launch_count_numbers({column, numbers.num_rows, edges.as<double>(), numbers.num_edges,
                        counts.as<uint64_t>(), on_stream.as<PassTotals>()},
                       blocks_of(numbers.num_rows, kCountBlocks), stream);
  check_launch("count_numbers");
  copy_back(bins, counts, num_bins * sizeof(uint64_t), stream);
  copy_back(&totals, on_stream, sizeof(totals), stream);
  *nans = totals.nans;
  if (totals.nans == numbers.num_rows) return;
  extremes[0] = number_of(totals.least);
  extremes[1] = number_of(totals.most);
}

void list_numbers(int device, const ms_gpu_numbers& numbers, uint64_t num_listed, double* values,
                  Stream stream) {
  const OnDevice on_device(device);
  const ChosenRows column = checked_rows(device, numbers);
  check_edges(numbers);
  if (num_listed == 0) return;
  PassTotals totals{};
  const DeviceMemory edges = copied_edges(numbers, stream);
  const DeviceMemory listed = copy_to_device(numbers.listed, numbers.num_edges + 1, stream);
  const DeviceMemory on_stream = copy_to_device(&totals, sizeof(totals), stream);
  const DeviceMemory out(num_listed * sizeof(ListedNumber), stream);
  launch_list_numbers(
      {column, numbers.num_rows, edges.as<double>(), numbers.num_edges, listed.as<uint8_t>(),
       out.as<ListedNumber>(), num_listed, on_stream.as<PassTotals>()},
      blocks_of(numbers.num_rows, kMaxBlocks), stream);
  check_launch("list_numbers");
  copy_back(&totals, on_stream, sizeof(totals), stream);
  if (totals.num_listed != num_listed) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "Column '" + std::string(numbers.name) + "' has " +
                                            std::to_string(totals.num_listed) +
                                            " numbers in bins that are listed, expected " +
                                            std::to_string(num_listed) +
                                            ". Was it written to meanwhile?");
  }
  std::vector<ListedNumber> found(num_listed);
  copy_back(found.data(), out, num_listed * sizeof(ListedNumber), stream);
  std::sort(found.begin(), found.end(),
            [](const ListedNumber& a, const ListedNumber& b) { return a.row < b.row; });
  for (uint64_t i = 0; i < num_listed; ++i) values[i] = found[i].value;
}

void gather_numbers(int device, const ms_gpu_numbers& numbers, const uint64_t* rows,
                    uint64_t num_wanted, double* values, Stream stream) {
  const OnDevice on_device(device);
  const ChosenRows column = checked_rows(device, numbers);
  for (uint64_t i = 0; i < num_wanted; ++i) {
    if (rows[i] < numbers.num_rows) continue;
    throw GpuError(MS_GPU_BAD_ARGUMENT, "There is no row " + std::to_string(rows[i]) + " among " +
                                            std::to_string(numbers.num_rows) + ".");
  }
  if (num_wanted == 0) return;
  const DeviceMemory wanted = copy_to_device(rows, num_wanted * sizeof(uint64_t), stream);
  const DeviceMemory out(num_wanted * sizeof(double), stream);
  launch_gather_numbers({column, num_wanted, wanted.as<uint64_t>(), out.as<double>()},
                        blocks_of(num_wanted, kMaxBlocks), stream);
  check_launch("gather_numbers");
  copy_back(values, out, num_wanted * sizeof(double), stream);
}

SortedRuns sort_numbers(int device, const ms_gpu_numbers& numbers, Stream stream) {
  const OnDevice on_device(device);
  const ChosenRows column = checked_rows(device, numbers);
  const uint64_t num_rows = numbers.num_rows;
  if (num_rows > kMaxSorted) {
    throw GpuError(MS_GPU_UNSUPPORTED, "Column '" + std::string(numbers.name) + "' has " +
                                           std::to_string(num_rows) + " rows, and at most " +
                                           std::to_string(kMaxSorted) +
                                           " are sorted. Compare it with a profile.");
  }
  SortedRuns runs;
  if (num_rows == 0) return runs;
  runs.keys = DeviceMemory(num_rows * sizeof(uint64_t), stream);
  DeviceMemory sorted(num_rows * sizeof(uint64_t), stream);
  launch_order_numbers({column, num_rows, runs.keys.as<uint64_t>()},
                       blocks_of(num_rows, kMaxBlocks), stream);
  check_launch("order_numbers");
  with_scratch("sort_keys", stream, [&](void* scratch, uint64_t* num_bytes) {
    return sort_keys(scratch, num_bytes, runs.keys.as<uint64_t>(), sorted.as<uint64_t>(), num_rows,
                     0, stream);
  });
  runs.counts = DeviceMemory(num_rows * sizeof(uint64_t), stream);
  const DeviceMemory num_runs(sizeof(uint64_t), stream);
  // Keys are sorted: their memory may take the distinct ones.
  with_scratch("encode_runs", stream, [&](void* scratch, uint64_t* num_bytes) {
    return encode_runs(scratch, num_bytes, sorted.as<uint64_t>(), runs.keys.as<uint64_t>(),
                       runs.counts.as<uint64_t>(), num_runs.as<uint64_t>(), num_rows, stream);
  });
  copy_back(&runs.num_runs, num_runs, sizeof(uint64_t), stream);
  return runs;
}

}  // namespace mainspring::gpu
