// One Python value to one input of a row.
#pragma once
#include <Python.h>

#include "host/row_columns.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring::bind {

/// False when the value is nothing that the input takes; no Python error is left behind then. May
/// run Python code of the value's type. Borrowed bytes stay valid while `value` lives.
bool set_value(PyObject* value, const InputRecord& input, uint32_t number, RowColumns* columns);

}  // namespace mainspring::bind
