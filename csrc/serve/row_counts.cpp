// One relaxed addition a value for single rows; a tile is added up on the stack first.
#include "serve/row_counts.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "host/match_columns.hpp"
#include "profile/profile.hpp"
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/bundle/labels.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kNumBins = 20;
constexpr uint32_t kMaxCategories = 40;
constexpr uint32_t kMaxOutputs = 16;
constexpr uint32_t kMaxLabels = 256;
constexpr uint32_t kMaxColumnWords = kFirstBinWord + kMaxCategories + 1;
static_assert(kNumBins <= kMaxCategories);

/// Upper ends of bins that the profile fills equally; the last bin is open.
std::vector<double> edges_of(const Distribution& numbers) {
  std::vector<double> edges;
  uint64_t below = 0;
  uint32_t bin = 1;
  for (size_t i = 0; i < numbers.values.size() && bin < kNumBins; ++i) {
    below += numbers.counts[i];
    if (below * kNumBins < numbers.total * bin) continue;
    edges.push_back(numbers.values[i]);
    while (bin < kNumBins && below * kNumBins >= numbers.total * bin) ++bin;
  }
  // Nothing lies above the largest value.
  if (!edges.empty() && edges.back() == numbers.values.back()) edges.pop_back();
  return edges;
}

uint32_t bin_of(const std::vector<double>& edges, double value) {
  uint32_t bin = 0;
  for (const double edge : edges) bin += value > edge ? 1 : 0;
  return bin;
}

/// The same of kNumBins edges, filled up with infinity.
uint32_t bin_of_filled(const double* edges, double value) {
  int64_t bin = 0;
  for (uint32_t i = 0; i < kNumBins; ++i) bin += value > edges[i] ? 1 : 0;
  return static_cast<uint32_t>(bin);
}

void describe_numbers(const ColumnProfile& profile, CountedColumn* column) {
  const Distribution numbers = profile.numbers().distribution();
  if (numbers.total == 0) return;
  column->edges = edges_of(numbers);
  column->num_bins = static_cast<uint32_t>(column->edges.size()) + 1;
  column->filled = column->edges;
  column->filled.resize(kNumBins, std::numeric_limits<double>::infinity());
  column->least = numbers.values.front();
  column->largest = numbers.values.back();
  column->reference.resize(column->num_bins);
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    column->reference[bin_of(column->edges, numbers.values[i])] += numbers.counts[i];
  }
}

void describe_categories(const ColumnProfile& profile, CountedColumn* column) {
  const CategoryCounts found = profile.texts().categories();
  if (found.entries.empty()) return;
  const auto num_named =
      static_cast<uint32_t>(std::min<size_t>(found.entries.size(), kMaxCategories));
  column->num_bins = num_named + 1;
  column->reference.resize(column->num_bins);
  column->slots.resize(std::bit_ceil(found.entries.size() * 2));
  const size_t mask = column->slots.size() - 1;
  uint64_t named_rows = 0;
  for (size_t i = 0; i < found.entries.size(); ++i) {
    const CategoryCounts::Entry& entry = found.entries[i];
    const auto bin = static_cast<uint32_t>(std::min<size_t>(i, num_named));
    if (i < num_named) {
      column->categories.emplace_back(entry.value);
      column->reference[i] = entry.count;
      named_rows += entry.count;
    }
    const uint64_t hash =
        hash_bytes(reinterpret_cast<const uint8_t*>(entry.value.data()), entry.value.size());
    size_t slot = hash & mask;
    while (column->slots[slot].second != 0) slot = (slot + 1) & mask;
    column->slots[slot] = {hash, bin + 1};
  }
  column->reference[num_named] = found.total - named_rows;
}

/// The word of a category's bin, or kUnseenWord.
uint32_t category_word(const CountedColumn& column, const uint8_t* data, uint64_t length) {
  // The profile keeps the beginning of a longer one.
  if (length > ValueCounts::kMaxKeyBytes) return kFirstBinWord + column.num_bins - 1;
  const size_t mask = column.slots.size() - 1;
  const uint64_t hash = hash_bytes(data, length);
  for (size_t slot = hash & mask; column.slots[slot].second != 0; slot = (slot + 1) & mask) {
    if (column.slots[slot].first == hash) return kFirstBinWord + column.slots[slot].second - 1;
  }
  return kUnseenWord;
}

