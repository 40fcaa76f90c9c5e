// The class ServedModel: one native call for each request, bytes in, bytes out, without the GIL.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <tuple>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "serve/hot_routes.hpp"
#include "serve/large_blocks.hpp"
#include "serve/served_model.hpp"
#include "serve/shared_state.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

std::shared_ptr<ServedModel> open_model(const py::object& bundle, std::string name,
                                        std::string version, std::vector<std::string> outputs,
                                        uint64_t max_rows, bool counts_values) {
  std::shared_ptr<const BundleImage> image = image_of(bundle);
  const uint32_t width = output_width(image->view(), OutputKind::kPredict);
  if (width == 0 || outputs.size() != width) {
    throw Error(ErrorKind::kParameter, "The model '" + name + "' gives " + std::to_string(width) +
                                           " values a row, and " + std::to_string(outputs.size()) +
                                           " names for them came.");
  }
  return std::make_shared<ServedModel>(
      std::move(image), ModelNames{std::move(name), std::move(version), std::move(outputs)},
      max_rows, counts_values);
}

RequestForm form_of(std::string_view protocol, std::string_view kind, bool arrow_answer) {
  for (uint32_t i = 0; i < kNumProtocols; ++i) {
    if (protocol == kProtocolNames[i]) {
      return {static_cast<Protocol>(i), output_kind(kind), UINT64_MAX, arrow_answer};
    }
  }
  throw Error(ErrorKind::kParameter, "There is no protocol '" + std::string(protocol) + "'.");
}

/// (status, body, where binary tensors begin in it or 0).
std::tuple<int, py::bytes, uint64_t> reply_of(ServedModel& model, const RequestForm& form,
                                              const py::object& body, uint64_t json_bytes,
                                              const py::bytes& id, double waited_seconds) {
  const BufferView buffer(body.ptr(), 'B', false, "A body");
  const std::string_view id_text = id;
  Reply reply;
  RequestForm whole = form;
  whole.json_bytes = json_bytes;
  {
    const py::gil_scoped_release unlocked;
    reply = model.answer(whole, {buffer.data<uint8_t>(), buffer.num_bytes()}, id_text,
                         static_cast<uint64_t>(waited_seconds * 1e9));
  }
  return {reply.status, py::bytes(reply.body), reply.json_bytes};
}

/// A whole response, or None for a request that is not answered here.
py::object hot_answer(HotRoutes& routes, const py::bytes& request, const py::bytes& head) {
  const std::string_view data = request;
  const std::string_view lines = head;
  std::string response;
  {
    const py::gil_scoped_release unlocked;
    response = routes.answer({reinterpret_cast<const uint8_t*>(data.data()), data.size()}, lines);
  }
  if (response.empty()) return py::none();
  return py::bytes(response);
}

std::optional<double> take_prediction(ServedModel& model, const py::bytes& id, uint64_t row) {
  return model.take_prediction(std::string_view(id), row);
}

void put_state(SharedState& state, const py::bytes& bytes) { state.put(std::string_view(bytes)); }

std::vector<py::bytes> all_states(const SharedState& state) {
  std::vector<py::bytes> found;
  for (const std::string& bytes : state.all()) found.emplace_back(bytes);
  return found;
}

py::dict request_counts(const ServedModel& model) {
  const std::vector<uint64_t> words = model.counters().sum();
  py::dict all;
  for (uint32_t protocol = 0; protocol < kNumProtocols; ++protocol) {
    const uint64_t* const first = words.data() + size_t{protocol} * kProtocolWords;
    py::dict requests;
    for (uint32_t i = 0; i < kNumOutcomes; ++i) {
      requests[kOutcomeNames[i]] = first[kRequestsWord + i];
    }
    py::dict phases;
    for (uint32_t i = 0; i < kNumPhases; ++i) {
      phases[kPhaseNames[i]] = static_cast<double>(first[kPhasesWord + i]) * 1e-9;
    }
    const uint64_t* const latencies = first + kLatenciesWord;
    py::dict counts;
    counts["requests"] = requests;
    counts["latencies"] = std::vector<uint64_t>(latencies, latencies + kLatencyBuckets.size() + 1);
    counts["latency_seconds"] = static_cast<double>(first[kLatencySumWord]) * 1e-9;
    counts["rows"] = first[kRowsWord];
    counts["phase_seconds"] = phases;
    all[kProtocolNames[protocol]] = counts;
  }
  return all;
}

