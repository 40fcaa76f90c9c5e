// Quality metrics for Python: buffers of complete rows in, plain dicts out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/named_limits.hpp"
#include "host/error.hpp"
#include "measure/quality/evaluator.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

constexpr std::pair<const char*, QualityTask> kTaskNames[] = {
    {"binary", QualityTask::kBinary},
    {"multiclass", QualityTask::kMulticlass},
    {"regression", QualityTask::kRegression},
    {"ranking", QualityTask::kRanking},
};

QualityTask quality_task(const std::string& name) {
  for (const auto& [known, task] : kTaskNames) {
    if (name == known) return task;
  }
  throw Error(ErrorKind::kParameter, "There is no task '" + name + "'.").got(name);
}

/// Python has checked the names of averages and options.
MetricOptions metric_options(const std::string& average,
                             const std::map<std::string, double>& named) {
  MetricOptions options;
  options.average = average == "micro"      ? Average::kMicro
                    : average == "weighted" ? Average::kWeighted
                                            : Average::kMacro;
  set_limits(kMetricOptions, named, &options);
  return options;
}

/// Buffers of rows that live as long as this.
class RowBuffers {
 public:
  RowBuffers(const QualityShape& shape, uint32_t num_classes, const py::dict& columns) {
    rows_.num_classes = num_classes;
    bool first = true;
    const auto take = [&]<class T>(const char* name, char format, uint64_t width, const T** to) {
      if (!columns.contains(name)) return;
      const py::object column = columns[name];
      buffers_.push_back(std::make_unique<BufferView>(column.ptr(), format, false, name));
      const BufferView& buffer = *buffers_.back();
      const uint64_t rows = width == 0 ? 0 : buffer.count() / width;
      if (first) rows_.num_rows = rows;
      first = false;
      if (rows != rows_.num_rows || rows * width != buffer.count()) {
        throw Error(ErrorKind::kParameter,
                    std::string(name) + " has " + std::to_string(buffer.count()) +
                        " elements, expected " + std::to_string(width) + " for each of " +
                        std::to_string(rows_.num_rows) + " rows.");
      }
      *to = buffer.data<T>();
    };
    take("labels", 'I', 1, &rows_.labels);
    take("predicted", 'I', 1, &rows_.predicted);
    take("targets", 'd', 1, &rows_.targets);
    take("predictions", 'd', 1, &rows_.predictions);
    take("queries", 'I', 1, &rows_.queries);
    take("weights", 'd', 1, &rows_.weights);
    take("scores", 'd', shape.num_scores, &rows_.scores);
    check(shape);
  }

  const QualityRows& rows() const { return rows_; }

 private:
  // What a state would read out of its bounds, or not find, is refused here.
  void check(const QualityShape& shape) const {
    const bool classes =
        shape.task == QualityTask::kBinary || shape.task == QualityTask::kMulticlass;
    const uint32_t limit = shape.task == QualityTask::kBinary ? 2 : rows_.num_classes;
    bool bad = classes ? rows_.labels == nullptr
                       : rows_.targets == nullptr || rows_.predictions == nullptr;
    bad = bad || (shape.task == QualityTask::kRanking && rows_.queries == nullptr) ||
          (classes && shape.num_scores > 0 && rows_.scores == nullptr) || rows_.num_classes < limit;
    for (const uint32_t* codes : {rows_.labels, rows_.predicted}) {
      for (uint64_t row = 0; codes != nullptr && !bad && row < rows_.num_rows; ++row) {
        bad = codes[row] >= limit;
      }
    }
    for (uint64_t row = 0; shape.num_scores > 1 && !bad && row < rows_.num_rows; ++row) {
      bad = rows_.labels[row] >= shape.num_scores;
    }
    if (bad) throw Error(ErrorKind::kParameter, "The rows are not those of the task.");
  }

  QualityRows rows_;
  std::vector<std::unique_ptr<BufferView>> buffers_;
};

/// Native calls release the GIL, so it carries its own lock.
class SharedEvaluator {
 public:
  SharedEvaluator(const std::string& task, uint32_t num_scores,
                  const std::vector<std::string>& metrics, const std::string& average,
                  const std::map<std::string, double>& named)
      : options_(metric_options(average, named)),
        metrics_(metrics),
        evaluator_({quality_task(task), num_scores, options_.quantile}, metrics, options_) {}

  void update(uint32_t num_classes, const py::dict& columns) {
    const RowBuffers buffers(evaluator_.shape(), num_classes, columns);
    const py::gil_scoped_release released;
    const std::lock_guard<std::mutex> held(mutex_);
    evaluator_.update(buffers.rows());
  }

  void merge(SharedEvaluator& other, const std::vector<uint32_t>& classes,
             const std::vector<uint32_t>& queries) {
    if (&other == this) {
      throw Error(ErrorKind::kParameter, "An evaluation cannot be merged into itself.");
    }
    const py::gil_scoped_release released;
    const std::scoped_lock held(mutex_, other.mutex_);
    evaluator_.merge(other.evaluator_, {classes, queries});
  }

