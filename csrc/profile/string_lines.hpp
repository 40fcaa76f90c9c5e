// Counts strings straight from their offsets: those that were met before are found and compared by
// a few instructions, whatever their length, up to 32 bytes.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "profile/length_tally.hpp"
#include "profile/string_ends.hpp"
#include "profile/value_counts.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// Of fewer rows, what is met again would not make up for what is met first.
inline constexpr uint64_t kManyStrings = uint64_t{1} << 15;

/// Lines of a cache before a ValueCounts. What they have counted is there after settle().
class StringLines {
 public:
  /// For about that many rows.
  explicit StringLines(uint64_t num_rows);

  /// Rows [first, first + num_rows) of a column of strings with offsets, all of them present, for
  /// which there is room in `counts` even if all are new.
  void count(const ColumnView& view, uint64_t first, uint32_t num_rows, ValueCounts* counts,
             LengthTally* lengths);
  void settle(ValueCounts* counts);
  /// Forgets all that was met, which was settled before.
  void clear();

 private:
  typedef uint64_t Sixteen __attribute__((vector_size(16)));
  static constexpr uint64_t kMostBytes = 32;
  struct Key {
    Sixteen low, high;
  };
  // One line of the CPU's caches.
  struct alignas(64) Line {
    Sixteen low, high;
    uint64_t length;  // longer than any: empty
    uint64_t count;   // since `counts` was last told
    uint32_t number;  // there
  };
  static constexpr Line kEmpty{{}, {}, ~uint64_t{0}, 0, 0};
  static Key key_of(const uint8_t* data, uint64_t length);
  static bool matches(const Line& line, Sixteen low, Sixteen high, uint64_t length);
  template <class Offset>
  void count_run(const ColumnView& view, uint64_t first, uint32_t num_rows, ValueCounts* counts,
                 LengthTally* lengths);
  template <class Offset>
  void count_any_rows(const ColumnView& view, uint64_t first, uint32_t num_rows,
                      ValueCounts* counts, uint64_t longest);
  template <class Offset>
  void count_rows(const ColumnView& view, uint64_t first, uint32_t num_rows, ValueCounts* counts);
  /// The same where each has from 8 * (kWords - 1) to 8 * kWords bytes.
  template <class Offset, uint64_t kWords>
  void count_words(const ColumnView& view, uint64_t first, uint32_t num_rows, ValueCounts* counts);
#if defined(__x86_64__)
  /// The same where none has more than kMostBytes.
  template <class Offset>
  [[gnu::target("avx512f,avx512bw,avx512vl,bmi2")]] void count_short_rows(const ColumnView& view,
                                                                          uint64_t first,
                                                                          uint32_t num_rows,
                                                                          ValueCounts* counts);
#endif
  // By value: what a loop points to cannot stay in its registers.
  [[gnu::noinline]] void meet(Sixteen low, Sixteen high, std::string_view text, Line* line,
                              ValueCounts* counts);

  uint64_t most_lines_;
  uint64_t num_used_ = 0;
  std::vector<Line> lines_;  // a power of two
  StringEnds ends_;          // those that have all but their ends in common
};

}  // namespace mainspring
