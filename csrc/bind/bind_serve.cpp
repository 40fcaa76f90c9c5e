// The class ServedModel: one native call for each request, bytes in, bytes out, without the GIL.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "serve/served_model.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

std::unique_ptr<ServedModel> open_model(const py::object& bundle, std::string name,
                                        std::string version, std::vector<std::string> outputs,
                                        uint64_t max_rows) {
  std::shared_ptr<const BundleImage> image = image_of(bundle);
  const uint32_t width = output_width(image->view(), OutputKind::kPredict);
  if (width == 0 || outputs.size() != width) {
    throw Error(ErrorKind::kParameter, "The model '" + name + "' gives " + std::to_string(width) +
                                           " values a row, and " + std::to_string(outputs.size()) +
                                           " names for them came.");
  }
  return std::make_unique<ServedModel>(
      std::move(image), ModelNames{std::move(name), std::move(version), std::move(outputs)},
      max_rows);
}

/// Calls answer(body) without the GIL and returns (status, body).
template <class Answer>
std::pair<int, py::bytes> reply_of(const py::object& body, const Answer& answer) {
  const BufferView buffer(body.ptr(), 'B', false, "A body");
  Reply reply{};
  {
    const py::gil_scoped_release unlocked;
    reply = answer(std::span<const uint8_t>(buffer.data<uint8_t>(), buffer.num_bytes()));
  }
  return {reply.status, py::bytes(reply.body)};
}

py::dict counters_of(const Counters& counters) {
  py::dict requests;
  for (uint32_t i = 0; i < kNumOutcomes; ++i)
    requests[kOutcomeNames[i]] = counters.requests[i].load();
  std::vector<uint64_t> latencies;
  for (const auto& count : counters.latencies) latencies.push_back(count.load());
  py::dict all;
  all["requests"] = requests;
  all["latencies"] = latencies;
  all["latency_seconds"] = static_cast<double>(counters.latency_sum_ns.load()) * 1e-9;
  all["rows"] = counters.rows.load();
  return all;
}

}  // namespace

void register_serve(py::module_& module) {
  py::class_<ServedModel>(module, "ServedModel",
                          "A bundle that answers requests: bytes in, status and bytes out.")
      .def(py::init(&open_model), py::arg("bundle"), py::arg("name"), py::arg("version"),
           py::arg("outputs"), py::arg("max_rows"))
      .def(
          "predict",
          [](ServedModel& model, const py::object& body, std::string_view kind) {
            const OutputKind wanted = output_kind(kind);
            return reply_of(body, [&](auto bytes) { return model.predict(bytes, wanted); });
          },
          py::arg("body"), py::arg("kind"), "JSON rows to (status, JSON).")
      .def(
          "infer",
          [](ServedModel& model, const py::object& body) {
            return reply_of(body, [&](auto bytes) { return model.infer(bytes); });
          },
          py::arg("body"), "An Open Inference Protocol request to (status, JSON).")
      .def_property_readonly(
          "counters",
          [](const ServedModel& model) {
            py::dict all;
            for (uint32_t i = 0; i < kNumProtocols; ++i) {
              all[kProtocolNames[i]] = counters_of(model.counters(static_cast<Protocol>(i)));
            }
            return all;
          },
          "What was counted for each protocol.");
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
