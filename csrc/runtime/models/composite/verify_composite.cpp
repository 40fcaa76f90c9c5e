// Checks every node, input, number and part of a composite once, so that running it needs no check.
#include <cstddef>

#include "runtime/models/composite/composite.hpp"

namespace mainspring {

namespace {

constexpr Status corrupt(uint64_t byte) { return {Code::kCorrupt, byte}; }

bool all_zero(const uint8_t* bytes, uint64_t first, uint64_t last) {
  uint8_t seen = 0;
  for (uint64_t at = first; at < last; ++at) seen |= bytes[at];
  return seen == 0;
}

constexpr uint64_t padded(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

bool are_finite(const double* numbers, uint64_t count) {
  bool finite = true;
  for (uint64_t i = 0; i < count; ++i) finite &= numbers[i] - numbers[i] == 0;
  return finite;
}

bool are_weights(const double* numbers, uint64_t count) {
  bool sound = true;
  for (uint64_t i = 0; i < count; ++i) sound &= numbers[i] >= 0;
  return sound;
}

bool ascend(const double* numbers, uint64_t count) {
  bool sound = true;
  for (uint64_t i = 1; i < count; ++i) sound &= numbers[i - 1] < numbers[i];
  return sound;
}

/// Whether every input lies in what its source has, and how many columns they are together.
bool inputs_are_sound(const ModelView& view, const CompositeView& composite, uint32_t number,
                      uint64_t* num_columns) {
  const CompositeNode& node = composite.nodes[number];
  *num_columns = 0;
  for (uint32_t i = 0; i < node.num_inputs; ++i) {
    const CompositeInput& input = composite.inputs[node.first_input + i];
    if (input.source > number || input.num_columns == 0 || input.reserved != 0) return false;
    const uint32_t width =
        input.source == 0 ? view.header->num_features : composite.nodes[input.source - 1].width;
    if (uint64_t{input.first_column} + input.num_columns > width) return false;
    *num_columns += input.num_columns;
  }
  return true;
}

bool inputs_are_wide(const CompositeView& composite, const CompositeNode& node, uint32_t width) {
  for (uint32_t i = 0; i < node.num_inputs; ++i) {
    if (composite.inputs[node.first_input + i].num_columns != width) return false;
  }
  return true;
}

bool model_is_sound(const ModelView& view, const CompositeView& composite,
                    const CompositeNode& node, uint64_t num_columns) {
  if (node.num_inputs != 1 || node.num_numbers != 0 || node.part >= composite.header->num_parts ||
      node.output > static_cast<uint32_t>(OutputKind::kRaw)) {
    return false;
  }
  const auto* header =
      reinterpret_cast<const ModelHeader*>(view.section + composite.parts[node.part].offset);
  return header->num_features == num_columns &&
         output_width(*header, static_cast<OutputKind>(node.output)) == node.width;
}

/// Counts of columns and of numbers, and the numbers themselves.
bool node_is_sound(const ModelView& view, const CompositeView& composite, const CompositeNode& node,
                   uint64_t num_columns) {
  const auto kind = static_cast<CompositeKind>(node.kind);
  if (kind == CompositeKind::kModel) return model_is_sound(view, composite, node, num_columns);
  const double* numbers = composite.numbers + node.first_number;
  if (node.part != 0 || node.output != 0 || !are_finite(numbers, node.num_numbers)) return false;
  const uint64_t count = node.num_numbers;
  const bool is_single = node.num_inputs == 1;
  switch (kind) {
    case CompositeKind::kModel: return false;
    case CompositeKind::kGather: return num_columns == node.width && count == 0;
    case CompositeKind::kAverage:
      return count == uint64_t{node.num_inputs} + 1 && numbers[node.num_inputs] != 0 &&
             inputs_are_wide(composite, node, node.width);
    case CompositeKind::kVotes:
      return count == node.num_inputs && inputs_are_wide(composite, node, 1);
    case CompositeKind::kLogistic:
      return is_single && num_columns == node.width && count == 2 * uint64_t{node.width};
    case CompositeKind::kInterpolate:
      return is_single && num_columns == 1 && node.width == 1 && count % 2 == 0 && count != 0 &&
             ascend(numbers, count / 2);
    case CompositeKind::kShare: return is_single && num_columns == node.width && count == 0;
    case CompositeKind::kComplement:
      return is_single && num_columns == 1 && node.width == 2 && count == 0;
    case CompositeKind::kMedian:
      return is_single && node.width == 1 && count == num_columns && are_weights(numbers, count);
    case CompositeKind::kHighest: return is_single && node.width == 1 && count == 0;
    case CompositeKind::kLog: return is_single && num_columns == node.width && count == 1;
  }
  return false;
}

/// Each part is a model of another kind, right behind the one before it.
Status verify_parts(const ModelView& view, const CompositeView& composite, uint64_t at) {
  const uint8_t* section = view.section;
  for (uint32_t i = 0; i < composite.header->num_parts; ++i) {
    const CompositePart& part = composite.parts[i];
    if (part.offset != at || at > view.section_length || part.length > view.section_length - at) {
      return corrupt(sizeof(ModelHeader) + sizeof(CompositeHeader) + i * sizeof(CompositePart));
    }
    if (part.length < sizeof(ModelHeader)) return {Code::kTruncated, at};
    const auto* header = reinterpret_cast<const ModelHeader*>(section + at);
    if (header->code == static_cast<uint32_t>(ModelCode::kComposite)) return corrupt(at);
    ModelView opened{};
    Status status = open_model(section + at, part.length, &opened);
    if (!status.ok()) {
      status.index += at;
      return status;
    }
    const uint64_t end = at + padded(part.length);
    if (end > view.section_length) return {Code::kTruncated, at};
    if (!all_zero(section, at + part.length, end)) return corrupt(at + part.length);
    at = end;
  }
  return at == view.section_length ? kOkStatus : corrupt(at);
}

}  // namespace

Status verify_composite(const ModelView& view) noexcept {
  constexpr uint64_t kHeaderAt = sizeof(ModelHeader);
  const uint8_t* section = view.section;
  if (view.section_length < kHeaderAt + sizeof(CompositeHeader)) {
    return {Code::kTruncated, view.section_length};
  }
  const auto& header = *reinterpret_cast<const CompositeHeader*>(section + kHeaderAt);
  if (!all_zero(section, kHeaderAt + offsetof(CompositeHeader, reserved),
                kHeaderAt + sizeof(CompositeHeader)) ||
      header.num_parts > kMaxCompositeParts || header.num_nodes == 0 ||
      header.num_nodes > kMaxCompositeNodes || header.num_inputs > kMaxCompositeInputs) {
    return corrupt(kHeaderAt);
  }
  const CompositeLayout at = composite_layout(header);
  if (at.first_part > view.section_length) return {Code::kTruncated, kHeaderAt};
  if (!all_zero(section, at.parts + header.num_parts * sizeof(CompositePart), at.nodes) ||
      !all_zero(section, at.nodes + header.num_nodes * sizeof(CompositeNode), at.inputs) ||
      !all_zero(section, at.inputs + header.num_inputs * sizeof(CompositeInput), at.numbers) ||
      !all_zero(section, at.numbers + uint64_t{header.num_numbers} * sizeof(double),
                at.first_part)) {
    return corrupt(at.parts);
  }
  const CompositeView composite = view_composite(section);
  const Status parts = verify_parts(view, composite, at.first_part);
  if (!parts.ok()) return parts;
  uint64_t next_input = 0, next_number = 0, columns = 0;
  for (uint32_t i = 0; i < header.num_nodes; ++i) {
    const CompositeNode& node = composite.nodes[i];
    const Status bad = corrupt(at.nodes + i * sizeof(CompositeNode));
    if (node.kind == 0 || node.kind >= kNumCompositeKinds || node.width == 0 ||
        node.width > kMaxCompositeColumns || node.num_inputs == 0 || node.reserved != 0 ||
        node.first_column != columns || node.first_input != next_input ||
        node.first_number != next_number || node.num_inputs > header.num_inputs - next_input ||
        node.num_numbers > header.num_numbers - next_number) {
      return bad;
    }
    next_input += node.num_inputs;
    next_number += node.num_numbers;
    columns += node.width;
    uint64_t num_columns = 0;
    if (columns > kMaxCompositeColumns || !inputs_are_sound(view, composite, i, &num_columns) ||
        !node_is_sound(view, composite, node, num_columns)) {
      return bad;
    }
  }
  if (next_input != header.num_inputs || next_number != header.num_numbers ||
      composite.nodes[header.num_nodes - 1].width != view.header->num_outputs) {
    return corrupt(at.nodes);
  }
  return kOkStatus;
}

}  // namespace mainspring
