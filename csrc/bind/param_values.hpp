// Parameters of operators between Python's objects and the engine's variant.
#pragma once
#include <pybind11/pybind11.h>

#include <string>

#include "fit/transforms/param.hpp"

namespace mainspring::bind {

/// Throws Error(kParameter) naming operator and parameter for an object of no known kind.
NamedParams to_named_params(const std::string& op, const pybind11::dict& params);

pybind11::object to_python(const ParamValue& value);

}  // namespace mainspring::bind
