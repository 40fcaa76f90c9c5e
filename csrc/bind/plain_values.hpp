// Bytes, texts and histograms of the engine as plain Python values.
#pragma once
#include <pybind11/pybind11.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "profile/histogram.hpp"

namespace mainspring::bind {

inline pybind11::bytes bytes_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Valid as long as `bytes` is.
inline std::span<const uint8_t> span_of(const pybind11::bytes& bytes) {
  const std::string_view view = bytes;
  return {reinterpret_cast<const uint8_t*>(view.data()), view.size()};
}

/// Values of string columns are UTF-8 by contract only: what is not is shown with replacement
/// marks.
inline pybind11::str text(const std::string& bytes) {
  return pybind11::reinterpret_steal<pybind11::str>(
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace"));
}

/// None where there is nothing to show.
inline pybind11::object histogram(const HistogramAxis& axis, const HistogramCounts& counts) {
  if (axis.edges.size() < 2) return pybind11::none();
  pybind11::tuple edges(axis.edges.size());
  for (size_t i = 0; i < axis.edges.size(); ++i) edges[i] = axis.edges[i];
  pybind11::tuple bins(counts.bins.size());
  for (size_t i = 0; i < counts.bins.size(); ++i) bins[i] = counts.bins[i];
  pybind11::dict fields;
  fields["edges"] = edges;
  fields["counts"] = bins;
  fields["below"] = counts.below;
  fields["above"] = counts.above;
  fields["logarithmic"] = axis.logarithmic;
  return fields;
}

}  // namespace mainspring::bind
