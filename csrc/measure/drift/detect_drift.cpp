// Matches the columns of two profiles, then measures and judges each.
#include "measure/drift/detect_drift.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/names.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

struct Shared {
  const ColumnProfile* reference;
  const ColumnProfile* current;  // null: the window lacks it
};

std::vector<Shared> match_columns(const Profile& reference, const Profile& current,
                                  const std::optional<std::vector<std::string>>& only) {
  std::vector<Shared> shared;
  for (const std::string& name : compared_columns(reference, only)) {
    const ColumnProfile& before = *reference.find(name);
    const ColumnProfile* now = current.find(name);
    const bool optional_target = !only.has_value() && name == reference.target();
    if (now == nullptr && optional_target) continue;
    shared.push_back({&before, now});
    if (now != nullptr && before.elements() != nullptr && now->elements() != nullptr) {
      shared.push_back({before.elements(), now->elements()});
    }
  }
  return shared;
}

// A broken feed: no distance says how far a number is from a string, or from nothing.
ColumnDrift broken(const Shared& shared, std::string reason) {
  ColumnDrift column;
  column.name = shared.reference->name();
  column.kind = shared.reference->kind();
  column.reference_rows = shared.reference->num_rows();
  column.current_rows = shared.current == nullptr ? 0 : shared.current->num_rows();
  column.shares.reference_missing = shared.reference->missing();
  column.finding = std::move(reason);
  return column;
}

std::string type_and_kind(const ColumnProfile& column) {
  return column.type_names().front() + ", a " + kind_name(column.kind());
}

ColumnDrift measure_shared(const Shared& shared, const DriftOptions& options) {
  if (shared.current == nullptr) {
    return broken(shared, "The current data lacks this column.");
  }
  if (!shared.reference->may_be(shared.current->kind())) {
    return broken(shared, "Was " + type_and_kind(*shared.reference) + ", and now is " +
                              type_and_kind(*shared.current) + ".");
  }
  return measure_column(*shared.reference, *shared.current,
                        options.of_column(shared.reference->name()));
}

}  // namespace

std::vector<std::string> compared_columns(const Profile& reference,
                                          const std::optional<std::vector<std::string>>& only) {
  std::vector<std::string> names;
  std::vector<std::string> known;
  for (const ColumnProfile& column : reference.columns()) known.push_back(column.name());
  if (only.has_value()) {
    for (const std::string& name : *only) {
      if (reference.find(name) != nullptr) continue;
      throw Error(ErrorKind::kSchema, "The reference profile has no column '" + name + "'. " +
                                          did_you_mean(name, known))
          .column(name);
    }
  }
  for (const ColumnProfile& column : reference.columns()) {
    const bool wanted =
        !only.has_value() || std::find(only->begin(), only->end(), column.name()) != only->end();
    if (wanted && column.kind() != ColumnKind::kSkipped) names.push_back(column.name());
  }
  return names;
}

std::vector<std::vector<ColumnDrift>> detect_drift(
    const Profile& reference, std::span<const Profile* const> windows,
    const std::optional<std::vector<std::string>>& only, const DriftOptions& options) {
  std::vector<Shared> shared;
  std::vector<size_t> ends;
  for (const Profile* window : windows) {
    const std::vector<Shared> matched = match_columns(reference, *window, only);
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
