// Every check of every feature, in the order of the columns.
#include "measure/checks/run_checks.hpp"

#include <algorithm>
#include <utility>

#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "measure/checks/power_of.hpp"

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

const RowColumn* find_column(const CheckTable& table, const std::string& name) {
  for (const RowColumn& column : table.columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
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

// Every readable column; strings that `like` has, too, get its codes.
CheckTable read_table(const Table& table, const CheckRequest& request,
                      const std::vector<std::string>& features, const CheckTable* like) {
  CheckTable found;
  found.num_rows = table.num_rows();
  found.label = make_label(read_rows(table, table.column_index(request.target)),
                           request.task.value_or(Task::kRegression), !request.task.has_value());
  if (!request.time.empty()) found.time = read_times(table, request.time);
  std::vector<uint32_t> readable;
  for (uint32_t i = 0; i < table.columns().size(); ++i) {
    if (table.columns()[i].readable && !table.columns()[i].is_list) readable.push_back(i);
  }
  found.columns.resize(readable.size());
  parallel_for(readable.size(), [&](uint64_t i, uint32_t) {
    const RowColumn* same = nullptr;
    if (like != nullptr) same = find_column(*like, table.columns()[readable[i]].name);
    if (same != nullptr && !same->has_codes()) same = nullptr;
    found.columns[i] = read_rows(table, readable[i], same);
  });
  for (const std::string& name : features) {
    for (uint32_t i = 0; i < found.columns.size(); ++i) {
      if (found.columns[i].name == name) found.features.push_back(i);
    }
  }
  found.powers.assign(found.columns.size(), std::numeric_limits<double>::quiet_NaN());
  if (static_cast<double>(found.label.num_rows) < request.options.min_rows) return found;
  parallel_for(found.features.size(), [&](uint64_t i, uint32_t) {
    const uint32_t at = found.features[i];
    found.powers[at] = power_of(found.columns[at], found.label);
  });
  return found;
}

// The checks of one feature, in the order of the list.
std::vector<Finding> check_feature(const CheckTable& table, uint32_t at,
                                   const Availability* availability, const CheckOptions& options) {
  CheckInput input;
  input.label = &table.label;
  input.feature = &table.columns[at];
  input.power = table.powers[at];
  input.availability = availability;
  std::vector<Finding> findings;
  for (const CheckEntry* check : check_list()) {
    const bool runs = check->scope == CheckScope::kFeature ||
                      (check->scope == CheckScope::kAvailability && availability != nullptr);
    if (runs) findings.push_back(check->run(input, options));
  }
  return findings;
}

void check_table(const Table& source, const CheckTable& table, const CheckRequest& request,
                 std::vector<Finding>* findings) {
  std::map<std::string, RowColumn> times;
  for (const auto& [feature, known] : request.available) {
    const auto* name = std::get_if<std::string>(&known);
    if (name == nullptr || times.contains(*name)) continue;
    const RowColumn& read = times.emplace(*name, read_times(source, *name)).first->second;
    expect_same_clock(table.time, read);
  }
  std::vector<std::vector<Finding>> by_feature(table.features.size());
  parallel_for(table.features.size(), [&](uint64_t i, uint32_t) {
    const RowColumn& feature = table.columns[table.features[i]];
    Availability availability{&table.time, nullptr, 0};
    const auto declared = request.available.find(feature.name);
    if (declared != request.available.end()) {
      if (const auto* offset = std::get_if<double>(&declared->second)) {
        availability.offset_us = *offset;
      } else {
        availability.known_time = &times.at(std::get<std::string>(declared->second));
      }
    }
    by_feature[i] = check_feature(table, table.features[i],
                                  declared == request.available.end() ? nullptr : &availability,
                                  request.options);
  });
  CheckInput input;
  input.label = &table.label;
  input.table = &table;
  for (const CheckEntry* check : check_list()) {
    if (check->scope == CheckScope::kLabel || check->scope == CheckScope::kTable) {
      findings->push_back(check->run(input, request.options));
      continue;
    }
    for (std::vector<Finding>& of_feature : by_feature) {
      for (Finding& finding : of_feature) {
        if (finding.check == check->name) findings->push_back(std::move(finding));
      }
    }
  }
}

double power_in(const CheckTable& table, const RowColumn* column) {
  return table.powers[static_cast<size_t>(column - table.columns.data())];
}

// What can only be seen of both tables.
void check_split(const CheckTable& train, const CheckTable& test, const CheckRequest& request,
                 std::vector<Finding>* findings) {
  const auto pair = [&](const CheckEntry& check, const std::string& name) {
    CheckInput input;
    input.label = &train.label;
    input.feature = find_column(train, name);
    input.test_feature = find_column(test, name);
    if (input.feature == nullptr || input.test_feature == nullptr) return;
    if (input.feature->has_codes() != input.test_feature->has_codes()) return;
    input.test_label = &test.label;
    input.power = power_in(train, input.feature);
    input.test_power = power_in(test, input.test_feature);
    findings->push_back(check.run(input, request.options));
  };
  CheckInput both;
  both.label = &train.label;
  both.table = &train;
  both.test = &test;
  for (const CheckEntry* check : check_list()) {
    switch (check->scope) {
      case CheckScope::kSplit: findings->push_back(check->run(both, request.options)); break;
      case CheckScope::kPair:
        for (const uint32_t at : train.features) pair(*check, train.columns[at].name);
        break;
      case CheckScope::kGroup:
        for (const std::string& name : request.groups) pair(*check, name);
        break;
      case CheckScope::kId:
        for (const std::string& name : request.ids) pair(*check, name);
        break;
      case CheckScope::kLabel:
      case CheckScope::kFeature:
      case CheckScope::kAvailability:
      case CheckScope::kTable: break;
    }
  }
}

}  // namespace

std::vector<Finding> run_checks(const Table& train, const Table* test,
                                const CheckRequest& request) {
  const CheckTable before = read_table(train, request, request.features, nullptr);
  for (const std::vector<std::string>& keys : {request.groups, request.ids}) {
    for (const std::string& name : keys) train.column_index(name);
  }
  std::vector<Finding> findings;
  check_table(train, before, request, &findings);
  if (test == nullptr) return findings;

  CheckTable now = read_table(*test, request, request.test_features, &before);
  for (const uint32_t at : before.features) {
    const RowColumn& column = before.columns[at];
    const RowColumn* same = find_column(now, column.name);
    const bool any_kind = column.kind == ColumnKind::kUnknown ||
                          (same != nullptr && same->kind == ColumnKind::kUnknown);
    if (same == nullptr || (same->kind != column.kind && !any_kind)) {
      now.missing.push_back(column.name);
    }
  }
  const size_t of_train = findings.size();
  check_table(*test, now, request, &findings);
  for (size_t i = of_train; i < findings.size(); ++i) findings[i].of_test = true;
  check_split(before, now, request, &findings);
  return findings;
}

}  // namespace mainspring
