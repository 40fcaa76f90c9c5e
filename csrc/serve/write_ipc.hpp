// Predictions as an Arrow IPC stream: a schema, one batch, the end.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/bundle/labels.hpp"

namespace mainspring {

/// A column for each name: scores[row * names.size() + column] as float64, NaN is NaN; or, with
/// labels, one column of them (int64, float64, bool or utf8).
void write_ipc_stream(const std::vector<std::string>& names, const std::vector<double>& scores,
                      uint64_t num_rows, const LabelsView* labels, std::string* out);

}  // namespace mainspring
