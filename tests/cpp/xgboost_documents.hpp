// Random models as XGBoost writes them, in JSON and in UBJSON.
#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "random.hpp"

namespace mainspring {

/// Writes one document in either form.
class DocumentWriter {
 public:
  explicit DocumentWriter(bool is_binary) : is_binary_(is_binary) {}

  const std::string& bytes() const { return out_; }
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_list() { open('['); }
  void end_list() { close(']'); }

  void key(std::string_view name) {
    separate();
    if (is_binary_) {
      length(name.size());
      out_ += name;
    } else {
      out_ += '"' + std::string(name) + "\":";
    }
    is_first_ = true;  // the value needs no comma
  }
  void text(std::string_view value) {
    separate();
    if (is_binary_) {
      out_ += 'S';
      length(value.size());
      out_ += value;
    } else {
      out_ += '"' + std::string(value) + '"';
    }
  }
  void number(int64_t value) {
    separate();
    if (is_binary_) {
      out_ += 'L';
      big_endian(static_cast<uint64_t>(value), 8);
    } else {
      out_ += std::to_string(value);
    }
  }
  void integers(std::string_view name, const std::vector<int>& values) {
    key(name);
    separate();
    list('l', values.size());
    for (const int value : values) {
      if (is_binary_) big_endian(static_cast<uint32_t>(value), 4);
      if (!is_binary_) item(std::to_string(value));
    }
    if (!is_binary_) out_ += ']';
  }
  void floats(std::string_view name, const std::vector<float>& values) {
    key(name);
    separate();
    list('d', values.size());
    for (const float value : values) {
      if (is_binary_) big_endian(std::bit_cast<uint32_t>(value), 4);
      if (!is_binary_) item(std::to_string(value));
    }
    if (!is_binary_) out_ += ']';
  }
  void field(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }

 private:
  void separate() {
    if (!is_binary_ && !is_first_) out_ += ',';
    is_first_ = false;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    is_first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    is_first_ = false;
  }
  void list(char type, uint64_t count) {
    out_ += '[';
    if (is_binary_) {
      out_ += '$';
      out_ += type;
      out_ += '#';
      length(count);
    }
  }
  void item(const std::string& digits) {
    if (out_.back() != '[') out_ += ',';
    out_ += digits;
  }
  void length(uint64_t value) {
    out_ += 'L';
    big_endian(value, 8);
  }
  void big_endian(uint64_t value, int num_bytes) {
    for (int i = num_bytes - 1; i >= 0; --i) out_ += static_cast<char>(value >> 8 * i);
  }

