// Interactions, losses and optimizers for Python: addresses of contiguous tensors in. Shapes and
// types have been checked by python/mainspring/train/ops, the only caller.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <tuple>
#include <vector>

#include "bind/train_backend.hpp"
#include "train/layers/interactions.hpp"
#include "train/layers/normalization.hpp"
#include "train/losses/losses.hpp"
#include "train/losses/ranking.hpp"
#include "train/optimizers/optimizers.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using train::BinaryKind;
using train::BinaryLoss;
using train::Method;
using train::Slice;
using train::SoftmaxLoss;
using train::StepRule;

void train_dot_forward(uint64_t x, uint64_t out, int64_t rows, int64_t vectors, int64_t width) {
  const py::gil_scoped_release released;
  train::dot_forward_rows(at_address<float>(x), at_address<float>(out), rows, vectors, width,
                          training_kernels(), training_workers());
}

void train_dot_backward(uint64_t grad, uint64_t x, uint64_t dx, int64_t rows, int64_t vectors,
                        int64_t width) {
  const py::gil_scoped_release released;
  train::dot_backward_rows(at_address<float>(grad), at_address<float>(x), at_address<float>(dx),
                           rows, vectors, width, training_kernels(), training_workers());
}

void train_pairs_forward(uint64_t x, uint64_t out, int64_t rows, int64_t vectors, int64_t width) {
  const py::gil_scoped_release released;
  train::pairs_forward_rows(at_address<float>(x), at_address<float>(out), rows, vectors, width,
                            training_kernels(), training_workers());
}

void train_pairs_backward(uint64_t grad, uint64_t x, uint64_t dx, int64_t rows, int64_t vectors,
                          int64_t width) {
  const py::gil_scoped_release released;
  train::pairs_backward_rows(at_address<float>(grad), at_address<float>(x), at_address<float>(dx),
                             rows, vectors, width, training_kernels(), training_workers());
}

void train_cross_forward(uint64_t x0, uint64_t y, uint64_t x, uint64_t out, int64_t count) {
  const py::gil_scoped_release released;
  train::cross_forward_values(at_address<float>(x0), at_address<float>(y), at_address<float>(x),
                              at_address<float>(out), count, training_kernels(),
                              training_workers());
}

void train_cross_backward(uint64_t grad, uint64_t x0, uint64_t y, uint64_t dx0, uint64_t dy,
                          int64_t count) {
  const py::gil_scoped_release released;
  train::cross_backward_values(at_address<float>(grad), at_address<float>(x0), at_address<float>(y),
                               at_address<float>(dx0), at_address<float>(dy), count,
                               training_kernels(), training_workers());
}

/// places: 0 x, 1 weight, 2 bias, 3 means, 4 spreads, 5 rows, 6 width, 7 activation.
train::NormLayer norm_layer_of(const std::vector<int64_t>& places, double epsilon, double dropout,
                               uint64_t seed) {
  const auto address = [&](size_t i) {
    return at_address<float>(static_cast<uint64_t>(places.at(i)));
  };
  return {address(0),
          address(1),
          address(2),
          places.at(6),
          static_cast<train::Activation>(places.at(7)),
          static_cast<float>(epsilon),
          static_cast<float>(dropout),
          seed,
          address(3),
          address(4)};
}

void train_norm_forward(const std::vector<int64_t>& places, double epsilon, double dropout,
                        uint64_t seed, uint64_t out) {
  const py::gil_scoped_release released;
  train::norm_forward_rows(norm_layer_of(places, epsilon, dropout, seed), at_address<float>(out),
                           places.at(5), training_kernels(), training_workers());
}

void train_norm_backward(const std::vector<int64_t>& places, double epsilon, double dropout,
                         uint64_t seed, uint64_t grad, uint64_t dx, uint64_t dweight,
                         uint64_t dbias) {
  const py::gil_scoped_release released;
  train::norm_backward_rows(norm_layer_of(places, epsilon, dropout, seed), at_address<float>(grad),
                            at_address<float>(dx), at_address<float>(dweight),
                            at_address<float>(dbias), places.at(5), training_kernels(),
                            training_workers());
}

/// options: pos_weight, pos_factor, neg_factor, pos_gamma, neg_gamma, margin.
std::pair<double, int64_t> train_binary_loss(int kind, uint64_t logits, uint64_t labels,
                                             uint64_t weights, uint64_t losses, uint64_t grad,
                                             int64_t count, double grad_scale,
                                             const std::vector<double>& options) {
  BinaryLoss loss{};
  loss.kind = static_cast<BinaryKind>(kind);
  loss.logits = at_address<float>(logits);
  loss.labels = at_address<float>(labels);
  loss.weights = at_address<float>(weights);
  loss.losses = at_address<float>(losses);
  loss.grad = at_address<float>(grad);
  loss.grad_scale = static_cast<float>(grad_scale);
  loss.pos_weight = static_cast<float>(options.at(0));
  loss.pos_factor = static_cast<float>(options.at(1));
  loss.neg_factor = static_cast<float>(options.at(2));
  loss.pos_gamma = static_cast<float>(options.at(3));
  loss.neg_gamma = static_cast<float>(options.at(4));
  loss.margin = static_cast<float>(options.at(5));
  const py::gil_scoped_release released;
  int64_t bad = -1;
  const double sum =
      train::binary_losses(loss, count, training_kernels(), training_workers(), &bad);
  return {sum, bad};
}

