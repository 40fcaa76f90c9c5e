// Copies the arrays that belong to the trees that stay.
#include "fit/derive_forest.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "fit/importers/slice_forest.hpp"
#include "host/error.hpp"
#include "runtime/models/forest/part.hpp"

namespace mainspring {

namespace {

ForestView forest_of(const ModelView& model) {
  if (model.model == nullptr || model.model->code != ModelCode::kForest) {
    throw Error(ErrorKind::kUnsupported, std::string("A model of the kind ") +
                                             (model.model == nullptr ? "none" : model.model->name) +
                                             " has no trees; expected a forest.")
        .expected("a forest");
  }
  return view_forest(model.section);
}

[[noreturn]] void refuse_count(uint32_t num_trees, const std::string& expected) {
  throw Error(ErrorKind::kParameter,
              "num_trees is " + std::to_string(num_trees) + ", expected " + expected + ".")
      .expected(expected)
      .got(std::to_string(num_trees));
}

void check_count(const ForestView& forest, uint32_t num_trees) {
  const uint32_t known = forest.header->num_trees - num_base_trees(forest);
  if (num_trees < 1 || num_trees > known) refuse_count(num_trees, "1 to " + std::to_string(known));
}

uint32_t nodes_of(const ForestView& forest, uint32_t num_trees) {
  const ForestTree& last = forest.trees[num_trees - 1];
  return last.first_node + last.num_nodes;
}

/// Builds a section array by array.
class SectionWriter {
 public:
  SectionWriter(const ModelHeader& model, const ForestHeader& forest)
      : at(forest_layout(forest, model.num_outputs)), section_(at.length, 0) {
    put(0, &model, sizeof model);
    put(sizeof model, &forest, sizeof forest);
  }
  void put(uint64_t offset, const void* bytes, uint64_t length) {
    if (length != 0) std::memcpy(section_.data() + offset, bytes, length);
  }
  /// What nodes have in common with the source's, whatever their leaves hold.
  void put_common(const ForestView& source, uint64_t num_nodes) {
    const ForestHeader& header = *source.header;
    put(at.slots, source.slots, header.num_slots * sizeof(ForestSlot));
    put(at.set_words, source.set_words, header.num_set_words * sizeof(uint32_t));
    put(at.ids, source.ids, num_nodes * sizeof(uint32_t));
    if (!has_statistics(header)) return;
    put(at.covers, source.covers, num_nodes * sizeof(double));
    put(at.gains, source.gains, num_nodes * sizeof(double));
  }
  uint8_t* data() { return section_.data(); }
  std::vector<uint8_t> take() {
    add_sliced_program(section_);
    return std::move(section_);
  }

  const ForestLayout at;

