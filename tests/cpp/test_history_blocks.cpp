// Histories of keys with many events: what blocks say of a key has the bits of a look at every
// event, whatever came late, tied or left; and the last event of each category is what it is.
#include <bit>
#include <string>
#include <vector>

#include "check.hpp"
#include "history/key_slots.hpp"
#include "history/latest_events.hpp"
#include "history/scan_blocks.hpp"
#include "random.hpp"

namespace mainspring {
namespace {

HistoryFeature feature(Aggregate aggregate, HistoryFrame frame, uint32_t available,
                       uint32_t condition, double parameter = 0) {
  HistoryFeature made;
  made.name = "f";
  made.aggregate = aggregate;
  made.frame = frame;
  const bool has_value = aggregate != Aggregate::kSinceLast;
  made.value = has_value ? 0 : kNoColumn;
  made.available = available;
  made.condition = condition;
  made.parameter = parameter;
  return made;
}

/// Every aggregate of every frame over one number and one category.
HistoryPlan every_feature() {
  HistoryPlan plan;
  plan.source = "drawn";
  plan.time = "at";
  plan.numbers = {"value"};
  plan.exponents = {-60};
  plan.categories = {"kind"};
  plan.available = {"known"};
  plan.conditions.emplace_back();
  plan.edges = {{-100, -1, 0, 0.5, 64}, {-7, 1e200}};
  const HistoryFrame frames[] = {
      {FrameKind::kTime, 0, 40, 0, kNoColumn},     {FrameKind::kTime, 0, 15, 11, kNoColumn},
      {FrameKind::kExpanding, 0, 0, 0, kNoColumn}, {FrameKind::kSession, 0, 3, 0, kNoColumn},
      {FrameKind::kRows, 7, 0, 0, kNoColumn},
  };
  for (const HistoryFrame& frame : frames) {
    for (const uint32_t available : {kNoColumn, 0u}) {
      for (const uint32_t condition : {kNoColumn, 0u}) {
        for (const Aggregate aggregate :
             {Aggregate::kCount, Aggregate::kSum, Aggregate::kMean, Aggregate::kMin,
              Aggregate::kMax, Aggregate::kStd, Aggregate::kFirst, Aggregate::kLast,
              Aggregate::kNunique, Aggregate::kSinceLast}) {
          plan.features.push_back(feature(aggregate, frame, available, condition));
        }
        plan.features.push_back(feature(Aggregate::kQuantile, frame, available, condition, 0.3));
        for (const uint32_t edges : {0u, 1u}) {
          plan.features.push_back(feature(Aggregate::kQuantile, frame, available, condition, 0.6));
          plan.features.back().edges = edges;
        }
        HistoryFeature events = feature(Aggregate::kCount, frame, available, condition);
        events.value = kNoColumn;
        plan.features.push_back(events);
      }
    }
  }
  for (const uint32_t available : {kNoColumn, 0u}) {
    plan.features.push_back(
        feature(Aggregate::kEwm, {FrameKind::kExpanding, 0, 0, 0, kNoColumn}, available, 0, 5));
  }
  return plan;
}

double drawn_value(Random& random) {
  switch (below(random, 8)) {
    case 0: return std::bit_cast<double>(uint64_t{0x7FF8000000000000});  // NaN: no value
    case 1: return 1e300;                                                // above the grid
    case 2: return -0.0;
    default: return (static_cast<double>(below(random, 2001)) - 1000) / 8;
  }
}

void check_features(const HistoryPlan& plan, const std::vector<double>& got,
                    const std::vector<double>& want) {
  for (size_t i = 0; i < got.size(); ++i) {
    const bool same = (got[i] != got[i] && want[i] != want[i]) ||
                      std::bit_cast<uint64_t>(got[i]) == std::bit_cast<uint64_t>(want[i]);
    check(same, "feature " + std::to_string(i) + ", aggregate " +
                    std::to_string(static_cast<int>(plan.features[i].aggregate)) + ", frame " +
                    std::to_string(static_cast<int>(plan.features[i].frame.kind)) + ": " +
                    std::to_string(got[i]) + " for " + std::to_string(want[i]));
  }
}

/// One key: events come at the end, or late by up to `lateness`, and the oldest leave.
void test_blocks(const HistoryPlan& plan, uint64_t seed, uint32_t block_events, int64_t lateness) {
  const std::vector<FeatureGroup> groups = plan.groups();
  const BlockLayout layout(plan, groups, block_events);
  KeySlots slots(layout);
  EventScanner scanner(plan, groups);
  BlockScanner block_scanner(plan, groups, layout);
  std::vector<double> want(plan.features.size()), got(plan.features.size());
  Random random(seed);
  int64_t now = 0;
  uint64_t asked = 0;
  for (int step = 0; step < 600; ++step) {
    KeySlot& slot = slots.find_or_add("a", 7);
    now += static_cast<int64_t>(below(random, 3));
    int64_t time = now;
    if (one_in(random, 3)) time -= static_cast<int64_t>(below(random, lateness + 1));
    const bool is_never = one_in(random, 10);
    const int64_t known = is_never ? kNever : time + static_cast<int64_t>(below(random, 20));
    const uint64_t flags = (one_in(random, 3) ? 0 : plan.condition_flag(0)) |
                           (one_in(random, 8) ? 0 : plan.category_flag(0));
    const uint64_t words[] = {static_cast<uint64_t>(time), flags,
                              std::bit_cast<uint64_t>(drawn_value(random)),
                              static_cast<uint64_t>(known), below(random, 6)};
    uint32_t place = slot.events().count;
    while (place > 0 && slot.events().time(place - 1) > time) --place;
    slots.insert(&slot, place, words);
    if (one_in(random, 4)) slots.drop_before(&slot, now - 60, 5);
    if (step % 100 == 99) slots.drop_before(&slot, now - 20, 1000);  // most of them at once
    const EventView events = slot.events();
    for (uint32_t event = 1; event < events.count; ++event) {
      check(events.time(event - 1) <= events.time(event), "events are in order");
    }
    if (slot.blocks == nullptr) continue;
    const int64_t at = now + 5 - static_cast<int64_t>(below(random, 40));
    scanner.features(events, at, want.data());
    block_scanner.features(events, *slot.blocks, at, got.data());
    check_features(plan, got, want);
    ++asked;
  }
  check(asked > 100, "blocks are there most of the time");
  const KeySlot* held = slots.find("a", 7);
  const uint64_t words = uint64_t{held->capacity} * plan.num_words() * sizeof(uint64_t);
  check(slots.event_bytes() == words + (held->blocks == nullptr ? 0 : held->blocks->bytes()),
        "bytes are counted as they come and go");
  slots.sweep(now + 1000, 1000);
  check(slots.num_keys() == 0 && slots.event_bytes() == 0, "a key without events takes nothing");
}

/// The same that LatestEvents says, by a look at every event.
uint32_t last_of(const std::vector<uint64_t>& words, uint64_t word, uint32_t before) {
  for (uint32_t event = before; event > 0; --event) {
    if (words[event - 1] == word) return event - 1;
  }
  return LatestEvents::kNone;
}

void test_latest_events(uint64_t seed) {
  Random random(seed);
  std::vector<uint64_t> words;
  uint64_t dropped = seed % 2 == 0 ? 0 : uint64_t{1} << 33;
  LatestEvents latest(0);
  const auto view = [&] {
    return EventView{words.data(), words.size(), static_cast<uint32_t>(words.size())};
  };
  for (int step = 0; step < 3000; ++step) {
    const uint64_t word = below(random, seed % 3 == 0 ? 5 : 400);
    const auto count = static_cast<uint32_t>(words.size());
    if (one_in(random, 4) && count > 0) {
      const auto place = static_cast<uint32_t>(below(random, count));
      const uint32_t last = last_of(words, word, count);
      words.insert(words.begin() + place, word);
      latest.make_room(dropped, place);
      const uint32_t moved = last != LatestEvents::kNone && last >= place ? last + 1 : last;
      check(latest.find(view(), dropped, place) == moved, "the last one after a late event");
      if (moved == LatestEvents::kNone || moved < place) latest.exchange(view(), dropped, place);
    } else {
      const uint32_t last = last_of(words, word, count);
      words.push_back(word);
      check(latest.exchange(view(), dropped, count) == last, "the one before of the category");
      check(latest.find(view(), dropped, count) == count, "is the last one itself then");
    }
    if (one_in(random, 6)) {
      const size_t gone = below(random, words.size() + 1);
      words.erase(words.begin(), words.begin() + static_cast<ptrdiff_t>(gone));
      dropped += gone;
    }
    if (words.empty()) dropped += uint64_t{3} << 29;  // as many came and went
  }
  check(latest.bytes() <= 4096 * sizeof(uint32_t), "cells of what is gone are used again");
}

}  // namespace
}  // namespace mainspring

int main() {
  const mainspring::HistoryPlan all = mainspring::every_feature();
  for (const uint32_t block_events : {2u, 5u, 16u}) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      mainspring::test_blocks(all, seed, block_events, seed == 0 ? 0 : 30);
    }
  }
  // What one aggregate needs nobody else asks for here.
  for (const mainspring::Aggregate aggregate :
       {mainspring::Aggregate::kStd, mainspring::Aggregate::kSinceLast,
        mainspring::Aggregate::kQuantile}) {
    mainspring::HistoryPlan alone = all;
    std::erase_if(alone.features, [&](const mainspring::HistoryFeature& feature) {
      return feature.aggregate != aggregate;
    });
    mainspring::test_blocks(alone, 7, 4, 30);
  }
  for (uint64_t seed = 0; seed < 6; ++seed) mainspring::test_latest_events(seed);
  return mainspring::finish();
}