/// Adds what a value is to `count(word)`.
template <class Count>
void count_number(const CountedColumn& column, double value, const Count& count) {
  if (column.is_boolean) {
    const bool is_true = value != 0;
    count(category_word(column, reinterpret_cast<const uint8_t*>(is_true ? "true" : "false"),
                        is_true ? 4 : 5));
    return;
  }
  if (value < column.least || value > column.largest) count(kOutOfRangeWord);
  count(kFirstBinWord + bin_of_filled(column.filled.data(), value));
}

template <class Count>
void count_tile(const CountedColumn& column, const Tile& tile, const Count& count) {
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (!is_valid(tile.validity, row)) {
      count(kMissingWord);
    } else if (column.reference.empty()) {  // nothing is known of its values
      count(kFirstBinWord);
    } else if (column.kind == InputKind::kBytes) {
      const BytesView& value = values_of<BytesView>(tile)[row];
      count(category_word(column, value.data, value.length));
    } else if (column.kind == InputKind::kFloat) {
      count_number(column, values_of<double>(tile)[row], count);
    } else {
      count_number(column, static_cast<double>(values_of<int64_t>(tile)[row]), count);
    }
  }
}

BytesView plain_text(const ColumnView& view, uint64_t at) {
  constexpr uint32_t kInlineBytes = 12;  // of a string view, by Arrow's layout
  const uint8_t* const text = static_cast<const uint8_t*>(view.values) + 16 * at;
  const auto length = load<uint32_t>(text);
  if (length <= kInlineBytes) return {text + 4, length};
  return {view.view_buffers[load<uint32_t>(text + 8)] + load<uint32_t>(text + 12), length};
}

/// One row of a column as JSON gives it, where a tile would cost more than all the rest; false
/// where it lies otherwise.
template <class Count>
bool count_plain(const CountedColumn& column, const ColumnView& view, uint64_t at,
                 const Count& count) {
  const bool is_number = view.type == ColumnType::kF64 && column.kind == InputKind::kFloat;
  const bool is_integer = view.type == ColumnType::kI64 && column.kind == InputKind::kInteger;
  const bool is_text = view.type == ColumnType::kUtf8View && column.kind == InputKind::kBytes;
  const bool is_time = view.type == ColumnType::kTimestamp && column.reference.empty();
  if (!is_number && !is_integer && !is_text && !is_time) return false;
  const bool is_null = view.validity != nullptr && (view.validity[at / 8] >> (at % 8) & 1) == 0;
  const double number = is_number ? static_cast<const double*>(view.values)[at]
                        : is_integer
                            ? static_cast<double>(static_cast<const int64_t*>(view.values)[at])
                            : 0;
  if (is_null || number != number) {
    count(kMissingWord);
  } else if (column.reference.empty()) {  // nothing is known of its values
    count(kFirstBinWord);
  } else if (is_text) {
    const BytesView value = plain_text(view, at);
    count(category_word(column, value.data, value.length));
  } else {
    count_number(column, number, count);
  }
  return true;
}

}  // namespace

RowCounts::RowCounts(const BundleImage& bundle, std::string_view key) : bundle_(bundle) {
  describe_columns(bundle);
  describe_outputs(bundle);
  block_.emplace(key, std::max<uint32_t>(num_words_, 1));
}

