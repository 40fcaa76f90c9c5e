// Streaming detectors for Python: parameters and buffers of numbers in, positions out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bind/buffers.hpp"
#include "host/error.hpp"
#include "measure/detectors/detector.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

// Not a list: a stream in trouble warns at every value, and an int each costs more than the rest.
py::bytes positions(const std::vector<uint64_t>& found) {
  return py::bytes(reinterpret_cast<const char*>(found.data()), found.size() * sizeof(uint64_t));
}

/// A detector with its own lock: updates release the GIL.
class SharedDetector {
 public:
  SharedDetector(const std::string& name, const std::map<std::string, double>& given) {
    const DetectorEntry* entry = find_detector(name);
    if (entry == nullptr) {
      throw Error(ErrorKind::kParameter, "There is no detector '" + name + "'.").got(name);
    }
    std::vector<double> params;
    for (const DetectorParam& param : entry->params) {
      const auto found = given.find(std::string(param.name));
      params.push_back(found == given.end() ? param.standard : found->second);
    }
    detector_ = entry->make(params);
  }

  std::pair<py::bytes, py::bytes> update(const py::object& values) {
    const BufferView view(values.ptr(), 'd', false, "values");
    Signals signals;
    {
      const py::gil_scoped_release released;
      const std::lock_guard<std::mutex> held(mutex_);
      detector_->update({view.data<double>(), view.count()}, &signals);
    }
    return {positions(signals.drifts), positions(signals.warnings)};
  }
  uint64_t num_values() {
    const std::lock_guard<std::mutex> held(mutex_);
    return detector_->num_values();
  }
  py::bytes to_bytes() {
    StateWriter writer;
    {
      const std::lock_guard<std::mutex> held(mutex_);
      detector_->write(writer);
    }
    const std::vector<uint8_t> bytes = writer.take();
    return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  /// Of a detector that was just made: whoever fails has nothing to lose.
  void restore(const py::bytes& bytes) {
    StateReader reader(static_cast<std::string_view>(bytes));
    const std::lock_guard<std::mutex> held(mutex_);
    detector_->read(reader);
    reader.expect_end();
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<AnyDetector> detector_;
};

py::list detectors() {
  py::list rows;
  for (const DetectorEntry* entry : detector_list()) {
    py::dict row;
    row["name"] = std::string(entry->name);
    row["summary"] = std::string(entry->summary);
    row["input"] = entry->input == DetectorInput::kAny ? "any" : "shares";
    row["formula"] = std::string(entry->notes.formula);
    row["source"] = std::string(entry->notes.source);
    py::list params;
    for (const DetectorParam& param : entry->params) {
      py::dict fields;
      fields["name"] = std::string(param.name);
      fields["summary"] = std::string(param.summary);
      fields["default"] = param.standard;
      fields["smallest"] = param.smallest;
      fields["largest"] = param.largest;
      fields["whole"] = param.whole;
      params.append(fields);
    }
    row["params"] = params;
    rows.append(row);
  }
  return rows;
}

}  // namespace

void register_detectors(py::module_& module) {
  py::class_<SharedDetector>(module, "Detector", "A streaming detector of drift.")
      .def(py::init<const std::string&, const std::map<std::string, double>&>(), py::arg("name"),
           py::arg("params"))
      .def("update", &SharedDetector::update, py::arg("values"))
      .def_property_readonly("num_values", &SharedDetector::num_values)
      .def("to_bytes", &SharedDetector::to_bytes)
      .def("restore", &SharedDetector::restore, py::arg("data"));
  module.def("detectors", &detectors);
}

}  // namespace mainspring::bind
