// Checks every count, index and number of a forest section once, so that the walk needs no check.
#include "runtime/models/forest/forest.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

constexpr Status corrupt(uint64_t byte) { return {Code::kCorrupt, byte}; }

constexpr bool is_finite(double value) { return value - value == 0; }

/// Finite, and a float32 where sums are.
constexpr bool is_summand(const ForestHeader& header, double value) {
  return is_finite(value) &&
         (!sums_floats(header) || (is_finite(static_cast<float>(value)) &&
                                   static_cast<double>(static_cast<float>(value)) == value));
}

bool all_zero(const uint8_t* bytes, uint64_t first, uint64_t last) {
  uint8_t seen = 0;
  for (uint64_t at = first; at < last; ++at) seen |= bytes[at];
  return seen == 0;
}

constexpr bool codes_are_known(const ForestHeader& header) {
  const auto sum = static_cast<ForestSum>(header.sum);
  const auto input = static_cast<ForestInput>(header.input);
  const int32_t exponent = header.unit_exponent;
  const bool exponent_is_known = sum == ForestSum::kFixedPoint
                                     ? exponent >= -kMaxUnitExponent && exponent <= kMaxUnitExponent
                                     : exponent == 0;
  return (sum == ForestSum::kDoubleInTreeOrder || sum == ForestSum::kFloatInTreeOrder ||
          sum == ForestSum::kFixedPoint) &&
         exponent_is_known &&
         (input == ForestInput::kAsIs || input == ForestInput::kRoundedToFloat);
}

/// Raises `most` to the size of a value in units; false where that is no whole number of them.
bool is_whole(const ForestHeader& header, double value, uint64_t* most) {
  const double units = value * power_of_two(header.unit_exponent);
  const double size = units < 0 ? -units : units;
  if (!(size <= static_cast<double>(kMaxUnits)) ||
      units * power_of_two(-header.unit_exponent) != value) {
    return false;
  }
  const auto whole = static_cast<uint64_t>(size);
  if (whole > *most) *most = whole;
  return static_cast<double>(whole) == size;
}

/// Of a tree whose nodes are sound.
bool leaves_are_whole(const ForestView& forest, const ForestTree& tree, uint64_t* most) {
  const ForestHeader& header = *forest.header;
  for (uint32_t i = tree.first_node; i < tree.first_node + tree.num_nodes; ++i) {
    const ForestNode& node = forest.nodes[i];
    if (node.value != 0) continue;
    if (header.leaf_width == 1) {
      if (!is_whole(header, node.leaf, most)) return false;
      continue;
    }
    const double* vector =
        forest.wide_vectors + static_cast<uint64_t>(node.leaf) * header.leaf_width;
    for (uint32_t k = 0; k < header.leaf_width; ++k) {
      if (!is_whole(header, vector[k], most)) return false;
    }
  }
  return true;
}

/// Whether float64 holds every sum of the leaves.
bool sums_are_exact(const ForestView& forest, uint32_t num_outputs) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < num_outputs; ++i) {
    if (!is_whole(*forest.header, forest.bases[i], &total)) return false;
  }
  for (uint32_t i = 0; i < forest.header->num_trees; ++i) {
    uint64_t most = 0;
    if (!leaves_are_whole(forest, forest.trees[i], &most)) return false;
    total += most;
    if (total > kMaxUnits) return false;
  }
  return true;
}

bool vectors_are_sound(const ForestView& forest) {
  const uint64_t count = uint64_t{forest.header->num_vectors} * forest.header->leaf_width;
  for (uint64_t i = 0; i < count; ++i) {
    const double value = forest.wide_vectors != nullptr
                             ? forest.wide_vectors[i]
                             : static_cast<double>(forest.narrow_vectors[i]);
    if (!is_finite(value)) return false;
  }
  return true;
}

bool node_is_sound(const ForestView& forest, const ForestTree& tree, uint32_t number) {
  const ForestHeader& header = *forest.header;
  const ForestNode& node = forest.nodes[number];
  if (forest.covers != nullptr &&
      !(is_finite(forest.covers[number]) && forest.covers[number] >= 0 &&
        is_finite(forest.gains[number]))) {
    return false;
  }
  if (node.value == 0) {
    return node.left == number &&
           (header.leaf_width == 1 ? is_summand(header, node.leaf) : is_vector(header, node.leaf));
  }

  // Both children lie behind the node and inside the tree: every step goes forward, so walks end.
  const uint64_t end = uint64_t{tree.first_node} + tree.num_nodes;
  if (node.left <= number || uint64_t{node.left} + 1 >= end) return false;
  const uint32_t slot = (node.value & ~kForestSetNode) - 1;
  if (slot >= header.num_slots) return false;
  const bool category = is_category(static_cast<ForestTreatment>(forest.slots[slot].treatment));
  if ((node.value & kForestSetNode) == 0) return !category && node.threshold == node.threshold;
  return category && tree.has_sets == 1 && node.set.num_words <= kMaxForestSetWords &&
         uint64_t{node.set.first_word} + node.set.num_words <= header.num_set_words;
}

}  // namespace

