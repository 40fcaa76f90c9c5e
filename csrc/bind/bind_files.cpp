// Whole files and assembled bundles: bytes in, bytes out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>
#include <optional>

#include "bind/bundle.hpp"
#include "bind/plain_values.hpp"
#include "fit/derive_forest.hpp"
#include "fit/plan/plan_builder.hpp"
#include "fit/write_bundle.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "runtime/bundle/format.hpp"
#include "runtime/core/crc.hpp"
#include "runtime/core/hash.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

std::vector<uint8_t> copy_of(const py::bytes& bytes) {
  const auto span = span_of(bytes);
  return {span.begin(), span.end()};
}

// The sections POOL, PLAN, DATA and LABL of an opened bundle, as they lie in its file.
void take_parts(std::span<const uint8_t> file, BundleParts* parts) {
  BundleHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  for (uint32_t i = 0; i < header.num_sections; ++i) {
    SectionRecord record;
    std::memcpy(&record, file.data() + sizeof(header) + i * sizeof(record), sizeof(record));
    const auto section = file.subspan(record.offset, record.length);
    if (record.type == kSectionPool) parts->pool.assign(section.begin(), section.end());
    if (record.type == kSectionPlan) parts->plan.assign(section.begin(), section.end());
    if (record.type == kSectionData) parts->data.add({section.begin(), section.end()});
    if (record.type == kSectionLabels) parts->labels.assign(section.begin(), section.end());
  }
}

py::bytes assemble_bundle(const py::bytes& meta, const py::object& plan,
                          const std::optional<std::vector<std::string>>& feature_names,
                          const py::bytes& model, const py::bytes& profile,
                          const py::bytes& labels) {
  if (plan.is_none() != feature_names.has_value()) {
    throw Error(ErrorKind::kParameter,
                "write_bundle takes a plan or feature names: expected one of them, got " +
                    std::string(plan.is_none() ? "neither" : "both") + ".");
  }
  BundleParts parts;
  parts.meta = copy_of(meta);
  parts.model = copy_of(model);
  parts.profile = copy_of(profile);
  if (feature_names.has_value()) {
    build_wide_plan(*feature_names, &parts);
  } else {
    const py::bytes file = plan.attr("to_bytes")();
    take_parts(span_of(file), &parts);
  }
  parts.labels = copy_of(labels);
  return bytes_of(write_bundle(parts));
}

/// The plan of a bundle before another model: its first trees, or the numbers of their leaves.
py::bytes derive_bundle(const py::object& bundle, const py::bytes& meta, const std::string& what,
                        uint32_t num_trees) {
  const bool leaves = what == "leaves";
  if (!leaves && what != "trees") {
    throw Error(ErrorKind::kParameter, "Found '" + what + "', expected 'trees' or 'leaves'.");
  }
  const py::bytes file = bundle.attr("to_bytes")();
  const auto image = image_of(bundle);
  BundleParts parts;
  parts.meta = copy_of(meta);
  const auto bytes = span_of(file);
  std::vector<uint8_t> derived;
  {
    const py::gil_scoped_release unlocked;
    take_parts(bytes, &parts);
    const ModelView& model = image->view().model;
    parts.model = leaves ? leaf_numbers(model, num_trees) : first_trees(model, num_trees);
    if (leaves) parts.labels.clear();
    derived = write_bundle(parts);
  }
  return bytes_of(derived);
}

// A str, bytes or os.PathLike, in the encoding of the file system.
std::string path_of(const py::handle& path) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(path.ptr(), &encoded) == 0) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(encoded);
}

}  // namespace

void register_files(py::module_& module) {
  module.def(
      "crc32c",
      [](const py::bytes& bytes) {
        const std::span<const uint8_t> view = span_of(bytes);
        return crc32c(view.data(), view.size());
      },
      py::arg("bytes"), "The checksum of bundles and of what devices count.");
  module.def(
      "hash_bytes",
      [](const py::bytes& bytes) {
        const std::span<const uint8_t> view = span_of(bytes);
        return hash_bytes(view.data(), view.size());
      },
      py::arg("bytes"), "The hash of strings that is part of the formats.");
  module.def(
      "write_bundle", &assemble_bundle, py::arg("meta"), py::arg("plan"), py::arg("feature_names"),
      py::arg("model"), py::arg("profile"), py::arg("labels") = py::bytes(),
      "The bytes of a bundle: a fitted bundle's plan, or a plan that hands the named columns "
      "to the model, with these sections beside it.");
  module.def("derive_bundle", &derive_bundle, py::arg("bundle"), py::arg("meta"), py::arg("what"),
             py::arg("num_trees"),
             "The bytes of a bundle with the plan of this one and another model: its first "
             "num_trees 'trees', or the numbers of their 'leaves'.");
  module.def(
      "write_file",
      [](const py::object& path, const py::bytes& bytes) {
        const std::string name = path_of(path);
        const auto span = span_of(bytes);
        const py::gil_scoped_release unlocked;
        write_file(name, span);
      },
      py::arg("path"), py::arg("bytes"),
      "Replace a file atomically: afterwards the path holds the old bytes or all of the new ones.");
  module.def(
      "read_file",
      [](const py::object& path) {
        const std::string name = path_of(path);
        std::vector<uint8_t> bytes;
        {
          const py::gil_scoped_release unlocked;
          bytes = read_file(name);
        }
        return bytes_of(bytes);
      },
      py::arg("path"), "All bytes of a file.");
}

}  // namespace mainspring::bind
