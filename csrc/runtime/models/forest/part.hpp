// What a part of a forest says: its first trees, as training had them at that point, and the leaf
// that a row falls into in each tree.
#pragma once
#include <cstdint>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// 1 when the last tree is no tree of the source but a number that it adds last.
uint32_t num_base_trees(const ForestView& forest) noexcept;

/// Trees of the source; 0 for a model that is no forest.
uint32_t num_trees_of(const ModelView& model) noexcept;

/// Whether the first `num_trees` trees are a model of their own: whole rounds of them, added up or
/// averaged by their number.
bool has_first_trees(const ModelView& model, uint32_t num_trees) noexcept;

/// The header of that model, of which has_first_trees() said that there is one.
ModelHeader header_of_first_trees(const ModelView& model, uint32_t num_trees) noexcept;

/// Its raw scores: out[row * num_outputs + output]. `scratch` is what the whole model needs.
void predict_first_trees(const ModelView& model, const FeatureTile& features, uint32_t num_trees,
                         uint8_t* scratch, double* out) noexcept;

/// out[row * num_trees + tree], the source's own number of the leaf. `num_trees` is at most
/// num_trees_of().
void find_leaves(const ModelView& model, const FeatureTile& features, uint32_t num_trees,
                 uint8_t* scratch, double* out) noexcept;

}  // namespace mainspring
