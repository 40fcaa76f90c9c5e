// Lays out trees breadth-first with siblings side by side, and gives every (feature, treatment) one
// slot and every distinct set of categories one range of words.
#include "fit/importers/write_forest.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "fit/importers/check_section.hpp"
#include "fit/importers/slice_forest.hpp"

namespace mainspring {

namespace {

/// The arrays of a section while they grow.
struct ForestArrays {
  std::vector<ForestTree> trees;
  std::vector<ForestSlot> slots;
  std::vector<ForestNode> nodes;
  std::vector<uint32_t> set_words;
  std::vector<double> vectors;
  std::vector<uint32_t> ids;
  std::vector<double> covers;
  std::vector<double> gains;
};

class ForestWriter {
 public:
  explicit ForestWriter(const SourceForest& source) : source_(source) {}

  ForestArrays write() {
    for (const SourceTree& tree : source_.trees) add_slots(tree);
    sort_slots();
    if (source_.has_vectors) merge_vectors();
    for (const SourceTree& tree : source_.trees) add_tree(tree);
    return std::move(arrays_);
  }

 private:
  using SlotKey = std::pair<uint32_t, ForestTreatment>;

  void slot_of(uint32_t feature, ForestTreatment treatment) {
    if (slots_.try_emplace(SlotKey{feature, treatment}, 0).second) {
      arrays_.slots.push_back({feature, static_cast<uint32_t>(treatment)});
    }
  }

  void add_slots(const SourceTree& tree) {
    for (const SourceNode& node : tree.nodes) {
      if (!node.is_leaf) slot_of(node.feature, node.treatment);
    }
  }

  /// In the order of features, so that filling them reads columns one after the other.
  void sort_slots() {
    uint32_t number = 0;
    for (auto& [key, slot] : slots_) {
      arrays_.slots[number] = {key.first, static_cast<uint32_t>(key.second)};
      slot = number++;
    }
  }

  uint32_t first_word_of(const SourceNode& node) {
    const auto first = source_.set_words.begin() + node.first_word;
    std::vector<uint32_t> words(first, first + node.num_words);
    const auto [entry, is_new] =
        sets_.try_emplace(std::move(words), static_cast<uint32_t>(arrays_.set_words.size()));
    if (is_new) {
      arrays_.set_words.insert(arrays_.set_words.end(), entry->first.begin(), entry->first.end());
    }
    return entry->second;
  }

  /// Rows with the same bits become one: trees that are grown until leaves are pure have few.
  void merge_vectors() {
    const size_t width = source_.num_outputs;
    const size_t row_bytes = width * sizeof(double);
    const auto* bytes = reinterpret_cast<const char*>(source_.vectors.data());
    const size_t count = source_.vectors.size() / width;
    std::unordered_map<std::string_view, uint32_t> numbers;
    vector_numbers_.reserve(count);
    for (size_t row = 0; row < count; ++row) {
      const auto number = static_cast<uint32_t>(numbers.size());
      const auto [entry, is_new] =
          numbers.try_emplace(std::string_view(bytes + row * row_bytes, row_bytes), number);
      vector_numbers_.push_back(entry->second);
      const auto first = source_.vectors.begin() + static_cast<ptrdiff_t>(row * width);
      if (is_new) {
        arrays_.vectors.insert(arrays_.vectors.end(), first, first + static_cast<ptrdiff_t>(width));
      }
    }
  }

  void add_tree(const SourceTree& tree) {
    const auto first_node = static_cast<uint32_t>(arrays_.nodes.size());
    ForestTree record{first_node, static_cast<uint32_t>(tree.nodes.size()), tree.output, 0};
    std::vector<uint32_t> order{0};
    order.reserve(tree.nodes.size());
    for (size_t at = 0; at < order.size(); ++at) {
      const SourceNode& source = tree.nodes[order[at]];
      ForestNode node{};
      if (source.is_leaf) {
        node.leaf = source_.has_vectors
                        ? static_cast<double>(vector_numbers_.at(static_cast<size_t>(source.leaf)))
                        : source.leaf;
        node.left = first_node + static_cast<uint32_t>(at);
      } else {
        node.left = first_node + static_cast<uint32_t>(order.size());
        node.value = 1 + slots_.at({source.feature, source.treatment});
        if (source.has_set) {
          node.value |= kForestSetNode;
          node.set = {first_word_of(source), source.num_words};
          record.has_sets = 1;
        } else {
          node.threshold = source.threshold;
        }
        order.push_back(source.left);
        order.push_back(source.right);
      }
      arrays_.nodes.push_back(node);
      arrays_.ids.push_back(source.id);
      arrays_.covers.push_back(source.cover);
      arrays_.gains.push_back(source.gain);
    }
    add_missing_covers(record);
    arrays_.trees.push_back(record);
  }

