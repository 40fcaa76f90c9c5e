// Rows without their zeros for Python: whole tables, dicts and training rows become three arrays
// that any library shares through the buffer protocol.
#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bind/buffers.hpp"
#include "bind/bundle.hpp"
#include "bind/read_row.hpp"
#include "fit/plan/fitter.hpp"
#include "host/error.hpp"
#include "host/jagged_lists.hpp"
#include "host/predict_sparse.hpp"
#include "host/scratch.hpp"
#include "host/sparse_rows.hpp"
#include "runtime/predictor/sparse_rows.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

/// One array of numbers; whoever takes its buffer keeps it alive.
class SparseNumbers {
 public:
  template <class T>
  SparseNumbers(GrowingArray<T> array, uint64_t count, const char* format)
      : data_(array.data()), size_(sizeof(T)), count_(count), format_(format) {
    owner_ = std::make_shared<GrowingArray<T>>(std::move(array));
  }

  py::buffer_info buffer() {
    const auto size = static_cast<py::ssize_t>(size_);
    return {data_, size, format_, 1, {static_cast<py::ssize_t>(count_)}, {size}};
  }

 private:
  std::shared_ptr<void> owner_;
  void* data_;
  uint64_t size_;
  uint64_t count_;
  const char* format_;
};

// 'l' is what NumPy calls int64 where it has 64 bits.
constexpr const char* kInt64Format = sizeof(long) == sizeof(int64_t) ? "l" : "q";

/// Starts, features, values.
using Arrays = py::typing::Tuple<SparseNumbers, SparseNumbers, SparseNumbers>;

Arrays to_arrays(SparseRows rows) {
  SparseNumbers starts =
      rows.narrow_starts.data() != nullptr
          ? SparseNumbers(std::move(rows.narrow_starts), rows.num_rows + 1, "i")
          : SparseNumbers(std::move(rows.wide_starts), rows.num_rows + 1, kInt64Format);
  return py::make_tuple(std::move(starts),
                        SparseNumbers(std::move(rows.features), rows.num_entries, "i"),
                        SparseNumbers(std::move(rows.values), rows.num_entries, "f"));
}

Arrays transform_sparse(const py::object& bundle, const Table& table) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  SparseRows rows;
  {
    const py::gil_scoped_release unlocked;
    rows = transform_to_sparse(*image, table);
  }
  return to_arrays(std::move(rows));
}

Arrays transform_sparse_rows(const py::object& bundle, const py::list& list) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const BundleView& view = image->view();
  RowReader reader(image);
  // Reading a value can run Python, so rows are taken one by one and their entries kept here.
  const uint64_t num_rows = list.size();
  SparseRowList rows(num_rows, view.plan.num_features);
  reader.with_rows(list, num_rows, [&](const ColumnView* columns, uint64_t) {
    uint8_t* scratch = thread_scratch(sparse_scratch_bytes(view));
    transform_sparse_tile(view, process_kernels(), columns, 0, 1, scratch, thread_texts(),
                          rows.tile());
    rows.append(1);
  });
  return to_arrays(rows.finish());
}

/// Of each list its offsets and ids.
using Lists = py::typing::List<py::typing::Tuple<SparseNumbers, SparseNumbers>>;

Lists to_lists(std::vector<JaggedList> lists, uint64_t num_rows) {
  py::list made;
  for (JaggedList& list : lists) {
    SparseNumbers offsets =
        list.narrow_offsets.data() != nullptr
            ? SparseNumbers(std::move(list.narrow_offsets), num_rows + 1, "i")
            : SparseNumbers(std::move(list.wide_offsets), num_rows + 1, kInt64Format);
    made.append(
        py::make_tuple(std::move(offsets), SparseNumbers(std::move(list.ids), list.num_ids, "i")));
  }
  return made;
}

Lists transform_jagged(const py::object& bundle, const Table& table) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  std::vector<JaggedList> lists;
  {
    const py::gil_scoped_release unlocked;
    lists = transform_to_jagged(*image, table);
  }
  return to_lists(std::move(lists), table.num_rows());
}

