// The part of a string that a group of a regular expression matches: a view of it.
#include "runtime/core/utf8.hpp"
#include "runtime/steps/pattern.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kNowhere = ~uint64_t{0};
constexpr uint32_t kNoCharacter = ~uint32_t{0};  // lies in no range

struct Program {
  const PatternInstruction* instructions;
  uint32_t num_instructions;
  const CharacterRange* ranges;
};

Program program_in(const uint8_t* data) {
  const auto* header = reinterpret_cast<const PatternHeader*>(data);
  const auto* instructions = reinterpret_cast<const PatternInstruction*>(header + 1);
  return {instructions, header->num_instructions,
          reinterpret_cast<const CharacterRange*>(instructions + header->num_instructions)};
}

/// Where the group begins and ends, as bytes of the text.
struct Bounds {
  uint64_t begin;
  uint64_t end;
};
constexpr Bounds kNoBounds{kNowhere, kNowhere};

/// Threads that wait for a character, the preferred ones first, at most one for each instruction.
struct Threads {
  uint32_t count;
  uint32_t at[kMaxPatternInstructions];
  Bounds bounds[kMaxPatternInstructions];
};

PatternOp op_of(const PatternInstruction& instruction) {
  return static_cast<PatternOp>(instruction.op);
}

/// A place between two characters of a text.
struct Place {
  uint64_t byte;
  uint32_t before;  // kNoCharacter: none
  uint32_t behind;
  uint32_t behind_bytes;  // 0: the text ends here
};

bool is_word(uint32_t code) {
  return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
         (code >= 'a' && code <= 'z') || code == '_';
}

class Matcher {
 public:
  explicit Matcher(const Program& program) : program_(program) { find_first_characters(); }

  /// The bounds of the group in the leftmost match, the preferred one of those; nowhere: none.
  Bounds find(BytesView text) {
    text_ = text;
    now_->count = later_->count = 0;
    seen_now_ = seen_later_ = Seen{};
    Place place{0, kNoCharacter, kNoCharacter, 0};
    read_behind(&place);
    Bounds found = kNoBounds;
    bool has_match = false;
    while (true) {
      if (now_->count == 0 && !has_match && needs_character_) skip(&place);
      if (!has_match) add(0, kNoBounds, place, now_, &seen_now_);
      if (has_match && now_->count == 0) return found;
      Place next{place.byte + place.behind_bytes, place.behind, kNoCharacter, 0};
      read_behind(&next);
      for (uint32_t i = 0; i < now_->count; ++i) {
        const uint32_t at = now_->at[i];
        const PatternInstruction& instruction = program_.instructions[at];
        if (op_of(instruction) == PatternOp::kMatch) {
          found = now_->bounds[i];
          has_match = true;
          break;  // the threads behind are less preferred
        }
        if (place.behind_bytes != 0 && has(instruction, place.behind)) {
          add(at + 1, now_->bounds[i], next, later_, &seen_later_);
        }
      }
      if (place.behind_bytes == 0) return found;
      swap_threads();
      place = next;
    }
  }

 private:
  struct Seen {
    uint64_t words[kMaxPatternInstructions / 64];
    bool add(uint32_t at) {
      const uint64_t bit = uint64_t{1} << (at & 63);
      const bool is_new = (words[at >> 6] & bit) == 0;
      words[at >> 6] |= bit;
      return is_new;
    }
  };

  /// The characters of ASCII that a match may begin with; none where it may be empty.
  void find_first_characters() {
    seen_now_ = Seen{};
    needs_character_ = true;
    uint32_t num_open = 0;
    open_[num_open++] = 0;
    while (num_open != 0) {
      for (uint32_t at = open_[--num_open]; seen_now_.add(at);) {
        const PatternInstruction& instruction = program_.instructions[at];
        const PatternOp op = op_of(instruction);
        if (op == PatternOp::kMatch) needs_character_ = false;
        if (op == PatternOp::kCharacters) {
          for (uint32_t code = 0; code < 128; ++code) {
            if (has(instruction, code)) first_[code >> 6] |= uint64_t{1} << (code & 63);
          }
        }
        if (op == PatternOp::kMatch || op == PatternOp::kCharacters) break;
        if (op == PatternOp::kSplit) open_[num_open++] = instruction.b;
        at = op == PatternOp::kSplit || op == PatternOp::kJump ? instruction.a : at + 1;
      }
    }
  }

  /// Goes on to where a match may begin: no thread has to be asked before that.
  void skip(Place* place) const {
    while (place->behind < 128 && ((first_[place->behind >> 6] >> (place->behind & 63)) & 1) == 0) {
      *place = {place->byte + 1, place->behind, kNoCharacter, 0};
      read_behind(place);
    }
  }

  void read_behind(Place* place) const {
    if (place->byte == text_.length) return;
    const Character next = character_at(text_.data + place->byte, text_.data + text_.length);
    place->behind = next.num_bytes == 0 ? kNoCharacter : next.code;
    place->behind_bytes = next.num_bytes == 0 ? 1 : next.num_bytes;
  }

  bool has(const PatternInstruction& instruction, uint32_t code) const {
    const CharacterRange* range = program_.ranges + instruction.a;
    for (uint32_t i = 0; i < instruction.b; ++i) {
      if (code >= range[i].first && code <= range[i].last) return true;
    }
    return false;
  }

