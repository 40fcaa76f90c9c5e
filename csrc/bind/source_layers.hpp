// What Python's readers say of a layer, as the writers of sections take it: words and arrays of
// float64.
#pragma once
#include <pybind11/pybind11.h>

#include <string_view>

#include "fit/importers/write_dense.hpp"

namespace mainspring::bind {

/// "float32" or "float64". Like the others it throws Error(kParameter), which lists the words.
DenseElement element_of(std::string_view word);

Link link_of(std::string_view word);

void set_activation(SourceLayer& layer, std::string_view word, double slope);

/// Weights (outputs, inputs) and biases, or two arrays; without an activation. Throws Error(kData)
/// where the arrays do not go together.
SourceLayer read_layer(std::string_view kind, const pybind11::handle& first,
                       const pybind11::handle& second);

}  // namespace mainspring::bind
