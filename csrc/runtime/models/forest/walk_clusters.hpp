// Rows down the clusters of trees that have no bit-sliced program (value_walk.hpp). Not on devices.
#pragma once
#include <cstdint>

#include "runtime/models/forest/value_walk.hpp"

namespace mainspring {

/// Bytes of scratch at most, for either of these.
uint64_t cluster_scratch_bytes(const ForestView& forest) noexcept;

/// Rows one by one down clusters, or down the nodes where the slots of a feature differ.
void walk_clusters(const ForestView& forest, const ValueForest& clusters,
                   const FeatureTile& features, uint32_t num_outputs, uint8_t* scratch,
                   double* out) noexcept;

/// The same, many rows together. Wants ValueForest::looks_up_bytes.
void walk_clusters_together(const ForestView& forest, const ValueForest& clusters,
                            const FeatureTile& features, uint32_t num_outputs, uint8_t* scratch,
                            double* out) noexcept;

}  // namespace mainspring
