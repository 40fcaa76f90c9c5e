// Forests made of another one: its first trees, what leaf of each tree a row falls into, or the
// same trees with other sums. Each is a model like any other, so that every kernel and every
// surface predicts from it.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/models/model.hpp"

namespace mainspring {

/// The MODEL section of a forest's first `num_trees` trees, with its base, link and decision; an
/// average is over these trees. Throws Error(kParameter) when the number is not from 1 on, is above
/// that of the trees or ends within a round of several outputs, and Error(kUnsupported) for a model
/// that is no forest or weighs its trees by more than their number.
std::vector<uint8_t> first_trees(const ModelView& model, uint32_t num_trees);

/// The MODEL section of a forest with one output for each of the first `num_trees` trees: the
/// source library's own number of the leaf. Throws as first_trees(), and for more trees than a
/// model may have outputs.
std::vector<uint8_t> leaf_numbers(const ModelView& model, uint32_t num_trees);

/// The MODEL section of the same forest, whose leaves and bases are rounded to whole numbers of a
/// unit: at most the sum of the largest leaves of all trees and the largest base, times 2^-51. So
/// no sum is rounded, and their order does not matter. Throws Error(kUnsupported) for a model that
/// is no forest.
std::vector<uint8_t> fixed_sums(const ModelView& model);

}  // namespace mainspring
