// What the operators over strings have in common.
#pragma once
#include <string_view>

#include "fit/transforms/feature.hpp"

namespace mainspring {

/// A stream of numbers, in a slot of its own, behind one of strings.
inline Feature number_of_text(const Feature& in, std::string_view suffix, PlanBuilder& builder) {
  Feature out = in;
  out.slot = builder.new_slot(ValueType::kF64);
  out.info = FeatureInfo{in.info.name + std::string(suffix)};
  return out;
}

}  // namespace mainspring
