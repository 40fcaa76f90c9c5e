// N-grams are numbered as they come; written, they are in the order of their bytes, so that equal
// states have equal bytes.
#include "fit/transforms/ngram_counts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "fit/plan/lookup_table.hpp"
#include "fit/transforms/category_names.hpp"
#include "fit/transforms/param.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"
#include "runtime/steps/ngram_records.hpp"

namespace mainspring {

namespace {

/// Nobody has counted so many; a double holds every number up to it.
constexpr uint64_t kMaxTimes = uint64_t{1} << 53;

}  // namespace

void NgramCounts::count_text(const BytesView& text, uint64_t max_keys, NgramReader& reader) {
  uint32_t numbers[kTileRows];
  uint64_t all_valid[kValidityWords];
  reader.begin(text);
  while (const uint32_t count = reader.next()) {
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      all_valid[word] = all_valid_word(count, word);
    }
    const Tile ngrams{ValueType::kBytes, count, reader.ngrams(), all_valid, nullptr};
    keys.number_rows(ngrams, numbers);
    times.resize(keys.size());
    rows_with.resize(keys.size());
    counted_for_.resize(keys.size());
    for (uint32_t i = 0; i < count; ++i) {
      ++times[numbers[i]];
      if (counted_for_[numbers[i]] == num_rows + 1) continue;
      counted_for_[numbers[i]] = num_rows + 1;
      ++rows_with[numbers[i]];
    }
    limit_keys(max_keys);  // here, since one text may be long
  }
}

void NgramCounts::update(const FitTile& tile) {
  NgramReader reader(rule_);
  const Tile& texts = tile.inputs[0];
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (is_valid(texts.validity, row)) {
      count_text(values_of<BytesView>(texts)[row], tile.max_keys, reader);
    } else {
      ++missing;
    }
    ++num_rows;
  }
}

void NgramCounts::merge(const NgramCounts& other) {
  const std::vector<uint32_t> numbers = keys.absorb(other.keys);
  times.resize(keys.size());
  rows_with.resize(keys.size());
  for (uint32_t i = 0; i < numbers.size(); ++i) {
    times[numbers[i]] += other.times[i];
    rows_with[numbers[i]] += other.rows_with[i];
  }
  missing += other.missing;
  num_rows += other.num_rows;
}

void NgramCounts::limit_keys(uint64_t max_keys) {
  if (keys.size() <= max_keys) return;
  uint64_t taken = 0;
  const std::vector<uint32_t> kept = keys.heaviest(max_keys, times, &taken);
  keys = keys.cut(kept, taken);
  times = kept_of(times, kept);
  rows_with = kept_of(rows_with, kept);
  counted_for_.clear();
}

void NgramCounts::write(StateWriter& writer) const {
  const std::vector<uint32_t> order = keys.ascending();
  keys.write(writer, order);
  for (const uint32_t number : order) writer.put(times[number]);
  for (const uint32_t number : order) writer.put(rows_with[number]);
  writer.put(missing);
  writer.put(num_rows);
}

void NgramCounts::read(StateReader& reader) {
  keys.read(reader);
  keys.expect_type(ValueType::kBytes);
  counted_for_.clear();
  times.resize(keys.size());
  rows_with.resize(keys.size());
  for (uint64_t& count : times) count = reader.get<uint64_t>();
  for (uint64_t& count : rows_with) count = reader.get<uint64_t>();
  missing = reader.get<uint64_t>();
  num_rows = reader.get<uint64_t>();
  if (missing > num_rows || num_rows > kMaxTimes) StateReader::fail();
  for (uint32_t i = 0; i < keys.size(); ++i) {
    if (rows_with[i] < 1 || rows_with[i] > num_texts() || times[i] < rows_with[i] ||
        times[i] > kMaxTimes) {
      StateReader::fail();
    }
  }
}

KeptNgrams kept_ngrams(std::string_view op, std::string_view analyzer,
                       const std::vector<double>& ngram_range, bool lowercase,
                       int64_t min_word_length, int64_t min_count, double min_share,
                       double max_share, const std::optional<int64_t>& max_size) {
  KeptNgrams kept;
  kept.rule = ngram_rule(op, analyzer, ngram_range, lowercase, min_word_length);
  check_vocabulary(op, {min_count, max_size, min_share});
  if (!(max_share >= min_share && max_share <= 1)) {
    fail_param(op, "max_share", "a number from min_share to 1", max_share);
  }
  kept.min_count = static_cast<uint64_t>(min_count);
  kept.min_share = min_share;
  kept.max_share = max_share;
  if (max_size.has_value()) kept.max_size = static_cast<uint64_t>(*max_size);
  return kept;
}

std::vector<uint32_t> select_ngrams(const KeptNgrams& kept, const NgramCounts& counts,
                                    const Feature& in) {
  const auto num_rows = static_cast<double>(counts.num_rows);
  const double fewest = std::max(static_cast<double>(kept.min_count), kept.min_share * num_rows);
  const double most = kept.max_share * num_rows;
  std::vector<uint32_t> order;
  for (const uint32_t number : by_count(counts.keys, counts.times, 1, UINT64_MAX)) {
    const auto rows = static_cast<double>(counts.rows_with[number]);
    if (rows >= fewest && rows <= most) order.push_back(number);
  }
  if (order.size() > kept.max_size) order.resize(kept.max_size);
  if (order.size() <= kMaxNgramFeatures) return order;
  const std::string expected = "at most " + std::to_string(kMaxNgramFeatures);
  throw Error(ErrorKind::kData, "Column '" + in.column + "' has " + std::to_string(order.size()) +
                                    " n-grams to keep, expected " + expected +
                                    ". Set max_size or min_count, or use word_ngrams() or "
                                    "char_ngrams().")
      .column(in.column)
      .expected(expected)
      .got(std::to_string(order.size()));
}

Feature known_ngram_feature(const KeptNgrams& kept, const NgramCounts& counts,
                            const std::vector<uint32_t>& order, std::vector<double> weights,
                            const Feature& in, PlanBuilder& builder) {
  const std::string prefix = in.info.name + "_" + std::string(analyzer_name(kept.rule.analyzer)) +
                             "_" + std::string(kept.kind) + "_";
  std::vector<FeatureInfo> infos;
  std::vector<std::string_view> keys;
  for (const uint32_t number : order) {
    keys.push_back(counts.keys.bytes_key(number));
    infos.push_back(FeatureInfo{prefix + escaped(keys.back())});
  }
  if (infos.empty()) {
    infos.push_back(FeatureInfo{prefix + "none"});
    weights.push_back(1);
  }
  std::vector<uint8_t> payload(ngram_weights_bytes(weights.size()));
  std::memcpy(payload.data(), weights.data(), weights.size() * sizeof(double));
  const std::vector<uint8_t> table = build_lookup_table(std::span<const std::string_view>(keys));
  payload.insert(payload.end(), table.begin(), table.end());
  const DataRange data = builder.add_data(payload);
  const StepRecord record = store_known_ngrams_record(
      static_cast<uint32_t>(infos.size()), kept.rule, kept.values, data.offset, data.length);
  return ngram_feature(in, record, std::move(infos));
}

}  // namespace mainspring
