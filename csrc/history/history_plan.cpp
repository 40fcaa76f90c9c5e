// Plans to bytes and back, and what follows from a plan.
#include "history/history_plan.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "history/binned_quantile.hpp"
#include "history/calendar.hpp"
#include "host/error.hpp"
#include "host/state_bytes.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

namespace {

constexpr std::string_view kMagic = "MSHISTRY";
constexpr uint32_t kVersion = 2;
// With edges of quantiles; plans without any are written as before, and keep their hash.
constexpr uint32_t kVersionOfEdges = 3;
constexpr int64_t kMaxPeriods = 100'000;
constexpr int32_t kMaxOffset = 26 * 3600;
constexpr uint32_t kMaxFlags = 64;
constexpr int64_t kMaxLength = int64_t{1} << 61;
// Buckets of an ewm that still weigh: 2^-64 of the newest is less than its last bit.
constexpr int64_t kEwmHalfLives = 64;

[[noreturn]] void refuse(const HistoryPlan& plan, const std::string& what) {
  throw Error(ErrorKind::kParameter, "events('" + plan.source + "'): " + what);
}

bool is_length(int64_t length) { return length >= 0 && length <= kMaxLength; }

bool needs_value(Aggregate aggregate) {
  return aggregate != Aggregate::kCount && aggregate != Aggregate::kSinceLast;
}

void check_zone(const HistoryPlan& plan, const HistoryZone& zone) {
  const auto is_offset = [](int32_t offset) {
    return offset >= -kMaxOffset && offset <= kMaxOffset;
  };
  bool is_sound = zone.transitions.size() == zone.offsets.size() && is_offset(zone.first_offset) &&
                  std::all_of(zone.offsets.begin(), zone.offsets.end(), is_offset);
  for (size_t i = 0; i < zone.transitions.size(); ++i) {
    const int64_t bound = int64_t{1} << 40;  // seconds: 35,000 years
    is_sound = is_sound && zone.transitions[i] > -bound && zone.transitions[i] < bound &&
               (i == 0 || zone.transitions[i - 1] < zone.transitions[i]);
  }
  if (!is_sound) refuse(plan, "the time zone '" + zone.name + "' has no sound table.");
}

void check_edges(const HistoryPlan& plan, const std::vector<double>& edges) {
  bool is_sound = edges.size() >= kMinQuantileEdges && edges.size() <= kMaxQuantileEdges;
  for (size_t i = 0; i < edges.size(); ++i) {
    is_sound = is_sound && std::isfinite(edges[i]) && (i == 0 || edges[i - 1] < edges[i]);
  }
  if (!is_sound) refuse(plan, "edges of a quantile are 2 to 1,024 finite numbers, ascending.");
}

void check_feature(const HistoryPlan& plan, const HistoryFeature& feature) {
  const HistoryFrame& frame = feature.frame;
  const size_t num_values =
      feature.aggregate == Aggregate::kNunique ? plan.categories.size() : plan.numbers.size();
  const auto aggregate = static_cast<uint8_t>(feature.aggregate);
  const auto kind = static_cast<uint8_t>(frame.kind);
  if (aggregate < 1 || aggregate > 13) refuse(plan, "there is no such aggregate.");
  if (kind < 1 || kind > 5) refuse(plan, "there is no such frame.");
  if (feature.value == kNoColumn ? needs_value(feature.aggregate) : feature.value >= num_values) {
    refuse(plan, "'" + feature.name + "' names no column of values.");
  }
  if (feature.available != kNoColumn && feature.available >= plan.available.size()) {
    refuse(plan, "'" + feature.name + "' names no column of availability.");
  }
  if (feature.condition != kNoColumn && feature.condition >= plan.conditions.size()) {
    refuse(plan, "'" + feature.name + "' names no condition.");
  }
  if (!is_length(frame.width) || !is_length(frame.lag)) {
    refuse(plan, "'" + feature.name + "' has a length of time that is negative or too long.");
  }
  const bool is_calendar = frame.kind == FrameKind::kCalendar;
  const bool has_width =
      is_calendar || frame.kind == FrameKind::kTime || frame.kind == FrameKind::kSession;
  if (has_width ? frame.width == 0 : frame.width != 0) {
    refuse(plan, "'" + feature.name + "': its frame needs a length of time that is not 0.");
  }
  if ((is_calendar || frame.kind == FrameKind::kRows) != (frame.rows != 0)) {
    refuse(plan, "'" + feature.name + "': a frame of rows or periods needs 1 or more.");
  }
  if (is_calendar ? frame.zone >= plan.zones.size() || frame.width > 4 || frame.lag > kMaxPeriods ||
                        frame.rows > kMaxPeriods
                  : frame.zone != kNoColumn) {
    refuse(plan, "'" + feature.name +
                     "': a calendar frame has a unit, a zone, and at most 100,000 periods.");
  }
  if (feature.aggregate == Aggregate::kLag && frame.kind != FrameKind::kRows) {
    refuse(plan, "'" + feature.name + "': a lag counts rows.");
  }
  if (feature.aggregate == Aggregate::kEwm) {
    const bool whole = feature.parameter >= 1 && feature.parameter <= 1e17 &&
                       feature.parameter == std::floor(feature.parameter);
    if (!whole || frame.kind != FrameKind::kExpanding) {
      refuse(plan, "'" + feature.name + "': a half-life is 1 us or more, over all events.");
    }
  } else if (feature.aggregate == Aggregate::kQuantile) {
    if (!(feature.parameter >= 0 && feature.parameter <= 1)) {
      refuse(plan, "'" + feature.name + "': a quantile is from 0 to 1.");
    }
    if (feature.edges != kNoColumn && feature.edges >= plan.edges.size()) {
      refuse(plan, "'" + feature.name + "' names no edges.");
    }
  } else if (feature.parameter != 0) {
    refuse(plan, "'" + feature.name + "' takes no parameter.");
  }
  if (feature.aggregate != Aggregate::kQuantile && feature.edges != kNoColumn) {
    refuse(plan, "'" + feature.name + "' takes no edges.");
  }
}

void put_names(StateWriter* out, const std::vector<std::string>& names) {
  out->put<uint32_t>(static_cast<uint32_t>(names.size()));
  for (const std::string& name : names) out->put_bytes(name);
}

std::vector<std::string> get_names(StateReader* in) {
  std::vector<std::string> names;
  const uint32_t count = in->get<uint32_t>();
  for (uint32_t i = 0; i < count; ++i) names.emplace_back(in->get_text());
  return names;
}

void put_plan(StateWriter* out, const HistoryPlan& plan) {
  out->put_bytes(plan.source);
  put_names(out, plan.keys);
  out->put_bytes(plan.time);
  out->put_bytes(plan.at);
  put_names(out, plan.request_keys);
  out->put_bytes(plan.id);
  out->put_bytes(plan.zone);
  out->put(plan.lateness);
  out->put(plan.skew);
  out->put(plan.ttl);
  put_names(out, plan.numbers);
  out->put_all(plan.exponents);
  put_names(out, plan.categories);
  put_names(out, plan.available);
  out->put<uint32_t>(static_cast<uint32_t>(plan.conditions.size()));
  for (const HistoryCondition& condition : plan.conditions) {
    out->put_bytes(condition.column);
    out->put(static_cast<uint8_t>(condition.comparison));
    out->put(static_cast<uint8_t>(condition.is_text));
    out->put(condition.number);
    out->put_bytes(condition.text);
  }
  out->put<uint32_t>(static_cast<uint32_t>(plan.features.size()));
  for (const HistoryFeature& feature : plan.features) {
    out->put_bytes(feature.name);
    out->put(static_cast<uint8_t>(feature.aggregate));
    out->put(static_cast<uint8_t>(feature.frame.kind));
    out->put(feature.frame.rows);
    out->put(feature.frame.width);
    out->put(feature.frame.lag);
    out->put(feature.value);
    out->put(feature.available);
    out->put(feature.condition);
    out->put(feature.parameter);
    out->put(feature.frame.zone);
  }
  out->put<uint32_t>(static_cast<uint32_t>(plan.zones.size()));
  for (const HistoryZone& zone : plan.zones) {
    out->put_bytes(zone.name);
    out->put(zone.first_offset);
    out->put_all(zone.transitions);
    out->put_all(zone.offsets);
  }
}

void put_edges(StateWriter* out, const HistoryPlan& plan) {
  out->put<uint32_t>(static_cast<uint32_t>(plan.edges.size()));
  for (const std::vector<double>& edges : plan.edges) out->put_all(edges);
  for (const HistoryFeature& feature : plan.features) out->put(feature.edges);
}

void get_edges(StateReader* in, HistoryPlan* plan) {
  const uint32_t count = in->get<uint32_t>();
  for (uint32_t i = 0; i < count; ++i) plan->edges.push_back(in->get_all<double>());
  for (HistoryFeature& feature : plan->features) feature.edges = in->get<uint32_t>();
}

HistoryPlan get_plan(StateReader* in) {
  HistoryPlan plan;
  plan.source = in->get_text();
  plan.keys = get_names(in);
  plan.time = in->get_text();
  plan.at = in->get_text();
  plan.request_keys = get_names(in);
  plan.id = in->get_text();
  plan.zone = in->get_text();
  plan.lateness = in->get<int64_t>();
  plan.skew = in->get<int64_t>();
  plan.ttl = in->get<int64_t>();
  plan.numbers = get_names(in);
  plan.exponents = in->get_all<int32_t>();
  plan.categories = get_names(in);
  plan.available = get_names(in);
  const uint32_t num_conditions = in->get<uint32_t>();
  for (uint32_t i = 0; i < num_conditions; ++i) {
    HistoryCondition condition;
    condition.column = in->get_text();
    condition.comparison = static_cast<Comparison>(in->get<uint8_t>());
    const uint8_t is_text = in->get<uint8_t>();
    if (is_text > 1) StateReader::fail();
    condition.is_text = is_text == 1;
    condition.number = in->get<double>();
    condition.text = in->get_text();
    plan.conditions.push_back(std::move(condition));
  }
  const uint32_t num_features = in->get<uint32_t>();
  for (uint32_t i = 0; i < num_features; ++i) {
    HistoryFeature feature;
    feature.name = in->get_text();
    feature.aggregate = static_cast<Aggregate>(in->get<uint8_t>());
    feature.frame.kind = static_cast<FrameKind>(in->get<uint8_t>());
    feature.frame.rows = in->get<uint32_t>();
    feature.frame.width = in->get<int64_t>();
    feature.frame.lag = in->get<int64_t>();
    feature.value = in->get<uint32_t>();
    feature.available = in->get<uint32_t>();
    feature.condition = in->get<uint32_t>();
    feature.parameter = in->get<double>();
    feature.frame.zone = in->get<uint32_t>();
    plan.features.push_back(std::move(feature));
  }
  const uint32_t num_zones = in->get<uint32_t>();
  for (uint32_t i = 0; i < num_zones; ++i) {
    HistoryZone zone;
    zone.name = in->get_text();
    zone.first_offset = in->get<int32_t>();
    zone.transitions = in->get_all<int64_t>();
    zone.offsets = in->get_all<int32_t>();
    plan.zones.push_back(std::move(zone));
  }
  return plan;
}

}  // namespace

