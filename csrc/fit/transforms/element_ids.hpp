// Lists of ids: the elements of lists behind ordinal or hash. A tile of lists holds no elements, so
// the ids are made where an operator takes single elements out of them.
#pragma once
#include <memory>
#include <string>

#include "fit/transforms/feature.hpp"

namespace mainspring {

/// The stream of lists `in`, whose elements stand for the ids that `ids` makes of them.
inline Feature lists_of_ids(const Feature& in, const ElementIds& ids) {
  Feature out = in;
  out.info = FeatureInfo{in.info.name, FeatureKind::kId, true, ids.cardinality};
  out.element_ids = std::make_shared<const ElementIds>(ids);
  return out;
}

/// Emits the ids of elements in a slot; those that are missing, or behind the end of their list,
/// have the id 0.
Slot emit_element_ids(const ElementIds& ids, Slot elements, PlanBuilder& builder);

}  // namespace mainspring
