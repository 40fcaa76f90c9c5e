// Linear models over ids for Python: arrays of the caller in, weights changed in place.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bind/buffers.hpp"
#include "host/error.hpp"
#include "host/predict_sparse.hpp"
#include "train/id_model.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

[[noreturn]] void fail_id_model(const std::string& text) {
  throw Error(ErrorKind::kParameter, text);
}

LinearRule linear_rule_of(const std::string& rule) {
  if (rule == "ftrl") return LinearRule::kFtrl;
  if (rule == "adagrad") return LinearRule::kAdagrad;
  fail_id_model("The rule is '" + rule + "', expected 'ftrl' or 'adagrad'.");
}

const char* bad_value_name(BadValue what) {
  switch (what) {
    case BadValue::kId: return "id";
    case BadValue::kNumber: return "number";
    case BadValue::kLabel: return "label";
    default: return "weight";
  }
}

void check_size(const BufferView& view, uint64_t expected, const char* name) {
  if (view.count() == expected) return;
  fail_id_model(std::string(name) + " has " + std::to_string(view.count()) +
                " elements, expected " + std::to_string(expected) + ".");
}

// 'l' is what NumPy calls int64 where it has 64 bits.
constexpr char kInt64Code = sizeof(long) == sizeof(int64_t) ? 'l' : 'q';

/// An argument that may be None.
std::unique_ptr<BufferView> maybe_view(const py::object& object, char format, bool writable,
                                       const char* name, uint64_t expected) {
  if (object.is_none()) return nullptr;
  auto view = std::make_unique<BufferView>(object.ptr(), format, writable, name);
  check_size(*view, expected, name);
  return view;
}

class IdLearner {
 public:
  IdLearner(const std::string& rule, std::vector<uint64_t> starts, uint32_t num_numbers,
            uint32_t num_factors, const std::vector<float>& rates)
      : starts_(std::move(starts)) {
    const uint64_t num_ids = starts_.empty() ? 0 : starts_.size() - 1;
    if (starts_.empty() || starts_[0] != 0 || num_ids > kMaxIdColumns ||
        num_numbers > kMaxSparseNumbers || num_factors > kMaxFactors || rates.size() != 6) {
      fail_id_model("There are at most " + std::to_string(kMaxIdColumns) + " columns of ids, " +
                    std::to_string(kMaxSparseNumbers) + " of numbers, and " +
                    std::to_string(kMaxFactors) + " factors.");
    }
    for (uint64_t i = 0; i < num_ids; ++i) {
      if (starts_[i + 1] <= starts_[i] || starts_[i + 1] - starts_[i] >= 1u << 31) {
        fail_id_model("A table has at least 1 and less than 2^31 rows.");
      }
    }
    model_ = {linear_rule_of(rule),
              static_cast<uint32_t>(num_ids),
              num_numbers,
              num_factors,
              starts_.data(),
              nullptr,
              nullptr,
              rates[0],
              rates[1],
              rates[2],
              rates[3],
              rates[4],
              rates[5]};
  }
  IdLearner(const IdLearner&) = delete;
  IdLearner& operator=(const IdLearner&) = delete;

  /// (loss, weight), or the first value that is bad: then nothing was learnt.
  py::object learn(const py::object& weights, const py::object& factors, const py::object& ids,
                   const py::object& numbers, const py::object& labels,
                   const py::object& row_weights) const {
    const State state(*this, weights, factors, true);
    const BufferView given(labels.ptr(), 'f', false, "labels");
    const Features features(*this, ids, numbers, given.count());
    const auto scales = maybe_view(row_weights, 'f', false, "weights", given.count());
    const float* scale = scales ? scales->data<float>() : nullptr;
    double loss = 0, total = 0;
    BadPlace bad{};
    {
      const py::gil_scoped_release unlocked;
      bad = find_bad_value(state.model, features.rows, given.data<float>(), scale);
      if (bad.what == BadValue::kNone) {
        loss = learn_ids(state.model, features.rows, given.data<float>(), scale, &total);
      }
    }
    if (bad.what != BadValue::kNone) return place_of(bad);
    return py::make_tuple(loss, total);
  }

  /// None, or the first value that is bad.
  py::object predict(const py::object& weights, const py::object& factors, const py::object& ids,
                     const py::object& numbers, const py::object& scores, bool probability) const {
    const State state(*this, weights, factors, false);
    const BufferView out(scores.ptr(), 'd', true, "scores");
    const Features features(*this, ids, numbers, out.count());
    BadPlace bad{};
    {
      const py::gil_scoped_release unlocked;
      bad = find_bad_value(state.model, features.rows, nullptr, nullptr);
      if (bad.what == BadValue::kNone) {
        predict_ids(state.model, features.rows, probability, out.data<double>());
      }
    }
    if (bad.what != BadValue::kNone) return place_of(bad);
    return py::none();
  }