  bool holds(PatternAssert what, const Place& place) const {
    const bool edge = is_word(place.before) != is_word(place.behind);
    switch (what) {
      case PatternAssert::kTextBegins: return place.byte == 0;
      case PatternAssert::kTextEnds: return place.behind_bytes == 0;
      case PatternAssert::kLastLineEnds:
        return place.behind_bytes == 0 || (place.behind == '\n' && place.byte + 1 == text_.length);
      case PatternAssert::kWordEdge: return edge;
      default: return !edge;
    }
  }

  /// Follows all that takes no character, the preferred way first.
  void add(uint32_t at, Bounds bounds, const Place& place, Threads* to, Seen* seen) {
    uint32_t num_open = 0;
    open_[num_open] = at;
    open_bounds_[num_open++] = bounds;
    while (num_open != 0) {
      at = open_[--num_open];
      bounds = open_bounds_[num_open];
      // Straight on until a thread waits; what splits off is left open.
      while (seen->add(at)) {
        const PatternInstruction& instruction = program_.instructions[at];
        if (op_of(instruction) == PatternOp::kMatch ||
            op_of(instruction) == PatternOp::kCharacters) {
          to->at[to->count] = at;
          to->bounds[to->count++] = bounds;
          break;
        }
        if (op_of(instruction) == PatternOp::kAssert &&
            !holds(static_cast<PatternAssert>(instruction.a), place)) {
          break;
        }
        if (op_of(instruction) == PatternOp::kBegin) bounds = {place.byte, kNowhere};
        if (op_of(instruction) == PatternOp::kEnd) bounds.end = place.byte;
        if (op_of(instruction) == PatternOp::kSplit) {
          // At most one for each split that was not seen: there is room.
          open_[num_open] = instruction.b;
          open_bounds_[num_open++] = bounds;
        }
        const bool jumps =
            op_of(instruction) == PatternOp::kSplit || op_of(instruction) == PatternOp::kJump;
        at = jumps ? instruction.a : at + 1;
      }
    }
  }

  void swap_threads() {
    Threads* const done = now_;
    now_ = later_;
    later_ = done;
    later_->count = 0;
    seen_now_ = seen_later_;
    seen_later_ = Seen{};
  }

  const Program& program_;
  BytesView text_{};
  Threads lists_[2];
  Threads* now_ = &lists_[0];
  Threads* later_ = &lists_[1];
  bool needs_character_ = false;
  uint64_t first_[2] = {};
  Seen seen_now_;
  Seen seen_later_;
  uint32_t open_[kMaxPatternInstructions];
  Bounds open_bounds_[kMaxPatternInstructions];
};

bool is_sound(const PatternInstruction& instruction, uint32_t at, const PatternHeader& header) {
  const bool has_next = at + 1 < header.num_instructions;
  const uint32_t a = instruction.a;
  const uint32_t b = instruction.b;
  switch (op_of(instruction)) {
    case PatternOp::kMatch: return a == 0 && b == 0;
    case PatternOp::kCharacters:
      return has_next && b <= header.num_ranges && a <= header.num_ranges - b;
    case PatternOp::kSplit: return a < header.num_instructions && b < header.num_instructions;
    case PatternOp::kJump: return a < header.num_instructions && b == 0;
    case PatternOp::kBegin:
    case PatternOp::kEnd: return has_next && a == 0 && b == 0;
    case PatternOp::kAssert: return has_next && a >= 1 && a <= 5 && b == 0;
  }
  return false;
}

struct Extract {
  static constexpr StepCode kCode = StepCode::kExtract;
  static constexpr const char* kName = "extract";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .data = true, .in_place = true}) ||
        input_type(record, plan) != ValueType::kBytes ||
        output_type(record, plan) != ValueType::kBytes ||
        record.data_length < sizeof(PatternHeader)) {
      return kBadRecord;
    }
    const uint8_t* data = plan.data + record.data_offset;
    const auto& header = *reinterpret_cast<const PatternHeader*>(data);
    if (header.num_instructions == 0 || header.num_instructions > kMaxPatternInstructions ||
        record.data_length != sizeof(PatternHeader) +
                                  header.num_instructions * sizeof(PatternInstruction) +
                                  uint64_t{header.num_ranges} * sizeof(CharacterRange)) {
      return kBadRecord;
    }
    const Program program = program_in(data);
    for (uint32_t at = 0; at < program.num_instructions; ++at) {
      if (!is_sound(program.instructions[at], at, header)) return kBadRecord;
    }
    for (uint32_t i = 0; i < header.num_ranges; ++i) {
      const CharacterRange& range = program.ranges[i];
      if (range.first > range.last || range.last > 0x10ffff) return kBadRecord;
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Program program = program_in(context.data + record.data_offset);
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    Matcher matcher(program);
    const BytesView* from = values_of<BytesView>(in);
    BytesView* to = values_of<BytesView>(out);
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      uint64_t present = 0;
      const uint64_t there = in.validity[word];
      for (uint32_t row = word * 64; row < in.num_rows && row < word * 64 + 64; ++row) {
        const BytesView text = from[row];
        const bool is_there = ((there >> (row & 63)) & 1) != 0;
        const Bounds bounds = is_there ? matcher.find(text) : kNoBounds;
        // A program from elsewhere may end a group that it has not begun.
        const bool found = bounds.begin != kNowhere && bounds.end != kNowhere;
        to[row] = found ? BytesView{text.data + bounds.begin, bounds.end - bounds.begin}
                        : BytesView{text.data, 0};
        present |= static_cast<uint64_t>(found) << (row & 63);
      }
      out.validity[word] = present;
    }
  }
};

}  // namespace

extern constinit const Step kExtractStep = step_of<Extract>();

}  // namespace mainspring
