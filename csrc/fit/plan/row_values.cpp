// The copy of a tile's part of the values.
#include "fit/plan/row_values.hpp"

#include <algorithm>

namespace mainspring {

void run_row_values(const StepRecord& record, const StepContext& context, uint64_t global_row) {
  const Tile out = context.output(record, 0);
  const auto* values = reinterpret_cast<const double*>(context.data + record.data_offset);
  std::copy_n(values + global_row, context.num_rows, values_of<double>(out));
  context.kernels->valid_f64(values_of<double>(out), out.validity, context.num_rows);
}

}  // namespace mainspring