Lists transform_jagged_rows(const py::object& bundle, const py::list& list) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const ListPlan plan(image->view());
  RowReader reader(image);
  const uint64_t num_rows = list.size();
  SparseRowList rows(num_rows, plan.num_lists());
  reader.with_rows(list, num_rows, [&](const ColumnView* columns, uint64_t) {
    plan.run(columns, 0, 1, rows.tile());
    rows.append(1);
  });
  return to_lists(split_lists(rows.finish()), num_rows);
}

Arrays training_sparse(const Fitter& fitter, const Table& table, uint64_t first_row) {
  SparseRows rows;
  {
    const py::gil_scoped_release unlocked;
    rows = fitter.training_to_sparse(table, first_row);
  }
  return to_arrays(std::move(rows));
}

bool model_takes_sparse(const py::object& bundle) {
  return takes_sparse(image_of(bundle)->view().model);
}

void predict_sparse_rows(const py::object& bundle, const py::object& starts,
                         const py::object& features, const py::object& values,
                         std::string_view kind_name, const py::object& out) {
  const std::shared_ptr<const BundleImage> image = image_of(bundle);
  const BundleView& view = image->view();
  const OutputKind kind = output_kind(kind_name);
  const uint32_t width = output_width(view, kind);
  const BufferView start_buffer(starts.ptr(), kInt64Format[0], false, "starts");
  const BufferView feature_buffer(features.ptr(), 'i', false, "features");
  const bool is_wide = py::buffer(values).request().itemsize == sizeof(double);
  const BufferView value_buffer(values.ptr(), is_wide ? 'd' : 'f', false, "values");
  const BufferView out_buffer(out.ptr(), 'd', true, "out");
  const uint64_t num_rows = start_buffer.count() - 1;
  if (!takes_sparse(view.model) || width == 0 || start_buffer.count() == 0 ||
      feature_buffer.count() != value_buffer.count() || out_buffer.count() != num_rows * width) {
    throw Error(ErrorKind::kParameter, "The arrays of a sparse matrix do not fit the model.");
  }
  const SparseMatrix matrix{nullptr,
                            start_buffer.data<int64_t>(),
                            feature_buffer.data<int32_t>(),
                            is_wide ? nullptr : value_buffer.data<float>(),
                            is_wide ? value_buffer.data<double>() : nullptr,
                            num_rows,
                            value_buffer.count()};
  const py::gil_scoped_release unlocked;
  check_sparse(matrix, view.model.header->num_features);
  predict_sparse(*image, matrix, kind, out_buffer.data<double>());
}

}  // namespace

void register_sparse(py::module_& module) {
  py::class_<SparseNumbers>(module, "Numbers", py::buffer_protocol(),
                            "Numbers that the engine wrote: the buffer protocol shares them.")
      .def_buffer(&SparseNumbers::buffer);
  module.def("transform_sparse", &transform_sparse, py::arg("bundle"), py::arg("table"),
             "Features of a table as compressed sparse rows: starts, features, values.");
  module.def("transform_sparse_rows", &transform_sparse_rows, py::arg("bundle"), py::arg("rows"),
             "The same of a list of dicts.");
  module.def("transform_jagged", &transform_jagged, py::arg("bundle"), py::arg("table"),
             "Ids of each list of a plan: offsets of the rows, ids.");
  module.def("transform_jagged_rows", &transform_jagged_rows, py::arg("bundle"), py::arg("rows"),
             "The same of a list of dicts.");
  module.def("takes_sparse", &model_takes_sparse, py::arg("bundle"),
             "Whether the model of a bundle can be given rows without their zeros.");
  module.def("predict_sparse", &predict_sparse_rows, py::arg("bundle"), py::arg("starts"),
             py::arg("features"), py::arg("values"), py::arg("kind"), py::arg("out"),
             "Fill out from compressed sparse rows: int64, int32, float32 or float64.");
  module.def("training_sparse", &training_sparse, py::arg("fitter"), py::arg("table"),
             py::arg("first_row"), "The same of Fitter.transform_training.");
}

}  // namespace mainspring::bind
