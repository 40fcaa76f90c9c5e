// Monitoring for Python: joins of labels, and estimates of how well a model does without them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "bind/buffers.hpp"
#include "host/error.hpp"
#include "measure/monitor/confidence_estimate.hpp"
#include "measure/monitor/label_join.hpp"
#include "measure/monitor/loss_estimate.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

// Buffers of 8-byte numbers: NumPy takes them without a list of ints.
template <class T>
py::bytes numbers_bytes(const std::vector<T>& values) {
  return py::bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

JoinSide join_side(const std::string& side) {
  return side == "label" ? JoinSide::kLabel : JoinSide::kPrediction;
}

/// A join with its own lock: it releases the GIL.
class SharedLabelJoin {
 public:
  explicit SharedLabelJoin(LabelJoin join) : join_(std::move(join)) {}

  std::tuple<py::bytes, py::bytes, py::bytes> add(const std::string& side, const Table& table,
                                                  const std::string& id, const py::object& times) {
    const BufferView view(times.ptr(), sizeof(long) == 8 ? 'l' : 'q', false, "times");
    if (view.count() != table.num_rows()) {
      throw Error(ErrorKind::kParameter, "times must have one value for each row.");
    }
    JoinedRows joined;
    {
      const py::gil_scoped_release released;
      const RowIds ids = read_row_ids(table, table.column_index(id));
      const std::lock_guard<std::mutex> held(mutex_);
      joined = join_.add(join_side(side), ids, {view.data<int64_t>(), view.count()});
    }
    return {numbers_bytes(joined.rows), numbers_bytes(joined.kept), numbers_bytes(joined.delays)};
  }
  py::bytes renumber(const std::string& side) {
    const std::lock_guard<std::mutex> held(mutex_);
    return numbers_bytes(join_.renumber(join_side(side)));
  }
  uint64_t num_kept(const std::string& side) {
    const std::lock_guard<std::mutex> held(mutex_);
    return join_.num_kept(join_side(side));
  }
  uint64_t num_waiting(const std::string& side) {
    const std::lock_guard<std::mutex> held(mutex_);
    return join_.num_waiting(join_side(side));
  }
  py::dict counts() {
    const std::lock_guard<std::mutex> held(mutex_);
    const JoinCounts& counts = join_.counts();
    py::dict found;
    found["joined"] = counts.joined;
    found["duplicates"] = counts.duplicates;
    found["unlabelled"] = counts.unlabelled;
    found["unmatched"] = counts.unmatched;
    found["late"] = counts.late;
    found["dropped"] = counts.dropped;
    return found;
  }
  py::bytes to_bytes() {
    const std::lock_guard<std::mutex> held(mutex_);
    const std::vector<uint8_t> bytes = join_.to_bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::mutex mutex_;
  LabelJoin join_;
};

py::dict confidence_dict(const ConfidenceEstimate& found) {
  py::list metrics;
  for (const ExpectedMetric& metric : found.metrics) {
    metrics.append(
        py::make_tuple(metric.name, metric.value, metric.low, metric.high, metric.reason));
  }
  py::dict fields;
  fields["metrics"] = metrics;
  fields["calibration_excess"] = found.calibration_excess;
  return fields;
}

py::dict confidence_estimate(const py::object& labels, const py::object& scores,
                             const py::object& current, uint32_t num_classes, double threshold,
                             double level) {
  const BufferView codes(labels.ptr(), 'I', false, "labels");
  const BufferView before(scores.ptr(), 'd', false, "scores");
  const BufferView now(current.ptr(), 'd', false, "current");
  const uint64_t width = num_classes == 2 ? 1 : num_classes;
  bool bad = num_classes < 2 || before.count() != codes.count() * width || now.count() % width != 0;
  for (uint64_t row = 0; !bad && row < codes.count(); ++row) {
    bad = codes.data<uint32_t>()[row] >= num_classes;
  }
  if (bad) throw Error(ErrorKind::kParameter, "Labels and scores are not those of the classes.");
  const ScoredRows reference{codes.count(), before.data<double>(), codes.data<uint32_t>()};
  const ScoredRows rows{now.count() / width, now.data<double>(), nullptr};
  ConfidenceOptions options;
  options.num_classes = num_classes;
  options.threshold = threshold;
  options.level = level;
  ConfidenceEstimate found;
  {
    const py::gil_scoped_release released;
    found = estimate_by_confidence(reference, rows, options);
  }
  return confidence_dict(found);
}

py::dict loss_estimate(const py::object& features, const py::object& losses,
                       const py::object& current, uint32_t num_features) {
  const BufferView before(features.ptr(), 'd', false, "features");
  const BufferView known(losses.ptr(), 'd', false, "losses");
  const BufferView now(current.ptr(), 'd', false, "current");
  if (num_features == 0 || before.count() != known.count() * num_features ||
      now.count() % num_features != 0 || known.count() < 10) {
    throw Error(ErrorKind::kParameter, "Features and losses are not those of the same rows.");
  }
  LossEstimate found;
  {
    const py::gil_scoped_release released;
    found =
        estimate_loss({known.count(), num_features, before.data<double>()}, known.data<double>(),
                      {now.count() / num_features, num_features, now.data<double>()});
  }
  py::dict fields;
  fields["mean"] = found.mean;
  fields["uncertainty"] = found.uncertainty;
  fields["off"] = found.off;
  return fields;
}

}  // namespace

void register_monitor(py::module_& module) {
  py::class_<SharedLabelJoin>(module, "LabelJoin", "Predictions and labels joined by id.")
      .def(py::init([](int64_t window, uint64_t max_ids) {
             return std::make_unique<SharedLabelJoin>(LabelJoin(window, max_ids));
           }),
           py::arg("window"), py::arg("max_ids"))
      .def_static(
          "from_bytes",
          [](const py::bytes& bytes) {
            return std::make_unique<SharedLabelJoin>(
                LabelJoin::from_bytes(static_cast<std::string_view>(bytes)));
          },
          py::arg("data"))
      .def("add", &SharedLabelJoin::add, py::arg("side"), py::arg("table"), py::arg("id"),
           py::arg("times"))
      .def("renumber", &SharedLabelJoin::renumber, py::arg("side"))
      .def("num_kept", &SharedLabelJoin::num_kept, py::arg("side"))
      .def("num_waiting", &SharedLabelJoin::num_waiting, py::arg("side"))
      .def("counts", &SharedLabelJoin::counts)
      .def("to_bytes", &SharedLabelJoin::to_bytes);
  module.def("confidence_estimate", &confidence_estimate, py::arg("labels"), py::arg("scores"),
             py::arg("current"), py::arg("num_classes"), py::arg("threshold"), py::arg("level"));
  module.def("loss_estimate", &loss_estimate, py::arg("features"), py::arg("losses"),
             py::arg("current"), py::arg("num_features"));
}

}  // namespace mainspring::bind