std::tuple<double, int64_t, int64_t> train_softmax_loss(
    uint64_t logits, uint64_t targets, bool wide_targets, uint64_t weights, uint64_t losses,
    uint64_t grad, int64_t rows, int64_t classes, double smoothing, int64_t ignore, bool mean) {
  SoftmaxLoss loss{};
  loss.logits = at_address<float>(logits);
  loss.targets = at_address<void>(targets);
  loss.wide_targets = wide_targets;
  loss.weights = at_address<float>(weights);
  loss.losses = at_address<float>(losses);
  loss.grad = at_address<float>(grad);
  loss.grad_scale = 1.0F;
  loss.smoothing = static_cast<float>(smoothing);
  loss.ignore = ignore;
  loss.num_classes = classes;
  const py::gil_scoped_release released;
  int64_t num_valid = 0, bad = -1;
  const double sum = train::softmax_losses(loss, rows, mean, training_kernels(), training_workers(),
                                           &num_valid, &bad);
  return {sum, num_valid, bad};
}

bool train_query_loss(int kind, uint64_t scores, uint64_t labels, uint64_t offsets,
                      bool wide_offsets, int64_t queries, int64_t rows, int64_t cutoff,
                      uint64_t losses, uint64_t grad) {
  train::QueryLoss loss{};
  loss.kind = static_cast<train::QueryKind>(kind);
  loss.scores = at_address<float>(scores);
  loss.labels = at_address<float>(labels);
  loss.offsets = at_address<void>(offsets);
  loss.wide_offsets = wide_offsets;
  loss.num_queries = queries;
  loss.num_rows = rows;
  loss.cutoff = cutoff;
  loss.losses = at_address<float>(losses);
  loss.grad = at_address<float>(grad);
  const py::gil_scoped_release released;
  return train::query_losses(loss, training_kernels(), training_workers());
}

void train_scale(uint64_t in, double factor, uint64_t out, int64_t count) {
  const py::gil_scoped_release released;
  train::scale_in_parallel(at_address<float>(in), static_cast<float>(factor),
                           at_address<float>(out), count, training_kernels(), training_workers());
}

/// Addresses of a parameter, its gradient, two states and its average, its count, and addresses of
/// the two states' scales, in a row.
std::vector<Slice> slices_of(const std::vector<int64_t>& numbers) {
  constexpr size_t kNumbers = 8;
  std::vector<Slice> slices;
  for (size_t i = 0; i + kNumbers <= numbers.size(); i += kNumbers) {
    const auto address = [&](size_t k) { return static_cast<uint64_t>(numbers[i + k]); };
    slices.push_back({at_address<float>(address(0)), at_address<float>(address(1)),
                      at_address<void>(address(2)), at_address<void>(address(3)),
                      at_address<float>(address(4)), numbers[i + 5], at_address<float>(address(6)),
                      at_address<float>(address(7))});
  }
  return slices;
}

double train_gradient_norm(const std::vector<int64_t>& numbers) {
  const std::vector<Slice> slices = slices_of(numbers);
  const py::gil_scoped_release released;
  return train::gradient_norm(slices, training_kernels(), training_workers());
}

/// options: rate, beta1, beta2, epsilon, decay, coupled, clip, correction1, correction2, average.
void train_step(int method, const std::vector<int64_t>& numbers, const std::vector<double>& options,
                int states, bool zero_grad, bool nesterov, uint64_t seed) {
  StepRule rule{};
  rule.method = static_cast<Method>(method);
  rule.states = static_cast<train::StateType>(states);
  rule.zero_grad = zero_grad;
  rule.nesterov = nesterov;
  rule.rate = static_cast<float>(options.at(0));
  rule.beta1 = static_cast<float>(options.at(1));
  rule.beta2 = static_cast<float>(options.at(2));
  rule.epsilon = static_cast<float>(options.at(3));
  rule.decay = static_cast<float>(options.at(4));
  rule.coupled = static_cast<float>(options.at(5));
  rule.clip = static_cast<float>(options.at(6));
  rule.correction1 = static_cast<float>(options.at(7));
  rule.correction2 = static_cast<float>(options.at(8));
  rule.average = static_cast<float>(options.at(9));
  rule.seed = seed;
  const std::vector<Slice> slices = slices_of(numbers);
  const py::gil_scoped_release released;
  train::step_slices(rule, slices, training_kernels(), training_workers());
}

/// What losses compute with, value by value: 0 exp, 1 log1p of [0, 1], 2 log.
void train_math(int function, uint64_t in, uint64_t out, int64_t count) {
  const train::TrainKernels& kernels = training_kernels();
  const auto map = function == 0   ? kernels.exp_values
                   : function == 1 ? kernels.log1p_values
                                   : kernels.log_values;
  map(at_address<float>(in), at_address<float>(out), count);
}

}  // namespace

void register_train(py::module_& module) {
  module.def("train_dot_forward", &train_dot_forward);
  module.def("train_dot_backward", &train_dot_backward);
  module.def("train_pairs_forward", &train_pairs_forward);
  module.def("train_pairs_backward", &train_pairs_backward);
  module.def("train_cross_forward", &train_cross_forward);
  module.def("train_cross_backward", &train_cross_backward);
  module.def("train_norm_forward", &train_norm_forward);
  module.def("train_norm_backward", &train_norm_backward);
  module.def("train_binary_loss", &train_binary_loss,
             "Sum of the losses, and the first bad place or -1.");
  module.def("train_softmax_loss", &train_softmax_loss,
             "Sum of the losses, rows not ignored, and the first bad row or -1.");
  module.def("train_query_loss", &train_query_loss,
             "Whether offsets and labels are in their ranges; else nothing is written.");
  module.def("train_scale", &train_scale);
  module.def("train_gradient_norm", &train_gradient_norm);
  module.def("train_step", &train_step);
  module.def("train_math", &train_math);
}

}  // namespace mainspring::bind
