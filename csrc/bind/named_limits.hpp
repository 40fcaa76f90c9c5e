// Limits between an options struct and Python: drift and checks list and read theirs in one way.
#pragma once
#include <pybind11/pybind11.h>

#include <map>
#include <string>

namespace mainspring::bind {

/// One dict for each limit. `limits` are rows of name, summary, member of Options and range.
template <class Options, class Limits>
pybind11::list list_limits(const Limits& limits) {
  pybind11::list rows;
  const Options defaults;
  for (const auto& limit : limits) {
    pybind11::dict row;
    row["name"] = std::string(limit.name);
    row["summary"] = std::string(limit.summary);
    row["default"] = defaults.*limit.value;
    row["smallest"] = limit.smallest;
    row["largest"] = limit.largest;
    rows.append(row);
  }
  return rows;
}

/// Sets the limits that are named. Python has checked names and ranges, and says more about them.
template <class Options, class Limits>
void set_limits(const Limits& limits, const std::map<std::string, double>& named,
                Options* options) {
  for (const auto& limit : limits) {
    const auto found = named.find(std::string(limit.name));
    if (found != named.end()) options->*limit.value = found->second;
  }
}

}  // namespace mainspring::bind
