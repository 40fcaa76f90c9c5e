// What a history is asked for: one source of events, and the features about its past.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mainspring {

/// The values are stored in bundles and never change.
enum class Aggregate : uint8_t {
  kCount = 1,  // of events, or of the values that are there
  kSum = 2,    // of nothing: 0
  kMean = 3,
  kMin = 4,
  kMax = 5,
  kStd = 6,    // of a sample
  kFirst = 7,  // value by (time, first availability, arrival)
  kLast = 8,
  kNunique = 9,
  kSinceLast = 10,  // seconds since the last event
  kEwm = 11,        // mean of weights that halve
  kLag = 12,        // the value `rows` events ago
  kQuantile = 13,   // linear between ranks, or on fixed edges
};

enum class FrameKind : uint8_t {
  kTime = 1,
  kRows = 2,
  kExpanding = 3,
  kSession = 4,
  kCalendar = 5
};

/// The width of a calendar frame. Weeks begin on Monday.
enum class CalendarUnit : uint8_t { kDay = 1, kWeek = 2, kMonth = 3, kYear = 4 };

inline constexpr uint32_t kNoColumn = UINT32_MAX;

/// Which events a feature looks at, of those that are visible. Lengths in microseconds.
struct HistoryFrame {
  FrameKind kind = FrameKind::kExpanding;
  uint32_t rows = 0;          // of kRows: the last so many; of kCalendar: so many periods
  int64_t width = 0;          // of kTime; of kSession the largest gap; of kCalendar a CalendarUnit
  int64_t lag = 0;            // of kCalendar: whole periods
  uint32_t zone = kNoColumn;  // of kCalendar, in zones
  bool operator==(const HistoryFrame&) const = default;
};

struct HistoryFeature {
  std::string name;
  Aggregate aggregate = Aggregate::kCount;
  HistoryFrame frame;
  uint32_t value = kNoColumn;      // in numbers, of kNunique in categories
  uint32_t available = kNoColumn;  // in available: when it is known; none: at the event's time
  uint32_t condition = kNoColumn;  // in conditions
  double parameter = 0;            // of kEwm the half-life in microseconds, of kQuantile the share
  uint32_t edges = kNoColumn;      // of kQuantile on fixed ones, in the plan's edges
};

enum class Comparison : uint8_t {
  kEqual = 1,
  kNotEqual = 2,
  kLess = 3,
  kLessEqual = 4,
  kGreater = 5,
  kGreaterEqual = 6
};

/// `column` compared with a number or a text; false where it is missing.
struct HistoryCondition {
  std::string column;
  Comparison comparison = Comparison::kEqual;
  bool is_text = false;
  double number = 0;
  std::string text;
};

/// When a zone's clocks were or will be put elsewhere: seconds since 1970, and seconds east of UTC
/// from then on.
struct HistoryZone {
  std::string name;
  int32_t first_offset = 0;  // before the first transition
  std::vector<int64_t> transitions;
  std::vector<int32_t> offsets;
};

/// Features of equal frame, availability and condition: they see the same events.
struct FeatureGroup {
  HistoryFrame frame;
  uint32_t available, condition;
  std::vector<uint32_t> features;
};

inline constexpr int64_t kUnlimited = -1;

struct HistoryPlan {
  std::string source;
  std::vector<std::string> keys;
  std::string time;
  std::string at;                         // the requests' column of times
  std::vector<std::string> request_keys;  // and of keys, one for each key
  std::string id;                         // of redeliveries; "": none
  std::string zone;               // of times without one; "": they are refused beside others
  int64_t lateness = kUnlimited;  // events that become available later are dropped
  int64_t skew = 0;               // how far in the future an event may lie when it arrives
  int64_t ttl = kUnlimited;       // largest age of an event
  std::vector<std::string> numbers;
  std::vector<int32_t> exponents;  // the grid of each number; empty before fitting
  std::vector<std::string> categories;
  std::vector<std::string> available;
  std::vector<HistoryCondition> conditions;
  std::vector<HistoryZone> zones;
  std::vector<std::vector<double>> edges;  // of quantiles, ascending
  std::vector<HistoryFeature> features;

  // Where the words of an event are; time is the first.
  bool has_flags() const { return !conditions.empty() || !categories.empty() || !id.empty(); }
  uint32_t number_word(uint32_t number) const { return 1 + (has_flags() ? 1 : 0) + number; }
  uint32_t available_word(uint32_t column) const {
    return number_word(static_cast<uint32_t>(numbers.size())) + column;
  }
  uint32_t category_word(uint32_t column) const {
    return available_word(static_cast<uint32_t>(available.size())) + column;
  }
  uint32_t id_word() const { return category_word(static_cast<uint32_t>(categories.size())); }
  uint32_t num_words() const { return id_word() + (id.empty() ? 0 : 1); }

  /// Bits of the flags: conditions that hold, then categories and ids that are there.
  uint64_t condition_flag(uint32_t condition) const { return uint64_t{1} << condition; }
  uint64_t category_flag(uint32_t column) const {
    return uint64_t{1} << (conditions.size() + column);
  }
  uint64_t id_flag() const { return uint64_t{1} << (conditions.size() + categories.size()); }

  /// How old an event may become before no feature can see it; kUnlimited: never.
  int64_t retention() const;
  std::vector<FeatureGroup> groups() const;
};

/// Throws Error(kParameter) where numbers of columns, lengths or kinds cannot be.
void check_plan(const HistoryPlan& plan);

/// The section HIST of a bundle: plans, as docs/format.md has them.
std::vector<uint8_t> write_history(std::span<const HistoryPlan> plans);
/// Throws Error(kBundleCorrupt) for anything but what write_history() writes.
std::vector<HistoryPlan> read_history(std::span<const uint8_t> bytes);

/// The same number for the same features, sources and grids: what snapshots and logs belong to.
uint64_t definition_hash(const HistoryPlan& plan);

}  // namespace mainspring
