// For the tests of steps: a plan that uses every step. Columns for it: step_columns.hpp.
#pragma once
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "fit/plan/lookup_table.hpp"
#include "fit/plan/pattern.hpp"
#include "fit/plan/plan_builder.hpp"
#include "fit/plan/time_format.hpp"
#include "fit/plan/zone_table.hpp"
#include "fit/write_bundle.hpp"
#include "host/bundle_image.hpp"
#include "runtime/predictor/predict.hpp"
#include "runtime/steps/gather_bytes.hpp"
#include "runtime/steps/hash_records.hpp"
#include "runtime/steps/ngram_records.hpp"
#include "runtime/steps/strip.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {

template <class T>
std::vector<uint8_t> payload_of(const std::vector<T>& values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::vector<std::string> words(uint32_t count) {
  std::vector<std::string> list;
  for (uint32_t i = 0; i < count; ++i) {
    list.push_back(std::string(i % 37, static_cast<char>('a' + i % 26)) + std::to_string(i));
  }
  return list;
}

inline constexpr uint32_t kNumWords = 300;
inline constexpr uint32_t kNumBuckets = 70;
inline constexpr uint32_t kNumPlaces = 3;  // of words

inline DataRange add_bytes(PlanBuilder* plan, const std::string& bytes) {
  return plan->add_data({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

/// Features of a tile of strings, of ids from 0 to 5, and of numbers and integers: every step that
/// cleans.
inline void clean(PlanBuilder* plan, Slot text, Slot ids, Slot number, Slot integer,
                  DataRange texts, DataRange numbers, DataRange integers) {
  const Slot work = plan->new_slot(ValueType::kF64);
  const Slot other = plan->new_slot(ValueType::kBytes);
  const Slot whole = plan->new_slot(ValueType::kI64);
  const Slot hash = plan->new_slot(ValueType::kI64);
  const Slot bucket = plan->new_slot(ValueType::kI32);
  const auto feature = [&](Slot slot) {
    plan->store(slot, {.name = "f" + std::to_string(plan->num_features())});
  };
  const auto hashed = [&](Slot slot) {
    plan->emit(hash_record(slot.number, hash.number));
    plan->emit(hash_bucket_record(hash.number, bucket.number, 1u << 20));
    feature(bucket);
  };
  // 0 to 9 and the letters a to o, then an é.
  std::string set(kAsciiSetBytes, 0);
  set.replace(6, 2, "\xff\x03");
  set.replace(12, 2, "\xfe\xff");
  set += std::string("\xe9\0\0\0\xac\x20\0\0", 8);
  DataRange data = add_bytes(plan, set);
  plan->emit(
      strip_record(text.number, other.number, kStripStart | kStripEnd, data.offset, data.length));
  hashed(other);
  plan->emit(null_if_record(text.number, other.number, texts.offset, texts.length));
  hashed(other);
  plan->emit(null_if_record(number.number, work.number, numbers.offset, numbers.length));
  feature(work);
  plan->emit(null_if_record(integer.number, whole.number, integers.offset, integers.length));
  hashed(whole);
  plan->emit(strip_record(text.number, other.number, kStripStart, data.offset, data.length));
  plan->emit(parse_number_record(text.number, work.number, 'k', 'l'));
  feature(work);
  std::vector<uint8_t> payload(6 * sizeof(TextEntry));
  const TextEntry entries[6] = {{0, kTextMissing}, {0, kTextKept}, {0, 5}, {2, 3}, {5, 0}, {1, 4}};
  std::memcpy(payload.data(), entries, sizeof(entries));
  payload.insert(payload.end(), {'1', 'k', '5', 'e', '9'});
  data = plan->add_data(payload);
  plan->emit(
      gather_or_keep_record(ids.number, text.number, other.number, data.offset, data.length, 6));
  hashed(other);
  plan->emit(spread_unseen_record(hash.number, ids.number, bucket.number, 3, 8));
  feature(bucket);
  plan->emit(parse_number_record(other.number, work.number, 'k', 0x20ac));
  feature(work);
  std::vector<uint8_t> items;
  std::string fault;
  append_time_format("aa%d", &items, &fault);
  append_time_format("%H%M", &items, &fault);
  append_time_format("k%j", &items, &fault);
  append_time_format("ISO8601", &items, &fault);
  data = plan->add_data(items);
  plan->emit(parse_datetime_record(text.number, whole.number, data.offset, data.length, 0));
  hashed(whole);
  const std::vector<int64_t> changes{-2208970800, -2208942000};
  const std::vector<uint8_t> zone = build_zone_table(0, changes, std::vector<int32_t>{3600, 0});
  items.insert(items.begin(), zone.begin(), zone.end());
  const auto [at, length] = plan->add_data(items);
  plan->emit(parse_datetime_record(text.number, whole.number, at, length, zone.size()));
  hashed(whole);
  data = plan->add_data(compile_pattern("([a-f]+?|\\b9)(\\d{1,2})$", 1));
  plan->emit(extract_record(text.number, other.number, data.offset, data.length));
  hashed(other);
  const std::vector<double> news{std::nan(""), 0.5, std::nan(""), 2.0, 3.0, 4.0};
  data = plan->add_data(payload_of(news));
  plan->emit(gather_or_keep_number_record(ids.number, number.number, work.number, data.offset, 6));
  feature(work);
  plan->emit(change_case_record(text.number, other.number, LetterCase::kUpper));
  hashed(other);
  plan->emit(change_case_record(other.number, other.number, LetterCase::kTitle));
  hashed(other);
}

/// Features of a tile of numbers whose NaN is kept: every step that knows NaN.
inline void keep_nan(PlanBuilder* plan, Slot kept, DataRange edges, DataRange points,
                     DataRange keys) {
  const Slot work = plan->new_slot(ValueType::kF64);
  const Slot ids = plan->new_slot(ValueType::kI32);
  const Slot hash = plan->new_slot(ValueType::kI64);
  const auto feature = [&](Slot slot) {
    plan->store(slot, {.name = "f" + std::to_string(plan->num_features())});
  };
  // Of each the flag too: what is there says more than the numbers.
  const auto number = [&](const StepRecord& record) {
    plan->emit(record);
    feature(work);
    const Slot flag = plan->new_slot(ValueType::kF64);
    plan->emit(is_missing_record(work.number, flag.number));
    feature(flag);
    plan->release(flag);
  };
  number(affine_record(kept.number, work.number, 1.5, 0.25));
  number(log1p_record(kept.number, work.number));
  number(clip_record(kept.number, work.number, -1.0, 2.0));
  number(power_record(kept.number, work.number, PowerFamily::kBoxCox, 0.5));
  number(interpolate_record(kept.number, work.number, points.offset, 4));
  number(normal_quantile_record(work.number, work.number));
  number(null_if_record(kept.number, work.number, keys.offset, keys.length));
  number(arithmetic_number_record(ArithmeticCode::kAdd, kept.number, work.number, 1.0, false));
  plan->emit(lookup_record(kept.number, ids.number, keys.offset, keys.length, 4));
  feature(ids);
  const std::vector<double> news{std::nan(""), std::nan(""), 0.5, 2.0, 3.0, 4.0};
  number(gather_or_keep_number_record(ids.number, kept.number, work.number,
                                      plan->add_data(payload_of(news)).offset, 6));
  number(fill_number_record(kept.number, work.number, -7.0));
  plan->emit(count_edges_record(kept.number, ids.number, edges.offset, 4));
  feature(ids);
  plan->emit(hash_record(kept.number, hash.number));
  plan->emit(hash_bucket_record(hash.number, ids.number, 1000));
  feature(ids);
}

/// Inputs: a float, an int, a text and a time column, and lists of numbers, integers and texts.
inline std::vector<uint8_t> every_step_bundle() {
  PlanBuilder plan;
  const uint32_t number =
      plan.add_input("number", InputKind::kFloat, TimeUnit::kNone, "", ColumnType::kF64);
  const uint32_t integer =
      plan.add_input("integer", InputKind::kInteger, TimeUnit::kNone, "", ColumnType::kI64);
  const uint32_t text =
      plan.add_input("text", InputKind::kBytes, TimeUnit::kNone, "", ColumnType::kUtf8);
  const uint32_t time = plan.add_input("time", InputKind::kTimestamp, TimeUnit::kMicro, "Zone",
                                       ColumnType::kTimestamp);
  uint32_t lists[3];
  lists[0] =
      plan.add_input("numbers", InputKind::kFloatList, TimeUnit::kNone, "", ColumnType::kF64);
  lists[1] =
      plan.add_input("integers", InputKind::kIntegerList, TimeUnit::kNone, "", ColumnType::kI64);
  lists[2] = plan.add_input("texts", InputKind::kBytesList, TimeUnit::kNone, "", ColumnType::kUtf8);
  const auto feature = [&](Slot slot) {
    plan.store(slot, {.name = "f" + std::to_string(plan.num_features())});
  };
  const auto unary = [&](StepRecord record) { plan.emit(record); };

  const Slot raw = plan.load(number);
  const Slot work = plan.new_slot(ValueType::kF64);
  unary(affine_record(raw.number, work.number, 1.5, 0.25));
  feature(work);
  unary(log1p_record(raw.number, work.number));
  feature(work);
  unary(clip_record(work.number, work.number, -1.0, 2.0));
  feature(work);
  unary(fill_number_record(work.number, work.number, -7.0));
  feature(work);
  const Slot ids = plan.new_slot(ValueType::kI32);
  const std::vector<double> edges{-2.0, 0.0, 0.5, 3.0};
  unary(count_edges_record(raw.number, ids.number, plan.add_data(payload_of(edges)).offset, 4));
  feature(ids);
  const std::vector<double> means{0.5, std::nan(""), 1.0, 2.0, 3.0, 4.0};
  unary(gather_record(ids.number, work.number, plan.add_data(payload_of(means)).offset, 6));
  feature(work);
  const std::vector<double> number_keys{0.0, 1.5, -3.0, 1e300};
  DataRange table = plan.add_data(build_lookup_table(number_keys));
  unary(lookup_record(raw.number, ids.number, table.offset, table.length, 4));
  feature(ids);

  const Slot whole = plan.load(integer);
  const std::vector<int64_t> integer_keys{0, 1, -5, INT64_MAX};
  table = plan.add_data(build_lookup_table(integer_keys));
  unary(lookup_record(whole.number, ids.number, table.offset, table.length, 4));
  feature(ids);
  const Slot filled = plan.new_slot(ValueType::kI64);
  unary(fill_integer_record(whole.number, filled.number, -5));
  unary(lookup_record(filled.number, ids.number, table.offset, table.length, 4));
  feature(ids);

  const Slot bytes = plan.load(text);
  const std::vector<std::string> keys = words(kNumWords);
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  table = plan.add_data(build_lookup_table(views));
  unary(lookup_record(bytes.number, ids.number, table.offset, table.length, kNumWords));
  feature(ids);
  const Slot hash = plan.new_slot(ValueType::kI64);
  const Slot other = plan.new_slot(ValueType::kI64);
  unary(hash_record(bytes.number, hash.number));
  unary(hash_record(raw.number, other.number));
  unary(combine_hashes_record(hash.number, other.number, hash.number));
  unary(hash_bucket_record(hash.number, ids.number, 1000));
  feature(ids);
  const DataRange range = add_bytes(&plan, "a1");
  unary(fill_bytes_record(bytes.number, bytes.number, range.offset, range.length));
  unary(lookup_record(bytes.number, ids.number, table.offset, table.length, kNumWords));
  feature(ids);

  const auto ngram_names = [&](const char* prefix, uint32_t count) {
    std::vector<FeatureInfo> names;
    for (uint32_t i = 0; i < count; ++i) names.push_back({.name = prefix + std::to_string(i)});
    return names;
  };
  const NgramRule word_rule{Analyzer::kWord, 1, 2, 2, true};
  const NgramRule character_rule{Analyzer::kCharacter, 2, 5, 1, false};
  const NgramRule bounded_rule{Analyzer::kCharacterWb, 1, 4, 1, true};
  for (const NgramRule& rule : {word_rule, character_rule, bounded_rule}) {
    const std::string prefix = "hash" + std::to_string(static_cast<uint32_t>(rule.analyzer)) + "_";
    plan.store_ngrams(bytes, store_hashed_ngrams_record(17, rule, {NgramNorm::kL2, false, true}),
                      ngram_names(prefix.c_str(), 17));
  }
  {
    std::vector<double> weights;
    for (uint32_t i = 0; i < kNumWords; ++i) weights.push_back(1 + i * 0.25);
    std::vector<uint8_t> known = payload_of(weights);
    known.resize(ngram_weights_bytes(kNumWords));
    const std::vector<uint8_t> words_table = build_lookup_table(views);
    known.insert(known.end(), words_table.begin(), words_table.end());
    const DataRange payload = plan.add_data(known);
    plan.store_ngrams(
        bytes,
        store_known_ngrams_record(kNumWords, word_rule, {NgramNorm::kL1, false, false, true},
                                  payload.offset, payload.length),
        ngram_names("known_", kNumWords));
    const DataRange ids_of_words = plan.add_data(words_table);
    plan.store_ngrams(bytes,
                      store_word_ids_record(kNumPlaces, {Analyzer::kWord, 1, 1, 2, false},
                                            kNumWords, ids_of_words.offset, ids_of_words.length),
                      std::vector<FeatureInfo>{{.name = "place",
                                                .kind = FeatureKind::kId,
                                                .cardinality = kNumWords + 2,
                                                .count = kNumPlaces}});
  }

  const Slot utc = plan.load(time);
  const std::vector<int64_t> transitions{-1000000000, 0, 500000000, 1500000000};
  const std::vector<int32_t> offsets{3600, -7200, 7200, 5400};
  table = plan.add_data(build_zone_table(600, transitions, offsets));
  const Slot local = plan.new_slot(ValueType::kI64);
  unary(local_time_record(utc.number, local.number, TimeUnit::kMicro, table.offset, table.length));
  for (uint32_t part = 1; part <= static_cast<uint32_t>(kLastDatePart); ++part) {
    unary(
        date_part_record(local.number, work.number, static_cast<DatePart>(part), TimeUnit::kMicro));
    feature(work);
  }
  std::vector<double> sines;
  for (uint32_t hour = 0; hour < 24; ++hour) sines.push_back(hour * 0.125);
  unary(date_part_payload_record(local.number, work.number, DatePart::kHour, TimeUnit::kMicro,
                                 plan.add_data(payload_of(sines)).offset));
  feature(work);

  unary(elapsed_record(local.number, TimeUnit::kMicro, utc.number, TimeUnit::kNano, work.number,
                       3600e9));
  feature(work);
  unary(elapsed_moment_record(utc.number, TimeUnit::kMicro, -7, TimeUnit::kSecond, work.number,
                              86400e6));
  feature(work);
  const std::vector<int64_t> days{-20000, -1, 0, 1, 4, 20000};
  const DataRange listed = plan.add_data(payload_of(days));
  for (const auto question : {CalendarQuestion::kIsListed, CalendarQuestion::kDaysToListed,
                              CalendarQuestion::kDaysSinceListed}) {
    unary(calendar_record(local.number, work.number, question, TimeUnit::kMicro, 0, listed.offset,
                          listed.length));
    feature(work);
  }
  constexpr uint32_t kWholeWeek = 127;
  unary(calendar_record(local.number, work.number, CalendarQuestion::kIsBusinessDay,
                        TimeUnit::kMicro, 31, 0, 0));
  feature(work);
  unary(business_days_record(local.number, TimeUnit::kMicro, utc.number, TimeUnit::kSecond,
                             work.number, kWholeWeek, listed.offset, listed.length));
  feature(work);

  for (const Slot slot : {raw, bytes, utc}) {
    unary(is_missing_record(slot.number, work.number));
    feature(work);
  }
  for (uint64_t part = 1; part <= static_cast<uint64_t>(kLastTextPart); ++part) {
    unary(text_part_record(bytes.number, work.number, static_cast<TextPart>(part),
                           part % 2 == 0 && part > 3));
    feature(work);
  }
  unary(power_record(raw.number, work.number, PowerFamily::kYeoJohnson, 0.25));
  feature(work);
  unary(power_record(raw.number, work.number, PowerFamily::kBoxCox, -1.5));
  feature(work);
  const std::vector<double> points{-2.0, 0.0, 1.5, 3.0, 0.0, 0.25, 0.5, 1.0,
                                   0.0,  0.3, 0.5, 1.0, 0.0, 0.35, 0.5, 1.0};
  unary(interpolate_record(raw.number, work.number, plan.add_data(payload_of(points)).offset, 4));
  feature(work);
  unary(normal_quantile_record(work.number, work.number));
  feature(work);
  unary(arithmetic_record(ArithmeticCode::kDivide, raw.number, work.number, work.number));
  feature(work);
  unary(arithmetic_number_record(ArithmeticCode::kSubtract, raw.number, work.number, 1.0, true));
  feature(work);
  const std::vector<FeatureInfo> infos{{.name = "a"}, {.name = "b"}, {.name = "c"}};
  unary(count_edges_record(raw.number, ids.number, plan.add_data(payload_of(edges)).offset, 4));
  plan.store_one_hot(ids, std::vector<uint32_t>{0, 3, 1, 2, 0, 1}, infos);

  const DataRange tables[] = {plan.add_data(build_lookup_table(number_keys)),
                              plan.add_data(build_lookup_table(integer_keys)),
                              plan.add_data(build_lookup_table(views))};
  const uint32_t sizes[] = {4, 4, kNumWords};
  for (uint32_t i = 0; i < 3; ++i) {
    std::vector<FeatureInfo> entries;
    for (uint32_t entry = 0; entry < sizes[i] + 2; ++entry) {
      entries.push_back({.name = "list" + std::to_string(i) + "_" + std::to_string(entry)});
    }
    plan.store_multi_hot(plan.load(lists[i]), tables[i], sizes[i] + 1, sizes[i] + 2, entries);
    plan.store_jagged(plan.load(lists[i]), tables[i], {.name = "l", .cardinality = sizes[i] + 2});
  }
  unary(hash_bucket_record(hash.number, ids.number, kNumBuckets));
  plan.store_one_hot(ids, {}, std::vector<FeatureInfo>{{.name = "bucket", .count = kNumBuckets}});

  uint32_t num_buckets = 2;
  for (uint32_t statistic = 1; statistic <= 6; ++statistic) {
    unary(pool_list_record(plan.load(lists[0]).number, work.number,
                           static_cast<ListStatistic>(statistic)));
    feature(work);
  }
  const Slot part = plan.new_slot(ValueType::kBytesList);
  unary(slice_list_record(plan.load(lists[2]).number, part.number, -2, 1));
  unary(pool_list_record(part.number, work.number, ListStatistic::kLength));
  feature(work);
  for (uint32_t i = 0; i < 3; ++i) {
    const Slot list = plan.load(lists[i]);
    StepRecord places = list_elements_record(list.number, i);
    // The tile of the first number among the outputs: no other may be written there as well.
    for (uint32_t place = 0; place < kMaxStepOutputs; ++place) {
      const Slot out = i == 0 && place == 0 ? work : plan.new_slot(element_type(list.type));
      places.outputs[places.num_outputs++] = out.number;
    }
    unary(places);
    for (const uint16_t out : places.outputs) {
      const Slot slot{out, element_type(list.type)};
      if (slot.type == ValueType::kF64) feature(slot);
      unary(hash_record(out, hash.number));
      unary(padded_hash_bucket_record(hash.number, ids.number, num_buckets++));
      feature(ids);
    }
  }
  const Slot six = plan.new_slot(ValueType::kI32);
  unary(count_edges_record(raw.number, six.number, plan.add_data(payload_of(edges)).offset, 4));
  clean(&plan, bytes, six, raw, whole, tables[2], tables[0], tables[1]);
  keep_nan(&plan, plan.load(number, /*keeps_nan=*/true), plan.add_data(payload_of(edges)),
           plan.add_data(payload_of(points)), tables[0]);

  BundleParts parts;
  plan.finish(&parts);
  return write_bundle(parts);
}

}  // namespace mainspring
