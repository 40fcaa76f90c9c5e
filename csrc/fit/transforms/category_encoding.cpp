// Payloads in the order of ids, and the steps that read them.
#include "fit/transforms/category_encoding.hpp"

#include <utility>

#include "fit/plan/fold_gather.hpp"
#include "fit/plan/row_values.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

namespace {

/// The encoding by id: missing, unseen, then the vocabulary; or, where the stream holds ids
/// already, by those.
std::vector<double> payload_of(const CategoryEncoding& encoding, const KeyIndex& keys,
                               std::span<const uint32_t> order, const Feature& in) {
  if (in.slot.type == ValueType::kI32) {
    keys.expect_type(ValueType::kI32);
    std::vector<double> values(in.info.cardinality, encoding.unseen);
    for (const uint32_t number : order) {
      const auto id = static_cast<uint64_t>(keys.integer_key(number));
      if (id >= values.size()) StateReader::fail();
      values[id] = encoding.keys[number];
    }
    return values;
  }
  std::vector<double> values{encoding.missing, encoding.unseen};
  values.reserve(values.size() + order.size());
  for (const uint32_t number : order) values.push_back(encoding.keys[number]);
  return values;
}

DataRange add_numbers(std::span<const double> values, PlanBuilder& builder) {
  return builder.add_data(
      {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(double)});
}

Feature number_feature(const Feature& in, std::string_view suffix, PlanBuilder& builder) {
  Feature out = in;
  out.slot = builder.new_slot(ValueType::kF64);
  out.info = FeatureInfo{in.info.name + "_" + std::string(suffix)};
  out.unit = TimeUnit::kNone;
  out.time_zone.clear();
  return out;
}

Feature emit_gather(std::span<const CategoryEncoding> encodings, const KeyIndex& keys,
                    const CategoryIds& ids, std::string_view suffix, const Feature& in,
                    const TargetSums* folds, PlanBuilder& builder) {
  std::vector<double> values;
  for (const CategoryEncoding& encoding : encodings) {
    std::vector<double> one = payload_of(encoding, keys, ids.order, in);
    if (values.empty()) {
      values = std::move(one);
    } else {
      values.insert(values.end(), one.begin(), one.end());
    }
  }
  const uint64_t num_values = values.size() / encodings.size();
  const DataRange data = add_numbers(values, builder);
  const Feature out = number_feature(in, suffix, builder);
  builder.emit(folds != nullptr
                   ? fold_gather_record(ids.slot.number, out.slot.number, data.offset, num_values,
                                        folds->folds(), folds->seed())
                   : gather_record(ids.slot.number, out.slot.number, data.offset, num_values));
  return out;
}

}  // namespace

CategoryIds emit_ids(const KeyIndex& keys, std::span<const uint64_t> counts, const Feature& in,
                     PlanBuilder& builder) {
  const bool looked_up = in.slot.type != ValueType::kI32;
  Vocabulary& vocabulary = vocabulary_of(keys, counts, 1, UINT64_MAX, builder);
  return {looked_up ? emit_lookup(in.slot, vocabulary, builder) : in.slot, vocabulary.order,
          looked_up};
}

Feature emit_encoding(const CategoryEncoding& encoding, const KeyIndex& keys,
                      const CategoryIds& ids, std::string_view suffix, const Feature& in,
                      PlanBuilder& builder) {
  return emit_gather(std::span(&encoding, 1), keys, ids, suffix, in, nullptr, builder);
}

Feature emit_encoding(const CategoryEncoding& encoding, const KeyIndex& keys,
                      std::span<const uint64_t> counts, std::string_view suffix, const Feature& in,
                      PlanBuilder& builder) {
  const CategoryIds ids = emit_ids(keys, counts, in, builder);
  Feature out = emit_encoding(encoding, keys, ids, suffix, in, builder);
  ids.release(builder);
  return out;
}

Feature emit_fold_encodings(std::span<const CategoryEncoding> encodings, const TargetSums& sums,
                            std::string_view suffix, const Feature& in, PlanBuilder& builder) {
  const CategoryIds ids = emit_ids(sums.keys(), sums.key_counts(), in, builder);
  Feature out = emit_gather(encodings, sums.keys(), ids, suffix, in, &sums, builder);
  ids.release(builder);
  return out;
}

Feature emit_row_values(std::span<const double> values, std::string_view suffix, const Feature& in,
                        PlanBuilder& builder) {
  const DataRange data = add_numbers(values, builder);
  Feature out = number_feature(in, suffix, builder);
  builder.emit(row_values_record(in.slot.number, out.slot.number, data.offset, values.size()));
  return out;
}

}  // namespace mainspring
