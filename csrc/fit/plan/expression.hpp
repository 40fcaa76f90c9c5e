// What a user asks for: columns, and the operators that each goes through. The first stop of a fit.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fit/transforms/transform.hpp"

namespace mainspring {

struct Expression {
  std::vector<std::string> columns;
  std::vector<std::shared_ptr<const Operator>> operators;
  std::string alias;  // "": none
};

/// The operators of one expression over the columns that flow through them together: one column,
/// or all of them where an operator joins them.
struct Chain {
  std::vector<std::string> columns;
  std::vector<std::shared_ptr<const Operator>> operators;
  std::string alias;
  size_t num_keys = 0;  // the last columns: keys of an operator, which no other touches

  std::vector<std::string> own_columns() const {
    return {columns.begin(), columns.end() - static_cast<ptrdiff_t>(num_keys)};
  }
  bool takes_keys(size_t operator_index) const {
    return num_keys > 0 && !operators[operator_index]->key_columns().empty();
  }
  /// How many keys still flow behind the streams that reach an operator.
  size_t keys_at(size_t operator_index) const;
};

/// "col('x').impute().log1p()", with the first `num_operators` operators.
std::string describe(const std::vector<std::string>& columns,
                     const std::vector<std::shared_ptr<const Operator>>& operators,
                     size_t num_operators);

std::string describe(const Chain& chain, size_t num_operators);

/// Throws Error(kParameter) for no expression, an expression without columns, an alias over several
/// columns, and two operators with keys.
std::vector<Chain> expand(const std::vector<Expression>& expressions);

bool same_operator(const Operator& a, const Operator& b);

void write_expressions(const std::vector<Expression>& expressions, StateWriter& writer);
std::vector<Expression> read_expressions(StateReader& reader);

}  // namespace mainspring
