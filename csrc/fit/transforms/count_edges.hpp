// What the operators that give buckets share: from edges to the step and its feature.
#pragma once
#include <cstdint>
#include <span>

#include "fit/transforms/feature.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

/// The stream of the intervals between the edges: finite, strictly ascending, or none at all.
inline Feature emit_count_edges(std::span<const double> edges, const Feature& in,
                                PlanBuilder& builder) {
  const auto num_edges = static_cast<uint32_t>(edges.size());
  const DataRange data =
      builder.add_data({reinterpret_cast<const uint8_t*>(edges.data()), edges.size_bytes()});
  Feature out = in;
  out.slot = builder.new_slot(ValueType::kI32);
  builder.emit(count_edges_record(in.slot.number, out.slot.number, data.offset, num_edges));
  out.info = FeatureInfo{in.info.name + "_bucket", FeatureKind::kId, false, num_edges + 2};
  return out;
}

}  // namespace mainspring