  bool is_binary_;
  bool is_first_ = true;
  std::string out_;
};

/// Leaves are split one after the other, as training does; then one split may be by categories.
inline void write_random_tree(Random& random, uint32_t number, uint32_t num_features,
                              uint32_t num_outputs, bool has_vectors, DocumentWriter* out) {
  const auto num_splits = static_cast<int>(below(random, 6));
  std::vector<int> left{-1}, right{-1}, features{0}, types{0}, default_left{0};
  std::vector<int> set_nodes, set_begins, set_sizes, categories;
  std::vector<float> conditions{0.5f}, statistics, leaf_weights;
  const auto value = [&] { return static_cast<float>(below(random, 80)) / 16.0f - 2.0f; };
  for (int split = 0; split < num_splits; ++split) {
    size_t leaf = below(random, left.size());
    while (left[leaf] != -1) leaf = static_cast<size_t>(left[leaf]) + below(random, 2);
    left[leaf] = static_cast<int>(left.size());
    right[leaf] = left[leaf] + 1;
    features[leaf] = static_cast<int>(below(random, num_features));
    default_left[leaf] = static_cast<int>(below(random, 2));
    types[leaf] = one_in(random, 4) ? 1 : 0;
    for (std::vector<int>* array : {&left, &right}) array->insert(array->end(), 2, -1);
    for (std::vector<int>* array : {&features, &types, &default_left}) {
      array->insert(array->end(), 2, 0);
    }
    conditions.push_back(value());
    conditions.push_back(value());
  }
  int num_leaves = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    statistics.push_back(static_cast<float>(i));
    if (left[i] == -1 && has_vectors) right[i] = num_leaves++;
    if (left[i] == -1 || types[i] == 0) continue;
    set_nodes.push_back(static_cast<int>(i));
    set_begins.push_back(static_cast<int>(categories.size()));
    set_sizes.push_back(static_cast<int>(1 + below(random, 4)));
    for (int k = 0; k < set_sizes.back(); ++k) {
      categories.push_back(static_cast<int>(below(random, 70)));
    }
  }
  for (uint32_t i = 0; i < static_cast<uint32_t>(num_leaves) * num_outputs; ++i) {
    leaf_weights.push_back(value());
  }
  out->begin_object();
  out->floats("base_weights", statistics);
  out->integers("categories", categories);
  out->integers("categories_nodes", set_nodes);
  out->integers("categories_segments", set_begins);
  out->integers("categories_sizes", set_sizes);
  out->integers("default_left", default_left);
  out->key("id");
  out->number(number);
  if (has_vectors) out->floats("leaf_weights", leaf_weights);
  out->integers("left_children", left);
  out->floats("loss_changes", statistics);
  out->integers("right_children", right);
  out->floats("split_conditions", conditions);
  out->integers("split_indices", features);
  out->integers("split_type", types);
  out->floats("sum_hessian", statistics);
  out->key("tree_param");
  out->begin_object();
  out->field("num_deleted", "0");
  out->field("num_feature", std::to_string(num_features));
  out->field("num_nodes", std::to_string(left.size()));
  out->field("size_leaf_vector", has_vectors ? std::to_string(num_outputs) : "1");
  out->end_object();
  out->end_object();
}

inline std::string random_xgboost_document(Random& random, bool is_binary, uint32_t num_trees,
                                           uint32_t num_features, uint32_t num_outputs,
                                           bool has_vectors) {
  DocumentWriter out(is_binary);
  out.begin_object();
  out.key("learner");
  out.begin_object();
  out.key("attributes");
  out.begin_object();
  out.field("best_iteration", "3");
  out.end_object();
  out.key("gradient_booster");
  out.begin_object();
  out.key("model");
  out.begin_object();
  out.key("gbtree_model_param");
  out.begin_object();
  out.field("num_trees", std::to_string(num_trees));
  out.field("num_parallel_tree", "1");
  out.end_object();
  out.key("trees");
  out.begin_list();
  std::vector<int> groups;
  std::vector<float> weights;
  for (uint32_t i = 0; i < num_trees; ++i) {
    write_random_tree(random, i, num_features, num_outputs, has_vectors, &out);
    groups.push_back(static_cast<int>(i % num_outputs));
    weights.push_back(has_vectors ? 1.0f : 0.5f);
  }
  out.end_list();
  out.integers("tree_info", groups);
  out.floats("weight_drop", weights);
  out.end_object();
  out.field("name", "gbtree");
  out.end_object();
  out.key("learner_model_param");
  out.begin_object();
  out.field("base_score", "[5E-1]");
  out.field("num_class", has_vectors ? "0" : std::to_string(num_outputs));
  out.field("num_feature", std::to_string(num_features));
  out.field("num_target", has_vectors ? std::to_string(num_outputs) : "1");
  out.end_object();
  out.key("objective");
  out.begin_object();
  out.field("name", has_vectors        ? "reg:squarederror"
                    : num_outputs == 1 ? "binary:logistic"
                                       : "multi:softprob");
  out.end_object();
  out.end_object();
  out.key("version");
  out.begin_list();
  for (const int part : {3, 2, 0}) out.number(part);
  out.end_list();
  out.end_object();
  return out.bytes();
}

}  // namespace mainspring
