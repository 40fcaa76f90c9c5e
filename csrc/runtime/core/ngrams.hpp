// N-grams of words or characters, one block after the other, out of a text that is read once where
// it lies: the pieces of it that n-grams still need stand in a window of fixed size.
// docs/concepts/text.md says in words what comes out.
#pragma once
#include <cstdint>

#include "runtime/core/tile.hpp"

namespace mainspring {

/// Stored in bundles, never changes.
enum class Analyzer : uint32_t {
  kWord = 1,         // words, joined by one space
  kCharacter = 2,    // characters of the whole text; two or more spaces are one
  kCharacterWb = 3,  // characters of what stands between spaces, with a space on either side
};

/// Stored in bundles, as ngram_rule_bits().
struct NgramRule {
  Analyzer analyzer = Analyzer::kWord;
  uint32_t min_n = 1;  // pieces in an n-gram
  uint32_t max_n = 1;
  uint32_t min_word_length = 1;  // characters; shorter words are left out. 1 but for kWord
  bool lowercase = true;         // A-Z count as a-z
};

inline constexpr uint32_t kMaxNgram = 16;
inline constexpr uint32_t kMaxWordBytes = 255;  // longer words are left out
inline constexpr uint32_t kMaxMinWordLength = 255;

constexpr uint64_t ngram_rule_bits(const NgramRule& rule) {
  return static_cast<uint64_t>(rule.analyzer) | uint64_t{rule.min_n} << 8 |
         uint64_t{rule.max_n} << 16 | uint64_t{rule.min_word_length} << 24 |
         uint64_t{rule.lowercase} << 32;
}

constexpr NgramRule ngram_rule_of(uint64_t bits) {
  return {static_cast<Analyzer>(bits & 0xff), static_cast<uint32_t>(bits >> 8 & 0xff),
          static_cast<uint32_t>(bits >> 16 & 0xff), static_cast<uint32_t>(bits >> 24 & 0xff),
          (bits >> 32 & 1) != 0};
}

/// Whether the bits are those of a rule that NgramReader may follow.
constexpr bool is_ngram_rule(uint64_t bits) {
  const NgramRule rule = ngram_rule_of(bits);
  return bits >> 33 == 0 && rule.analyzer >= Analyzer::kWord &&
         rule.analyzer <= Analyzer::kCharacterWb && rule.min_n >= 1 && rule.min_n <= rule.max_n &&
         rule.max_n <= kMaxNgram && rule.min_word_length >= 1 &&
         (rule.analyzer == Analyzer::kWord || rule.min_word_length == 1);
}

/// The n-grams of one text after the other. About 17 kB: it lies on the stack.
class NgramReader {
 public:
  explicit NgramReader(const NgramRule& rule) : rule_(rule) {}

  void begin(const BytesView& text) {
    text_ = text;
    at_ = 0;
    used_ = 0;
    num_pieces_ = 0;
    in_word_ = false;
  }
  /// The next n-grams of the text in `ngrams()`, up to kTileRows of them; 0 when there are no more.
  uint32_t next() noexcept;
  /// Valid until the next call of next() or begin().
  BytesView* ngrams() { return ngrams_; }

 private:
  static constexpr uint32_t kWindowBytes = 8192;
  static constexpr uint32_t kRoomBytes = kMaxWordBytes + 1;  // for a word and the space before it
  static_assert(kMaxNgram * kRoomBytes < kWindowBytes);

  void forget_used() noexcept;
  bool read_word() noexcept;
  bool read_character() noexcept;
  bool read_character_of_word() noexcept;
  void add_piece(const uint8_t* bytes, uint32_t num_bytes) noexcept;
  void add_space() noexcept;

  NgramRule rule_;
  BytesView text_{};
  uint64_t at_ = 0;  // in the text
  bool in_word_ = false;
  uint32_t num_ngrams_ = 0;
  uint32_t used_ = 0;        // bytes of the window
  uint32_t num_pieces_ = 0;  // the last ones, at most max_n
  uint32_t starts_[kMaxNgram]{};
  uint8_t window_[kWindowBytes];
  BytesView ngrams_[kTileRows];
};

}  // namespace mainspring
