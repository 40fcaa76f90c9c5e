// Plans of history features for Python: made from plain values, fitted, computed and stored.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "bind/plain_values.hpp"
#include "history/bundle_history.hpp"
#include "history/offline_history.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using ConditionRow = std::tuple<std::string, uint32_t, std::variant<double, std::string>>;
// name, aggregate, frame, rows, width, lag, zone, value, available, condition, parameter, edges
using FeatureRow = std::tuple<std::string, uint32_t, uint32_t, uint32_t, int64_t, int64_t, int64_t,
                              int64_t, int64_t, int64_t, double, int64_t>;
// name, first offset, transitions, offsets
using ZoneRow = std::tuple<std::string, int32_t, std::vector<int64_t>, std::vector<int32_t>>;

uint32_t column_or_none(int64_t column) {
  return column < 0 ? kNoColumn : static_cast<uint32_t>(column);
}

HistoryPlan make_plan(std::string source, std::vector<std::string> keys, std::string time,
                      std::string at, std::vector<std::string> request_keys, std::string id,
                      std::string zone, int64_t lateness, int64_t skew, int64_t ttl,
                      std::vector<std::string> numbers, std::vector<std::string> categories,
                      std::vector<std::string> available,
                      const std::vector<ConditionRow>& conditions,
                      const std::vector<ZoneRow>& zones, std::vector<std::vector<double>> edges,
                      const std::vector<FeatureRow>& features) {
  HistoryPlan plan;
  plan.source = std::move(source);
  plan.keys = std::move(keys);
  plan.time = std::move(time);
  plan.at = std::move(at);
  plan.request_keys = std::move(request_keys);
  plan.id = std::move(id);
  plan.zone = std::move(zone);
  plan.lateness = lateness;
  plan.skew = skew;
  plan.ttl = ttl;
  plan.numbers = std::move(numbers);
  plan.categories = std::move(categories);
  plan.available = std::move(available);
  for (const auto& [column, comparison, value] : conditions) {
    HistoryCondition condition;
    condition.column = column;
    condition.comparison = static_cast<Comparison>(comparison);
    condition.is_text = std::holds_alternative<std::string>(value);
    if (condition.is_text) {
      condition.text = std::get<std::string>(value);
    } else {
      condition.number = std::get<double>(value);
    }
    plan.conditions.push_back(std::move(condition));
  }
  plan.edges = std::move(edges);
  for (const auto& [name, first_offset, transitions, offsets] : zones) {
    plan.zones.push_back({name, first_offset, transitions, offsets});
  }
  for (const auto& [name, aggregate, kind, rows, width, lag, zone, value, known, condition,
                    parameter, edges_of] : features) {
    plan.features.push_back({name,
                             static_cast<Aggregate>(aggregate),
                             {static_cast<FrameKind>(kind), rows, width, lag, column_or_none(zone)},
                             column_or_none(value),
                             column_or_none(known),
                             column_or_none(condition),
                             parameter,
                             column_or_none(edges_of)});
  }
  check_plan(plan);
  return plan;
}

py::dict history_counts_dict(const HistoryCounts& counts) {
  py::dict dict;
  dict["without_time"] = counts.without_time;
  dict["without_key"] = counts.without_key;
  dict["late"] = counts.late;
  dict["duplicates"] = counts.duplicates;
  dict["off_grid"] = counts.off_grid;
  dict["future"] = counts.future;
  dict["requests_without_time"] = counts.requests_without_time;
  dict["requests_without_key"] = counts.requests_without_key;
  return dict;
}

/// Grids of events that are seen table by table.
class HistoryGrids {
 public:
  explicit HistoryGrids(const HistoryPlan& plan) : plan_(plan), ranges_(plan.numbers.size()) {}
  void add(const Table& events) {
    const py::gil_scoped_release unlocked;
    look_at_events(plan_, events, &ranges_);
  }
  void finish(HistoryPlan& plan) const { choose_grids(&plan, ranges_); }

 private:
  HistoryPlan plan_;
  std::vector<GridRange> ranges_;
};

py::dict compute_plan(const HistoryPlan& plan, const Table& events, const Table& requests,
                      const std::string& at, const std::vector<std::string>& keys,
                      const py::object& out) {
  const BufferView buffer(out.ptr(), 'd', true, "out");
  const uint64_t num_rows = requests.num_rows();
  if (buffer.count() != plan.features.size() * num_rows || keys.size() != plan.keys.size()) {
    throw Error(ErrorKind::kParameter, "out has " + std::to_string(buffer.count()) +
                                           " elements, expected one for each feature and row, "
                                           "and a column for each key.");
  }
  std::vector<double*> columns;
  for (size_t i = 0; i < plan.features.size(); ++i) {
    columns.push_back(buffer.data<double>() + i * num_rows);
  }
  HistoryCounts counts;
  {
    const py::gil_scoped_release unlocked;
    counts = offline_features(plan, events, requests, {at, keys}, columns.data());
  }
  return history_counts_dict(counts);
}

