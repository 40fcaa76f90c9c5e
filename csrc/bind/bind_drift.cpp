// Drift for Python: two profiles and options in, one plain dict for each column out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/named_limits.hpp"
#include "bind/plain_values.hpp"
#include "bind/shared_profile.hpp"
#include "measure/drift/detect_drift.hpp"
#include "measure/drift/incomplete_gamma.hpp"
#include "measure/drift/kept_sample.hpp"
#include "measure/drift/statistic.hpp"
#include "measure/drift/table_counts.hpp"
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

// Profiles may change while others read them, so each is copied under its lock; counts do not.
struct DriftInput {
  std::optional<Profile> copy;
  DriftSide side;

  explicit DriftInput(const std::variant<SharedProfile*, TableCounts*>& given) {
    if (const auto* counts = std::get_if<TableCounts*>(&given)) {
      side = (*counts)->side();
      return;
    }
    std::get<SharedProfile*>(given)->with(
        [this](Profile& profile) { copy.emplace(profile.for_comparisons()); });
    side = side_of(*copy);
  }
};

using DriftInputs = std::vector<std::variant<SharedProfile*, TableCounts*>>;

py::list detect(const std::variant<SharedProfile*, TableCounts*>& reference,
                const DriftInputs& windows, const std::optional<std::vector<std::string>>& columns,
                double level, const std::string& correction, const Limits& limits,
                const std::vector<std::string>& asked,
                const std::map<std::string, Limits>& column_limits) {
  const DriftOptions options = to_options(level, correction, limits, asked, column_limits);
  std::vector<std::vector<ColumnDrift>> found;
  {
    const py::gil_scoped_release released;
    const DriftInput before(reference);
    std::list<DriftInput> inputs;  // sides point into them
    std::vector<DriftSide> now;
    for (const auto& window : windows) now.push_back(inputs.emplace_back(window).side);
    found = detect_drift(before.side, now, columns, options);
  }
  py::list all;
  for (const std::vector<ColumnDrift>& window : found) {
    py::list dicts;
    for (const ColumnDrift& column : window) dicts.append(to_dict(column));
    all.append(dicts);
  }
  return all;
}

std::span<const double> doubles_of(const BufferView& view) {
  return {view.data<double>(), view.count()};
}

KeptSample* sort_sample(const py::object& values, bool moments, bool edges) {
  const BufferView view(values.ptr(), 'd', false, "values");
  const py::gil_scoped_release released;
  return new KeptSample(keep_sample(doubles_of(view), moments, edges));
}

std::vector<const Statistic*> asked_statistics(const std::vector<std::string>& names) {
  std::vector<const Statistic*> statistics;
  for (const std::string& name : names) statistics.push_back(find_statistic(name));
  return statistics;
}

py::dict two_samples(const KeptSample& reference, const KeptSample& current,
                     const std::vector<std::string>& wanted, const Limits& limits) {
  DriftOptions options;
  set_limits(kDriftLimits, limits, &options);
  const std::vector<const Statistic*> statistics = asked_statistics(wanted);
  std::vector<ColumnDrift::Measured> found;
  {
    const py::gil_scoped_release released;
    found = measure_samples(reference.side, current.side, statistics, options);
  }
  return statistics_dict(found);
}

std::optional<py::dict> unsorted_samples(const std::variant<const KeptSample*, py::object>& given,
                                         const py::object& values,
                                         const std::vector<std::string>& wanted) {
  const std::vector<const Statistic*> statistics = asked_statistics(wanted);
  const BufferView current(values.ptr(), 'd', false, "current");
  std::optional<UnsortedPair> pair;
  if (const auto* kept = std::get_if<const KeptSample*>(&given)) {
    const py::gil_scoped_release released;
    pair = compare_unsorted(**kept, doubles_of(current));
  } else {
    const BufferView reference(std::get<py::object>(given).ptr(), 'd', false, "reference");
    const py::gil_scoped_release released;
    pair = compare_unsorted(doubles_of(reference), doubles_of(current));
  }
  if (!pair.has_value()) return std::nullopt;
  return statistics_dict(measure_distances(*pair, statistics));
}

std::vector<std::string> compared(const std::variant<SharedProfile*, TableCounts*>& reference,
                                  const std::optional<std::vector<std::string>>& columns) {
  return compared_columns(DriftInput(reference).side, columns);
}

TableCounts* count_table(SharedProfile& reference, const std::vector<std::string>& columns,
                         const Table& table) {
  const py::gil_scoped_release released;
  return reference.with([&](Profile& profile) {
    profile.keep_distributions(columns);
    return new TableCounts(profile, columns, table);
  });
}

std::pair<TableCounts, TableCounts> count_tables(const Table& reference,
                                                 const std::vector<std::string>& columns,
                                                 const Table& current, bool sorted) {
  const py::gil_scoped_release released;
  return TableCounts::of_both(reference, columns, current, sorted);
}

TableCounts* count_elsewhere(SharedProfile* reference, const std::vector<std::string>& columns,
                             const Table& sample, uint64_t num_rows) {
  const py::gil_scoped_release released;
  if (reference == nullptr) return new TableCounts(nullptr, columns, sample, num_rows);
  return reference->with(
      [&](Profile& profile) { return new TableCounts(&profile, columns, sample, num_rows); });
}

