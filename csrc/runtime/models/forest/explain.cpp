// Rows of features to contributions: blocks of rows through one tree after the other, output by
// output.
#include "runtime/models/forest/explain.hpp"

namespace mainspring {

namespace {

/// The parts of a thread's scratch, in bytes from its start.
struct Parts {
  uint32_t rows;  // of a block
  uint64_t values, contributions, pairs, last, levels, arrays, length;
};

Parts parts_of(const ExplainRequest& request, uint32_t rows) {
  const auto padded = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  const ForestView forest = view_forest(request.model.section);
  const uint64_t num_features = request.model.header->num_features;
  const uint64_t row_bytes = rows * sizeof(double);
  Parts at{};
  at.rows = rows;
  at.contributions = (uint64_t{forest.header->num_slots} + 1) * row_bytes;
  at.pairs = at.contributions + num_features * row_bytes;
  at.last = at.pairs + (request.pairs ? num_features * num_features * row_bytes : 0);
  at.levels = at.last + padded(num_features * sizeof(int32_t));
  at.arrays = at.levels + padded(request.needs.num_levels * sizeof(ExplainLevel));
  at.length = at.arrays + sizeof(double) * explain_arrays(request.needs.num_levels,
                                                          request.needs.num_points, rows);
  return at;
}

/// Blocks whose numbers stay in the caches, as far as they can.
Parts parts_of(const ExplainRequest& request) {
  constexpr uint64_t kBlockBytes = uint64_t{4} << 20;
  Parts at = parts_of(request, kExplainRows);
  while (at.rows > 8 && at.length > kBlockBytes) at = parts_of(request, at.rows / 2);
  return at;
}

void clear(double* numbers, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) numbers[i] = 0;
}

/// All trees of one output; returns what their contributions are added to.
double explain_output(const ExplainRequest& request, ExplainTree explain, uint32_t output,
                      ExplainJob& job) {
  const ForestView& forest = *job.forest;
  const uint64_t num_values = uint64_t{forest.header->num_slots} + 1;
  const bool is_vector = forest.header->leaf_width != 1;
  job.component = is_vector ? output : 0;
  double mean = 0;
  for (uint32_t tree = 0; tree < forest.header->num_trees; ++tree) {
    if (!is_vector && forest.trees[tree].output != output) continue;
    if (request.background == nullptr) {
      mean += explain(job, tree, request.points[tree]);
      continue;
    }
    for (uint32_t i = 0; i < request.num_background; ++i) {
      job.absent = request.background + i * num_values;
      mean += explain(job, tree, request.points[tree]);
    }
  }
  if (request.background != nullptr) {
    const double count = request.num_background;
    const uint64_t num_numbers = uint64_t{job.num_features} * job.stride;
    for (uint64_t i = 0; i < num_numbers; ++i) job.contributions[i] /= count;
    if (job.pairs != nullptr) {
      for (uint64_t i = 0; i < num_numbers * job.num_features; ++i) job.pairs[i] /= count;
    }
    mean /= count;
  }
  return forest.bases[output] + mean;
}

/// Both halves, and on the diagonal what the others leave of a feature's contribution.
void write_pairs(const ExplainJob& job, uint32_t row, double* out) {
  const uint64_t width = job.num_features;
  for (uint64_t i = 0; i < width; ++i) {
    for (uint64_t j = 0; j < i; ++j) {
      const double pair = job.pairs[(i * width + j) * job.stride + row];
      out[i * width + j] = pair;
      out[j * width + i] = pair;
    }
  }
  for (uint64_t i = 0; i < width; ++i) {
    double rest = job.contributions[i * job.stride + row];
    for (uint64_t j = 0; j < width; ++j) {
      if (j != i) rest -= out[i * width + j];
    }
    out[i * width + i] = rest;
  }
}

/// Levels of inner nodes, and the most features on a path; false when there are too many levels.
bool measure_tree(const ForestView& forest, uint32_t root, uint32_t* num_levels,
                  uint32_t* num_features) {
  struct Step {
    uint32_t node, feature, num_sides, num_features;
  };
  Step path[kMaxExplainLevels];
  uint32_t depth = 0, next = root;
  for (;;) {
    const ForestNode& node = forest.nodes[next];
    if (node.value != 0) {
      if (depth == kMaxExplainLevels) return false;
      const uint32_t feature = forest.slots[(node.value & ~kForestSetNode) - 1].feature;
      uint32_t count = depth == 0 ? 1 : path[depth - 1].num_features + 1;
      for (uint32_t above = 0; above < depth; ++above) {
        if (path[above].feature == feature) {
          --count;
          break;
        }
      }
      path[depth++] = {next, feature, 0, count};
      *num_levels = depth > *num_levels ? depth : *num_levels;
      *num_features = count > *num_features ? count : *num_features;
    }
    while (depth != 0 && path[depth - 1].num_sides == 2) --depth;
    if (depth == 0) return true;
    Step& step = path[depth - 1];
    next = forest.nodes[step.node].left + step.num_sides++;
  }
}

ExplainTree kernel_for(IsaLevel level) {
  if (level == IsaLevel::kAvx512 && explain_avx512() != nullptr) return explain_avx512();
  if (level >= IsaLevel::kAvx2 && explain_avx2() != nullptr) return explain_avx2();
  return explain_baseline();
}

}  // namespace

