// Expressions and tables in, states and plans out: argument handling around fit/plan/fitter.hpp.
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/param_values.hpp"
#include "bind/plain_values.hpp"
#include "fit/plan/fitter.hpp"
#include "fit/transforms/transform_list.hpp"
#include "host/error.hpp"
#include "host/table.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using OperatorSpec = std::pair<std::string, py::dict>;
/// Columns, or in their place the sides, each a tuple as this one; operators; alias.
using ExpressionSpec = std::tuple<py::list, std::vector<OperatorSpec>, std::string>;

/// What an operator reads, in the words of its reference page.
const char* takes(InputRule rule) {
  switch (rule) {
    case InputRule::kNumber: return "numbers";
    case InputRule::kNumberOrText: return "numbers, strings";
    case InputRule::kText: return "strings";
    case InputRule::kKey: return "any column";
    case InputRule::kKeyOrList: return "any column, lists";
    case InputRule::kTimestamp: return "dates, timestamps";
    case InputRule::kFeature: return "numbers, ids";
  }
  return "";
}

py::list operators() {
  py::list rows;
  for (const Transform* transform : transform_list()) {
    py::list params;
    for (const ParamInfo& info : transform->params()) {
      py::dict param;
      param["name"] = info.name;
      param["type"] = info.type;
      param["help"] = info.help;
      param["default"] = to_python(info.default_value);
      params.append(param);
    }
    py::dict row;
    row["name"] = transform->name;
    row["summary"] = transform->summary;
    row["params"] = params;
    row["takes"] = takes(transform->input);
    row["learns"] = transform->has_state;
    row["uses_target"] = transform->uses_target;
    row["joint"] = transform->joint;
    rows.append(row);
  }
  return rows;
}

Expression read_expression(const ExpressionSpec& spec, size_t depth) {
  const auto& [columns, operator_specs, alias] = spec;
  Expression expression;
  expression.alias = alias;
  for (const py::handle column : columns) {
    if (py::isinstance<py::str>(column)) {
      expression.columns.push_back(column.cast<std::string>());
    } else if (depth <= kMaxDepth) {  // deeper ones are refused all the same
      expression.sides.push_back(read_expression(column.cast<ExpressionSpec>(), depth + 1));
    }
  }
  for (const auto& [name, params] : operator_specs) {
    expression.operators.push_back(bind_operator(name, to_named_params(name, params)));
  }
  return expression;
}

Fitter make_fitter(const std::vector<ExpressionSpec>& specs, uint64_t max_keys,
                   uint64_t max_values) {
  std::vector<Expression> expressions;
  for (const ExpressionSpec& spec : specs) expressions.push_back(read_expression(spec, 0));
  return Fitter(std::move(expressions), {max_keys, max_values});
}

py::list limited_rows(const std::vector<Fitter::LimitedColumn>& columns) {
  py::list rows;
  for (const auto& [column, error] : columns) rows.append(py::make_tuple(column, error));
  return rows;
}

py::tuple spec_of(const Expression& expression) {
  py::list columns;
  for (const std::string& column : expression.columns) columns.append(column);
  for (const Expression& side : expression.sides) columns.append(spec_of(side));
  py::list operator_specs;
  for (const auto& op : expression.operators) {
    py::dict params;
    for (const auto& [name, value] : op->params()) params[py::str(name)] = to_python(value);
    operator_specs.append(py::make_tuple(py::str(op->transform().name), params));
  }
  return py::make_tuple(columns, operator_specs, expression.alias);
}

py::list expressions(const Fitter& fitter) {
  py::list specs;
  for (const Expression& expression : fitter.expressions()) specs.append(spec_of(expression));
  return specs;
}

/// Control-C during a pass: the interpreter raises KeyboardInterrupt on the calling thread.
void check_signals() {
  const py::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

/// The target's buffer, one float64 for each row; None where there is no target.
class Target {
 public:
  Target(const py::object& target, const Table& table) {
    if (target.is_none()) return;
    buffer_.emplace(target.ptr(), 'd', false, "target");
    if (buffer_->count() != table.num_rows()) {
      throw Error(ErrorKind::kParameter, "The target has " + std::to_string(buffer_->count()) +
                                             " values, expected one for each of the table's " +
                                             std::to_string(table.num_rows()) + " rows.");
    }
  }
  const double* data() const { return buffer_.has_value() ? buffer_->data<double>() : nullptr; }

 private:
  std::optional<BufferView> buffer_;
};

void fit(Fitter& fitter, const Table& table, const py::object& target, bool cross_fit) {
  const Target values(target, table);
  const py::gil_scoped_release released;
  fitter.fit(table, values.data(), cross_fit, check_signals);
}

void fit_part(Fitter& fitter, const Table& table, const py::object& target) {
  const Target values(target, table);
  const py::gil_scoped_release released;
  fitter.fit_part(table, values.data(), check_signals);
}

void partial_fit(Fitter& fitter, const Table& table, const py::object& target) {
  const Target values(target, table);
  const py::gil_scoped_release released;
  fitter.partial_fit(table, values.data(), check_signals);
}

void transform_training(const Fitter& fitter, const Table& table, uint64_t first_row,
                        const py::object& out) {
  const BufferView buffer(out.ptr(), 'f', true, "out");
  const uint64_t expected = table.num_rows() * fitter.num_training_features();
  if (buffer.count() != expected) {
    throw Error(ErrorKind::kParameter, "out has " + std::to_string(buffer.count()) +
                                           " elements, expected " + std::to_string(expected) +
                                           ", one for each row and feature.");
  }
  const py::gil_scoped_release released;
  fitter.transform_training(table, first_row, buffer.data<float>());
}

py::bytes compile(const Fitter& fitter) {
  std::vector<uint8_t> bytes;
  {
    const py::gil_scoped_release released;
    bytes = fitter.compile();
  }
  return bytes_of(bytes);
}

Fitter from_state_bytes(const py::bytes& bytes) {
  return Fitter::from_state_bytes(std::string_view(bytes));
}

Fitter resume_fit(const py::bytes& bytes, uint64_t first_row) {
  const std::string_view view(bytes);
  const py::gil_scoped_release released;
  return Fitter::resume_fit(view, first_row);
}

void add_shard(Fitter& fitter, const py::bytes& bytes) {
  const std::string_view view(bytes);
  const py::gil_scoped_release released;
  fitter.add_shard(view);
}

}  // namespace