// Edges, and a byte for each bin: whether its values are listed.
py::object bins_of(const TableCounts& self, const std::string& name) {
  const NumberBins* bins = self.bins_of(name);
  if (bins == nullptr) return py::none();
  const std::span<const double> edges = bins->edges();
  std::string listed;
  for (uint32_t bin = 0; bin <= edges.size(); ++bin) listed.push_back(bins->lists(bin) ? 1 : 0);
  const py::bytes raw(reinterpret_cast<const char*>(edges.data()), edges.size_bytes());
  return py::make_tuple(raw, py::bytes(listed));
}

template <class T>
std::vector<T> copied(const py::object& values, char format, const char* what) {
  const BufferView view(values.ptr(), format, false, what);
  return {view.data<T>(), view.data<T>() + view.count()};
}

void set_counts(TableCounts& self, const std::string& name, const py::object& bins, uint64_t nans,
                double min, double max, const py::object& listed) {
  BinCounts counts;
  counts.bins = copied<uint64_t>(bins, 'Q', "bins");
  counts.nans = nans;
  counts.min = min;
  counts.max = max;
  counts.listed = copied<double>(listed, 'd', "listed");
  self.set_counts(name, counts);
}

void set_runs(TableCounts& self, const std::string& name, const py::object& values,
              const py::object& counts) {
  self.set_runs(name, copied<double>(values, 'd', "values"),
                copied<uint64_t>(counts, 'Q', "counts"));
}

// Values lie one behind the other in `bytes`, each from its offset to the next.
void set_categories(TableCounts& self, const std::string& name, const py::object& offsets,
                    const py::object& bytes, const py::object& counts, uint64_t missing) {
  const BufferView starts(offsets.ptr(), 'Q', false, "offsets");
  const BufferView all(bytes.ptr(), 'B', false, "bytes");
  const BufferView times(counts.ptr(), 'Q', false, "counts");
  const auto* start = starts.data<uint64_t>();
  std::vector<std::string_view> values;
  for (uint64_t i = 0; i + 1 < starts.count(); ++i) {
    if (start[i] > start[i + 1] || start[i + 1] > all.num_bytes()) {
      throw Error(ErrorKind::kParameter, "offsets must ascend and end within bytes.");
    }
    values.emplace_back(all.data<char>() + start[i], start[i + 1] - start[i]);
  }
  const py::gil_scoped_release released;
  self.set_categories(name, values, {times.data<uint64_t>(), times.count()}, missing);
}

void add_rows(TableCounts& self, const Table& table) {
  const py::gil_scoped_release released;
  self.update(table);
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
  py::class_<TableCounts>(module, "TableCounts",
                          "A table as a drift report needs it: numbers counted, all else profiled.")
      .def(py::init(&count_table), py::arg("reference"), py::arg("columns"), py::arg("first"))
      .def("update", &add_rows, py::arg("table"))
      .def_static("elsewhere", &count_elsewhere, py::arg("reference").none(true),
                  py::arg("columns"), py::arg("sample"), py::arg("num_rows"))
      .def("bins", &bins_of, py::arg("column"),
           "Edges, and for each bin whether its values are listed; None: numbers are sorted.")
      .def("set_counts", &set_counts, py::arg("column"), py::arg("bins"), py::arg("nans"),
           py::arg("min"), py::arg("max"), py::arg("listed"))
      .def("set_runs", &set_runs, py::arg("column"), py::arg("values"), py::arg("counts"))
      .def("set_categories", &set_categories, py::arg("column"), py::arg("offsets"),
           py::arg("bytes"), py::arg("counts"), py::arg("missing"))
      .def_property_readonly("num_rows", &TableCounts::num_rows);
  py::class_<KeptSample>(module, "SortedSample", "Numbers, sorted once for many comparisons.")
      .def(py::init(&sort_sample), py::arg("values"), py::arg("moments"), py::arg("edges"))
      .def_property_readonly("num_rows", [](const KeptSample& kept) { return kept.side.num_rows; })
      .def_property_readonly("missing", [](const KeptSample& kept) { return kept.side.missing; });
  module.def("count_tables", &count_tables, py::arg("reference"), py::arg("columns"),
             py::arg("current"), py::arg("sorted"));
  module.def("sampled_rows", &sampled_rows, py::arg("num_rows"));
  module.attr("MIN_COUNTED_ROWS") = kMinCountedRows;
  module.def("detect_drift", &detect, py::arg("reference"), py::arg("windows"), py::arg("columns"),
             py::arg("level"), py::arg("correction"), py::arg("limits"), py::arg("statistics"),
             py::arg("column_limits"));
  module.def("compared_columns", &compared, py::arg("reference"), py::arg("columns"));
  module.def("two_samples", &two_samples, py::arg("reference"), py::arg("current"),
             py::arg("statistics"), py::arg("limits"));
  module.def("unsorted_samples", &unsorted_samples, py::arg("reference"), py::arg("current"),
             py::arg("statistics"));
  module.def("gamma_tail", &gamma_tail, py::arg("a"), py::arg("x"));
  module.def("drift_limits", &drift_limits);
  module.def("drift_statistics", &statistics);
}

}  // namespace mainspring::bind