  /// Of inner nodes whose source says it of leaves alone. Children lie behind their parents.
  void add_missing_covers(const ForestTree& tree) {
    for (uint32_t at = tree.first_node + tree.num_nodes; at-- > tree.first_node;) {
      const ForestNode& node = arrays_.nodes[at];
      if (node.value == 0 || arrays_.covers[at] != 0) continue;
      arrays_.covers[at] = arrays_.covers[node.left] + arrays_.covers[node.left + 1];
    }
  }

  const SourceForest& source_;
  ForestArrays arrays_;
  std::vector<uint32_t> vector_numbers_;  // of the source's rows
  std::map<SlotKey, uint32_t> slots_;
  std::map<std::vector<uint32_t>, uint32_t> sets_;
};

template <class T>
void put_array(std::vector<uint8_t>& section, uint64_t offset, const std::vector<T>& values) {
  if (!values.empty())
    std::memcpy(section.data() + offset, values.data(), values.size() * sizeof(T));
}

}  // namespace

bool is_tree(const SourceTree& tree) {
  std::vector<uint32_t> parents(tree.nodes.size(), 0);
  std::vector<uint32_t> reached{0};
  for (size_t at = 0; at < reached.size(); ++at) {
    const SourceNode& node = tree.nodes[reached[at]];
    if (node.is_leaf) continue;
    for (const uint32_t child : {node.left, node.right}) {
      if (child == 0 || child >= tree.nodes.size() || parents[child]++ != 0) return false;
      reached.push_back(child);
    }
  }
  return reached.size() == tree.nodes.size();
}

std::vector<uint8_t> write_forest(const SourceForest& forest) {
  const ForestArrays arrays = ForestWriter(forest).write();
  ForestHeader header{};
  header.num_trees = static_cast<uint32_t>(arrays.trees.size());
  header.num_nodes = static_cast<uint32_t>(arrays.nodes.size());
  header.num_slots = static_cast<uint32_t>(arrays.slots.size());
  header.num_set_words = static_cast<uint32_t>(arrays.set_words.size());
  header.sum = static_cast<uint32_t>(forest.sum);
  header.input = static_cast<uint32_t>(forest.input);
  header.leaf_width = forest.has_vectors ? forest.num_outputs : 1;
  header.num_vectors = static_cast<uint32_t>(arrays.vectors.size() / forest.num_outputs);

  ModelHeader model{};
  model.code = static_cast<uint32_t>(ModelCode::kForest);
  model.num_features = forest.num_features;
  model.num_outputs = forest.num_outputs;
  model.link = static_cast<uint32_t>(forest.link);
  model.link_scale = forest.link_scale;
  model.num_classes = forest.num_classes;
  model.link_divisor = forest.link_divisor;

  const ForestLayout at = forest_layout(header, forest.num_outputs);
  std::vector<uint8_t> section(at.length, 0);
  std::memcpy(section.data(), &model, sizeof model);
  std::memcpy(section.data() + sizeof model, &header, sizeof header);
  put_array(section, at.trees, arrays.trees);
  put_array(section, at.slots, arrays.slots);
  put_array(section, at.nodes, arrays.nodes);
  put_array(section, at.set_words, arrays.set_words);
  put_array(section, at.bases, forest.bases);
  if (sums_floats(header)) {
    put_array(section, at.vectors,
              std::vector<float>(arrays.vectors.begin(), arrays.vectors.end()));
  } else {
    put_array(section, at.vectors, arrays.vectors);
  }
  put_array(section, at.ids, arrays.ids);
  put_array(section, at.covers, arrays.covers);
  put_array(section, at.gains, arrays.gains);
  add_sliced_program(section);
  check_section(section,
                "The model's trees hold a number that no forest may hold (not finite, or out of "
                "range). Train and save the model again.");
  return section;
}

}  // namespace mainspring
