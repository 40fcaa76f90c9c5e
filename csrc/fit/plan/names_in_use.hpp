// The names of a plan's features, no two the same, where many may be numbered ones of one name.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>

#include "fit/plan/plan_builder.hpp"

namespace mainspring {

class NamesInUse {
 public:
  /// Throws Error(kParameter) naming both expressions when a name is in use.
  void add(const FeatureInfo& info, const std::string& expression);

 private:
  struct Numbered {
    uint32_t count;
    std::string expression;
  };
  void add_one(const std::string& name, const std::string& expression);
  void add_numbered(const std::string& name, uint32_t count, const std::string& expression);
  /// The numbered names that `name` is one of, or null.
  const Numbered* numbered(const std::string& name) const;

  std::unordered_map<std::string, std::string> single_;  // to the expression
  std::unordered_map<std::string, Numbered> numbered_;   // NAME_0 to NAME_(count - 1)
};

}  // namespace mainspring
