// Which form of a column an expression reads: decided by the column's type and by what its first
// operator takes.
#pragma once
#include <string>
#include <vector>

#include "fit/plan/expression.hpp"
#include "host/table.hpp"

namespace mainspring {

/// A column as the plan's input.
struct ColumnBinding {
  std::string name;
  InputKind kind;
  TimeUnit unit = TimeUnit::kNone;
  std::string time_zone;
  ColumnType fitted;
  std::string type_name;  // for messages
};

/// The chain's own columns, not those of its sides. `reader`: what takes a column that goes through
/// no operator; null: it is a feature. Throws Error(kSchema) that names column, type, operator and
/// fix when the first operator cannot take the column.
std::vector<ColumnBinding> bind_columns(const Chain& chain, const Transform* reader,
                                        const Table& table);

/// Throws Error(kSchema) unless the table's column can feed a binding that was made from other
/// data: types may widen, but not change kind.
void check_binding(const ColumnBinding& binding, const Table& table);

/// The views of a batch that a plan with these bindings reads.
std::vector<ColumnView> bound_columns(const std::vector<ColumnBinding>& bindings,
                                      const Table& table, uint32_t batch);

}  // namespace mainspring
