// Raw scores of a composite: a block of rows goes through the nodes one after the other, whose
// columns lie in the scratch, row by row.
#include "runtime/models/composite/composite.hpp"
#include "runtime/core/math.hpp"

#include "runtime/models/composite/interpolated.hpp"
#include "runtime/models/composite/weighted_median.hpp"

namespace mainspring {

namespace {

/// Rows at a time: whole tiles for the kernels of the parts, fewer where columns would take MiBs.
constexpr uint32_t kFewRows = 64;
constexpr uint32_t kManyColumns = 2048;

constexpr uint64_t round_to_64(uint64_t bytes) { return (bytes + 63) & ~uint64_t{63}; }

uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/// The parts of the scratch.
struct Room {
  uint32_t block_rows;
  uint64_t scores_at;  // of a part that chooses among its outputs
  uint64_t order_at;   // of a median's columns
  uint64_t model_at;
  uint64_t length;
};

ModelView part_of(const ModelView& view, const CompositeView& composite, uint32_t number) {
  const CompositePart& part = composite.parts[number];
  return view_model(view.section + part.offset, part.length);
}

Room room_of(const ModelView& view, const CompositeView& composite) {
  uint64_t columns = 0, scores = 0, order = 0, model = 0;
  for (uint32_t i = 0; i < composite.header->num_nodes; ++i) {
    const CompositeNode& node = composite.nodes[i];
    columns += node.width;
    if (static_cast<CompositeKind>(node.kind) == CompositeKind::kMedian) {
      order = larger(order, node.num_numbers);
    }
    if (static_cast<CompositeKind>(node.kind) != CompositeKind::kModel) continue;
    const ModelView part = part_of(view, composite, node.part);
    model = larger(model, part.model->scratch_bytes(part));
    if (decides_among_outputs(*part.header, static_cast<OutputKind>(node.output))) {
      scores = larger(scores, part.header->num_outputs);
    }
  }
  Room room{};
  room.block_rows = columns > kManyColumns ? kFewRows : kTileRows;
  room.scores_at = columns * room.block_rows * sizeof(double);
  room.order_at = room.scores_at + scores * room.block_rows * sizeof(double);
  room.model_at = room.order_at + round_to_64(order * sizeof(uint32_t));
  room.length = room.model_at + round_to_64(model);
  return room;
}

/// One block on its way.
struct Block {
  const ModelView& view;
  const CompositeView& composite;
  const Room& room;
  const FeatureTile& features;
  const Kernels& kernels;
  uint8_t* scratch;
};

double number_at(const FeatureTile& tile, uint32_t row, uint32_t column) {
  return tile.narrow != nullptr ? static_cast<double>(narrow_of(tile).at(row, column))
                                : wide_of(tile).at(row, column);
}

/// Columns [first_column, ...) of the features or of an earlier node, wherever they lie.
FeatureTile input_tile(const Block& block, const CompositeInput& input) {
  FeatureTile tile = block.features;
  if (input.source != 0) {
    const CompositeNode& source = block.composite.nodes[input.source - 1];
    tile.narrow = nullptr;
    tile.wide = reinterpret_cast<double*>(block.scratch) +
                uint64_t{source.first_column} * block.room.block_rows;
    tile.row_stride = source.width;
    tile.feature_stride = 1;
  }
  const int64_t offset = static_cast<int64_t>(input.first_column) * tile.feature_stride;
  if (tile.narrow != nullptr) {
    tile.narrow += offset;
  } else {
    tile.wide += offset;
  }
  return tile;
}

void run_model(const Block& block, const CompositeNode& node, const FeatureTile& tile,
               double* out) {
  const ModelView part = part_of(block.view, block.composite, node.part);
  const auto kind = static_cast<OutputKind>(node.output);
  double* scores = decides_among_outputs(*part.header, kind)
                       ? reinterpret_cast<double*>(block.scratch + block.room.scores_at)
                       : out;
  part.model->predict_raw(part, tile, block.kernels, block.scratch + block.room.model_at, scores);
  finish_scores(*part.header, block.kernels, kind, tile.num_rows, scores, out);
}

void average(const Block& block, const CompositeNode& node, const CompositeInput* inputs,
             const double* weights, double* out) {
  const uint32_t num_rows = block.features.num_rows;
  for (uint32_t i = 0; i < node.num_inputs; ++i) {
    const FeatureTile tile = input_tile(block, inputs[i]);
    for (uint32_t row = 0; row < num_rows; ++row) {
      double* sums = out + uint64_t{row} * node.width;
      for (uint32_t k = 0; k < node.width; ++k) {
        const double term = number_at(tile, row, k) * weights[i];
        sums[k] = i == 0 ? term : sums[k] + term;
      }
    }
  }
  const double divisor = weights[node.num_inputs];
  for (uint64_t i = 0; i < uint64_t{num_rows} * node.width; ++i) out[i] /= divisor;
}

void count_votes(const Block& block, const CompositeNode& node, const CompositeInput* inputs,
                 const double* weights, double* out) {
  const uint32_t num_rows = block.features.num_rows;
  for (uint64_t i = 0; i < uint64_t{num_rows} * node.width; ++i) out[i] = 0;
  for (uint32_t i = 0; i < node.num_inputs; ++i) {
    const FeatureTile tile = input_tile(block, inputs[i]);
    for (uint32_t row = 0; row < num_rows; ++row) {
      const double vote = number_at(tile, row, 0);
      double* votes = out + uint64_t{row} * node.width;
      for (uint32_t k = 0; k < node.width; ++k) {
        if (vote == k) votes[k] += weights[i];
      }
    }
  }
}

void logistic(const Block& block, const CompositeNode& node, const FeatureTile& tile,
              const double* numbers, double* out) {
  const uint64_t count = uint64_t{tile.num_rows} * node.width;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    for (uint32_t k = 0; k < node.width; ++k) {
      out[uint64_t{row} * node.width + k] =
          numbers[k] * number_at(tile, row, k) + numbers[node.width + k];
    }
  }
  for (uint64_t first = 0; first < count; first += kTileRows) {
    const uint64_t left = count - first;
    const auto length = static_cast<uint32_t>(left < kTileRows ? left : kTileRows);
    block.kernels.exp(out + first, out + first, length);
  }
  for (uint64_t i = 0; i < count; ++i) out[i] = 1.0 / (1.0 + out[i]);
}

void run_node(const Block& block, const CompositeNode& node, double* out) {
  const CompositeInput* inputs = block.composite.inputs + node.first_input;
  const double* numbers = block.composite.numbers + node.first_number;
  const FeatureTile tile = input_tile(block, inputs[0]);
  switch (static_cast<CompositeKind>(node.kind)) {
    case CompositeKind::kModel: run_model(block, node, tile, out); break;
    case CompositeKind::kAverage: average(block, node, inputs, numbers, out); break;
    case CompositeKind::kVotes: count_votes(block, node, inputs, numbers, out); break;
    case CompositeKind::kLogistic: logistic(block, node, tile, numbers, out); break;
    case CompositeKind::kGather:
      for (uint32_t i = 0, at = 0; i < node.num_inputs; at += inputs[i++].num_columns) {
        const FeatureTile from = input_tile(block, inputs[i]);
        for (uint32_t row = 0; row < tile.num_rows; ++row) {
          for (uint32_t k = 0; k < inputs[i].num_columns; ++k) {
            out[uint64_t{row} * node.width + at + k] = number_at(from, row, k);
          }
        }
      }
      break;
    case CompositeKind::kInterpolate:
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        const uint32_t count = node.num_numbers / 2;
        out[row] = interpolated(number_at(tile, row, 0), numbers, numbers + count, count);
      }
      break;
    case CompositeKind::kShare:
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        for (uint32_t k = 0; k < node.width; ++k) {
          out[uint64_t{row} * node.width + k] = number_at(tile, row, k);
        }
      }
      share_rows(out, tile.num_rows, node.width);
      break;
    case CompositeKind::kComplement:
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        const double second = number_at(tile, row, 0);
        out[2 * row] = 1.0 - second;
        out[2 * row + 1] = second;
      }
      break;
    case CompositeKind::kMedian: {
      auto* order = reinterpret_cast<uint32_t*>(block.scratch + block.room.order_at);
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        out[row] = weighted_median([&](uint32_t k) { return number_at(tile, row, k); }, numbers,
                                   node.num_numbers, order);
      }
      break;
    }
    case CompositeKind::kHighest:
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        uint32_t best = 0;
        for (uint32_t k = 1; k < inputs[0].num_columns; ++k) {
          const double highest = number_at(tile, row, best);
          if (highest == highest && !(number_at(tile, row, k) <= highest)) best = k;
        }
        out[row] = best;
      }
      break;
    case CompositeKind::kLog:
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        for (uint32_t k = 0; k < node.width; ++k) {
          out[uint64_t{row} * node.width + k] = log_value(number_at(tile, row, k) + numbers[0]);
        }
      }
      break;
  }
}