void register_fit(py::module_& module) {
  module.def("operators", &operators,
             "All operators: name, summary, params (name, type, help, default), and flags.");
  module.def(
      "check_operator",
      [](const std::string& name, const py::dict& params) {
        (void)bind_operator(name, to_named_params(name, params));
      },
      py::arg("name"), py::arg("params"), "Raise ParameterError unless such an operator can be.");
  py::class_<Fitter>(module, "Fitter", "Learns what expressions need, and compiles it.")
      .def(py::init(&make_fitter), py::arg("expressions"),
           py::arg("max_keys") = Fitter::kDefaultLimits.max_keys,
           py::arg("max_values") = Fitter::kDefaultLimits.max_values,
           "From (columns or sides, [(operator, params)], alias or '') for each expression; a side "
           "is such a tuple.")
      .def_property_readonly("expressions", &expressions)
      .def_property_readonly("max_keys",
                             [](const Fitter& fitter) { return fitter.limits().max_keys; })
      .def_property_readonly("max_values",
                             [](const Fitter& fitter) { return fitter.limits().max_values; })
      .def_property_readonly(
          "limited_columns",
          [](const Fitter& fitter) { return limited_rows(fitter.limited_columns()); },
          "(name, error) of each column that had more than max_keys values.")
      .def_property_readonly(
          "sketched_columns",
          [](const Fitter& fitter) { return limited_rows(fitter.sketched_columns()); },
          "(name, error of ranks) of each column that had more than max_values numbers.")
      .def_property_readonly("num_rounds", &Fitter::num_rounds)
      .def_property_readonly("num_passes", &Fitter::num_passes)
      .def_property_readonly("num_rows", &Fitter::num_rows)
      .def_property_readonly("uses_target", &Fitter::uses_target)
      .def_property_readonly("is_fitted", &Fitter::is_fitted)
      .def_property_readonly("has_states", &Fitter::has_states)
      .def("missing_zones", &Fitter::missing_zones, py::arg("table"))
      .def("add_zone", &Fitter::add_zone, py::arg("name"), py::arg("first_offset"),
           py::arg("transitions"), py::arg("offsets"))
      .def("fit", &fit, py::arg("table"), py::arg("target"), py::arg("cross_fit"))
      .def("begin_fit", &Fitter::begin_fit, py::arg("cross_fit"),
           "Begin to learn from parts of an input; ends with finish_fit().")
      .def("fit_part", &fit_part, py::arg("table"), py::arg("target"))
      .def("end_pass", &Fitter::end_pass, py::call_guard<py::gil_scoped_release>())
      .def("finish_fit", &Fitter::finish_fit, py::call_guard<py::gil_scoped_release>())
      .def("abandon_fit", &Fitter::abandon_fit)
      .def("bind_fit", &Fitter::bind_fit, py::arg("table"),
           "Know the columns of a fit that has begun by their types alone.")
      .def(
          "fit_bytes", [](const Fitter& fitter) { return bytes_of(fitter.fit_bytes()); },
          "The fit that is under way, before its first pass or between two.")
      .def_static("resume_fit", &resume_fit, py::arg("fit_bytes"), py::arg("first_row"))
      .def("begin_share", &Fitter::begin_share, py::arg("first_row"),
           "Between two parts: the next one begins at this row of the whole input.")
      .def(
          "shard_bytes", [](Fitter& fitter) { return bytes_of(fitter.shard_bytes()); },
          "What this pass has learnt so far.")
      .def("add_shard", &add_shard, py::arg("shard_bytes"))
      .def("begin_partial_fit", &Fitter::begin_partial_fit,
           "Begin to learn from more parts; ends with finish_partial_fit().")
      .def("finish_partial_fit", &Fitter::finish_partial_fit,
           py::call_guard<py::gil_scoped_release>())
      .def("partial_fit", &partial_fit, py::arg("table"), py::arg("target"))
      .def("merge", &Fitter::merge, py::arg("other"))
      .def("compile", &compile, "The bytes of a bundle of the transforms alone.")
      .def("transform_training", &transform_training, py::arg("table"), py::arg("first_row"),
           py::arg("out"))
      .def("end_training", &Fitter::end_training)
      .def("state_bytes", [](const Fitter& fitter) { return bytes_of(fitter.state_bytes()); })
      .def_static("from_state_bytes", &from_state_bytes, py::arg("bytes"));
}

}  // namespace mainspring::bind
