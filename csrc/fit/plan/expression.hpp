// What a user asks for: columns, and the operators that each goes through. The first stop of a fit.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fit/transforms/transform.hpp"

namespace mainspring {

struct Expression {
  std::vector<std::string> columns;
  /// Instead of columns: expressions of one stream each, which the first operator joins.
  std::vector<Expression> sides;
  std::vector<std::shared_ptr<const Operator>> operators;
  std::string alias;  // "": none
};

/// How deep calculations may lie in each other: the stack of every thread holds so many.
inline constexpr size_t kMaxDepth = 100;

/// The operators of one expression over the columns that flow through them together: one column,
/// all of them where an operator joins them, or what its sides give, chains of their own.
struct Chain {
  std::vector<std::string> columns;
  std::vector<Chain> sides;
  std::vector<std::shared_ptr<const Operator>> operators;
  std::string alias;
  size_t num_keys = 0;     // the last columns: keys of an operator, which no other touches
  size_t first_round = 0;  // passes in which the sides learn before it can

  std::vector<std::string> own_columns() const {
    return {columns.begin(), columns.end() - static_cast<ptrdiff_t>(num_keys)};
  }
  bool takes_keys(size_t operator_index) const {
    return num_keys > 0 && !operators[operator_index]->key_columns().empty();
  }
  /// How many keys still flow behind the streams that reach an operator.
  size_t keys_at(size_t operator_index) const;
  /// Whether NaN in the chain's own columns is a value.
  bool keeps_nan() const { return !operators.empty() && operators[0]->transform().keeps_nan; }
  /// Whether it joins columns: as a side its name stands in parentheses.
  bool joins() const { return !sides.empty() || own_columns().size() > 1; }
};

/// Visits the sides of a chain, and theirs, before the chain itself. Of chains that are bound, too.
template <class Node, class Visit>
void visit_chains(Node& node, const Visit& visit) {
  for (auto& side : node.sides) visit_chains(side, visit);
  visit(node);
}

/// "col('x').impute().log1p()", with the first `num_operators` operators.
std::string describe(const std::vector<std::string>& columns,
                     const std::vector<std::shared_ptr<const Operator>>& operators,
                     size_t num_operators);

std::string describe(const Chain& chain, size_t num_operators);

/// The first column that a chain reads, for messages.
std::string first_column(const Chain& chain);

/// Throws Error(kParameter) for no expression, an expression without columns, an alias over several
/// columns, two operators with keys, one that comes first behind another, sides that no operator
/// joins or that are several chains, and sides too deep in each other.
std::vector<Chain> expand(const std::vector<Expression>& expressions);

/// Whether two chains were made of equal expressions.
bool same_chain(const Chain& a, const Chain& b);

void write_expressions(const std::vector<Expression>& expressions, StateWriter& writer);
std::vector<Expression> read_expressions(StateReader& reader);

}  // namespace mainspring
