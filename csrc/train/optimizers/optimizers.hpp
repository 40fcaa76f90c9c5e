// One step of a dense optimizer over all parameters: norm, clipping, update, average, zeros.
#pragma once
#include <cstdint>
#include <span>

#include "train/workers.hpp"

namespace mainspring::train {

struct TrainKernels;

enum class Method : uint8_t { kSgd, kAdagrad, kAdamW, kLion };

/// How states are kept. Short ones are rounded up or down by chance; bytes have a scale for each
/// 256.
enum class StateType : uint8_t { kFloat32, kBfloat16, kByte };

/// Numbers of a parameter, its gradient and its states; null where the method has none.
struct Slice {
  float* values;
  float* grad;
  void* first;     // momentum, Adagrad's sum, Adam's mean
  void* second;    // Adam's second moment
  float* average;  // moving average of the values, or null
  int64_t count;
  float* first_scales = nullptr;  // of states of bytes, one for each 256 numbers
  float* second_scales = nullptr;
};

struct StepRule {
  Method method;
  StateType states;
  bool zero_grad;
  bool nesterov;
  float rate;
  float beta1, beta2;
  float epsilon;
  float decay;                     // decoupled: values lose rate * decay of themselves
  float coupled;                   // added to the gradient: coupled * value
  float clip;                      // factor of the gradients, from their norm
  float correction1, correction2;  // of Adam's moments: 1 - beta^step
  float average;                   // share that the moving average keeps
  uint64_t seed;                   // of this step's random roundings
};

/// The norm of all gradients, in float64, in an order of its own.
double gradient_norm(std::span<const Slice> slices, const TrainKernels& kernels,
                     const Workers& workers);

void step_slices(const StepRule& rule, std::span<const Slice> slices, const TrainKernels& kernels,
                 const Workers& workers);

}  // namespace mainspring::train
