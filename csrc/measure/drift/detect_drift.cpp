// Matches the columns of two profiles, then measures and judges each.
#include "measure/drift/detect_drift.hpp"

#include <algorithm>

#include "host/names.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

struct Shared {
  const ColumnProfile* reference;
  const ColumnProfile* current;
};

std::vector<Shared> match_columns(const Profile& reference, const Profile& current,
                                  const std::optional<std::vector<std::string>>& only) {
  std::vector<Shared> shared;
  std::vector<std::string> lacking;
  for (const std::string& name : compared_columns(reference, only)) {
    const ColumnProfile& before = *reference.find(name);
    const ColumnProfile* now = current.find(name);
    const bool optional_target = !only.has_value() && name == reference.target();
    if (now != nullptr) {
      before.expect_kind(now->type_names(), now->kind());
      shared.push_back({&before, now});
      if (before.elements() != nullptr && now->elements() != nullptr) {
        shared.push_back({before.elements(), now->elements()});
      }
    } else if (!optional_target) {
      lacking.push_back(name);
    }
  }
  if (!lacking.empty()) {
    const bool one = lacking.size() == 1;
    throw Error(ErrorKind::kSchema, std::string("The current data lacks column") +
                                        (one ? " " : "s ") + list_names(lacking) +
                                        " of the reference. Add " + (one ? "it" : "them") +
                                        ", or name the columns to compare with columns=.")
        .column(lacking.front());
  }
  return shared;
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

std::vector<ColumnDrift> detect_drift(const Profile& reference, const Profile& current,
                                      const std::optional<std::vector<std::string>>& only,
                                      const DriftOptions& options) {
  const std::vector<Shared> shared = match_columns(reference, current, only);
  std::vector<ColumnDrift> columns(shared.size());
  parallel_for(shared.size(), [&](uint64_t i, uint32_t) {
    columns[i] = measure_column(*shared[i].reference, *shared[i].current, options);
  });
  judge(&columns, options);
  return columns;
}

}  // namespace mainspring