py::list counted_columns(const ServedModel& model) {
  py::list columns;
  for (const CountedColumn& column : model.row_counts().columns()) {
    py::dict fields;
    fields["name"] = py::str(column.name);
    fields["first_word"] = column.first_word;
    fields["num_bins"] = column.num_bins;
    fields["edges"] = column.edges;
    fields["is_text"] = !column.slots.empty();
    fields["reference"] = column.reference;
    fields["reference_missing"] = column.reference_missing;
    columns.append(fields);
  }
  return columns;
}

py::list counted_outputs(const ServedModel& model) {
  py::list outputs;
  for (const CountedOutput& output : model.row_counts().outputs()) {
    outputs.append(py::make_tuple(output.first_word, output.num_bins, output.edges));
  }
  return outputs;
}

}  // namespace

void register_serve(py::module_& module) {
  py::class_<RequestForm>(module, "RequestForm", "What of a request stands outside its body.")
      .def(py::init(&form_of), py::arg("protocol"), py::arg("kind") = "predict",
           py::arg("arrow_answer") = true);
  py::class_<ServedModel, std::shared_ptr<ServedModel>>(
      module, "ServedModel", "A bundle that answers requests: bytes in, status and bytes out.")
      .def(py::init(&open_model), py::arg("bundle"), py::arg("name"), py::arg("version"),
           py::arg("outputs"), py::arg("max_rows"), py::arg("counts_values") = true)
      .def("answer", &reply_of, py::arg("form"), py::arg("body"),
           py::arg("json_bytes") = UINT64_MAX, py::arg("request_id") = py::bytes(),
           py::arg("waited_seconds") = 0.0,
           "A request to (status, body, where binary tensors begin in it or 0).")
      .def("keep_predictions", &ServedModel::keep_predictions, py::arg("num_rows"),
           "Keep the last predictions for their labels.")
      .def("take_prediction", &take_prediction, py::arg("request_id"), py::arg("row"),
           "The prediction of a row, or the number of its class; given once.")
      .def_property_readonly("counters", &request_counts, "What was counted for each protocol.")
      .def_property_readonly("columns", &counted_columns, "Bins that values are counted in.")
      .def_property_readonly("outputs", &counted_outputs,
                             "(first word, number of bins, edges) of each output.")
      .def_property_readonly(
          "value_counts", [](const ServedModel& model) { return model.row_counts().sum(); },
          "The words that columns and outputs name.");
  py::class_<HotRoutes>(module, "HotRoutes", "Answers plain requests from socket to socket.")
      .def(py::init<std::string>(), py::arg("id_prefix"))
      .def("add", &HotRoutes::add, py::arg("target"), py::arg("model"), py::arg("form"),
           py::arg("max_body_bytes"))
      .def("__len__", &HotRoutes::size)
      .def("answer", &hot_answer, py::arg("request"), py::arg("head"),
           "A whole response; None: the server has to read this request.");
  py::class_<CounterBlock>(module, "CounterBlock", "Numbers that only grow, shared by workers.")
      .def(py::init<std::string_view, uint32_t>(), py::arg("key"), py::arg("num_words"))
      .def("add", &CounterBlock::add, py::arg("word"), py::arg("amount") = 1)
      .def("sum", &CounterBlock::sum, "Over all workers.");
  py::class_<SharedState>(module, "SharedState", "Bytes of each worker that all can read.")
      .def(py::init<std::string_view, uint32_t>(), py::arg("key"), py::arg("most_bytes"))
      .def("put", &put_state, py::arg("state"), "In place of what this worker wrote before.")
      .def("mine", [](const SharedState& state) { return py::bytes(state.mine()); })
      .def("all", &all_states, "Of every worker that wrote any.");
  module.def("share_counters", &share_counters, py::arg("num_workers"),
             "Count in memory that workers will share; before they are forked.");
  module.def("set_counter_worker", &set_counter_worker, py::arg("worker"));
  module.def("return_large_blocks", &return_large_blocks, py::arg("least_bytes"),
             "Give memory blocks of at least so many bytes back to the system when freed.");
  module.def(
      "latency_bounds",
      [] {
        std::vector<double> bounds;
        for (const uint64_t nanos : kLatencyBuckets) {
          bounds.push_back(static_cast<double>(nanos) / 1e9);
        }
        return bounds;
      },
      "Upper ends of the latency buckets in seconds; one more is open.");
}

}  // namespace mainspring::bind
