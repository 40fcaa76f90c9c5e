// What expressions look like in messages, as chains, and in state bytes.
#include "fit/plan/expression.hpp"

#include <algorithm>
#include <utility>

#include "fit/plan/fit_rounds.hpp"
#include "fit/transforms/transform_list.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

std::string with_operators(std::string text,
                           const std::vector<std::shared_ptr<const Operator>>& operators,
                           size_t num_operators) {
  for (size_t i = 0; i < num_operators; ++i) {
    text.append(".").append(operators[i]->transform().name).append("()");
  }
  return text;
}

}  // namespace

std::string describe(const std::vector<std::string>& columns,
                     const std::vector<std::shared_ptr<const Operator>>& operators,
                     size_t num_operators) {
  std::string text = "col(";
  for (size_t i = 0; i < columns.size(); ++i) {
    text.append(i == 0 ? "'" : ", '").append(columns[i]).append("'");
  }
  return with_operators(text + ")", operators, num_operators);
}

std::string describe(const Chain& chain, size_t num_operators) {
  if (chain.sides.empty()) return describe(chain.own_columns(), chain.operators, num_operators);
  std::string text = "(";
  for (const Chain& side : chain.sides) {
    if (text.size() > 1) text += ", ";
    text += describe(side, side.operators.size());
  }
  return with_operators(text + ")", chain.operators, num_operators);
}

std::string first_column(const Chain& chain) {
  return chain.sides.empty() ? chain.columns[0] : first_column(chain.sides[0]);
}

size_t Chain::keys_at(size_t operator_index) const {
  for (size_t i = 0; i < operator_index; ++i) {
    if (takes_keys(i)) return 0;
  }
  return num_keys;
}

namespace {

/// Of the only operator that has any.
std::vector<std::string> keys_of(const Expression& expression) {
  std::vector<std::string> keys;
  for (const auto& op : expression.operators) {
    const std::vector<std::string> more = op->key_columns();
    if (more.empty()) continue;
    if (!keys.empty()) {
      throw Error(
          ErrorKind::kParameter,
          "Two operators of " +
              describe(expression.columns, expression.operators, expression.operators.size()) +
              " take keys, expected one. Write one expression for each.");
    }
    keys = more;
  }
  return keys;
}

}  // namespace

namespace {

/// An operator that says how columns are read stands before all others.
void check_order(const Expression& expression) {
  for (size_t i = 1; i < expression.operators.size(); ++i) {
    const Transform& late = expression.operators[i]->transform();
    if (!late.keeps_nan) continue;
    const std::string name(late.name);
    const std::string before(expression.operators[i - 1]->transform().name);
    throw Error(ErrorKind::kParameter,
                name +
                    " says how a column is read, expected it first in an expression, got it "
                    "behind " +
                    before + ". Write col(...)." + name + "() and the other operators behind it.")
        .expected(name + " first")
        .got("behind " + before);
  }
}

std::vector<Chain> chains_of(const Expression& expression, size_t depth);

/// The sides, each one chain, behind which the expression begins.
Chain joined(const Expression& expression, size_t depth) {
  Chain chain{{}, {}, expression.operators, expression.alias};
  for (const Expression& side : expression.sides) {
    std::vector<Chain> chains = chains_of(side, depth + 1);
    if (chains.size() != 1) {
      throw Error(ErrorKind::kParameter,
                  "A side of a calculation is one column, but " +
                      describe(side.columns, side.operators, side.operators.size()) + " has " +
                      std::to_string(chains.size()) + ". Write one expression for each.");
    }
    chain.first_round =
        std::max(chain.first_round, chains[0].first_round + rounds_of(chains[0].operators).size());
    chain.sides.push_back(std::move(chains[0]));
  }
  if (!expression.columns.empty() || expression.operators.empty() ||
      !expression.operators[0]->transform().joint) {
    throw Error(ErrorKind::kParameter, "No operator joins the sides " + describe(chain, 0) + ".");
  }
  return chain;
}

std::vector<Chain> chains_of(const Expression& expression, size_t depth) {
  if (depth > kMaxDepth) {
    throw Error(ErrorKind::kParameter,
                "Expressions are calculated from each other more than " +
                    std::to_string(kMaxDepth) +
                    " deep. Calculate a column of its own beforehand, or use fewer.");
  }
  check_order(expression);
  const std::vector<std::string> keys = keys_of(expression);
  std::vector<Chain> chains;
  const auto add_chain = [&](Chain chain) {
    chain.columns.insert(chain.columns.end(), keys.begin(), keys.end());
    chain.num_keys = keys.size();
    chains.push_back(std::move(chain));
  };
  if (!expression.sides.empty()) {
    add_chain(joined(expression, depth));
    return chains;
  }
  if (expression.columns.empty()) {
    throw Error(ErrorKind::kParameter, "col() needs at least one column name, got none.");
  }
  const bool joint = std::any_of(expression.operators.begin(), expression.operators.end(),
                                 [](const auto& op) { return op->transform().joint; });
  if (joint) {
    add_chain(Chain{expression.columns, {}, expression.operators, expression.alias});
    return chains;
  }
  if (!expression.alias.empty() && expression.columns.size() > 1) {
    throw Error(ErrorKind::kParameter, "alias('" + expression.alias + "') is for one column, but " +
                                           describe(expression.columns, {}, 0) + " has " +
                                           std::to_string(expression.columns.size()) +
                                           " columns. Write one expression for each.");
  }
  for (const std::string& column : expression.columns) {
    add_chain(Chain{{column}, {}, expression.operators, expression.alias});
  }
  return chains;
}

bool same_operator(const Operator& a, const Operator& b) {
  return &a.transform() == &b.transform() && a.params() == b.params();
}

}  // namespace

