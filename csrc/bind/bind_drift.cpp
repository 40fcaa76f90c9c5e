// Drift for Python: two profiles and options in, one plain dict for each column out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/named_limits.hpp"
#include "bind/plain_values.hpp"
#include "bind/shared_profile.hpp"
#include "measure/drift/detect_drift.hpp"
#include "measure/drift/incomplete_gamma.hpp"
#include "measure/drift/statistic.hpp"
#include "measure/drift/two_samples.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using Limits = std::map<std::string, double>;

DriftOptions to_options(double level, const std::string& correction, const Limits& limits,
                        const std::vector<std::string>& statistics,
                        const std::map<std::string, Limits>& column_limits) {
  DriftOptions options;
  for (const std::string& name : statistics) options.asked.push_back(find_statistic(name));
  options.level = level;
  options.correction = correction == "bonferroni" ? Correction::kBonferroni
                       : correction == "none"     ? Correction::kNone
                                                  : Correction::kBenjaminiHochberg;
  set_limits(kDriftLimits, limits, &options);
  for (const auto& [column, own] : column_limits) {
    for (const DriftLimit& limit : kDriftLimits) {
      const auto found = own.find(std::string(limit.name));
      if (found != own.end()) options.column_limits.push_back({column, limit.value, found->second});
    }
  }
  return options;
}

py::dict statistics_dict(const std::vector<ColumnDrift::Measured>& all) {
  py::dict statistics;
  for (const ColumnDrift::Measured& measured : all) {
    const StatisticValue& result = measured.result;
    py::dict fields;
    fields["value"] = result.value;
    fields["low"] = result.low;
    fields["high"] = result.high;
    fields["p_value"] = result.p_value;
    fields["reason"] = result.reason.empty() ? py::object(py::none())
                                             : py::object(py::str(std::string(result.reason)));
    statistics[py::str(std::string(measured.statistic->name))] = fields;
  }
  return statistics;
}

py::dict to_dict(const ColumnDrift& column) {
  const py::dict statistics = statistics_dict(column.statistics);
  py::dict fields;
  fields["name"] = column.name;
  fields["kind"] = kind_name(column.kind);
  fields["reference_rows"] = column.reference_rows;
  fields["current_rows"] = column.current_rows;
  fields["exact"] = column.exact;
  fields["rank_error"] = column.rank_error;
  fields["statistics"] = statistics;
  fields["drifted"] = column.drifted;
  fields["effect"] = column.effect;
  fields["p_value"] = column.p_value;
  fields["reason"] = column.reason;
  fields["broken"] = !column.finding.empty();
  const DriftShares& shares = column.shares;
  fields["reference_missing"] = shares.reference_missing;
  fields["current_missing"] = shares.current_missing;
  fields["reference_histogram"] = histogram(shares.axis, shares.reference);
  fields["current_histogram"] = histogram(shares.axis, shares.current);
  py::list categories;
  for (const CategoryShare& share : shares.categories) {
    categories.append(py::make_tuple(text(share.value), share.reference, share.current));
  }
  fields["categories"] = categories;
  fields["rest"] = py::make_tuple(shares.reference_rest, shares.current_rest);
  fields["unseen"] = shares.current_unseen;
  return fields;
}

py::list detect(SharedProfile& reference, const std::vector<SharedProfile*>& windows,
                const std::optional<std::vector<std::string>>& columns, double level,
                const std::string& correction, const Limits& limits,
                const std::vector<std::string>& asked,
                const std::map<std::string, Limits>& column_limits) {
  const DriftOptions options = to_options(level, correction, limits, asked, column_limits);
  std::vector<std::vector<ColumnDrift>> found;
  {
    const py::gil_scoped_release released;
    const auto copy = [](SharedProfile& shared) {
      return shared.with([](Profile& profile) { return Profile(profile); });
    };
    const Profile before = copy(reference);
    std::vector<Profile> copies;
    copies.reserve(windows.size());
    std::vector<const Profile*> now;
    for (SharedProfile* window : windows) now.push_back(&copies.emplace_back(copy(*window)));
    found = detect_drift(before, now, columns, options);
  }
  py::list all;
  for (const std::vector<ColumnDrift>& window : found) {
    py::list dicts;
    for (const ColumnDrift& column : window) dicts.append(to_dict(column));
    all.append(dicts);
  }
  return all;
}

py::dict two_samples(const py::object& reference, const py::object& current,
                     const std::vector<std::string>& wanted, const Limits& limits) {
  const BufferView before(reference.ptr(), 'd', false, "reference");
  const BufferView now(current.ptr(), 'd', false, "current");
  DriftOptions options;
  set_limits(kDriftLimits, limits, &options);
  std::vector<const Statistic*> statistics;
  for (const std::string& name : wanted) statistics.push_back(find_statistic(name));
  std::vector<ColumnDrift::Measured> found;
  {
    const py::gil_scoped_release released;
    found = measure_samples({before.data<double>(), before.count()},
                            {now.data<double>(), now.count()}, statistics, options);
  }
  return statistics_dict(found);
}

std::vector<std::string> compared(SharedProfile& reference,
                                  const std::optional<std::vector<std::string>>& columns) {
  return reference.with([&](Profile& profile) { return compared_columns(profile, columns); });
}

py::list drift_limits() { return list_limits<DriftOptions>(kDriftLimits); }

py::list statistics() {
  py::list rows;
  for (const Statistic* statistic : statistic_list()) {
    py::dict row;
    row["name"] = std::string(statistic->name);
    row["summary"] = std::string(statistic->summary);
    row["kind"] = statistic->kind == StatisticKind::kNumeric         ? "numeric"
                  : statistic->kind == StatisticKind::kCategorical   ? "categorical"
                  : statistic->kind == StatisticKind::kTwoCategories ? "two categories"
                                                                     : "any";
    row["always"] = statistic->use == StatisticUse::kAlways;
    const StatisticNotes& notes = statistic->notes;
    row["formula"] = notes.formula;
    row["missing"] = notes.missing;
    row["infinity"] = notes.infinity;
    row["sketch"] = notes.sketch;
    row["test"] = notes.test;
    row["chance"] = notes.chance;
    row["source"] = notes.source;
    rows.append(row);
  }
  return rows;
}

}  // namespace

void register_drift(py::module_& module) {
  module.def("detect_drift", &detect, py::arg("reference"), py::arg("windows"), py::arg("columns"),
             py::arg("level"), py::arg("correction"), py::arg("limits"), py::arg("statistics"),
             py::arg("column_limits"));
  module.def("compared_columns", &compared, py::arg("reference"), py::arg("columns"));
  module.def("two_samples", &two_samples, py::arg("reference"), py::arg("current"),
             py::arg("statistics"), py::arg("limits"));
  module.def("gamma_tail", &gamma_tail, py::arg("a"), py::arg("x"));
  module.def("drift_limits", &drift_limits);
  module.def("drift_statistics", &statistics);
}

}  // namespace mainspring::bind
