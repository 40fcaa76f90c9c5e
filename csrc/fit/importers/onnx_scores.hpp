// What the nodes of an ONNX graph have made so far, on the way from the features to the scores.
#pragma once
#include <cstdint>

#include "fit/importers/class_labels.hpp"
#include "fit/importers/onnx_graph.hpp"
#include "fit/importers/write_dense.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// Layers, then trees or not, then a link, then labels.
struct OnnxScores {
  uint64_t num_features = 0;  // 0: not known yet
  uint64_t width = 0;         // of what the last node gave
  SourceDense dense;
  SourceForest forest;
  bool is_double = false;   // everything between features and scores; else float32
  bool needs_cast = false;  // the features are whole numbers that nobody has cast yet
  bool has_forest = false;
  bool has_scores = false;  // a node has given them for classes: only no-ops and links may follow
  bool is_linked = false;   // only no-ops may follow
  Link link = Link::kIdentity;
  uint32_t num_classes = 0;
  ClassLabels labels;
  bool has_labels = false;
  Decision decision = Decision::kRaw;
  double threshold = 0;
};

/// Labels of a node that has them as integers or strings under these names.
void read_onnx_labels(const OnnxGraph& graph, const OnnxNode& node, const char* integers,
                      const char* texts, OnnxScores* scores);

/// Whether this is a node that leaves the numbers of a row as they are.
bool is_onnx_no_op(const OnnxNode& node);
/// Refuses one that does not, here.
void read_onnx_no_op(const OnnxGraph& graph, const OnnxNode& node, OnnxScores* scores);

/// A node of the default domain, or LinearRegressor, LinearClassifier or Scaler, that becomes
/// layers or a link; false when it is none of these. `is_last`: only no-ops follow.
bool read_onnx_layer(const OnnxGraph& graph, const OnnxNode& node, bool is_last,
                     OnnxScores* scores);

/// TreeEnsembleRegressor, TreeEnsembleClassifier or TreeEnsemble of ai.onnx.ml; false when it is
/// none of these.
bool read_onnx_trees(const OnnxGraph& graph, const OnnxNode& node, OnnxScores* scores);

}  // namespace mainspring
