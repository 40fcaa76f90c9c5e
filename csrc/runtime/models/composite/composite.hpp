// The bytes of a composite in the MODEL section, and the pointers into them: a model made of other
// models, of which each is a MODEL section of its own (votes, stacks, calibrated classifiers).
//
// It is a straight line of nodes. Each makes some columns of numbers from the row's features and
// from columns of nodes before it, so that there are no cycles and nothing to recurse into; a part
// is never a composite.
#pragma once
#include <cstdint>

#include "runtime/core/status.hpp"
#include "runtime/models/model.hpp"
#include "runtime/models/output.hpp"

namespace mainspring {

/// What a node computes from its inputs. Stored in bundles, never changes.
enum class CompositeKind : uint32_t {
  kModel = 1,        // an output of a part, whose features are the input
  kGather = 2,       // the inputs side by side
  kAverage = 3,      // (first input * w0 + second * w1 + ...) / divisor, column by column
  kVotes = 4,        // inputs of one column; column c: the sum of the weights of those that are c
  kLogistic = 5,     // 1 / (1 + exp(a * x + b)), column by column
  kInterpolate = 6,  // the line through points, constant before the first and behind the last
  kShare = 7,        // divided by the row's sum; where that is 0, all the same
  kComplement = 8,   // 1 - x, x
  kMedian = 9,       // the weighted median of the row
  kHighest = 10,     // the number of the first of the highest columns
  kLog = 11,         // log(x + term), column by column
};
inline constexpr uint32_t kNumCompositeKinds = 12;

/// Behind ModelHeader. Then follow, each padded with zeros to a multiple of 64: CompositeParts,
/// CompositeNodes, CompositeInputs, numbers (f64), and the section of each part; and nothing else.
struct CompositeHeader {
  uint32_t num_parts;
  uint32_t num_nodes;
  uint32_t num_inputs;
  uint32_t num_numbers;
  uint32_t reserved[12];
};
static_assert(sizeof(CompositeHeader) == 64);

/// Parts follow each other without gaps but for the padding.
struct CompositePart {
  uint64_t offset;  // from the start of the MODEL section
  uint64_t length;
};
static_assert(sizeof(CompositePart) == 16);

/// Its inputs and its numbers begin where those of the node before end. The columns of the last
/// node are the raw scores.
struct CompositeNode {
  uint32_t kind;   // CompositeKind
  uint32_t width;  // columns that it makes
  uint32_t first_input;
  uint32_t num_inputs;
  uint32_t first_number;
  uint32_t num_numbers;
  uint32_t part;          // of kModel, else 0
  uint32_t output;        // OutputKind of kModel, else 0
  uint32_t first_column;  // columns of all nodes before it
  uint32_t reserved;
};
static_assert(sizeof(CompositeNode) == 40);

struct CompositeInput {
  uint32_t source;  // 0: the features; k: the columns of node k - 1, which comes before the reader
  uint32_t first_column;
  uint32_t num_columns;
  uint32_t reserved;
};
static_assert(sizeof(CompositeInput) == 16);

inline constexpr uint32_t kMaxCompositeParts = 1u << 12;
inline constexpr uint32_t kMaxCompositeNodes = 1u << 14;
inline constexpr uint32_t kMaxCompositeInputs = 1u << 18;
/// Columns of all nodes together.
inline constexpr uint32_t kMaxCompositeColumns = 1u << 16;

struct CompositeView {
  const CompositeHeader* header;
  const CompositePart* parts;
  const CompositeNode* nodes;
  const CompositeInput* inputs;
  const double* numbers;
};

/// Byte offsets of the arrays from the start of the section; the first part begins at `first_part`.
struct CompositeLayout {
  uint64_t parts, nodes, inputs, numbers, first_part;
};

/// Cannot overflow: counts are 32 bits wide.
constexpr CompositeLayout composite_layout(const CompositeHeader& header) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  CompositeLayout at{};
  at.parts = sizeof(ModelHeader) + sizeof(CompositeHeader);
  at.nodes = at.parts + padded(uint64_t{header.num_parts} * sizeof(CompositePart));
  at.inputs = at.nodes + padded(uint64_t{header.num_nodes} * sizeof(CompositeNode));
  at.numbers = at.inputs + padded(uint64_t{header.num_inputs} * sizeof(CompositeInput));
  at.first_part = at.numbers + padded(uint64_t{header.num_numbers} * sizeof(double));
  return at;
}

inline CompositeView view_composite(const uint8_t* section) noexcept {
  const auto* header = reinterpret_cast<const CompositeHeader*>(section + sizeof(ModelHeader));
  const CompositeLayout at = composite_layout(*header);
  return {header, reinterpret_cast<const CompositePart*>(section + at.parts),
          reinterpret_cast<const CompositeNode*>(section + at.nodes),
          reinterpret_cast<const CompositeInput*>(section + at.inputs),
          reinterpret_cast<const double*>(section + at.numbers)};
}

/// Trusts nothing behind ModelHeader, whose fields open_model has checked.
Status verify_composite(const ModelView& view) noexcept;

}  // namespace mainspring