int64_t HistoryPlan::retention() const {
  int64_t longest = 0;
  for (const HistoryFeature& feature : features) {
    int64_t age = kUnlimited;
    if (feature.frame.kind == FrameKind::kTime) age = feature.frame.width + feature.frame.lag;
    if (feature.frame.kind == FrameKind::kCalendar) age = calendar_reach(feature.frame);
    if (feature.aggregate == Aggregate::kEwm && feature.parameter < 0x1p54) {
      age = static_cast<int64_t>(feature.parameter) * kEwmHalfLives + feature.frame.lag;
    }
    if (age == kUnlimited) longest = kUnlimited;
    if (longest == kUnlimited) break;
    longest = std::max(longest, age);
  }
  if (ttl == kUnlimited) return longest;
  return longest == kUnlimited ? ttl : std::min(longest, ttl);
}

std::vector<FeatureGroup> HistoryPlan::groups() const {
  std::vector<FeatureGroup> groups;
  for (uint32_t i = 0; i < features.size(); ++i) {
    const HistoryFeature& feature = features[i];
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const FeatureGroup& group) {
      return group.frame == feature.frame && group.available == feature.available &&
             group.condition == feature.condition;
    });
    if (same != groups.end()) {
      same->features.push_back(i);
    } else {
      groups.push_back({feature.frame, feature.available, feature.condition, {i}});
    }
  }
  return groups;
}

