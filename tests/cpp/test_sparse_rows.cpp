// Rows without their zeros: entries equal the features that are not 0, whatever the step, and the
// memory for them may run out.
#include <algorithm>
#include <map>

#include "check.hpp"
#include "host/scratch.hpp"
#include "host/sparse_rows.hpp"
#include "host/thread_pool.hpp"
#include "random.hpp"
#include "runtime/predictor/sparse_rows.hpp"
#include "runtime/steps/store_features.hpp"
#include "step_columns.hpp"

namespace mainspring {
namespace {

/// Entries whose memory grows one by one, so that a missing check is seen, up to a limit.
struct Entries : SparseTile {
  std::vector<SparseEntry> memory;
  uint64_t limit = UINT64_MAX;

  Entries() : SparseTile{nullptr, 0, 0, &grow_by_little, false} {}

  static bool grow_by_little(SparseTile* tile, uint64_t needed) noexcept {
    auto* self = static_cast<Entries*>(tile);
    if (needed > self->limit) return false;
    std::vector<SparseEntry> moved(needed);
    std::copy_n(self->memory.begin(), self->num_entries, moved.begin());
    self->memory = std::move(moved);
    tile->entries = self->memory.data();
    tile->capacity = needed;
    return true;
  }
};

std::vector<uint32_t> bits(const std::vector<float>& values) {
  std::vector<uint32_t> result(values.size());
  if (!values.empty()) std::memcpy(result.data(), values.data(), values.size() * sizeof(float));
  return result;
}

/// Rows of a sparse tile made dense; features have to ascend in each row, and none may be 0.
std::vector<float> dense_rows(const SparseTile& tile, uint32_t num_rows, uint64_t width) {
  std::vector<int64_t> row_entries(num_rows);
  std::vector<int32_t> features(tile.num_entries);
  std::vector<float> values(tile.num_entries);
  order_by_row(tile, num_rows, row_entries.data(), features.data(), values.data());
  std::vector<float> rows(num_rows * width);
  uint64_t at = 0;
  for (uint32_t row = 0; row < num_rows; ++row) {
    int64_t before = -1;
    for (int64_t i = 0; i < row_entries[row]; ++i, ++at) {
      check(features[at] > before, "features ascend");
      check(values[at] != 0, "no entry is 0");
      before = features[at];
      rows[row * width + static_cast<uint64_t>(before)] = values[at];
    }
  }
  check(at == tile.num_entries, "every entry has its row");
  return rows;
}

void every_step_gives_the_entries_of_its_columns() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const BundleView& view = image->view();
  const uint64_t width = view.plan.num_features;
  constexpr uint64_t kRows = 1500;
  const StepColumns columns(kRows);
  std::vector<uint8_t, SectionAllocator<uint8_t>> scratch(scratch_bytes(view));
  check(sparse_scratch_bytes(view) < scratch_bytes(view), "features need no scratch");
  for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    const Kernels& kernels = *kernels_for(level);
    for (const uint64_t first : {0u, 1u, 511u, 700u}) {
      for (const uint32_t count : {0u, 1u, 2u, 33u, 511u, 512u}) {
        std::vector<float> expected(count * width);
        check_texts(transform_rows(view, kernels, columns.views, first, count, scratch.data(),
                                   thread_texts(), expected.data(), width));
        for (float& value : expected) value = value == 0 ? 0 : value;  // -0 is left out, too
        std::vector<uint8_t, SectionAllocator<uint8_t>> small(sparse_scratch_bytes(view));
        Entries tile;
        transform_sparse_tile(view, kernels, columns.views, first, count, small.data(),
                              thread_texts(), &tile);
        check(!tile.incomplete, "there is memory");
        check(bits(dense_rows(tile, count, width)) == bits(expected), "the same features");
      }
    }
  }
}

void without_memory_a_tile_is_incomplete() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const BundleView& view = image->view();
  const StepColumns columns(512);
  std::vector<uint8_t, SectionAllocator<uint8_t>> scratch(sparse_scratch_bytes(view));
  const Kernels& kernels = *kernels_for(IsaLevel::kBaseline);
  Entries whole;
  transform_sparse_tile(view, kernels, columns.views, 0, 512, scratch.data(), thread_texts(),
                        &whole);
  for (uint64_t limit = 0; limit < whole.num_entries; limit += 1 + limit / 3) {
    Entries tile;
    tile.limit = limit;
    transform_sparse_tile(view, kernels, columns.views, 0, 512, scratch.data(), thread_texts(),
                          &tile);
    check(tile.incomplete, "entries are missing");
    check(tile.num_entries <= limit, "nothing is written outside");
    tile.limit = UINT64_MAX;
    transform_sparse_tile(view, kernels, columns.views, 0, 512, scratch.data(), thread_texts(),
                          &tile);
    check(!tile.incomplete && tile.num_entries == whole.num_entries, "it may be used again");
  }
}

/// Row r of the batches together has r % 7 entries, feature i with the value r + i + 1.
void run_sevenths(uint64_t first_row, uint32_t num_rows, SparseTile* tile) {
  tile->num_entries = 0;
  tile->incomplete = false;
  for (uint32_t feature = 0; feature < 6; ++feature) {
    for (uint32_t row = 0; row < num_rows; ++row) {
      if (feature >= (first_row + row) % 7 || !make_room(tile, 1)) continue;
      const auto value = static_cast<float>(first_row + row + feature + 1);
      tile->entries[tile->num_entries++] = {row, feature, value};
    }
  }
}

