// Layers over rows: products with weights, norms, activations, and what a network has between them.
// Sums have the order of csrc/runtime/models/{dense,network}, and each product of floats is added
// with one rounding, of doubles with two, as there: results have the bits of the CPU.
#pragma once
#include "shared_forms.hpp"

#if defined(__CUDACC__)
#define MAINSPRING_UNROLL _Pragma("unroll")
#define MAINSPRING_ROLLED _Pragma("unroll 1")
#else
#define MAINSPRING_UNROLL
#define MAINSPRING_ROLLED
#endif

namespace mainspring::gpu {

inline constexpr uint32_t kLayerThreads = 128;  // of a block
inline constexpr uint32_t kTileOutputs = 32;    // neighbours in a warp
inline constexpr uint32_t kTileRows = 32;       // of a block
inline constexpr uint32_t kThreadRows = 8;      // sums that a thread keeps in registers
inline constexpr uint32_t kNarrowLanes = 16;    // sums of a narrow layer's output
inline constexpr uint32_t kShortOutputs = 32;   // of a panel of short weights
static_assert(kLayerThreads / kTileOutputs * kThreadRows == kTileRows);

/// LayerKind, NetworkKind and Activation, whose numbers lie in bundles.
enum class DeviceLayer : uint32_t {
  kDense = 1,
  kCenter = 2,
  kScale = 3,
  kNorm = 4,
  kDistance = 5,
  kBfloatDense = 6,
  kInt8Dense = 7,
};
enum class DeviceNetwork : uint32_t {
  kFeatures = 6,
  kEmbedding = 7,
  kJoin = 8,
  kDot = 9,
  kFactorization = 10,
  kCross = 11,
  kAdd = 12,
  kMultiply = 13,
};

struct DeviceActivation {
  uint32_t kind;
  double slope;
};

/// Rows x[row * x_stride ..] of floats or doubles to out[row * out_stride ..].
struct LayerArgs {
  const void* x;
  const void* numbers;
  void* out;
  uint64_t x_stride;
  uint64_t out_stride;
  uint64_t num_rows;
  uint64_t num_tiles;
  uint64_t panel_size;    // numbers from one panel of outputs to the next
  uint64_t weights_size;  // of an output of a narrow layer; of kCenter, kScale, kNorm: to `second`
  DeviceLayer kind;
  uint32_t num_inputs;
  uint32_t num_outputs;
  bool is_narrow;
  bool by_row;  // a thread a row; else a tile of rows and outputs
  double epsilon;
  DeviceActivation activation;
};

/// A unit of a row is a number of the layer; of kDot a vector, of kFactorization all of it.
struct NetworkArgs {
  const float* operands[3];
  uint64_t strides[3];
  const float* narrow;  // features; one of the two pointers is set
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
  const uint32_t* words;
  const uint64_t* starts;  // of each table, in rows
  const float* tables;
  float* out;
  uint64_t out_stride;
  uint64_t num_rows;
  DeviceNetwork kind;
  uint32_t num_inputs;
  uint32_t width;
  uint32_t num_units;
  DeviceActivation activation;
};

/// Numbers of any layout and of either type to rows of either type; doubles get the one NaN.
struct MoveArgs {
  const float* narrow;
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
  float* narrow_out;
  double* wide_out;
  uint64_t out_stride;
  uint64_t num_rows;
  uint32_t num_columns;
};

MAINSPRING_BOTH inline float add_product(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
MAINSPRING_BOTH inline double add_product(double a, double b, double c) { return a * b + c; }

MAINSPRING_BOTH inline double smooth_activation(const DeviceActivation& activation, double x) {
  switch (activation.kind) {
    case 3: return 1.0 / (1.0 + exp_form(-x));  // sigmoid
    case 4: return tanh_form(x);
    case 5: return x * (1.0 / (1.0 + exp_form(-x)));                // silu
    case 6: return x < 0 ? activation.slope * expm1_form(x) : x;    // elu
    case 7: return 0.5 * x * erfc_form(-x * 0x1.6a09e667f3bcdp-1);  // gelu
    default:                                                        // gelu by tanh
      return x * (1.0 / (1.0 + exp_form(-0x1.9884533d43651p0 * (x + 0.044715 * (x * x * x)))));
  }
}

template <class T>
MAINSPRING_BOTH inline T activated(const DeviceActivation& activation, T x) {
  if (activation.kind == 0) return x;
  if (activation.kind == 1) return x <= 0 ? T{0} : x;
  if (activation.kind == 2) return x < 0 ? x * static_cast<T>(activation.slope) : x;
  return static_cast<T>(smooth_activation(activation, static_cast<double>(x)));
}

template <class T>
inline constexpr uint32_t kPanelOutputs = 128 / sizeof(T);

/// One output of some rows, whose sum begins with the bias and goes through the inputs in their
/// order. Rows beyond the last are the last again, and not written.
template <DeviceLayer kKind, class T>
MAINSPRING_BOTH inline void sum_rows(const LayerArgs& args, uint64_t first_row, uint32_t output) {
  constexpr bool kIsInt8 = kKind == DeviceLayer::kInt8Dense;
  constexpr bool kIsShort = kIsInt8 || kKind == DeviceLayer::kBfloatDense;
  constexpr uint32_t kPanel = kIsShort ? kShortOutputs : kPanelOutputs<T>;
  const uint32_t lane = output % kPanel;
  const T* panel = static_cast<const T*>(args.numbers) + output / kPanel * args.panel_size;
  const auto* weights = reinterpret_cast<const uint8_t*>(panel + (kIsInt8 ? 2 : 1) * kPanel);
  const T* x[kThreadRows];
  T sums[kThreadRows];
  MAINSPRING_UNROLL
  for (uint32_t i = 0; i < kThreadRows; ++i) {
    const uint64_t row = first_row + i < args.num_rows ? first_row + i : args.num_rows - 1;
    x[i] = static_cast<const T*>(args.x) + row * args.x_stride;
    sums[i] = kIsInt8 ? T{0} : panel[lane];
  }
  for (uint32_t input = 0; input < args.num_inputs; ++input) {
    T weight, center{};
    if constexpr (kKind == DeviceLayer::kBfloatDense) {
      const uint32_t word = reinterpret_cast<const uint32_t*>(
          weights)[uint64_t{input} * (kShortOutputs / 2) + lane % (kShortOutputs / 2)];
      const uint32_t bits = lane < kShortOutputs / 2 ? word << 16 : word & 0xFFFF0000u;
      weight = static_cast<T>(__builtin_bit_cast(float, bits));
    } else if constexpr (kIsInt8) {
      weight = static_cast<T>(
          reinterpret_cast<const int8_t*>(weights)[uint64_t{input} * kShortOutputs + lane]);
    } else if constexpr (kKind == DeviceLayer::kDistance) {
      center = reinterpret_cast<const T*>(weights)[uint64_t{input} * 2 * kPanel + lane];
      weight = reinterpret_cast<const T*>(weights)[(uint64_t{input} * 2 + 1) * kPanel + lane];
    } else {
      weight = reinterpret_cast<const T*>(weights)[uint64_t{input} * kPanel + lane];
    }
    MAINSPRING_UNROLL
    for (uint32_t i = 0; i < kThreadRows; ++i) {
      if constexpr (kKind == DeviceLayer::kDistance) {
        const T distance = x[i][input] - center;
        sums[i] -= distance * distance * weight;
      } else {
        sums[i] = add_product(x[i][input], weight, sums[i]);
      }
    }
  }
  MAINSPRING_UNROLL
  for (uint32_t i = 0; i < kThreadRows; ++i) {
    if (first_row + i >= args.num_rows) continue;
    const T sum = kIsInt8 ? sums[i] * panel[kPanel + lane] + panel[lane] : sums[i];
    static_cast<T*>(args.out)[(first_row + i) * args.out_stride + output] = sum;
  }
}

/// (x - first) / second, or x * first + second.
template <class T>
MAINSPRING_BOTH inline void scale_rows(const LayerArgs& args, uint64_t first_row, uint32_t output) {
  const T* first = static_cast<const T*>(args.numbers);
  const T a = first[output], b = first[args.weights_size + output];
  const bool centers = args.kind == DeviceLayer::kCenter;
  for (uint64_t row = first_row; row < first_row + kThreadRows && row < args.num_rows; ++row) {
    const T x = static_cast<const T*>(args.x)[row * args.x_stride + output];
    static_cast<T*>(args.out)[row * args.out_stride + output] = centers ? (x - a) / b : x * a + b;
  }
}

template <uint32_t kHalf, class T>
MAINSPRING_BOTH inline void add_upper_lanes(T* lanes) {
  MAINSPRING_UNROLL
  for (uint32_t i = 0; i < kHalf; ++i) lanes[i] += lanes[kHalf + i];
}

/// Few outputs of one row: input k adds to lane k % 16; then the upper half of the lanes is added
/// to the lower, until one is left; then comes the bias.
template <class T>
MAINSPRING_BOTH inline void multiply_narrow(const LayerArgs& args, uint64_t row) {
  const T* x = static_cast<const T*>(args.x) + row * args.x_stride;
  const T* numbers = static_cast<const T*>(args.numbers);
  for (uint32_t output = 0; output < args.num_outputs; ++output) {
    const T* weights = numbers + kPanelOutputs<T> + output * args.weights_size;
    T lanes[kNarrowLanes] = {};
    for (uint32_t input = 0; input < args.num_inputs; input += kNarrowLanes) {
      MAINSPRING_UNROLL
      for (uint32_t i = 0; i < kNarrowLanes; ++i) {
        const T value = input + i < args.num_inputs ? x[input + i] : T{0};
        lanes[i] = add_product(value, weights[input + i], lanes[i]);
      }
    }
    add_upper_lanes<8>(lanes);
    add_upper_lanes<4>(lanes);
    add_upper_lanes<2>(lanes);
    add_upper_lanes<1>(lanes);
    static_cast<T*>(args.out)[row * args.out_stride + output] = lanes[0] + numbers[output];
  }
}

/// Sums are float64, in ascending order.
template <class T>
MAINSPRING_BOTH inline void normalize_row(const LayerArgs& args, uint64_t row) {
  const T* x = static_cast<const T*>(args.x) + row * args.x_stride;
  T* out = static_cast<T*>(args.out) + row * args.out_stride;
  const T* first = static_cast<const T*>(args.numbers);
  const T* second = first + args.weights_size;
  const uint32_t count = args.num_outputs;
  double sum = 0, squares = 0;
  for (uint32_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / count;
  for (uint32_t i = 0; i < count; ++i) {
    const double distance = static_cast<double>(x[i]) - mean;
    squares += distance * distance;
  }
  const double divisor = canonical_nan(__builtin_sqrt(squares / count + args.epsilon));
  for (uint32_t i = 0; i < count; ++i) {
    const double normal = (static_cast<double>(x[i]) - mean) / divisor;
    const double value = normal * static_cast<double>(first[i]) + static_cast<double>(second[i]);
    out[i] = static_cast<T>(value);
  }
}

/// The activation of numbers that this thread has written; apart from the sums, in which it would
/// be compiled again for each of them.
template <class T>
MAINSPRING_BOTH inline void activate_numbers(const LayerArgs& args, T* numbers, uint64_t count,
                                             uint64_t stride) {
  if (args.activation.kind == 0) return;
  MAINSPRING_ROLLED
  for (uint64_t i = 0; i < count; ++i) {
    numbers[i * stride] = activated(args.activation, numbers[i * stride]);
  }
}

template <class T>
MAINSPRING_BOTH inline void sum_tile(const LayerArgs& args, uint64_t first_row, uint32_t output) {
  switch (args.kind) {
    case DeviceLayer::kDense: return sum_rows<DeviceLayer::kDense, T>(args, first_row, output);
    case DeviceLayer::kDistance:
      return sum_rows<DeviceLayer::kDistance, T>(args, first_row, output);
    case DeviceLayer::kBfloatDense:
      return sum_rows<DeviceLayer::kBfloatDense, T>(args, first_row, output);
    case DeviceLayer::kInt8Dense:
      return sum_rows<DeviceLayer::kInt8Dense, T>(args, first_row, output);
    default: return scale_rows<T>(args, first_row, output);
  }
}

/// What one thread does of one tile, or its row.
template <class T>
MAINSPRING_BOTH inline void run_layer_tile(const LayerArgs& args, uint64_t tile, uint32_t thread) {
  T* out = static_cast<T*>(args.out);
  uint64_t count = args.num_outputs, stride = 1;
  if (args.by_row) {
    const uint64_t row = tile * kLayerThreads + thread;
    if (row >= args.num_rows) return;
    out += row * args.out_stride;
    if (args.kind == DeviceLayer::kNorm) {
      normalize_row<T>(args, row);
    } else {
      multiply_narrow<T>(args, row);
    }
  } else {
    const uint64_t across = (args.num_outputs + kTileOutputs - 1) / kTileOutputs;
    const auto output = static_cast<uint32_t>(tile % across * kTileOutputs + thread % kTileOutputs);
    const uint64_t first_row = tile / across * kTileRows + thread / kTileOutputs * kThreadRows;
    if (output >= args.num_outputs || first_row >= args.num_rows) return;
    sum_tile<T>(args, first_row, output);
    const uint64_t left = args.num_rows - first_row;
    out += first_row * args.out_stride + output;
    count = left < kThreadRows ? left : kThreadRows;
    stride = args.out_stride;
  }
  activate_numbers(args, out, count, stride);
}

/// The number of the table's row, or the number of rows where the table has none.
template <class T>
MAINSPRING_BOTH inline uint32_t table_row(T value, uint32_t num_rows) {
  if (!(value >= 0 && value < static_cast<T>(num_rows))) return num_rows;
  const auto id = static_cast<uint32_t>(value);
  return static_cast<T>(id) == value && id < num_rows ? id : num_rows;
}

MAINSPRING_BOTH inline float look_up_number(const NetworkArgs& args, uint64_t row, uint32_t unit) {
  const uint32_t table = unit / args.width;
  const uint32_t num_rows = args.words[2 * table + 1];
  const int64_t at = static_cast<int64_t>(row) * args.row_stride +
                     static_cast<int64_t>(args.words[2 * table]) * args.feature_stride;
  const uint32_t id = args.narrow != nullptr ? table_row(args.narrow[at], num_rows)
                                             : table_row(args.wide[at], num_rows);
  if (id == num_rows) return __builtin_bit_cast(float, uint32_t{0x7FC00000});
  return args.tables[(args.starts[table] + id) * args.width + unit % args.width];
}

/// The products of one vector with those before it.
MAINSPRING_BOTH inline void multiply_vectors(const NetworkArgs& args, const float* x, float* out,
                                             uint32_t vector) {
  const float* own = x + uint64_t{vector} * args.width;
  for (uint32_t other = 0; other < vector; ++other) {
    float sum = 0;
    for (uint32_t k = 0; k < args.width; ++k) {
      sum = add_product(own[k], x[uint64_t{other} * args.width + k], sum);
    }
    out[uint64_t{vector} * (vector - 1) / 2 + other] = activated(args.activation, sum);
  }
}

/// Half of (sum^2 - sum of squares), number by number of the vectors, summed in float64.
MAINSPRING_BOTH inline float factorize_row(const NetworkArgs& args, const float* x) {
  double total = 0;
  for (uint32_t k = 0; k < args.width; ++k) {
    double sum = 0, squares = 0;
    for (uint32_t at = k; at < args.num_inputs; at += args.width) {
      const auto value = static_cast<double>(x[at]);
      sum += value;
      squares += value * value;
    }
    total += sum * sum - squares;
  }
  return static_cast<float>(0.5 * total);
}

MAINSPRING_BOTH inline void run_network_unit(const NetworkArgs& args, uint64_t index) {
  const uint64_t row = index / args.num_units;
  const auto unit = static_cast<uint32_t>(index % args.num_units);
  float* out = args.out + row * args.out_stride;
  const auto operand = [&](uint32_t i) { return args.operands[i] + row * args.strides[i]; };
  float value = 0;
  switch (args.kind) {
    case DeviceNetwork::kFeatures: {
      const int64_t at = static_cast<int64_t>(row) * args.row_stride +
                         static_cast<int64_t>(args.words[unit]) * args.feature_stride;
      value = args.narrow != nullptr ? args.narrow[at] : static_cast<float>(args.wide[at]);
      break;
    }
    case DeviceNetwork::kEmbedding: value = look_up_number(args, row, unit); break;
    case DeviceNetwork::kJoin: value = operand(0)[unit]; break;
    case DeviceNetwork::kDot: return multiply_vectors(args, operand(0), out, unit);
    case DeviceNetwork::kFactorization: value = factorize_row(args, operand(0)); break;
    case DeviceNetwork::kCross: {
      const float product = operand(0)[unit] * operand(1)[unit];
      value = product + operand(2)[unit];
      break;
    }
    case DeviceNetwork::kAdd: value = operand(0)[unit] + operand(1)[unit]; break;
    case DeviceNetwork::kMultiply: value = operand(0)[unit] * operand(1)[unit]; break;
  }
  out[unit] = activated(args.activation, value);
}

MAINSPRING_BOTH inline void move_number(const MoveArgs& args, uint64_t index) {
  const uint64_t row = index / args.num_columns;
  const uint64_t column = index % args.num_columns;
  const int64_t at = static_cast<int64_t>(row) * args.row_stride +
                     static_cast<int64_t>(column) * args.feature_stride;
  const uint64_t to = row * args.out_stride + column;
  const double value =
      args.narrow != nullptr ? static_cast<double>(args.narrow[at]) : args.wide[at];
  if (args.narrow_out != nullptr) {
    args.narrow_out[to] = static_cast<float>(value);
  } else {
    args.wide_out[to] = canonical_nan(value);
  }
}

}  // namespace mainspring::gpu
