// Profiles for Python: tables in, bytes and plain dicts out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "bind/plain_values.hpp"
#include "bind/shared_profile.hpp"
#include "profile/column_summary.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

py::object count_or_estimate(double value, bool exact) {
  return exact ? py::object(py::int_(static_cast<uint64_t>(value))) : py::object(py::float_(value));
}

py::dict to_dict(const ColumnSummary& summary) {
  py::dict fields;
  fields["name"] = text(summary.name);
  fields["type"] = text(summary.type_name);
  fields["kind"] = summary.kind;
  fields["num_rows"] = summary.num_rows;
  fields["missing"] = summary.nulls + summary.nans;
  fields["nulls"] = summary.nulls;
  fields["nans"] = summary.nans;
  fields["exact"] = summary.exact;
  fields["distinct"] = count_or_estimate(summary.distinct, summary.exact);
  if (summary.numbers.has_value()) {
    const NumberSummary& numbers = *summary.numbers;
    fields["zeros"] = numbers.tally.zeros;
    fields["negatives"] = numbers.tally.negatives;
    fields["positive_infinities"] = numbers.tally.positive_infinities;
    fields["negative_infinities"] = numbers.tally.negative_infinities;
    fields["integer_valued"] = numbers.tally.integer_valued();
    if (numbers.tally.count > 0) {
      fields["min"] = numbers.tally.min;
      fields["max"] = numbers.tally.max;
    }
    if (numbers.tally.finite() > 0) {
      fields["sum"] = numbers.sum;
      fields["mean"] = numbers.mean;
      fields["std"] = numbers.deviation;
    }
    fields["quantiles"] = numbers.quantiles;
    fields["rank_error"] = numbers.rank_error;
    fields["histogram"] = histogram(numbers.axis, numbers.histogram);
  }
  if (summary.texts.has_value()) {
    const TextSummary& texts = *summary.texts;
    py::list top;
    for (const TextSummary::Category& entry : texts.top) {
      top.append(py::make_tuple(text(entry.value), entry.count));
    }
    fields["top"] = top;
    fields["count_error"] = texts.count_error;
    fields["min_bytes"] = texts.lengths.min;
    fields["max_bytes"] = texts.lengths.max;
    fields["sum_bytes"] = texts.lengths.sum;
  }
  if (!summary.elements.empty()) fields["elements"] = to_dict(summary.elements[0]);
  return fields;
}

SharedProfile* make_profile(std::optional<std::vector<std::string>> columns, std::string target) {
  return new SharedProfile(Profile({std::move(columns), std::move(target)}));
}

void update(SharedProfile& self, const Table& table) {
  const py::gil_scoped_release released;
  self.with([&](Profile& profile) { profile.update(table); });
}

// The other is copied under its own lock: two threads may merge two profiles crosswise, or one with
// itself.
void merge(SharedProfile& self, SharedProfile& other) {
  const py::gil_scoped_release released;
  const Profile copy = other.with([](Profile& profile) { return Profile(profile); });
  self.with([&](Profile& profile) { profile.merge(copy); });
}

py::bytes to_bytes(SharedProfile& self) {
  std::vector<uint8_t> bytes;
  {
    const py::gil_scoped_release released;
    bytes = self.with([](Profile& profile) { return profile.to_bytes(); });
  }
  return bytes_of(bytes);
}

SharedProfile* from_bytes(const py::bytes& bytes) {
  const std::span<const uint8_t> view = span_of(bytes);
  const py::gil_scoped_release released;
  return new SharedProfile(Profile::from_bytes(view));
}

py::list profiled_columns(SharedProfile& self) {
  py::list names;
  self.with([&](Profile& profile) {
    for (const ColumnProfile& column : profile.columns()) names.append(text(column.name()));
  });
  return names;
}

// `only`: one column, none when the profile has no such column.
py::list summary(SharedProfile& self, const std::vector<double>& quantiles, uint64_t num_top,
                 const std::optional<std::string>& only) {
  std::vector<ColumnSummary> summaries;
  {
    const py::gil_scoped_release released;
    self.with([&](Profile& profile) {
      for (const ColumnProfile& column : profile.columns()) {
        if (only.has_value() && column.name() != *only) continue;
        summaries.push_back(summarize(column, quantiles, num_top));
      }
    });
  }
  py::list dicts;
  for (const ColumnSummary& column : summaries) dicts.append(to_dict(column));
  return dicts;
}

}  // namespace

void register_profile(py::module_& module) {
  py::class_<SharedProfile>(module, "Profile", "Mergeable statistics of a table's columns.")
      .def(py::init(&make_profile), py::arg("columns") = py::none(), py::arg("target") = "")
      .def("update", &update, py::arg("table"))
      .def("merge", &merge, py::arg("other"))
      .def("to_bytes", &to_bytes)
      .def_static("from_bytes", &from_bytes, py::arg("bytes"))
      .def_property_readonly("columns", &profiled_columns)
      .def_property_readonly(
          "num_rows",
          [](SharedProfile& self) { return self.with([](Profile& p) { return p.num_rows(); }); })
      .def_property_readonly(
          "target",
          [](SharedProfile& self) { return self.with([](Profile& p) { return p.target(); }); })
      .def("summary", &summary, py::arg("quantiles"), py::arg("num_top"),
           py::arg("only") = py::none());
}

}  // namespace mainspring::bind