void RowCounts::describe_columns(const BundleImage& bundle) {
  const BundleView& view = bundle.view();
  std::optional<Profile> profile;
  if (view.profile.length != 0) {
    profile = Profile::from_bytes({view.profile.data, view.profile.length});
  }
  for (uint32_t i = 0; i < view.plan.num_inputs; ++i) {
    CountedColumn column;
    column.name = input_name(view.plan, i);
    column.kind = static_cast<InputKind>(view.plan.inputs[i].kind);
    column.first_word = num_words_;
    const ColumnProfile* const known = profile.has_value() ? profile->find(column.name) : nullptr;
    if (known != nullptr) {
      column.reference_missing = known->missing();
      const bool is_number = column.kind == InputKind::kFloat || column.kind == InputKind::kInteger;
      column.is_boolean = known->kind() == ColumnKind::kBoolean;
      if (is_number && known->kind() == ColumnKind::kNumber) {
        describe_numbers(*known, &column);
      } else if ((is_number && column.is_boolean) ||
                 (column.kind == InputKind::kBytes && known->kind() == ColumnKind::kText)) {
        describe_categories(*known, &column);
      }
    }
    if (column.reference.empty()) column.num_bins = 1;
    num_words_ += kFirstBinWord + column.num_bins;
    columns_.push_back(std::move(column));
  }
}

void RowCounts::describe_outputs(const BundleImage& bundle) {
  const BundleView& view = bundle.view();
  const uint32_t width = output_width(view, OutputKind::kPredict);
  has_labels_ = view.labels.num_labels != 0;
  if (has_labels_) {
    const uint32_t num_bins = std::min(view.labels.num_labels, kMaxLabels);
    outputs_.push_back({num_words_, num_bins, {}});
    num_words_ += num_bins;
    return;
  }
  std::vector<double> edges;
  if (output_width(view, OutputKind::kProba) != 0) {
    for (uint32_t i = 1; i < kNumBins; ++i) edges.push_back(static_cast<double>(i) / kNumBins);
  } else {
    edges = {-1e6, -1e5, -1e4, -1e3, -100, -10, -1,  -0.1, -0.01, 0,
             0.01, 0.1,  1,    10,   100,  1e3, 1e4, 1e5,  1e6};
  }
  for (uint32_t i = 0; i < std::min(width, kMaxOutputs); ++i) {
    outputs_.push_back({num_words_, static_cast<uint32_t>(edges.size()) + 1, edges});
    num_words_ += outputs_.back().num_bins;
  }
}

void RowCounts::count_rows(const ColumnView* columns, uint64_t num_rows) noexcept {
  for (uint64_t first = 0; first < num_rows; first += kTileRows) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(num_rows - first, kTileRows));
    for (size_t i = 0; i < columns_.size(); ++i) {
      count_column(columns_[i], columns[i], first, count);
    }
  }
}

void RowCounts::count_column(const CountedColumn& column, const ColumnView& view,
                             uint64_t first_row, uint32_t num_rows) noexcept {
  const auto add = [&](uint32_t word) { block_->add(column.first_word + word, 1); };
  if (num_rows == 1 && count_plain(column, view, view.offset + first_row, add)) return;
  alignas(64) uint8_t slot[kSlotBytes];
  const Tile tile = slot_tile(slot, 0, value_type_of(column.kind), num_rows);
  const auto unit = static_cast<TimeUnit>(
      bundle_.view().plan.inputs[static_cast<size_t>(&column - columns_.data())].unit);
  decode_tile(view, column.kind, unit, first_row, process_kernels(), tile);
  if (num_rows == 1) {
    count_tile(column, tile, add);
    return;
  }
  uint32_t counts[kMaxColumnWords] = {};
  count_tile(column, tile, [&](uint32_t word) { ++counts[word]; });
  for (uint32_t word = 0; word < kFirstBinWord + column.num_bins; ++word) {
    if (counts[word] != 0) block_->add(column.first_word + word, counts[word]);
  }
}

void RowCounts::count_predictions(const double* scores, uint64_t num_rows) noexcept {
  const uint32_t width = output_width(bundle_.view(), OutputKind::kPredict);
  for (uint64_t row = 0; row < num_rows; ++row) {
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const CountedOutput& output = outputs_[i];
      const double value = scores[row * width + i];
      if (!has_labels_) {
        if (value == value) block_->add(output.first_word + bin_of(output.edges, value), 1);
      } else if (value < output.num_bins) {
        block_->add(output.first_word + static_cast<uint32_t>(value), 1);
      }
    }
  }
}

}  // namespace mainspring