void check_plan(const HistoryPlan& plan) {
  if (plan.time.empty()) refuse(plan, "there is no column of times.");
  if (plan.at.empty() || plan.request_keys.size() != plan.keys.size()) {
    refuse(plan, "requests need a column of times, and one for each key.");
  }
  if (plan.features.empty()) refuse(plan, "there is no feature.");
  if (plan.conditions.size() + plan.categories.size() + 1 > kMaxFlags) {
    refuse(plan, "expected at most 63 conditions and columns of nunique together.");
  }
  if (plan.lateness < kUnlimited || plan.lateness > kMaxLength || !is_length(plan.skew) ||
      plan.ttl < kUnlimited || plan.ttl > kMaxLength || plan.ttl == 0) {
    refuse(plan, "lateness, skew and ttl are lengths of time that are not negative.");
  }
  if (!plan.exponents.empty() && plan.exponents.size() != plan.numbers.size()) {
    refuse(plan, "expected one grid for each column of numbers.");
  }
  for (const int32_t exponent : plan.exponents) {
    if (exponent < kMinGridExponent || exponent > kMaxGridExponent) {
      refuse(plan, "a grid is out of range.");
    }
  }
  for (const HistoryZone& zone : plan.zones) check_zone(plan, zone);
  for (const std::vector<double>& edges : plan.edges) check_edges(plan, edges);
  for (const HistoryCondition& condition : plan.conditions) {
    const auto comparison = static_cast<uint8_t>(condition.comparison);
    if (comparison < 1 || comparison > 6) refuse(plan, "there is no such comparison.");
  }
  for (const HistoryFeature& feature : plan.features) check_feature(plan, feature);
}