std::vector<Chain> expand(const std::vector<Expression>& expressions) {
  if (expressions.empty()) {
    throw Error(ErrorKind::kParameter,
                "A preprocessor needs at least one expression, got none. Pass col('name').");
  }
  std::vector<Chain> chains;
  for (const Expression& expression : expressions) {
    for (Chain& chain : chains_of(expression, 0)) chains.push_back(std::move(chain));
  }
  return chains;
}

bool same_chain(const Chain& a, const Chain& b) {
  return a.columns == b.columns && a.alias == b.alias &&
         std::equal(a.operators.begin(), a.operators.end(), b.operators.begin(), b.operators.end(),
                    [](const auto& x, const auto& y) { return same_operator(*x, *y); }) &&
         std::equal(a.sides.begin(), a.sides.end(), b.sides.begin(), b.sides.end(), same_chain);
}

namespace {

void write_expression(const Expression& expression, StateWriter& writer) {
  writer.put<uint64_t>(expression.columns.size());
  for (const std::string& column : expression.columns) writer.put_bytes(column);
  if (expression.columns.empty()) {
    writer.put<uint64_t>(expression.sides.size());
    for (const Expression& side : expression.sides) write_expression(side, writer);
  }
  writer.put_bytes(expression.alias);
  writer.put<uint64_t>(expression.operators.size());
  for (const auto& op : expression.operators) {
    writer.put_bytes(op->transform().name);
    const NamedParams params = op->params();
    writer.put<uint64_t>(params.size());
    for (const auto& [name, value] : params) {
      writer.put_bytes(name);
      write_param(value, writer);
    }
  }
}

Expression read_expression(StateReader& reader, size_t depth) {
  if (depth > kMaxDepth) StateReader::fail();
  Expression expression;
  expression.columns.resize(reader.get_count(8));
  for (std::string& column : expression.columns) column = reader.get_text();
  if (expression.columns.empty()) {
    for (uint64_t left = reader.get_count(24); left > 0; --left) {
      expression.sides.push_back(read_expression(reader, depth + 1));
    }
  }
  expression.alias = reader.get_text();
  for (uint64_t left = reader.get_count(16); left > 0; --left) {
    const std::string name(reader.get_text());
    NamedParams params(reader.get_count(9));
    for (auto& [param, value] : params) {
      param = reader.get_text();
      value = read_param(reader);
    }
    expression.operators.push_back(bind_operator(name, params));
  }
  return expression;
}

}  // namespace

void write_expressions(const std::vector<Expression>& expressions, StateWriter& writer) {
  writer.put<uint64_t>(expressions.size());
  for (const Expression& expression : expressions) write_expression(expression, writer);
}

std::vector<Expression> read_expressions(StateReader& reader) {
  std::vector<Expression> expressions(reader.get_count(24));
  for (Expression& expression : expressions) expression = read_expression(reader, 0);
  return expressions;
}

}  // namespace mainspring
