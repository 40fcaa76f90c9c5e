// The features of a plan for people: their names, and whether rows of them can be dense.
#pragma once
#include <cstdint>
#include <string>

#include "runtime/bundle/read_bundle.hpp"

namespace mainspring {

/// The name of a record's feature number `within`.
std::string feature_name(const PlanView& plan, const OutputRecord& output, uint32_t within);

/// body(output, within) for every feature, in their order.
template <class Body>
void for_each_feature(const PlanView& plan, const Body& body) {
  for (uint32_t i = 0; i < plan.num_output_records; ++i) {
    const OutputRecord& output = plan.outputs[i];
    for (uint32_t within = 0; within < num_features_of(output); ++within) body(output, within);
  }
}

/// Throws Error(kParameter) naming the bytes when so many rows cannot be dense: the plan has more
/// features than the runtime makes columns of, or the machine has less memory.
void check_dense(const BundleView& bundle, uint64_t num_rows);

}  // namespace mainspring
