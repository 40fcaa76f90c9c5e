// The classes BatchPort and BatchQueue: requests that wait to be predicted together, and the way
// back to Python's event loop.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <tuple>

#include "serve/batch_queue.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

using ReplyTuple = std::tuple<int, py::bytes, uint64_t>;

ReplyTuple batched_tuple(const Reply& reply) {
  return {reply.status, py::bytes(reply.body), reply.json_bytes};
}

std::vector<std::tuple<uint64_t, ReplyTuple>> take_replies(BatchPort& port) {
  std::vector<std::tuple<uint64_t, ReplyTuple>> taken;
  for (const BatchedReply& one : port.take()) {
    taken.emplace_back(one.ticket, batched_tuple(one.reply));
  }
  return taken;
}

std::shared_ptr<BatchQueue> open_queue(std::shared_ptr<ServedModel> model,
                                       std::shared_ptr<BatchPort> port, uint32_t max_rows,
                                       double delay_seconds, uint64_t max_queued_rows,
                                       uint32_t num_threads) {
  return std::make_shared<BatchQueue>(
      std::move(model), std::move(port),
      BatchLimits{max_rows, static_cast<uint64_t>(delay_seconds * 1e9), max_queued_rows,
                  num_threads});
}

/// ("queued", "answered", "alone" or "full", the reply of what was answered at once).
std::tuple<const char*, ReplyTuple> submit_request(BatchQueue& queue, const RequestForm& form,
                                                   const py::bytes& body, const py::bytes& id,
                                                   uint64_t json_bytes, uint64_t ticket,
                                                   uint64_t priority, double timeout_seconds) {
  std::string body_text = body;
  std::string id_text = id;
  RequestForm whole = form;
  whole.json_bytes = json_bytes;
  const Demand demand{priority, static_cast<uint64_t>(timeout_seconds * 1e9)};
  Reply reply;
  BatchQueue::Submitted done;
  {
    const py::gil_scoped_release unlocked;
    done = queue.submit(whole, std::move(body_text), std::move(id_text), demand, ticket, &reply);
  }
  switch (done) {
    case BatchQueue::Submitted::kQueued: return {"queued", batched_tuple({})};
    case BatchQueue::Submitted::kAnswered: return {"answered", batched_tuple(reply)};
    case BatchQueue::Submitted::kAlone: return {"alone", batched_tuple({})};
    case BatchQueue::Submitted::kFull: break;
  }
  return {"full", batched_tuple({})};
}

}  // namespace

void register_batches(py::module_& module) {
  py::class_<BatchPort, std::shared_ptr<BatchPort>>(module, "BatchPort",
                                                    "Where answers of batches come back.")
      .def(py::init<>())
      .def_property_readonly("descriptor", &BatchPort::descriptor,
                             "Can be read when replies are there.")
      .def("take", &take_replies, "(ticket, reply) of all that are there.");
  py::class_<BatchQueue, std::shared_ptr<BatchQueue>>(
      module, "BatchQueue", "Requests that wait to be predicted together.")
      .def(py::init(&open_queue), py::arg("model"), py::arg("port"), py::arg("max_rows"),
           py::arg("delay_seconds"), py::arg("max_queued_rows"), py::arg("num_threads"))
      .def("submit", &submit_request, py::arg("form"), py::arg("body"), py::arg("request_id"),
           py::arg("json_bytes"), py::arg("ticket"), py::arg("priority"),
           py::arg("timeout_seconds"),
           "('queued', 'answered', 'alone' or 'full', what it was answered with).")
      .def("cancel", &BatchQueue::cancel, py::arg("ticket"), "False: it waits no more.")
      .def_property_readonly("queued_rows", &BatchQueue::queued_rows)
      .def_property_readonly("seconds_per_row", &BatchQueue::seconds_per_row)
      .def_property_readonly("num_batches", &BatchQueue::num_batches, "Over all workers.");
}

}  // namespace mainspring::bind