 private:
  std::vector<uint8_t> section_;
};

/// The leaf vector of a leaf, in float64; of a leaf that is a number, that.
std::vector<double> values_of(const ForestView& forest, const ForestNode& leaf) {
  const uint64_t width = forest.header->leaf_width;
  if (width == 1) return {leaf.leaf};
  const uint64_t first = static_cast<uint64_t>(leaf.leaf) * width;
  if (forest.narrow_vectors != nullptr) {
    return {forest.narrow_vectors + first, forest.narrow_vectors + first + width};
  }
  return {forest.wide_vectors + first, forest.wide_vectors + first + width};
}

/// What the largest leaves of all trees and the largest base come to, but for rounding.
double most_of_sums(const ForestView& forest, uint32_t num_outputs) {
  double total = 0;
  for (uint32_t i = 0; i < num_outputs; ++i) total = std::max(total, std::fabs(forest.bases[i]));
  for (uint32_t i = 0; i < forest.header->num_trees; ++i) {
    const ForestTree& tree = forest.trees[i];
    double most = 0;
    for (uint32_t k = tree.first_node; k < tree.first_node + tree.num_nodes; ++k) {
      if (forest.nodes[k].value != 0) continue;
      for (const double value : values_of(forest, forest.nodes[k])) {
        most = std::max(most, std::fabs(value));
      }
    }
    total += most;
  }
  return total;
}

}  // namespace

std::vector<uint8_t> fixed_sums(const ModelView& model) {
  const ForestView source = forest_of(model);
  const uint32_t num_outputs = model.header->num_outputs;
  int exponent = 0;
  std::frexp(most_of_sums(source, num_outputs), &exponent);
  ForestHeader forest = *source.header;
  forest.program_length = 0;
  forest.sum = static_cast<uint32_t>(ForestSum::kFixedPoint);
  // Half of the units that there may be, so that rounding leaves cannot make them too many.
  forest.unit_exponent = std::clamp(52 - exponent, -kMaxUnitExponent, kMaxUnitExponent);
  const double scale = power_of_two(forest.unit_exponent);
  const double unit = power_of_two(-forest.unit_exponent);
  const auto rounded = [&](double value) { return std::nearbyint(value * scale) * unit; };
  SectionWriter out(*model.header, forest);
  out.put_common(source, forest.num_nodes);
  out.put(out.at.trees, source.trees, forest.num_trees * sizeof(ForestTree));
  auto* nodes = reinterpret_cast<ForestNode*>(out.data() + out.at.nodes);
  for (uint32_t i = 0; i < forest.num_nodes; ++i) {
    nodes[i] = source.nodes[i];
    if (nodes[i].value == 0 && forest.leaf_width == 1) nodes[i].leaf = rounded(nodes[i].leaf);
  }
  auto* bases = reinterpret_cast<double*>(out.data() + out.at.bases);
  for (uint32_t i = 0; i < num_outputs; ++i) bases[i] = rounded(source.bases[i]);
  auto* vectors = reinterpret_cast<double*>(out.data() + out.at.vectors);
  for (uint64_t i = 0; i < uint64_t{forest.num_vectors} * forest.leaf_width; ++i) {
    vectors[i] =
        rounded(source.narrow_vectors != nullptr ? static_cast<double>(source.narrow_vectors[i])
                                                 : source.wide_vectors[i]);
  }
  return out.take();
}

std::vector<uint8_t> first_trees(const ModelView& model, uint32_t num_trees) {
  const ForestView source = forest_of(model);
  check_count(source, num_trees);
  const uint32_t round = source.header->leaf_width == 1 ? model.header->num_outputs : 1;
  if (num_trees % round != 0) {
    refuse_count(num_trees,
                 "a multiple of " + std::to_string(round) + ": one tree for each of the outputs");
  }
  ModelHeader header = *model.header;
  if (header.link_divisor != 1) {
    if (header.link_divisor != static_cast<double>(source.header->num_trees / round)) {
      throw Error(ErrorKind::kUnsupported,
                  "The model divides by the weights of its trees, which are not known one by one; "
                  "expected one that adds up or averages. Train with fewer trees.");
    }
    header.link_divisor = static_cast<double>(num_trees / round);
  }
  const uint32_t num_bases = num_base_trees(source);
  const uint32_t num_nodes = nodes_of(source, num_trees);
  ForestHeader forest = *source.header;
  forest.num_trees = num_trees + num_bases;
  forest.num_nodes = num_nodes + num_bases;
  forest.program_length = 0;
  SectionWriter out(header, forest);
  out.put_common(source, num_nodes);
  out.put(out.at.trees, source.trees, num_trees * sizeof(ForestTree));
  out.put(out.at.nodes, source.nodes, num_nodes * sizeof(ForestNode));
  if (num_bases != 0) {
    ForestTree tree = source.trees[source.header->num_trees - 1];
    ForestNode node = source.nodes[tree.first_node];
    tree.first_node = node.left = num_nodes;
    out.put(out.at.trees + num_trees * sizeof(ForestTree), &tree, sizeof tree);
    out.put(out.at.nodes + num_nodes * sizeof(ForestNode), &node, sizeof node);
    out.put(out.at.ids + num_nodes * sizeof(uint32_t), &kForestBaseId, sizeof kForestBaseId);
  }
  out.put(out.at.bases, source.bases, header.num_outputs * sizeof(double));
  const uint64_t num_values = uint64_t{forest.num_vectors} * forest.leaf_width;
  if (source.narrow_vectors != nullptr) {
    out.put(out.at.vectors, source.narrow_vectors, num_values * sizeof(float));
  } else {
    out.put(out.at.vectors, source.wide_vectors, num_values * sizeof(double));
  }
  return out.take();
}

std::vector<uint8_t> leaf_numbers(const ModelView& model, uint32_t num_trees) {
  const ForestView source = forest_of(model);
  check_count(source, num_trees);
  if (num_trees > kMaxModelOutputs) {
    refuse_count(num_trees, "at most " + std::to_string(kMaxModelOutputs));
  }
  ModelHeader header{};
  header.code = model.header->code;
  header.num_features = model.header->num_features;
  header.num_outputs = num_trees;
  header.link = static_cast<uint32_t>(Link::kIdentity);
  header.link_scale = 1;
  header.link_divisor = 1;
  ForestHeader forest = *source.header;
  forest.num_trees = num_trees;
  forest.num_nodes = nodes_of(source, num_trees);
  forest.program_length = 0;
  forest.sum = static_cast<uint32_t>(ForestSum::kDoubleInTreeOrder);
  forest.unit_exponent = 0;
  forest.leaf_width = 1;
  forest.num_vectors = 0;
  SectionWriter out(header, forest);
  out.put_common(source, forest.num_nodes);
  auto* trees = reinterpret_cast<ForestTree*>(out.data() + out.at.trees);
  for (uint32_t i = 0; i < num_trees; ++i) {
    trees[i] = source.trees[i];
    trees[i].output = i;
  }
  auto* nodes = reinterpret_cast<ForestNode*>(out.data() + out.at.nodes);
  for (uint32_t i = 0; i < forest.num_nodes; ++i) {
    nodes[i] = source.nodes[i];
    if (nodes[i].value == 0) nodes[i].leaf = static_cast<double>(source.ids[i]);
  }
  return out.take();
}

}  // namespace mainspring
