// Checks for Python: a table and a request in, one plain dict for each finding out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bind/named_limits.hpp"
#include "measure/checks/run_checks.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

// The names that Python uses; it has checked them.
std::optional<Task> to_task(const std::string& name) {
  if (name == "binary") return Task::kBinary;
  if (name == "multiclass") return Task::kMulticlass;
  if (name == "regression") return Task::kRegression;
  return std::nullopt;
}

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::kPass: return "pass";
    case Severity::kWarn: return "warn";
    case Severity::kFail: return "fail";
  }
  return "pass";
}

py::list check_tables(const std::vector<const Table*>& tables, const std::string& target,
                      const std::string& task, const std::vector<std::string>& features,
                      const std::vector<std::string>& test_features,
                      const std::vector<std::string>& groups, const std::vector<std::string>& ids,
                      const std::string& time,
                      std::map<std::string, std::variant<std::string, double>> available,
                      const std::map<std::string, double>& limits) {
  CheckRequest request{target, to_task(task),        features, test_features, groups, ids,
                       time,   std::move(available), {}};
  set_limits(kCheckLimits, limits, &request.options);
  std::vector<Finding> findings;
  {
    const py::gil_scoped_release released;
    findings = run_checks(*tables.at(0), tables.size() > 1 ? tables[1] : nullptr, request);
  }
  py::list dicts;
  for (const Finding& finding : findings) {
    py::dict fields;
    fields["check"] = std::string(finding.check);
    fields["column"] = finding.column;
    fields["severity"] = severity_name(finding.severity);
    fields["value"] = finding.value;
    fields["limit"] = finding.limit;
    fields["sentence"] = finding.sentence;
    fields["num_rows"] = finding.num_rows;
    fields["rows"] = finding.rows;
    fields["table"] = finding.of_test ? "test" : "train";
    dicts.append(fields);
  }
  return dicts;
}

std::vector<std::string> readable_columns(const Table& table) {
  std::vector<std::string> names;
  for (const Table::Column& column : table.columns()) {
    if (column.readable && !column.is_list) names.push_back(column.name);
  }
  return names;
}

py::list check_limits() { return list_limits<CheckOptions>(kCheckLimits); }

py::list checks() {
  py::list rows;
  for (const CheckEntry* check : check_list()) {
    py::dict row;
    row["name"] = std::string(check->name);
    row["summary"] = std::string(check->summary);
    row["formula"] = check->notes.formula;
    row["missing"] = check->notes.missing;
    row["source"] = check->notes.source;
    row["why"] = check->notes.why;
    row["remedy"] = check->notes.remedy;
    rows.append(row);
  }
  return rows;
}

}  // namespace

void register_checks(py::module_& module) {
  module.def("check_tables", &check_tables, py::arg("tables"), py::arg("target"), py::arg("task"),
             py::arg("features"), py::arg("test_features"), py::arg("groups"), py::arg("ids"),
             py::arg("time"), py::arg("available"), py::arg("limits"));
  module.def("readable_columns", &readable_columns, py::arg("table"));
  module.def("check_limits", &check_limits);
  module.def("checks", &checks);
}

}  // namespace mainspring::bind