std::vector<uint8_t> write_history(std::span<const HistoryPlan> plans) {
  StateWriter out;
  for (const char letter : kMagic) out.put(static_cast<uint8_t>(letter));
  const bool has_edges = std::any_of(plans.begin(), plans.end(),
                                     [](const HistoryPlan& plan) { return !plan.edges.empty(); });
  out.put(has_edges ? kVersionOfEdges : kVersion);
  out.put<uint32_t>(static_cast<uint32_t>(plans.size()));
  for (const HistoryPlan& plan : plans) {
    put_plan(&out, plan);
    if (has_edges) put_edges(&out, plan);
  }
  return out.take();
}

std::vector<HistoryPlan> read_history(std::span<const uint8_t> bytes) {
  StateReader in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const char letter : kMagic) {
    if (in.get<uint8_t>() != static_cast<uint8_t>(letter)) StateReader::fail();
  }
  const uint32_t version = in.get<uint32_t>();
  if (version != kVersion && version != kVersionOfEdges) StateReader::fail();
  const uint32_t count = in.get<uint32_t>();
  std::vector<HistoryPlan> plans;
  bool has_edges = false;
  for (uint32_t i = 0; i < count; ++i) {
    plans.push_back(get_plan(&in));
    if (version == kVersionOfEdges) get_edges(&in, &plans.back());
    has_edges = has_edges || !plans.back().edges.empty();
    try {
      check_plan(plans.back());
    } catch (const Error&) {
      StateReader::fail();
    }
  }
  if (has_edges != (version == kVersionOfEdges)) StateReader::fail();
  in.expect_end();
  return plans;
}

uint64_t definition_hash(const HistoryPlan& plan) {
  StateWriter out;
  put_plan(&out, plan);
  if (!plan.edges.empty()) put_edges(&out, plan);
  const std::vector<uint8_t> bytes = out.take();
  return hash_bytes(bytes.data(), bytes.size());
}

}  // namespace mainspring
