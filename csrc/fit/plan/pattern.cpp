// From the tree of a pattern to its program: one way in, one way out of every node (K. Thompson,
// 1968).
#include "fit/plan/pattern.hpp"

#include <cstring>

#include "fit/plan/pattern_tree.hpp"

namespace mainspring {
namespace {

using Kind = PatternNode::Kind;

class ProgramWriter {
 public:
  explicit ProgramWriter(uint32_t group) : group_(group) {}

  std::vector<uint8_t> write(const PatternNode& root) {
    if (group_ == 0) emit(PatternOp::kBegin);
    node(root);
    if (group_ == 0) emit(PatternOp::kEnd);
    emit(PatternOp::kMatch);
    const PatternHeader header{size(), static_cast<uint32_t>(ranges_.size())};
    const size_t code_bytes = instructions_.size() * sizeof(PatternInstruction);
    const size_t range_bytes = ranges_.size() * sizeof(CharacterRange);
    std::vector<uint8_t> bytes(sizeof header + code_bytes + range_bytes);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, instructions_.data(), code_bytes);
    if (range_bytes != 0) {
      std::memcpy(bytes.data() + sizeof header + code_bytes, ranges_.data(), range_bytes);
    }
    return bytes;
  }

 private:
  uint32_t size() const { return static_cast<uint32_t>(instructions_.size()); }

  uint32_t emit(PatternOp op, uint32_t a = 0, uint32_t b = 0) {
    if (instructions_.size() >= kMaxPatternInstructions) {
      throw PatternFault("more than " + std::to_string(kMaxPatternInstructions) +
                         " instructions (repeats of many)");
    }
    instructions_.push_back({static_cast<uint32_t>(op), a, b});
    return size() - 1;
  }

  /// A split whose two ways are set when they are known; `lazy` prefers to go past.
  void set_ways(uint32_t split, uint32_t in, uint32_t past, bool lazy) {
    instructions_[split].a = lazy ? past : in;
    instructions_[split].b = lazy ? in : past;
  }

  void node(const PatternNode& node) {
    switch (node.kind) {
      case Kind::kSequence:
        for (const PatternNode& part : node.parts) this->node(part);
        break;
      case Kind::kAlternatives: alternatives(node); break;
      case Kind::kCharacters:
        emit(PatternOp::kCharacters, static_cast<uint32_t>(ranges_.size()),
             static_cast<uint32_t>(node.ranges.size()));
        ranges_.insert(ranges_.end(), node.ranges.begin(), node.ranges.end());
        break;
      case Kind::kRepeat: repeat(node); break;
      case Kind::kGroup: {
        const bool wanted = node.number != 0 && node.number == group_;
        if (wanted) emit(PatternOp::kBegin);
        this->node(node.parts[0]);
        if (wanted) emit(PatternOp::kEnd);
        break;
      }
      case Kind::kAssert: emit(PatternOp::kAssert, static_cast<uint32_t>(node.assert_kind)); break;
    }
  }

  void alternatives(const PatternNode& node) {
    std::vector<uint32_t> jumps;
    for (size_t i = 0; i < node.parts.size(); ++i) {
      const bool is_last = i + 1 == node.parts.size();
      const uint32_t split = is_last ? 0 : emit(PatternOp::kSplit);
      this->node(node.parts[i]);
      if (is_last) continue;
      jumps.push_back(emit(PatternOp::kJump));
      set_ways(split, split + 1, size(), /*lazy=*/false);
    }
    for (const uint32_t jump : jumps) instructions_[jump].a = size();
  }

  void repeat(const PatternNode& node) {
    for (uint32_t i = 0; i < node.least; ++i) this->node(node.parts[0]);
    if (node.most == kUnbounded) {
      const uint32_t split = emit(PatternOp::kSplit);
      this->node(node.parts[0]);
      emit(PatternOp::kJump, split);
      set_ways(split, split + 1, size(), node.lazy);
      return;
    }
    std::vector<uint32_t> splits;
    for (uint32_t i = node.least; i < node.most; ++i) {
      splits.push_back(emit(PatternOp::kSplit));
      this->node(node.parts[0]);
    }
    for (const uint32_t split : splits) set_ways(split, split + 1, size(), node.lazy);
  }

  uint32_t group_;
  std::vector<PatternInstruction> instructions_;
  std::vector<CharacterRange> ranges_;
};

}  // namespace

std::vector<uint8_t> compile_pattern(std::string_view pattern, int64_t group) {
  const PatternTree tree = parse_pattern(pattern);
  if (group < 0 || group > tree.num_groups) {
    throw PatternFault("no group " + std::to_string(group) + " (it has " +
                       std::to_string(tree.num_groups) + ")");
  }
  return ProgramWriter(static_cast<uint32_t>(group)).write(tree.root);
}

}  // namespace mainspring
