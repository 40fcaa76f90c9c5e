// What expressions look like in messages, as chains, and in state bytes.
#include "fit/plan/expression.hpp"

#include <algorithm>
#include <utility>

#include "fit/transforms/transform_list.hpp"
#include "host/error.hpp"

namespace mainspring {

std::string describe(const std::vector<std::string>& columns,
                     const std::vector<std::shared_ptr<const Operator>>& operators,
                     size_t num_operators) {
  std::string text = "col(";
  for (size_t i = 0; i < columns.size(); ++i) {
    text.append(i == 0 ? "'" : ", '").append(columns[i]).append("'");
  }
  text += ")";
  for (size_t i = 0; i < num_operators; ++i) {
    text.append(".").append(operators[i]->transform().name).append("()");
  }
  return text;
}

std::string describe(const Chain& chain, size_t num_operators) {
  return describe(chain.own_columns(), chain.operators, num_operators);
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

std::vector<Chain> expand(const std::vector<Expression>& expressions) {
  if (expressions.empty()) {
    throw Error(ErrorKind::kParameter,
                "A preprocessor needs at least one expression, got none. Pass col('name').");
  }
  std::vector<Chain> chains;
  for (const Expression& expression : expressions) {
    if (expression.columns.empty()) {
      throw Error(ErrorKind::kParameter, "col() needs at least one column name, got none.");
    }
    const bool joint = std::any_of(expression.operators.begin(), expression.operators.end(),
                                   [](const auto& op) { return op->transform().joint; });
    const std::vector<std::string> keys = keys_of(expression);
    const auto add_chain = [&](std::vector<std::string> columns) {
      columns.insert(columns.end(), keys.begin(), keys.end());
      chains.push_back(
          Chain{std::move(columns), expression.operators, expression.alias, keys.size()});
    };
    if (joint) {
      add_chain(expression.columns);
      continue;
    }
    if (!expression.alias.empty() && expression.columns.size() > 1) {
      throw Error(ErrorKind::kParameter, "alias('" + expression.alias +
                                             "') names one feature, but " +
                                             describe(expression.columns, {}, 0) + " has " +
                                             std::to_string(expression.columns.size()) +
                                             " columns. Write one expression for each.");
    }
    for (const std::string& column : expression.columns) {
      add_chain({column});
    }
  }
  return chains;
}

bool same_operator(const Operator& a, const Operator& b) {
  return &a.transform() == &b.transform() && a.params() == b.params();
}

void write_expressions(const std::vector<Expression>& expressions, StateWriter& writer) {
  writer.put<uint64_t>(expressions.size());
  for (const Expression& expression : expressions) {
    writer.put<uint64_t>(expression.columns.size());
    for (const std::string& column : expression.columns) writer.put_bytes(column);
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
}

std::vector<Expression> read_expressions(StateReader& reader) {
  std::vector<Expression> expressions(reader.get_count(24));
  for (Expression& expression : expressions) {
    expression.columns.resize(reader.get_count(8));
    for (std::string& column : expression.columns) column = reader.get_text();
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
  }
  return expressions;
}

}  // namespace mainspring
