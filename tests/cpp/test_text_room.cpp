// Room for strings that steps build: any size of it gives the same bits, or says what is missing.
#include <algorithm>

#include "check.hpp"
#include "host/scratch.hpp"
#include "runtime/predictor/sparse_rows.hpp"
#include "step_columns.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kRows = 1300;

/// The text in upper case and back: each of the two steps builds strings.
std::vector<uint8_t> two_changes() {
  PlanBuilder plan;
  const uint32_t text =
      plan.add_input("text", InputKind::kBytes, TimeUnit::kNone, "", ColumnType::kUtf8);
  const Slot raw = plan.load(text);
  const Slot upper = plan.new_slot(ValueType::kBytes);
  const Slot hash = plan.new_slot(ValueType::kI64);
  const Slot bucket = plan.new_slot(ValueType::kI32);
  for (const LetterCase to : {LetterCase::kUpper, LetterCase::kLower}) {
    plan.emit(
        change_case_record(to == LetterCase::kUpper ? raw.number : upper.number, upper.number, to));
    plan.emit(hash_record(upper.number, hash.number));
    plan.emit(hash_bucket_record(hash.number, bucket.number, 1u << 20));
    plan.store(bucket, {.name = "f" + std::to_string(plan.num_features())});
  }
  BundleParts parts;
  plan.finish(&parts);
  return write_bundle(parts);
}

/// Memory of exactly `capacity` bytes that does not grow.
struct FixedRoom {
  std::vector<uint8_t> memory;
  TextRoom room;

  explicit FixedRoom(uint64_t capacity)
      : memory(capacity), room{memory.data(), 0, capacity, nullptr, 0, false} {}
};

struct Sample {
  std::shared_ptr<const BundleImage> image = BundleImage::open(two_changes(), "test");
  StepColumns columns{kRows};
  std::vector<uint8_t, SectionAllocator<uint8_t>> scratch =
      std::vector<uint8_t, SectionAllocator<uint8_t>>(scratch_bytes(image->view()));

  const ColumnView* texts() const { return columns.views + 2; }
  Status transform(TextRoom* room, uint64_t first, uint64_t count, std::vector<float>* out) {
    out->assign(count * 2, -1);
    return transform_rows(image->view(), *kernels_for(IsaLevel::kBaseline), texts(), first, count,
                          scratch.data(), room, out->data(), 2);
  }
};

void a_plan_says_whether_it_builds_strings() {
  const auto all = BundleImage::open(every_step_bundle(), "test");
  check(builds_texts(all->view().plan), "every step: one does");
  PlanView without = all->view().plan;
  without.num_steps = 1;
  check(!builds_texts(without), "a load does not");
}

void any_room_that_holds_a_row_gives_the_same_bits() {
  Sample sample;
  std::vector<float> expected, got;
  check(sample.transform(thread_texts(), 0, kRows, &expected).ok(), "it grows");
  check(*std::min_element(expected.begin(), expected.end()) >= 0, "every row is written");
  for (const uint64_t capacity : {100u, 130u, 1000u, 16384u, 1u << 20}) {
    FixedRoom fixed(capacity);
    check(sample.transform(&fixed.room, 0, kRows, &got).ok(), "a row has room");
    check(got == expected, "the same features");
  }
}

void a_row_without_room_says_what_it_needs() {
  Sample sample;
  std::vector<float> expected, got;
  uint64_t num_refused = 0;
  for (uint64_t row = 0; row < 64; ++row) {
    check(sample.transform(thread_texts(), row, 1, &expected).ok(), "it grows");
    FixedRoom none(0);
    const Status status = sample.transform(&none.room, row, 1, &got);
    if (status.ok()) {  // nothing to change
      check(got == expected, "views of the input");
      continue;
    }
    ++num_refused;
    check(status.code == Code::kBufferTooSmall && status.index != 0, "it says how much");
    FixedRoom enough(status.index);
    Status again = sample.transform(&enough.room, row, 1, &got);
    if (!again.ok()) {  // the second step had nothing to change before the first one had room
      FixedRoom more(again.index);
      again = sample.transform(&more.room, row, 1, &got);
    }
    check(again.ok() && got == expected, "then it runs");
  }
  check(num_refused > 20, "many rows change");
}

void rows_before_one_without_room_are_written() {
  Sample sample;  // whose first row is the longest
  std::vector<float> expected, got;
  check(sample.transform(thread_texts(), 1, kRows - 1, &expected).ok(), "it grows");
  uint64_t num_partial = 0;
  for (uint64_t capacity = 8; capacity < 80; capacity += 2) {
    FixedRoom small(capacity);
    if (sample.transform(&small.room, 1, kRows - 1, &got).ok()) continue;
    uint64_t done = 0;
    while (got[2 * done] >= 0) ++done;
    check(std::equal(got.begin(), got.begin() + static_cast<int64_t>(2 * done), expected.begin()),
          "up to the row");
    num_partial += done > 0 ? 1 : 0;
  }
  check(num_partial > 0, "some room holds the first rows and not a later one");
}

void a_sparse_tile_without_room_is_incomplete() {
  Sample sample;
  FixedRoom small(64);
  SparseTile tile{nullptr, 0, 0, [](SparseTile*, uint64_t) noexcept { return false; }, false};
  std::vector<SparseEntry> entries(kTileRows * 2);
  tile.entries = entries.data();
  tile.capacity = entries.size();
  transform_sparse_tile(sample.image->view(), *kernels_for(IsaLevel::kBaseline), sample.texts(), 0,
                        kTileRows, sample.scratch.data(), &small.room, &tile);
  check(tile.incomplete, "strings are missing");
  transform_sparse_tile(sample.image->view(), *kernels_for(IsaLevel::kBaseline), sample.texts(), 0,
                        kTileRows, sample.scratch.data(), thread_texts(), &tile);
  check(!tile.incomplete, "it may be used again");
}

void strings_stay_where_they_are_while_the_room_grows() {
  TextRoom* const room = thread_texts();
  start_texts(room);
  std::vector<std::pair<uint8_t*, uint8_t>> kept;
  for (uint64_t i = 0; i < 200; ++i) {
    uint8_t* const text = text_memory(room, 1000 + i);
    check(text != nullptr, "it grows");
    const auto letter = static_cast<uint8_t>('a' + i % 26);
    std::fill_n(text, 1000 + i, letter);
    keep_text(room, 1000 + i);
    kept.emplace_back(text, letter);
  }
  for (uint64_t i = 0; i < kept.size(); ++i) {
    const auto [text, letter] = kept[i];
    check(std::all_of(text, text + 1000 + i, [l = letter](uint8_t byte) { return byte == l; }),
          "unchanged");
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  a_plan_says_whether_it_builds_strings();
  any_room_that_holds_a_row_gives_the_same_bits();
  a_row_without_room_says_what_it_needs();
  rows_before_one_without_room_are_written();
  a_sparse_tile_without_room_is_incomplete();
  strings_stay_where_they_are_while_the_room_grows();
  return finish();
}