ForestView view_forest(const uint8_t* section) noexcept {
  const auto* header = reinterpret_cast<const ForestHeader*>(section + sizeof(ModelHeader));
  const uint32_t num_outputs = reinterpret_cast<const ModelHeader*>(section)->num_outputs;
  const ForestLayout at = forest_layout(*header, num_outputs);
  const bool floats = sums_floats(*header);
  const bool statistics = has_statistics(*header);
  return ForestView{header,
                    reinterpret_cast<const ForestTree*>(section + at.trees),
                    reinterpret_cast<const ForestSlot*>(section + at.slots),
                    reinterpret_cast<const ForestNode*>(section + at.nodes),
                    reinterpret_cast<const uint32_t*>(section + at.set_words),
                    reinterpret_cast<const double*>(section + at.bases),
                    floats ? nullptr : reinterpret_cast<const double*>(section + at.vectors),
                    floats ? reinterpret_cast<const float*>(section + at.vectors) : nullptr,
                    reinterpret_cast<const uint32_t*>(section + at.ids),
                    statistics ? reinterpret_cast<const double*>(section + at.covers) : nullptr,
                    statistics ? reinterpret_cast<const double*>(section + at.gains) : nullptr,
                    header->program_length != 0 ? section + at.program : nullptr};
}

Status verify_forest(const ModelView& view) noexcept {
  const uint8_t* section = view.section;
  if (view.section_length < sizeof(ModelHeader) + sizeof(ForestHeader)) {
    return {Code::kTruncated, view.section_length};
  }
  const auto& header = *reinterpret_cast<const ForestHeader*>(section + sizeof(ModelHeader));
  for (const uint32_t word : header.reserved) {
    if (word != 0) return corrupt(sizeof(ModelHeader));
  }
  const uint32_t num_outputs = view.header->num_outputs;
  if (!codes_are_known(header) || (header.flags & ~kForestWithoutStatistics) != 0 ||
      (header.leaf_width == 1 ? header.num_vectors != 0 : header.leaf_width != num_outputs)) {
    return corrupt(sizeof(ModelHeader));
  }
  if (header.program_length > kMaxProgramBytes) return corrupt(sizeof(ModelHeader));
  const ForestLayout at = forest_layout(header, num_outputs);
  if (at.length != view.section_length) {
    return {at.length > view.section_length ? Code::kTruncated : Code::kCorrupt,
            sizeof(ModelHeader)};
  }
  if (header.num_slots > kMaxForestSlots) return corrupt(sizeof(ModelHeader));

  const ForestView forest = view_forest(section);
  const uint64_t num_nodes = header.num_nodes;
  const uint64_t vector_bytes = uint64_t{header.num_vectors} * header.leaf_width *
                                (sums_floats(header) ? sizeof(float) : sizeof(double));
  const uint64_t statistics_bytes = has_statistics(header) ? num_nodes * sizeof(double) : 0;
  if (!all_zero(section, at.trees + header.num_trees * sizeof(ForestTree), at.slots) ||
      !all_zero(section, at.slots + header.num_slots * sizeof(ForestSlot), at.nodes) ||
      !all_zero(section, at.nodes + num_nodes * sizeof(ForestNode), at.set_words) ||
      !all_zero(section, at.set_words + header.num_set_words * sizeof(uint32_t), at.bases) ||
      !all_zero(section, at.bases + num_outputs * sizeof(double), at.vectors) ||
      !all_zero(section, at.vectors + vector_bytes, at.ids) ||
      !all_zero(section, at.ids + num_nodes * sizeof(uint32_t), at.covers) ||
      !all_zero(section, at.covers + statistics_bytes, at.gains) ||
      !all_zero(section, at.gains + statistics_bytes, at.program)) {
    return corrupt(at.trees);
  }

  for (uint32_t i = 0; i < num_outputs; ++i) {
    if (!is_summand(header, forest.bases[i])) return corrupt(at.bases + i * sizeof(double));
  }
  if (!vectors_are_sound(forest)) return corrupt(at.vectors);
  for (uint32_t i = 0; i < header.num_slots; ++i) {
    const ForestSlot& slot = forest.slots[i];
    if (slot.feature >= view.header->num_features || slot.treatment >= kNumForestTreatments) {
      return corrupt(at.slots + i * sizeof(ForestSlot));
    }
  }
  uint64_t next_node = 0;
  for (uint32_t i = 0; i < header.num_trees; ++i) {
    const ForestTree& tree = forest.trees[i];
    if (tree.first_node != next_node || tree.num_nodes == 0 ||
        next_node + tree.num_nodes > num_nodes || tree.output >= num_outputs ||
        (header.leaf_width != 1 && tree.output != 0) || tree.has_sets > 1) {
      return corrupt(at.trees + i * sizeof(ForestTree));
    }
    next_node += tree.num_nodes;
    for (uint32_t k = tree.first_node; k < next_node; ++k) {
      if (!node_is_sound(forest, tree, k)) return corrupt(at.nodes + k * sizeof(ForestNode));
    }
  }
  if (next_node != num_nodes) return corrupt(at.trees);
  if (sums_units(header) && !sums_are_exact(forest, num_outputs)) return corrupt(at.nodes);
#if defined(MAINSPRING_SMALL) && !defined(MAINSPRING_BLOCKS)
  return kOkStatus;  // a device without blocks does not read the program
#else
  if (forest.program == nullptr) return kOkStatus;
  Status status = verify_sliced(forest.program, header.program_length, forest,
                                view.header->num_features, view.header->num_outputs);
  if (!status.ok()) status.index += at.program;
  return status;
#endif
}

}  // namespace mainspring
