// Embedding tables for Python: addresses of contiguous tensors in, what is wrong with ids as an
// exception, before anything is written.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bind/train_backend.hpp"
#include "host/error.hpp"
#include "host/large_pages.hpp"
#include "train/embedding/lookup.hpp"

namespace py = pybind11;

namespace mainspring::bind {

namespace {

using train::Bags;
using train::LookupFault;
using train::LookupFaultKind;
using train::Table;

/// A row of the layout: element, row, rows, width, column, mean.
constexpr int64_t kLayoutNumbers = 6;

struct HeldLookup {
  std::vector<Table> tables;
  std::vector<Bags> bags;
  train::Lookup view() const { return {tables, bags}; }
};

/// places: 0 layout, 1 tables, 2 rows' memory, 3 row type, 4 first state, 5 second state, 6 and 7
/// whether these have one number a row, 8 ids, 9 their number, 10 offsets, 11 bags of a table (-1:
/// one id each), 12 weights, 13 stride, 14 whether ids are int64, 15 own factors of bags.
HeldLookup read_lookup(const std::vector<int64_t>& places) {
  const auto address = [&](size_t i) { return static_cast<uint64_t>(places.at(i)); };
  const auto* layout = at_address<const int64_t>(address(0));
  const int64_t num_tables = places.at(1), num_ids = places.at(9), num_bags = places.at(11);
  const auto* offsets = at_address<const int64_t>(address(10));
  const auto type = static_cast<train::RowType>(places.at(3));
  const int64_t bytes = type == train::RowType::kFloat32 ? 4 : 2;
  const bool each = num_bags < 0;
  const LookupFault fault =
      train::check_offsets(offsets, (each ? num_tables : num_tables * num_bags) + 1, num_ids);
  if (fault.kind != LookupFaultKind::kNone) {
    const std::string value = std::to_string(fault.value);
    const std::string expected = fault.kind == LookupFaultKind::kFirstOffset ? "0"
                                 : fault.kind == LookupFaultKind::kOffset
                                     ? "at least the one before it"
                                     : "the number of ids, " + std::to_string(num_ids);
    throw Error(ErrorKind::kData, "Offset " + std::to_string(fault.place) + " is " + value +
                                      ", expected " + expected + ".")
        .row(static_cast<uint64_t>(fault.place))
        .expected(expected)
        .got(value);
  }
  HeldLookup lookup;
  for (int64_t t = 0; t < num_tables; ++t) {
    const int64_t* row = layout + t * kLayoutNumbers;
    const auto state = [&](size_t at, size_t row_wise) {
      float* first = at_address<float>(address(at));
      return first == nullptr ? nullptr : first + (places.at(row_wise) != 0 ? row[1] : row[0]);
    };
    lookup.tables.push_back({at_address<char>(address(2)) + row[0] * bytes, state(4, 6),
                             state(5, 7), row[2], row[3], type, static_cast<uint64_t>(t)});
    const int64_t first = each ? offsets[t] : offsets[t * num_bags];
    const int64_t last = each ? offsets[t + 1] : offsets[(t + 1) * num_bags];
    lookup.bags.push_back({at_address<void>(address(8)), places.at(14) != 0,
                           each ? nullptr : offsets + t * num_bags, first, last - first,
                           at_address<float>(address(12)), each ? last - first : num_bags,
                           each ? first * row[3] : row[4], places.at(13), !each && row[5] != 0,
                           at_address<const float>(address(15))});
  }
  const LookupFault bad = train::check_ids(lookup.view(), training_workers());
  if (bad.kind != LookupFaultKind::kNone) {
    const std::string value = std::to_string(bad.value);
    const std::string expected =
        "a row from 0 to " + std::to_string(lookup.tables[bad.table].num_rows - 1);
    throw Error(ErrorKind::kData, "Id " + std::to_string(bad.place) + ", of table " +
                                      std::to_string(bad.table) + ", is " + value + ", expected " +
                                      expected + ".")
        .row(static_cast<uint64_t>(bad.place))
        .expected(expected)
        .got(value);
  }
  return lookup;
}

void train_lookup_forward(const std::vector<int64_t>& places, uint64_t out) {
  const py::gil_scoped_release released;
  const HeldLookup lookup = read_lookup(places);
  train::lookup_forward(lookup.view(), at_address<float>(out), training_kernels(),
                        training_workers());
}

/// Pair products of tables of one width, and the sums of their rows.
void train_lookup_pairs(const std::vector<int64_t>& places, uint64_t out, uint64_t sums) {
  const py::gil_scoped_release released;
  const HeldLookup lookup = read_lookup(places);
  train::lookup_pairs(lookup.view(), at_address<float>(out), at_address<float>(sums),
                      training_kernels(), training_workers());
}

/// options: rate, epsilon, beta1, beta2, correction1, correction2, decay, clip_value, clip_norm,
/// l1, l2, beta.
void train_lookup_backward(const std::vector<int64_t>& places, uint64_t grad,
                           uint64_t weight_gradients, int update,
                           const std::vector<double>& options, bool decoupled, bool stochastic,
                           uint64_t seed) {
  const py::gil_scoped_release released;
  const auto option = [&](size_t i) { return static_cast<float>(options.at(i)); };
  const train::Rule rule{.update = static_cast<train::Update>(update),
                         .learning_rate = option(0),
                         .epsilon = option(1),
                         .beta1 = option(2),
                         .beta2 = option(3),
                         .correction1 = option(4),
                         .correction2 = option(5),
                         .weight_decay = option(6),
                         .decoupled = decoupled,
                         .clip_value = option(7),
                         .clip_norm = option(8),
                         .l1 = option(9),
                         .l2 = option(10),
                         .beta = option(11),
                         .stochastic = stochastic,
                         .seed = seed};
  const HeldLookup lookup = read_lookup(places);
  if (weight_gradients != 0) {
    train::lookup_weight_gradients(lookup.view(), at_address<float>(grad),
                                   at_address<float>(weight_gradients), training_kernels(),
                                   training_workers());
  }
  train::lookup_backward(lookup.view(), at_address<float>(grad), rule, training_kernels(),
                         training_workers());
}

}  // namespace

void register_train_embedding(py::module_& module) {
  module.def("train_lookup_forward", &train_lookup_forward, py::arg("places"), py::arg("out"),
             "Rows pooled by bag; places as read_lookup has them.");
  module.def("train_lookup_pairs", &train_lookup_pairs, py::arg("places"), py::arg("out"),
             py::arg("sums"), "Sums of products of pairs of rows, and sums of rows.");
  module.def("train_lookup_backward", &train_lookup_backward, py::arg("places"), py::arg("grad"),
             py::arg("weight_gradients"), py::arg("update"), py::arg("options"),
             py::arg("decoupled"), py::arg("stochastic"), py::arg("seed"),
             "Rows updated with the sum of their gradients.");
  module.def(
      "train_large_pages",
      [](uint64_t address, uint64_t num_bytes) {
        prefer_large_pages(at_address<void>(address), num_bytes);
      },
      py::arg("address"), py::arg("num_bytes"));
}

}  // namespace mainspring::bind
