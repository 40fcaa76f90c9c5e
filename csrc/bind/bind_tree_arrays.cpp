// Trees in NumPy's arrays, for Python: two dicts in, the bytes of a MODEL section out.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "bind/buffers.hpp"
#include "fit/importers/tree_arrays.hpp"
#include "host/error.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

/// Holds the buffers of the arrays as long as they are read.
class TreeBuffers {
 public:
  explicit TreeBuffers(const py::dict& arrays) : arrays_(arrays) {}

  template <class T>
  std::span<const T> get(const char* name, char format) {
    if (!arrays_.contains(name)) return {};
    const py::object array = arrays_[name];
    held_.push_back(std::make_unique<BufferView>(array.ptr(), format, false, name));
    return {held_.back()->data<const T>(), held_.back()->count()};
  }
  std::span<const int64_t> integers(const char* name) {
    return get<int64_t>(name, sizeof(long) == 8 ? 'l' : 'q');
  }
  std::span<const double> doubles(const char* name) { return get<double>(name, 'd'); }

 private:
  const py::dict& arrays_;
  std::vector<std::unique_ptr<BufferView>> held_;
};

Link link_named(const std::string& name) {
  for (uint32_t code = 0; code <= static_cast<uint32_t>(Link::kSignedSquare); ++code) {
    if (name == link_name(static_cast<Link>(code))) return static_cast<Link>(code);
  }
  throw Error(ErrorKind::kParameter, "The link '" + name + "' is not known.");
}

ModelImage read_trees(const py::dict& arrays, const py::dict& shape,
                      const std::vector<std::string>& feature_names,
                      const std::string& description) {
  TreeBuffers buffers(arrays);
  TreeArrays trees;
  trees.tree_sizes = buffers.integers("tree_sizes");
  trees.outputs = buffers.integers("outputs");
  trees.left = buffers.integers("left");
  trees.right = buffers.integers("right");
  trees.features = buffers.integers("features");
  trees.thresholds = buffers.doubles("thresholds");
  trees.treatments = buffers.get<uint8_t>("treatments", 'B');
  trees.leaves = buffers.doubles("leaves");
  trees.covers = buffers.doubles("covers");
  trees.gains = buffers.doubles("gains");
  trees.set_begins = buffers.integers("set_begins");
  trees.set_lengths = buffers.integers("set_lengths");
  trees.set_words = buffers.get<uint32_t>("set_words", 'I');

  SourceForest forest;
  forest.num_features = static_cast<uint32_t>(feature_names.size());
  forest.num_outputs = shape["num_outputs"].cast<uint32_t>();
  forest.num_classes = shape["num_classes"].cast<uint32_t>();
  forest.link = link_named(shape["link"].cast<std::string>());
  forest.link_scale = shape["link_scale"].cast<double>();
  forest.link_divisor = shape["link_divisor"].cast<double>();
  forest.bases = shape["bases"].cast<std::vector<double>>();
  forest.has_vectors = shape["has_vectors"].cast<bool>();
  if (shape["rounds_input"].cast<bool>()) forest.input = ForestInput::kRoundedToFloat;
  const py::gil_scoped_release release;
  return read_tree_arrays(trees, std::move(forest), feature_names, description);
}

}  // namespace

void register_tree_arrays(py::module_& module) {
  module.def("read_trees", &read_trees, py::arg("arrays"), py::arg("shape"),
             py::arg("feature_names"), py::arg("description"),
             "Trees whose nodes lie in arrays (TreeArrays), and what the model does with their "
             "leaves. Raises DataError naming the tree.");
}

}  // namespace mainspring::bind