bool measure_trees(const ForestView& forest, uint8_t* points, ExplainNeeds* needs) noexcept {
  *needs = {0, 2, true};
  for (uint32_t number = 0; number < forest.header->num_trees; ++number) {
    const uint32_t root = forest.trees[number].first_node;
    uint32_t num_levels = 0, num_features = 0;
    if (!measure_tree(forest, root, &num_levels, &num_features)) return false;
    const uint32_t count = known_points((num_features + 1) / 2);
    if (count > kMaxPoints) return false;
    if (points != nullptr) points[number] = static_cast<uint8_t>(count);
    needs->num_points = count > needs->num_points ? count : needs->num_points;
    needs->num_levels = num_levels > needs->num_levels ? num_levels : needs->num_levels;
    const uint32_t left = forest.nodes[root].left;
    if (num_levels != 0 &&
        (forest.covers == nullptr || !(forest.covers[left] + forest.covers[left + 1] > 0))) {
      needs->has_covers = false;
    }
  }
  return true;
}

uint64_t explain_scratch_bytes(const ExplainRequest& request) noexcept {
  return parts_of(request).length;
}

void explain_forest(const ExplainRequest& request, const FeatureTile& features, IsaLevel level,
                    uint8_t* scratch, double* out, double* base) noexcept {
  const ForestView forest = view_forest(request.model.section);
  const uint32_t num_features = request.model.header->num_features;
  const uint32_t num_outputs = request.model.header->num_outputs;
  const Parts at = parts_of(request);
  const ExplainTree explain = kernel_for(level);
  const auto numbers = [&](uint64_t offset) { return reinterpret_cast<double*>(scratch + offset); };
  ExplainJob job{};
  job.forest = &forest;
  job.values = numbers(0);
  job.contributions = numbers(at.contributions);
  job.pairs = request.pairs ? numbers(at.pairs) : nullptr;
  job.num_features = num_features;
  job.num_levels = request.needs.num_levels;
  job.num_points = request.needs.num_points;
  job.last = reinterpret_cast<int32_t*>(scratch + at.last);
  job.levels = reinterpret_cast<ExplainLevel*>(scratch + at.levels);
  job.arrays = numbers(at.arrays);
  for (uint32_t i = 0; i < num_features; ++i) job.last[i] = -1;
  const uint64_t width = request.pairs ? uint64_t{num_features} * num_features : num_features;
  for (uint32_t first = 0; first < features.num_rows; first += at.rows) {
    const uint32_t left = features.num_rows - first;
    job.num_rows = left < at.rows ? left : at.rows;
    job.stride = job.num_rows == 1 && !request.pairs ? 1 : (job.num_rows + 7) / 8 * 8;
    for (uint32_t row = 0; row < job.num_rows; row += kChains) {
      const uint32_t rest = job.num_rows - row;
      fill_group(forest, features, first + row, rest < kChains ? rest : kChains,
                 numbers(0) + row / kChains * group_values(forest));
    }
    for (uint32_t output = 0; output < num_outputs; ++output) {
      clear(job.contributions, uint64_t{num_features} * job.stride);
      if (request.pairs) clear(job.pairs, width * job.stride);
      base[output] = explain_output(request, explain, output, job);
      for (uint32_t row = 0; row < job.num_rows; ++row) {
        double* to = out + ((uint64_t{first} + row) * num_outputs + output) * width;
        if (request.pairs) {
          write_pairs(job, row, to);
          continue;
        }
        for (uint32_t i = 0; i < num_features; ++i) {
          to[i] = job.contributions[uint64_t{i} * job.stride + row];
        }
      }
    }
  }
}

void background_values(const ForestView& forest, const FeatureTile& features, uint32_t row,
                       double* scratch, double* out) noexcept {
  fill_group(forest, features, row, 1, scratch);
  for (uint32_t i = 0; i <= forest.header->num_slots; ++i) out[i] = scratch[uint64_t{i} * 8];
}

}  // namespace mainspring
