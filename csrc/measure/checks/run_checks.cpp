// Every check of every feature, in the order of the columns.
#include "measure/checks/run_checks.hpp"

#include <algorithm>
#include <utility>

#include "host/error.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

RowColumn read_times(const Table& table, const std::string& name) {
  RowColumn column = read_rows(table, table.column_index(name));
  if (column.kind == ColumnKind::kTimestamp) return column;
  throw Error(ErrorKind::kSchema, "Column '" + name + "' has type " + column.type_name +
                                      ", expected a date or timestamp. Cast it.")
      .column(name)
      .expected("timestamp")
      .got(column.type_name);
}

// A local time and a point in time cannot be compared.
void expect_same_clock(const RowColumn& first, const RowColumn& second) {
  if (first.time_zone.empty() == second.time_zone.empty()) return;
  const RowColumn& local = first.time_zone.empty() ? first : second;
  const RowColumn& zoned = first.time_zone.empty() ? second : first;
  throw Error(ErrorKind::kSchema, "Column '" + local.name + "' has no time zone, but '" +
                                      zoned.name + "' has (" + zoned.time_zone +
                                      "). Give both one, or neither.")
      .column(local.name)
      .expected(zoned.type_name)
      .got(local.type_name);
}

// The findings of one feature, in the order of the list.
std::vector<Finding> check_feature(const RowColumn& feature, const Label& label,
                                   const Availability* availability, const CheckOptions& options) {
  const CheckInput input{&label, &feature, availability};
  std::vector<Finding> findings;
  for (const CheckEntry* check : check_list()) {
    const bool runs = check->scope == CheckScope::kFeature ||
                      (check->scope == CheckScope::kAvailability && availability != nullptr);
    if (runs) findings.push_back(check->run(input, options));
  }
  return findings;
}

}  // namespace

std::vector<Finding> run_checks(const Table& table, const CheckRequest& request) {
  const Label label =
      make_label(read_rows(table, table.column_index(request.target)),
                 request.task.value_or(Task::kRegression), !request.task.has_value());
  RowColumn time;
  if (!request.time.empty()) time = read_times(table, request.time);
  std::map<std::string, RowColumn> times;
  for (const auto& [feature, known] : request.available) {
    const auto* name = std::get_if<std::string>(&known);
    if (name == nullptr || times.contains(*name)) continue;
    const RowColumn& read = times.emplace(*name, read_times(table, *name)).first->second;
    expect_same_clock(time, read);
  }
  std::vector<uint32_t> columns;
  for (const std::string& name : request.features) columns.push_back(table.column_index(name));

  std::vector<std::vector<Finding>> by_feature(columns.size());
  parallel_for(columns.size(), [&](uint64_t i, uint32_t) {
    const RowColumn feature = read_rows(table, columns[i]);
    Availability availability{&time, nullptr, 0};
    const auto declared = request.available.find(feature.name);
    if (declared != request.available.end()) {
      if (const auto* offset = std::get_if<double>(&declared->second)) {
        availability.offset_us = *offset;
      } else {
        availability.known_time = &times.at(std::get<std::string>(declared->second));
      }
    }
    by_feature[i] =
        check_feature(feature, label, declared == request.available.end() ? nullptr : &availability,
                      request.options);
  });

  std::vector<Finding> findings;
  for (const CheckEntry* check : check_list()) {
    if (check->scope == CheckScope::kLabel) {
      findings.push_back(check->run({&label, nullptr, nullptr}, request.options));
      continue;
    }
    for (std::vector<Finding>& of_feature : by_feature) {
      for (Finding& finding : of_feature) {
        if (finding.check == check->name) findings.push_back(std::move(finding));
      }
    }
  }
  return findings;
}

}  // namespace mainspring