py::bytes plans_to_bytes(const std::vector<HistoryPlan>& plans) {
  const std::vector<uint8_t> bytes = write_history(plans);
  return bytes_of(bytes);
}

std::vector<HistoryPlan> plans_from_bytes(const py::object& bytes) {
  const BufferView buffer(bytes.ptr(), 'B', false, "A history section");
  return read_history({buffer.data<uint8_t>(), buffer.num_bytes()});
}

py::bytes bundle_with_history(const py::object& bundle, const py::object& section) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const BufferView bytes(section.ptr(), 'B', false, "A history section");
  return bytes_of(add_history(image->bytes(), {bytes.data<uint8_t>(), bytes.num_bytes()}));
}

py::dict describe_history(const HistoryPlan& plan) {
  py::dict dict;
  py::list features;
  py::list asked;
  const auto or_none = [](uint32_t column) {
    return column == kNoColumn ? py::object(py::none()) : py::int_(column);
  };
  for (const HistoryFeature& feature : plan.features) {
    features.append(feature.name);
    asked.append(py::make_tuple(
        static_cast<uint32_t>(feature.aggregate), static_cast<uint32_t>(feature.frame.kind),
        feature.frame.rows, feature.frame.width, feature.frame.lag, or_none(feature.frame.zone),
        or_none(feature.value), or_none(feature.available), or_none(feature.condition),
        feature.parameter, or_none(feature.edges)));
  }
  py::list conditions, compared;
  for (const HistoryCondition& condition : plan.conditions) {
    conditions.append(condition.column);
    const py::object value =
        condition.is_text ? py::object(py::str(condition.text)) : py::float_(condition.number);
    compared.append(py::make_tuple(static_cast<uint32_t>(condition.comparison), value));
  }
  dict["source"] = plan.source;
  dict["keys"] = plan.keys;
  dict["time"] = plan.time;
  dict["at"] = plan.at;
  dict["request_keys"] = plan.request_keys;
  dict["id"] = plan.id;
  dict["numbers"] = plan.numbers;
  dict["categories"] = plan.categories;
  dict["available"] = plan.available;
  dict["conditions"] = conditions;
  dict["compared"] = compared;
  dict["asked"] = asked;
  py::list zones;
  for (const HistoryZone& zone : plan.zones) zones.append(zone.name);
  dict["zones"] = zones;
  dict["edges"] = plan.edges;
  dict["lateness_us"] = plan.lateness;
  dict["ttl_us"] = plan.ttl;
  dict["exponents"] = plan.exponents;
  dict["features"] = features;
  dict["retention_us"] = plan.retention();
  dict["skew_us"] = plan.skew;
  return dict;
}

}  // namespace

void register_history_plan(py::module_& module) {
  py::class_<HistoryPlan>(module, "HistoryPlan", "Features about the past of one source.")
      .def(py::init(&make_plan), py::arg("source"), py::arg("keys"), py::arg("time"), py::arg("at"),
           py::arg("request_keys"), py::arg("id"), py::arg("zone"), py::arg("lateness"),
           py::arg("skew"), py::arg("ttl"), py::arg("numbers"), py::arg("categories"),
           py::arg("available"), py::arg("conditions"), py::arg("zones"), py::arg("edges"),
           py::arg("features"))
      .def_static("many_from_bytes", &plans_from_bytes, py::arg("bytes"),
                  "Read the section HIST of a bundle.")
      .def_static("many_to_bytes", &plans_to_bytes, py::arg("plans"))
      .def("compute", &compute_plan, py::arg("events"), py::arg("requests"), py::arg("at"),
           py::arg("keys"), py::arg("out"),
           "Fill out, float64 (features, rows); return counts of what was left out.")
      .def_property_readonly("description", &describe_history)
      .def_property_readonly("definition_hash",
                             [](const HistoryPlan& plan) { return definition_hash(plan); });
  py::class_<HistoryGrids>(module, "HistoryGrids", "The grids of a plan, from events in parts.")
      .def(py::init<const HistoryPlan&>(), py::arg("plan"))
      .def("add", &HistoryGrids::add, py::arg("events"))
      .def("finish", &HistoryGrids::finish, py::arg("plan"), "Give the plan its grids.");
  module.def("add_history", &bundle_with_history, py::arg("bundle"), py::arg("section"),
             "The bytes of an opened bundle with the section HIST.");
  module.def(
      "history_of",
      [](const py::object& bundle) { return bytes_of(history_of(image_of(bundle)->bytes())); },
      py::arg("bundle"), "The section HIST of an opened bundle; empty: there is none.");
}

}  // namespace mainspring::bind
