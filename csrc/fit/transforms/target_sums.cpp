// Cells that grow with the keys, and states whose folds or numbers differ brought together.
#include "fit/transforms/target_sums.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "fit/plan/fold_gather.hpp"
#include "fit/transforms/param.hpp"

namespace mainspring {

namespace {

/// The sums with cell i at cells[i] of `num_cells`.
WindowSums moved(const WindowSums& sums, const std::vector<uint64_t>& cells, uint64_t num_cells) {
  WindowSums result;
  result.resize(num_cells);
  result.merge(sums, cells);
  return result;
}

}  // namespace

void TargetSums::choose_folds(bool cross_fit) {
  if (cross_fit && folds_ == 1 && max_folds_ > 1 && keys_->size() == 0 && counts_[0] == 0) {
    folds_ = max_folds_;
    make_room();
  }
}

const uint32_t* TargetSums::update(const FitTile& tile, uint32_t room[kTileRows]) {
  choose_folds(tile.cross_fit);
  const uint32_t* numbers = keys_.number_rows(tile, room);
  make_room();
  uint64_t cells[kTileRows];
  double targets[kTileRows];
  uint32_t num_learnt = 0;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (numbers[row] == KeyIndex::kNotLearnt) continue;
    const uint32_t fold = folds_ == 1 ? 0 : fold_of(seed_, tile.first_row + row, folds_);
    // kMissing + 1 is 0, the category of missing rows.
    const uint64_t cell = uint64_t{numbers[row] + 1u} * folds_ + fold;
    ++counts_[cell];
    cells[num_learnt] = cell;
    targets[num_learnt++] = tile.target[row];
  }
  sums_.add_all(cells, targets, num_learnt);
  if (!with_squares_) return numbers;
  for (uint32_t i = 0; i < num_learnt; ++i) {
    const double square = targets[i] * targets[i];
    squares_.add(cells[i], square);
    squares_.add(cells[i], std::fma(targets[i], targets[i], -square));
  }
  return numbers;
}

void TargetSums::add_tallies(const KeyTallies& tallies, const std::shared_ptr<KeyIndex>& index) {
  keys_.share(index);
  make_room();
  tallies.for_each([this](uint64_t category, uint32_t fold, uint64_t count, int64_t sum) {
    const uint64_t cell = category * folds_ + (folds_ == 1 ? 0 : fold);
    counts_[cell] += count;
    sums_.add_integer(cell, sum);
  });
}

void TargetSums::merge(TargetSums&& other) {
  if (folds_ != other.folds_) {
    if (folds_ != 1) *this = without_folds();
    if (other.folds_ != 1) other = other.without_folds();
  }
  const std::vector<uint32_t> numbers = keys_.own().absorb(*other.keys_);
  make_room();
  std::vector<uint64_t> cells(other.counts_.size());
  for (uint64_t cell = 0; cell < cells.size(); ++cell) {
    const uint64_t category = cell / folds_;
    const uint64_t mine = category == 0 ? 0 : numbers[category - 1] + uint64_t{1};
    cells[cell] = mine * folds_ + cell % folds_;
    counts_[cells[cell]] += other.counts_[cell];
  }
  sums_.merge(std::move(other.sums_), cells);
  if (with_squares_) squares_.merge(std::move(other.squares_), cells);
  cells.resize(folds_);
  std::iota(cells.begin(), cells.end(), 0);
  for (uint32_t fold = 0; fold < folds_; ++fold) lost_counts_[fold] += other.lost_counts_[fold];
  lost_sums_.merge(std::move(other.lost_sums_), cells);
}

bool TargetSums::limit_keys(uint64_t max_keys, KeyCut& cut) {
  const uint32_t num_before = keys_->size();
  if (!keys_.limit(max_keys, [this] { return key_counts(); }, cut)) return false;
  std::vector<uint64_t> left;   // cells of the categories that stay
  std::vector<uint64_t> lost;   // of those that go
  std::vector<uint64_t> folds;  // of the latter
  size_t next = 0;              // of cut.kept, which ascends
  for (uint64_t category = 0; category <= num_before; ++category) {
    const bool stays =
        category == 0 || (next < cut.kept.size() && cut.kept[next] + uint64_t{1} == category);
    if (stays && category != 0) ++next;
    for (uint64_t fold = 0; fold < folds_; ++fold) {
      const uint64_t cell = category * folds_ + fold;
      (stays ? left : lost).push_back(cell);
      if (stays) continue;
      folds.push_back(fold);
      lost_counts_[fold] += counts_[cell];
    }
  }
  lost_sums_.merge(sums_.picked(lost), folds);
  counts_ = kept_of(counts_, left);
  sums_ = sums_.picked(left);
  if (with_squares_) squares_ = squares_.picked(left);
  return true;
}