struct Composite {
  static constexpr ModelCode kCode = ModelCode::kComposite;
  static constexpr const char* kName = "composite";

  static Status verify(const ModelView& view) noexcept { return verify_composite(view); }

  static const char* kernel_name(const ModelView& /*view*/, uint32_t /*num_rows*/,
                                 IsaLevel /*level*/) noexcept {
    return "one part after the other";
  }

  static uint64_t scratch_bytes(const ModelView& view) noexcept {
    return room_of(view, view_composite(view.section)).length;
  }

  static void predict_raw(const ModelView& view, const FeatureTile& features,
                          const Kernels& kernels, uint8_t* scratch, double* out) noexcept {
    constexpr double kQuietNan = __builtin_nan("");
    const CompositeView composite = view_composite(view.section);
    const Room room = room_of(view, composite);
    const uint32_t num_nodes = composite.header->num_nodes;
    const uint32_t num_outputs = view.header->num_outputs;
    for (uint32_t first = 0; first < features.num_rows; first += room.block_rows) {
      FeatureTile rows = features;
      const uint32_t left = features.num_rows - first;
      rows.num_rows = left < room.block_rows ? left : room.block_rows;
      const int64_t offset = static_cast<int64_t>(first) * features.row_stride;
      if (rows.narrow != nullptr) {
        rows.narrow += offset;
      } else {
        rows.wide += offset;
      }
      const Block block{view, composite, room, rows, kernels, scratch};
      double* scores = out + uint64_t{first} * num_outputs;
      for (uint32_t i = 0; i < num_nodes; ++i) {
        const CompositeNode& node = composite.nodes[i];
        auto* columns =
            reinterpret_cast<double*>(scratch) + uint64_t{node.first_column} * room.block_rows;
        run_node(block, node, i + 1 == num_nodes ? scores : columns);
      }
      for (uint64_t i = 0; i < uint64_t{rows.num_rows} * num_outputs; ++i) {
        if (scores[i] != scores[i]) scores[i] = kQuietNan;
      }
    }
  }
};

}  // namespace

extern constinit const Model kCompositeModel;
constinit const Model kCompositeModel = model_of<Composite>();

}  // namespace mainspring