  QualityResults finish(const std::vector<uint32_t>& class_order) {
    const py::gil_scoped_release released;
    const std::lock_guard<std::mutex> held(mutex_);
    return evaluator_.finish(class_order);
  }

  std::vector<std::vector<double>> resample(uint32_t num_classes, const py::dict& columns,
                                            const std::vector<uint32_t>& class_order,
                                            uint64_t replicates, uint64_t seed) {
    const RowBuffers buffers(evaluator_.shape(), num_classes, columns);
    const py::gil_scoped_release released;
    return bootstrap(evaluator_.shape(), metrics_, options_, buffers.rows(), class_order,
                     replicates, seed);
  }

  py::bytes to_bytes() {
    std::vector<uint8_t> bytes;
    {
      const py::gil_scoped_release released;
      const std::lock_guard<std::mutex> held(mutex_);
      bytes = evaluator_.to_bytes();
    }
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  void read(const py::bytes& bytes) {
    const std::string_view view = bytes;
    const py::gil_scoped_release released;
    const std::lock_guard<std::mutex> held(mutex_);
    evaluator_.read(view);
  }

  uint64_t num_rows() {
    const std::lock_guard<std::mutex> held(mutex_);
    return evaluator_.num_rows();
  }

 private:
  std::mutex mutex_;
  MetricOptions options_;
  std::vector<std::string> metrics_;
  Evaluator evaluator_;
};

py::dict quality_dict(const QualityResults& found) {
  py::list metrics;
  for (const MetricResult& metric : found.metrics) {
    py::dict fields;
    fields["name"] = std::string(metric.metric->name);
    fields["value"] = metric.result.value;
    fields["low"] = metric.result.low;
    fields["high"] = metric.result.high;
    fields["reason"] = metric.result.reason;
    fields["by_class"] = metric.result.by_class;
    metrics.append(fields);
  }
  py::dict fields;
  fields["metrics"] = metrics;
  fields["confusion"] = py::none();
  if (found.curves.confusion.has_value()) {
    const ConfusionCounts::Summary& counts = *found.curves.confusion;
    py::list matrix;
    for (uint32_t label = 0; label < counts.num_classes; ++label) {
      const auto row = counts.cells.begin() + static_cast<ptrdiff_t>(label) * counts.num_classes;
      matrix.append(std::vector<double>(row, row + counts.num_classes));
    }
    fields["confusion"] = matrix;
  }
  py::list reliability;
  for (const ReliabilityBin& bin : found.curves.reliability) {
    reliability.append(py::make_tuple(bin.score, bin.positive, bin.rows));
  }
  fields["reliability"] = reliability;
  fields["roc"] = found.curves.roc;
  fields["precision_recall"] = found.curves.precision_recall;
  return fields;
}

py::list quality_metrics() {
  py::list rows;
  for (const MetricEntry* metric : metric_list()) {
    py::list tasks;
    for (const auto& [name, task] : kTaskNames) {
      if ((metric->tasks & tasks_of(task)) != 0) tasks.append(name);
    }
    py::dict row;
    row["name"] = std::string(metric->name);
    row["summary"] = std::string(metric->summary);
    row["tasks"] = tasks;
    row["needs_scores"] = metric->needs_scores;
    row["direction"] = static_cast<int>(metric->direction);
    row["formula"] = metric->notes.formula;
    row["range"] = metric->notes.range;
    row["source"] = metric->notes.source;
    rows.append(row);
  }
  return rows;
}

}  // namespace

void register_quality(py::module_& module) {
  py::class_<SharedEvaluator>(module, "Evaluator", "Mergeable quality metrics over rows.")
      .def(py::init<const std::string&, uint32_t, const std::vector<std::string>&,
                    const std::string&, const std::map<std::string, double>&>(),
           py::arg("task"), py::arg("num_scores"), py::arg("metrics"), py::arg("average"),
           py::arg("options"))
      .def("update", &SharedEvaluator::update, py::arg("num_classes"), py::arg("columns"))
      .def("merge", &SharedEvaluator::merge, py::arg("other"), py::arg("classes"),
           py::arg("queries"))
      .def(
          "finish",
          [](SharedEvaluator& self, const std::vector<uint32_t>& class_order) {
            return quality_dict(self.finish(class_order));
          },
          py::arg("class_order"))
      .def("resample", &SharedEvaluator::resample, py::arg("num_classes"), py::arg("columns"),
           py::arg("class_order"), py::arg("replicates"), py::arg("seed"))
      .def("to_bytes", &SharedEvaluator::to_bytes)
      .def("read", &SharedEvaluator::read, py::arg("bytes"))
      .def_property_readonly("num_rows", &SharedEvaluator::num_rows);
  module.def("quality_metrics", &quality_metrics);
  module.def("quality_options", [] { return list_limits<MetricOptions>(kMetricOptions); });
}

}  // namespace mainspring::bind