void TargetSums::write(StateWriter& writer) const {
  // In the order of the keys, so that equal states have equal bytes.
  const std::vector<uint32_t> order = keys_->ascending();
  std::vector<uint64_t> cells(counts_.size());
  std::vector<uint64_t> counts(counts_.size());
  const auto place = [&](uint64_t from, uint64_t to) {
    for (uint64_t fold = 0; fold < folds_; ++fold) {
      cells[from * folds_ + fold] = to * folds_ + fold;
      counts[to * folds_ + fold] = counts_[from * folds_ + fold];
    }
  };
  place(0, 0);
  for (uint64_t at = 0; at < order.size(); ++at) place(order[at] + uint64_t{1}, at + 1);
  writer.put(folds_);
  keys_->write(writer, order);
  for (const uint64_t count : counts) writer.put(count);
  for (const uint64_t count : lost_counts_) writer.put(count);
  lost_sums_.write(writer);
  moved(sums_, cells, counts.size()).write(writer);
  if (with_squares_) moved(squares_, cells, counts.size()).write(writer);
}

void TargetSums::read(StateReader& reader) {
  folds_ = reader.get<uint32_t>();
  if (folds_ != 1 && folds_ != max_folds_) StateReader::fail();
  keys_.own().read(reader);
  make_room();
  for (uint64_t& count : counts_) count = reader.get<uint64_t>();
  for (uint64_t& count : lost_counts_) count = reader.get<uint64_t>();
  lost_sums_.read(reader);
  if (lost_sums_.num_cells() != folds_) StateReader::fail();
  sums_.read(reader);
  if (sums_.num_cells() != counts_.size()) StateReader::fail();
  if (!with_squares_) return;
  squares_.read(reader);
  if (squares_.num_cells() != counts_.size()) StateReader::fail();
}

uint64_t TargetSums::count(uint64_t category, uint32_t fold) const {
  uint64_t count = 0;
  for (uint32_t i = 0; i < folds_; ++i) {
    if (i != fold) count += counts_[category * folds_ + i];
  }
  return count;
}

uint64_t TargetSums::lost_count(uint32_t fold) const {
  uint64_t count = 0;
  for (uint32_t i = 0; i < folds_; ++i) {
    if (i != fold) count += lost_counts_[i];
  }
  return count;
}

std::vector<uint64_t> TargetSums::total_counts() const {
  std::vector<uint64_t> totals(uint64_t{folds_} + 1);
  for (uint32_t fold = 0; fold <= folds_; ++fold) {
    totals[fold] = lost_count(fold);
    for (uint64_t category = 0; category < num_categories(); ++category) {
      totals[fold] += count(category, fold);
    }
  }
  return totals;
}

std::vector<double> TargetSums::total_sums() const {
  if (folds_ == 1 && lost_counts_[0] == 0) return {0.0, sums_.sum(0, sums_.num_cells())};
  std::vector<uint64_t> cells(counts_.size());
  for (uint64_t cell = 0; cell < cells.size(); ++cell) cells[cell] = cell % folds_;
  WindowSums by_fold = moved(sums_, cells, folds_);
  cells.resize(folds_);
  std::iota(cells.begin(), cells.end(), 0);
  by_fold.merge(lost_sums_, cells);
  std::vector<double> totals;
  for (uint32_t fold = 0; fold <= folds_; ++fold) totals.push_back(by_fold.sum(0, folds_, fold));
  return totals;
}

std::vector<uint64_t> TargetSums::key_counts() const {
  std::vector<uint64_t> counts(keys_->size());
  for (uint64_t number = 0; number < counts.size(); ++number) {
    counts[number] = count(number + 1, folds_);
  }
  return counts;
}

void TargetSums::make_room() {
  lost_counts_.resize(folds_);
  lost_sums_.resize(folds_);
  const uint64_t num_cells = num_categories() * folds_;
  if (counts_.size() >= num_cells) return;
  counts_.resize(num_cells);
  sums_.resize(num_cells);
  if (with_squares_) squares_.resize(num_cells);
}

TargetSums TargetSums::without_folds() const {
  TargetSums all = *this;
  all.folds_ = 1;
  all.counts_.assign(num_categories(), 0);
  std::vector<uint64_t> cells(counts_.size());
  for (uint64_t cell = 0; cell < cells.size(); ++cell) {
    cells[cell] = cell / folds_;
    all.counts_[cells[cell]] += counts_[cell];
  }
  const std::vector<uint64_t> one(folds_, 0);
  all.lost_counts_ = {lost_count(folds_)};
  all.lost_sums_ = moved(lost_sums_, one, 1);
  all.sums_ = moved(sums_, cells, num_categories());
  if (with_squares_) all.squares_ = moved(squares_, cells, num_categories());
  return all;
}

void check_folds(std::string_view op, int64_t folds, int64_t seed) {
  if (folds < 2 || folds > 1000) fail_param(op, "folds", "an integer from 2 to 1000", folds);
  if (seed < 0) fail_param(op, "seed", "an integer of 0 or more", seed);
}

double mean_or_missing(double sum, uint64_t count) {
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

}  // namespace mainspring