  void effective(const py::object& weights, const py::object& out) const {
    const BufferView from(weights.ptr(), 'f', false, "weights");
    const BufferView to(out.ptr(), 'f', true, "out");
    check_size(from, 2 * model_.num_weights(), "weights");
    check_size(to, model_.num_weights(), "out");
    IdModel model = model_;
    model.weights = from.data<float>();
    effective_weights(model, to.data<float>());
  }

  void draw(const py::object& factors, uint64_t seed, float scale) const {
    const BufferView values(factors.ptr(), 'f', true, "factors");
    check_size(values, num_factor_values(), "factors");
    IdModel model = model_;
    model.factors = values.data<float>();
    draw_factors(model, seed, scale);
  }

 private:
  struct State {
    State(const IdLearner& learner, const py::object& weight_array, const py::object& factor_array,
          bool writable)
        : weights(weight_array.ptr(), 'f', writable, "weights"),
          factors(maybe_view(factor_array, 'f', writable, "factors", learner.num_factor_values())),
          model(learner.model_) {
      check_size(weights, 2 * model.num_weights(), "weights");
      if (model.num_factors != 0 && !factors) fail_id_model("There are no factors.");
      model.weights = weights.data<float>();
      model.factors = factors ? factors->data<float>() : nullptr;
    }
    BufferView weights;
    std::unique_ptr<BufferView> factors;
    IdModel model;
  };

  /// ids: int32. numbers: float32, all of each row, or (starts, columns, values) of int64, int32
  /// and float32 with those that are not 0.
  struct Features {
    Features(const IdLearner& learner, const py::object& id_array, const py::object& number_arrays,
             uint64_t num_rows)
        : ids(id_array.ptr(), 'i', false, "ids") {
      const IdModel& model = learner.model_;
      check_size(ids, num_rows * model.num_ids, "ids");
      rows.ids = ids.data<int32_t>();
      rows.num_rows = num_rows;
      if (!py::isinstance<py::tuple>(number_arrays)) {
        numbers = maybe_view(number_arrays, 'f', false, "numbers", num_rows * model.num_numbers);
        if (!numbers) fail_id_model("numbers is None.");
        rows.numbers = numbers->data<float>();
        return;
      }
      const auto arrays = py::cast<py::tuple>(number_arrays);
      if (arrays.size() != 3) fail_id_model("Sparse numbers are starts, columns and values.");
      starts = maybe_view(arrays[0], kInt64Code, false, "starts", num_rows + 1);
      numbers = std::make_unique<BufferView>(py::object(arrays[2]).ptr(), 'f', false, "values");
      columns = maybe_view(arrays[1], 'i', false, "columns", numbers->count());
      if (!starts || !columns) fail_id_model("An array of the sparse numbers is None.");
      const SparseMatrix matrix{nullptr,
                                starts->data<int64_t>(),
                                columns->data<int32_t>(),
                                numbers->data<float>(),
                                nullptr,
                                num_rows,
                                numbers->count()};
      check_sparse(matrix, model.num_numbers);
      rows.numbers = numbers->data<float>();
      rows.starts = starts->data<int64_t>();
      rows.columns = columns->data<int32_t>();
    }
    BufferView ids;
    std::unique_ptr<BufferView> numbers, starts, columns;
    IdRows rows{};
  };

  static py::tuple place_of(const BadPlace& bad) {
    return py::make_tuple(bad_value_name(bad.what), bad.row, bad.column);
  }

  uint64_t num_factor_values() const { return 2 * model_.num_vectors() * model_.num_factors; }

  std::vector<uint64_t> starts_;
  IdModel model_{};
};

}  // namespace

void register_id_model(py::module_& module) {
  py::class_<IdLearner>(module, "IdLearner",
                        "Learns linear models and factorization machines over ids.")
      .def(py::init<const std::string&, std::vector<uint64_t>, uint32_t, uint32_t,
                    const std::vector<float>&>(),
           py::arg("rule"), py::arg("starts"), py::arg("num_numbers"), py::arg("num_factors"),
           py::arg("rates"),
           "rates: rate, smoothing, l1, l2, rate of factors, l2 of factors; csrc/train says what "
           "they are.")
      .def(
          "learn", &IdLearner::learn, py::arg("weights"), py::arg("factors"), py::arg("ids"),
          py::arg("numbers"), py::arg("labels"), py::arg("row_weights"),
          "One step for each row. numbers: float32, or (starts, columns, values) of those that are "
          "not 0. (loss, weight) of all rows, or, with nothing learnt, what is "
          "bad, its row and its column.")
      .def("predict", &IdLearner::predict, py::arg("weights"), py::arg("factors"), py::arg("ids"),
           py::arg("numbers"), py::arg("scores"), py::arg("probability"),
           "Write raw scores, or probabilities, into a float64 buffer; None, or what is bad, its "
           "row and its column.")
      .def("effective", &IdLearner::effective, py::arg("weights"), py::arg("out"),
           "Write the weights themselves into a float32 buffer.")
      .def("draw", &IdLearner::draw, py::arg("factors"), py::arg("seed"), py::arg("scale"),
           "Fill factors with vectors between -scale and scale, and squares of 0.");
}

}  // namespace mainspring::bind
