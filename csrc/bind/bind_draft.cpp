// Plans from known numbers, one method for each step: argument handling around
// fit/plan/plan_draft.hpp.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <string_view>
#include <vector>

#include "bind/plain_values.hpp"
#include "fit/plan/plan_draft.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using Value = PlanDraft::Value;
using Numbers = std::vector<double>;

InputKind kind_of(const std::string& name) {
  if (name == "number") return InputKind::kFloat;
  if (name == "integer") return InputKind::kInteger;
  if (name == "string") return InputKind::kBytes;
  throw Error(ErrorKind::kParameter,
              "A column holds 'number', 'integer' or 'string', got '" + name + "'.");
}

ArithmeticCode code_of(const std::string& symbol) {
  if (symbol == "+") return ArithmeticCode::kAdd;
  if (symbol == "-") return ArithmeticCode::kSubtract;
  if (symbol == "*") return ArithmeticCode::kMultiply;
  if (symbol == "/") return ArithmeticCode::kDivide;
  throw Error(ErrorKind::kParameter, "The symbol is '+', '-', '*' or '/', got '" + symbol + "'.");
}

PowerFamily family_of(const std::string& name) {
  if (name == "yeo-johnson") return PowerFamily::kYeoJohnson;
  if (name == "box-cox") return PowerFamily::kBoxCox;
  throw Error(ErrorKind::kParameter,
              "The family is 'yeo-johnson' or 'box-cox', got '" + name + "'.");
}

Value find_strings(PlanDraft& draft, Value in, const std::vector<std::string>& keys) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  return draft.find(in, std::span<const std::string_view>(views));
}

}  // namespace

void register_draft(py::module_& module) {
  py::class_<PlanDraft>(module, "PlanDraft",
                        "A plan from known numbers: values that steps compute from columns, and "
                        "which of them are features.")
      .def(py::init<>())
      .def(
          "column",
          [](PlanDraft& draft, const std::string& name, const std::string& kind) {
            return draft.column(name, kind_of(kind));
          },
          py::arg("name"), py::arg("kind"))
      .def("affine", &PlanDraft::affine, py::arg("value"), py::arg("center"), py::arg("scale"))
      .def(
          "calculate",
          [](PlanDraft& draft, Value value, const std::string& symbol, double number) {
            return draft.calculate(value, code_of(symbol), number);
          },
          py::arg("value"), py::arg("symbol"), py::arg("number"))
      .def(
          "calculate_two",
          [](PlanDraft& draft, Value first, const std::string& symbol, Value second) {
            return draft.calculate(first, code_of(symbol), second);
          },
          py::arg("first"), py::arg("symbol"), py::arg("second"))
      .def("clip", &PlanDraft::clip, py::arg("value"), py::arg("low"), py::arg("high"))
      .def("log1p", &PlanDraft::log1p, py::arg("value"))
      .def(
          "power",
          [](PlanDraft& draft, Value value, const std::string& family, double exponent) {
            return draft.power(value, family_of(family), exponent);
          },
          py::arg("value"), py::arg("family"), py::arg("exponent"))
      .def("fill", &PlanDraft::fill, py::arg("value"), py::arg("number"))
      .def("is_missing", &PlanDraft::is_missing, py::arg("value"))
      .def(
          "interpolate",
          [](PlanDraft& draft, Value value, const Numbers& x, const Numbers& below,
             const Numbers& at,
             const Numbers& above) { return draft.interpolate(value, x, below, at, above); },
          py::arg("value"), py::arg("x"), py::arg("below"), py::arg("at"), py::arg("above"))
      .def("normal_quantile", &PlanDraft::normal_quantile, py::arg("value"))
      .def(
          "find_numbers",
          [](PlanDraft& draft, Value value, const Numbers& keys) {
            return draft.find(value, std::span<const double>(keys));
          },
          py::arg("value"), py::arg("keys"))
      .def(
          "find_integers",
          [](PlanDraft& draft, Value value, const std::vector<int64_t>& keys) {
            return draft.find(value, std::span<const int64_t>(keys));
          },
          py::arg("value"), py::arg("keys"))
      .def("find_strings", &find_strings, py::arg("value"), py::arg("keys"))
      .def(
          "count_edges",
          [](PlanDraft& draft, Value value, const Numbers& edges) {
            return draft.count_edges(value, edges);
          },
          py::arg("value"), py::arg("edges"))
      .def(
          "gather",
          [](PlanDraft& draft, Value ids, const Numbers& numbers) {
            return draft.gather(ids, numbers);
          },
          py::arg("ids"), py::arg("numbers"))
      .def("store", &PlanDraft::store, py::arg("value"), py::arg("name"))
      .def(
          "store_one_hot",
          [](PlanDraft& draft, Value ids, const std::vector<uint32_t>& places,
             const std::vector<std::string>& names) { draft.store_one_hot(ids, places, names); },
          py::arg("ids"), py::arg("places"), py::arg("names"))
      .def(
          "finish", [](const PlanDraft& draft) { return bytes_of(draft.finish()); },
          "The bytes of a bundle of the plan.");
}

}  // namespace mainspring::bind
