// Pieces - words or characters - are copied one behind the other into the window, folded, so that
// every n-gram is a run of its bytes. What no n-gram needs any more gives way when it is full.
// The rules for characters are those of scikit-learn's analyzers 'char' and 'char_wb'.
#include "runtime/core/ngrams.hpp"

#include "runtime/core/characters.hpp"

namespace mainspring {

uint32_t NgramReader::next() noexcept {
  num_ngrams_ = 0;
  forget_used();
  // A piece ends up to max_n n-grams; the last character of a word is followed by a space.
  while (num_ngrams_ + 2 * rule_.max_n <= kTileRows && used_ + 2 * kRoomBytes <= kWindowBytes) {
    bool more = false;
    switch (rule_.analyzer) {
      case Analyzer::kWord: more = read_word(); break;
      case Analyzer::kCharacter: more = read_character(); break;
      case Analyzer::kCharacterWb: more = read_character_of_word(); break;
    }
    if (!more) break;
  }
  return num_ngrams_;
}

/// Moves the pieces that later n-grams begin with to the front.
void NgramReader::forget_used() noexcept {
  const uint32_t first = num_pieces_ == 0 ? used_ : starts_[0];
  if (first == 0) return;
  for (uint32_t i = first; i < used_; ++i) window_[i - first] = window_[i];
  for (uint32_t i = 0; i < num_pieces_; ++i) starts_[i] -= first;
  used_ -= first;
}

void NgramReader::add_piece(const uint8_t* bytes, uint32_t num_bytes) noexcept {
  if (num_pieces_ == rule_.max_n) {
    for (uint32_t i = 1; i < num_pieces_; ++i) starts_[i - 1] = starts_[i];
    --num_pieces_;
  }
  if (rule_.analyzer == Analyzer::kWord && num_pieces_ > 0) window_[used_++] = ' ';
  starts_[num_pieces_++] = used_;
  for (uint32_t i = 0; i < num_bytes; ++i) {
    window_[used_ + i] = rule_.lowercase ? to_lower(bytes[i]) : bytes[i];
  }
  used_ += num_bytes;
  for (uint32_t n = rule_.min_n; n <= rule_.max_n && n <= num_pieces_; ++n) {
    const uint32_t start = starts_[num_pieces_ - n];
    ngrams_[num_ngrams_++] = {window_ + start, used_ - start};
  }
}

void NgramReader::add_space() noexcept {
  constexpr uint8_t kOne = ' ';
  add_piece(&kOne, 1);
}

/// False at the end of the text, here and below.
bool NgramReader::read_word() noexcept {
  while (true) {
    ClassedCharacter character{};
    for (; at_ < text_.length; at_ += character.num_bytes) {
      character = classed_character_at(text_.data + at_, text_.length - at_);
      if ((character.classes & kWord) != 0) break;
    }
    const uint64_t start = at_;
    uint64_t num_characters = 0;
    for (; at_ < text_.length; at_ += character.num_bytes) {
      character = classed_character_at(text_.data + at_, text_.length - at_);
      if ((character.classes & kWord) == 0) break;
      ++num_characters;
    }
    if (start == at_) return false;
    if (num_characters < rule_.min_word_length || at_ - start > kMaxWordBytes) continue;
    add_piece(text_.data + start, static_cast<uint32_t>(at_ - start));
    return true;
  }
}

bool NgramReader::read_character() noexcept {
  if (at_ == text_.length) return false;
  const uint64_t start = at_;
  const ClassedCharacter first = classed_character_at(text_.data + at_, text_.length - at_);
  at_ += first.num_bytes;
  bool spaces = false;  // more than one
  while ((first.classes & kSpace) != 0 && at_ < text_.length) {
    const ClassedCharacter next = classed_character_at(text_.data + at_, text_.length - at_);
    if ((next.classes & kSpace) == 0) break;
    at_ += next.num_bytes;
    spaces = true;
  }
  if (spaces) {
    add_space();
  } else {
    add_piece(text_.data + start, first.num_bytes);
  }
  return true;
}

bool NgramReader::read_character_of_word() noexcept {
  const bool at_end = at_ == text_.length;
  ClassedCharacter character{0, kSpace};
  if (!at_end) character = classed_character_at(text_.data + at_, text_.length - at_);
  if ((character.classes & kSpace) == 0) {
    if (!in_word_) {
      num_pieces_ = 0;
      add_space();
      in_word_ = true;
    }
    add_piece(text_.data + at_, character.num_bytes);
  } else if (in_word_) {
    add_space();
    if (num_pieces_ < rule_.min_n) {  // the whole word is shorter: it counts once
      ngrams_[num_ngrams_++] = {window_ + starts_[0], used_ - starts_[0]};
    }
    in_word_ = false;
  }
  at_ += character.num_bytes;
  return !at_end;
}

}  // namespace mainspring