void blocks_of_any_thread_end_up_in_their_place() {
  const std::vector<uint64_t> batches{0, 1, 20000, 0, 8192, 511};
  uint64_t num_rows = 0;
  std::vector<uint64_t> first_rows;
  for (const uint64_t rows : batches) {
    first_rows.push_back(num_rows);
    num_rows += rows;
  }
  const RunSparseTile run = [&](size_t batch, uint64_t first, uint32_t count, uint32_t,
                                SparseTile* tile) {
    check(first + count <= batches[batch] && count <= kTileRows, "rows of the batch");
    run_sevenths(first_rows[batch] + first, count, tile);
  };
  for (const uint32_t threads : {1u, 2u, 7u}) {
    set_num_threads(threads);
    for (const bool narrow : {true, false}) {
      SparseRows rows = make_sparse_rows(batches, 6, run, narrow ? INT32_MAX : 1000);
      check(rows.num_rows == num_rows && rows.num_features == 6, "the shape");
      check((rows.narrow_starts.data() != nullptr) == narrow, "int32 where the numbers fit");
      check((rows.wide_starts.data() != nullptr) != narrow, "else int64");
      uint64_t at = 0;
      for (uint64_t row = 0; row <= num_rows; ++row) {
        const int64_t start =
            narrow ? rows.narrow_starts.data()[row] : rows.wide_starts.data()[row];
        check(start == static_cast<int64_t>(at), "where a row starts");
        for (uint32_t i = 0; row < num_rows && i < row % 7; ++i, ++at) {
          check(rows.features.data()[at] == static_cast<int32_t>(i) &&
                    rows.values.data()[at] == static_cast<float>(row + i + 1),
                "its entries");
        }
      }
      check(at == rows.num_entries, "and no others");
    }
  }
  bool thrown = false;
  try {
    make_sparse_rows(batches, 6, [](size_t, uint64_t, uint32_t, uint32_t, SparseTile* tile) {
      tile->incomplete = true;
    });
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  check(thrown, "without memory it is an exception");
  check(make_sparse_rows({}, 3, run).narrow_starts.data()[0] == 0, "no rows have one start");
}

using Stored = std::vector<std::tuple<uint32_t, uint64_t, float>>;  // row, feature, value

/// A step that stores what a test says, and makes the rows' values sum up to 1.
template <Repeats kHow>
struct Shares {
  static constexpr Repeats kRepeats = kHow;

  template <class Emit>
  static void for_each_entry(const StepRecord&, const StepContext&, Emit emit) {
    for (const auto& [row, feature, value] : *stored) emit(row, feature, value);
  }
  static double row_term(const StepRecord&, const StepContext&, uint64_t feature, double value) {
    check(value != 0 && feature < num_features, "features that are not 0");
    return value;
  }
  static double row_value(const StepRecord&, const StepContext&, uint64_t, double value,
                          double sum) {
    return value / sum;
  }

  static inline uint64_t num_features = 0;
  static inline const Stored* stored = nullptr;
};

template <Repeats kHow>
void stored_several_times(const Stored& stored, uint32_t num_features) {
  Shares<kHow>::stored = &stored;
  Shares<kHow>::num_features = num_features;
  constexpr uint32_t kRows = 40;
  StepRecord record{};
  record.integers[0] = 3;
  record.integers[1] = num_features;
  const uint64_t width = num_features + 3;
  std::vector<float> columns(width * kTileRows, -7.0f);
  StepContext context{};
  context.num_rows = kRows;
  context.features = columns.data();
  store_features<Shares<kHow>>(record, context);

  Entries tile;
  context.features = nullptr;
  context.sparse = &tile;
  store_features<Shares<kHow>>(record, context);
  const std::vector<float> rows = dense_rows(tile, kRows, width);

  std::map<std::pair<uint32_t, uint64_t>, float> expected;
  for (const auto& [row, feature, value] : stored) {
    float& place = expected[{row, feature}];
    place = kHow == Repeats::kAdded ? place + value : value;
  }
  std::vector<double> sums(kRows);
  for (const auto& [place, value] : expected) sums[place.first] += value;
  for (uint32_t row = 0; row < kRows; ++row) {
    for (uint64_t feature = 0; feature < num_features; ++feature) {
      const auto found = expected.find({row, feature});
      const float value = found == expected.end() || found->second == 0
                              ? 0
                              : static_cast<float>(found->second / sums[row]);
      check(rows[row * width + feature + 3] == value, "the entry of a feature");
      check(columns[(feature + 3) * kTileRows + row] == value, "the column of a feature");
    }
    check(columns[row] == -7 && rows[row * width] == 0, "features before it are left alone");
  }
}

void features_may_be_stored_several_times() {
  Random random(5);
  for (const uint32_t num_features : {1u, 7u, 300u, 70000u}) {
    for (const uint64_t most : {1u, 5u, 47u, 48u, 49u, 200u, 3000u}) {
      Stored stored;
      std::vector<uint32_t> rows(40);
      for (uint32_t row = 0; row < 40; ++row) rows[row] = row;
      std::shuffle(rows.begin(), rows.end(), random);
      for (const uint32_t row : rows) {
        for (uint64_t left = below(random, most + 1); left > 0; --left) {
          const auto value = static_cast<float>(below(random, 9)) - 2.75f;
          stored.emplace_back(row, below(random, num_features), value);
        }
      }
      if (num_features == 70000 && most < 3000) continue;
      stored_several_times<Repeats::kAdded>(stored, num_features);
      stored_several_times<Repeats::kOnce>(stored, num_features);
    }
  }
  stored_several_times<Repeats::kAdded>({{2, 1, 1.0f}, {2, 1, -1.0f}, {2, 0, 3.0f}}, 2);
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::every_step_gives_the_entries_of_its_columns();
  mainspring::without_memory_a_tile_is_incomplete();
  mainspring::features_may_be_stored_several_times();
  mainspring::blocks_of_any_thread_end_up_in_their_place();
  return mainspring::finish();
}
