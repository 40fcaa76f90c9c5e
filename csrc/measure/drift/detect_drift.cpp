// Matches the columns of two profiles, then measures and judges each.
#include "measure/drift/detect_drift.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/names.hpp"
#include "host/thread_pool.hpp"
#include "measure/drift/two_samples.hpp"

namespace mainspring {

namespace {

struct Shared {
  DriftColumn reference;
  std::optional<DriftColumn> current;  // none: the window lacks it
};

std::vector<Shared> match_columns(const DriftSide& reference, const DriftSide& current,
                                  const std::optional<std::vector<std::string>>& only) {
  std::vector<Shared> shared;
  for (const std::string& name : compared_columns(reference, only)) {
    const DriftColumn& before = *reference.find(name);
    const DriftColumn* now = current.find(name);
    const bool optional_target = !only.has_value() && name == reference.target;
    if (now == nullptr && optional_target) continue;
    if (now == nullptr) {
      shared.push_back({before, std::nullopt});
      continue;
    }
    shared.push_back({before, *now});
    const ColumnProfile* elements = before.profile->elements();
    if (elements != nullptr && now->profile->elements() != nullptr) {
      shared.push_back({{elements}, DriftColumn{now->profile->elements()}});
    }
  }
  return shared;
}

uint64_t missing_of(const DriftColumn& column) {
  if (column.side != nullptr) return column.side->missing;
  if (column.sorted != nullptr) {
    return sorted_column(*column.sorted, column.number,
                         column.profile->kind() == ColumnKind::kTimestamp)
        .missing;
  }
  if (column.sample != nullptr) return sorted_sample(*column.sample, false).missing;
  return column.counts != nullptr ? column.counts->missing() : column.profile->missing();
}

// A broken feed: no distance says how far a number is from a string, or from nothing.
ColumnDrift broken(const Shared& shared, std::string reason) {
  ColumnDrift column;
  column.name = shared.reference.profile->name();
  column.kind = shared.reference.profile->kind();
  column.reference_rows = shared.reference.num_rows();
  column.current_rows = shared.current.has_value() ? shared.current->num_rows() : 0;
  column.shares.reference_missing = missing_of(shared.reference);
  column.finding = std::move(reason);
  return column;
}

std::string type_and_kind(const ColumnProfile& column) {
  return column.type_names().front() + ", a " + kind_name(column.kind());
}

ColumnDrift measure_shared(const Shared& shared, const DriftOptions& options) {
  if (!shared.current.has_value()) {
    return broken(shared, "The current data lacks this column.");
  }
  const ColumnProfile& before = *shared.reference.profile;
  const ColumnProfile& now = *shared.current->profile;
  if (!before.may_be(now.kind())) {
    return broken(shared,
                  "Was " + type_and_kind(before) + ", and now is " + type_and_kind(now) + ".");
  }
  return measure_column(shared.reference, *shared.current, options.of_column(before.name()));
}

}  // namespace

const DriftColumn* DriftSide::find(std::string_view name) const {
  for (const DriftColumn& column : columns) {
    if (column.profile->name() == name) return &column;
  }
  return nullptr;
}

DriftSide side_of(const Profile& profile) {
  DriftSide side;
  side.target = profile.target();
  for (const ColumnProfile& column : profile.columns()) side.columns.push_back({&column});
  return side;
}

std::vector<std::string> compared_columns(const DriftSide& reference,
                                          const std::optional<std::vector<std::string>>& only) {
  std::vector<std::string> names;
  std::vector<std::string> known;
  for (const DriftColumn& column : reference.columns) known.push_back(column.profile->name());
  if (only.has_value()) {
    for (const std::string& name : *only) {
      if (reference.find(name) != nullptr) continue;
      throw Error(ErrorKind::kSchema, "The reference profile has no column '" + name + "'. " +
                                          did_you_mean(name, known))
          .column(name);
    }
  }
  for (const DriftColumn& column : reference.columns) {
    const std::string& name = column.profile->name();
    const bool wanted =
        !only.has_value() || std::find(only->begin(), only->end(), name) != only->end();
    if (wanted && column.profile->kind() != ColumnKind::kSkipped) names.push_back(name);
  }
  return names;
}

std::vector<std::vector<ColumnDrift>> detect_drift(
    const DriftSide& reference, std::span<const DriftSide> windows,
    const std::optional<std::vector<std::string>>& only, const DriftOptions& options) {
  std::vector<Shared> shared;
  std::vector<size_t> ends;
  for (const DriftSide& window : windows) {
    const std::vector<Shared> matched = match_columns(reference, window, only);
    shared.insert(shared.end(), matched.begin(), matched.end());
    ends.push_back(shared.size());
  }
  std::vector<ColumnDrift> columns(shared.size());
  parallel_for(shared.size(),
               [&](uint64_t i, uint32_t) { columns[i] = measure_shared(shared[i], options); });
  judge(&columns, options);
  std::vector<std::vector<ColumnDrift>> result;
  size_t from = 0;
  for (const size_t end : ends) {
    result.emplace_back(
        std::make_move_iterator(columns.begin() + static_cast<std::ptrdiff_t>(from)),
        std::make_move_iterator(columns.begin() + static_cast<std::ptrdiff_t>(end)));
    from = end;
  }
  return result;
}

}  // namespace mainspring
