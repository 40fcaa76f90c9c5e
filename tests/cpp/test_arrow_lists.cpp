// Lists of every layout against plain vectors: where they lie, their elements through
// for_each_element, and what verify_column refuses.
#include <map>
#include <memory>
#include <random>

#include "arrow_column.hpp"
#include "check.hpp"
#include "host/row_columns.hpp"
#include "runtime/arrow/list_elements.hpp"
#include "tile_rules.hpp"

namespace mainspring {
namespace {

template <class T>
using Lists = std::vector<std::optional<std::vector<std::optional<T>>>>;

std::mt19937_64 generator(3);
uint64_t below(uint64_t bound) { return generator() % bound; }

Lists<std::string> random_lists(uint64_t num_rows, uint64_t longest) {
  Lists<std::string> rows;
  for (uint64_t row = 0; row < num_rows; ++row) {
    if (below(6) == 0) {
      rows.emplace_back(std::nullopt);
      continue;
    }
    auto& list = rows.emplace_back(std::in_place).value();
    for (uint64_t i = below(longest + 1); i > 0; --i) {
      if (below(5) == 0) {
        list.emplace_back(std::nullopt);
      } else {
        list.emplace_back(std::string(below(20), static_cast<char>('a' + below(26))));
      }
    }
  }
  return rows;
}

enum class Layout { kOffsets, kLargeOffsets, kViews, kLargeViews, kFixed };
constexpr Layout kLayouts[] = {Layout::kOffsets, Layout::kLargeOffsets, Layout::kViews,
                               Layout::kLargeViews, Layout::kFixed};

/// Lists as Arrow has them; missing lists have elements too, which nobody may see.
template <class Offset>
std::unique_ptr<ArrowColumn> list_column(const Lists<std::string>& rows, uint64_t offset,
                                         Layout layout, bool dictionary) {
  const bool views = layout == Layout::kViews || layout == Layout::kLargeViews;
  const bool large = sizeof(Offset) == 8;
  const char* format = layout == Layout::kFixed ? "+w:3"
                       : views                  ? (large ? "+vL" : "+vl")
                                                : (large ? "+L" : "+l");
  Strings elements;
  std::vector<Offset> offsets, sizes;
  std::vector<bool> present;
  for (uint64_t row = 0; row < offset + rows.size(); ++row) {
    offsets.push_back(static_cast<Offset>(elements.size()));
    const bool junk = row < offset;
    if (junk || !rows[row - offset].has_value()) {
      for (int i = 0; i < 3; ++i) elements.emplace_back("hidden");
    } else {
      for (const auto& element : *rows[row - offset]) elements.push_back(element);
    }
    if (!junk) present.push_back(rows[row - offset].has_value());
    sizes.push_back(static_cast<Offset>(elements.size()) - offsets.back());
  }
  offsets.push_back(static_cast<Offset>(elements.size()));
  auto column = std::make_unique<ArrowColumn>(format, rows.size(), offset);
  column->add_bits(present, offset);
  if (layout != Layout::kFixed) {
    if (views) offsets.pop_back();
    column->add_values(offsets);
    if (views) column->add_values(sizes);
  }
  if (!dictionary) {
    column->add_child(offset_strings<int32_t>("u", elements, 5));
  } else {
    std::map<std::string, uint16_t> numbers;
    Strings entries{std::nullopt};
    std::vector<std::optional<uint16_t>> indices;
    for (const auto& element : elements) {
      if (!element) {
        indices.push_back(0);  // a null entry, not a null index
        continue;
      }
      const auto [at, added] = numbers.try_emplace(*element, static_cast<uint16_t>(entries.size()));
      if (added) entries.push_back(element);
      indices.push_back(at->second);
    }
    column->add_child(
        index_column<uint16_t>("S", indices, 3, offset_strings<int64_t>("U", entries, 2)));
  }
  column->seal();
  return column;
}

std::unique_ptr<ArrowColumn> list_column(const Lists<std::string>& rows, uint64_t offset,
                                         Layout layout, bool dictionary) {
  const bool large = layout == Layout::kLargeOffsets || layout == Layout::kLargeViews;
  return large ? list_column<int64_t>(rows, offset, layout, dictionary)
               : list_column<int32_t>(rows, offset, layout, dictionary);
}

struct Viewed {
  ColumnView view{};
  ColumnView nested[kNestedViews]{};
  Status status;

  explicit Viewed(const ArrowColumn& column) {
    status = view_column(column.schema, column.array, &view, nested);
    if (status.ok()) status = verify_column(view);
  }
};

/// Rows [first, first + count) as the tile and its elements say.
Lists<std::string> read_back(const ColumnView& view, uint64_t first, uint32_t count) {
  const auto memory = std::make_unique<uint8_t[]>(kSlotBytes + 64);
  uint8_t* aligned = memory.get() + (64 - reinterpret_cast<uintptr_t>(memory.get()) % 64);
  const Tile tile = slot_tile(aligned, 0, ValueType::kBytesList, count);
  const Kernels& kernels = *kernels_for(detect_isa());
  decode_tile(view, InputKind::kBytesList, TimeUnit::kNone, first, kernels, tile);
  check(broken_tile_rule(tile) == nullptr, "a tile of lists keeps the rules");
  Lists<std::string> rows(count);
  for (uint32_t row = 0; row < count; ++row) {
    if (is_valid(tile.validity, row)) rows[row].emplace();
  }
  for_each_element<BytesView>(tile, kernels, [&](uint32_t row, const BytesView& value) {
    rows[row]->emplace_back(std::string(reinterpret_cast<const char*>(value.data), value.length));
  });
  return rows;
}

/// Without missing elements: they are passed over.
Lists<std::string> wanted(const Lists<std::string>& rows, uint64_t first, uint32_t count) {
  Lists<std::string> part(rows.begin() + static_cast<ptrdiff_t>(first),
                          rows.begin() + static_cast<ptrdiff_t>(first + count));
  for (auto& row : part) {
    if (row) std::erase_if(*row, [](const auto& element) { return !element.has_value(); });
  }
  return part;
}

void test_every_layout() {
  for (const Layout layout : kLayouts) {
    for (const bool dictionary : {false, true}) {
      for (const uint64_t offset : {0, 1, 9}) {
        Lists<std::string> rows = random_lists(700, 6);
        if (layout == Layout::kFixed) {
          for (auto& row : rows) {
            if (row) row->resize(3, "padding");
          }
        }
        const auto column = list_column(rows, offset, layout, dictionary);
        const Viewed viewed(*column);
        check(viewed.status.ok() && feeds(viewed.view, InputKind::kBytesList), "a list is read");
        check(
            !feeds(viewed.view, InputKind::kBytes) && !feeds(viewed.view, InputKind::kIntegerList),
            "and nothing else");
        for (const auto& [first, count] :
             {std::pair{0u, 512u}, {1u, 64u}, {188u, 512u}, {699u, 1u}, {5u, 0u}}) {
          check(read_back(viewed.view, first, count) == wanted(rows, first, count), "elements");
        }
      }
    }
  }
}

// More elements in a row than a tile has rows: read block by block.
void test_long_lists() {
  const Lists<std::string> rows = random_lists(40, 3000);
  for (const Layout layout : {Layout::kOffsets, Layout::kLargeViews}) {
    const auto column = list_column(rows, 3, layout, layout == Layout::kOffsets);
    const Viewed viewed(*column);
    check(viewed.status.ok(), "long lists are read");
    check(read_back(viewed.view, 0, 40) == wanted(rows, 0, 40), "elements of long lists");
  }
}

// Views may lie in any order and over one another.
void test_overlapping_views() {
  auto column = std::make_unique<ArrowColumn>("+vl", 4, 0);
  column->add_null_buffer();
  column->add_values(std::vector<int32_t>{2, 0, 1, 4});
  column->add_values(std::vector<int32_t>{2, 3, 3, 0});
  column->add_child(offset_strings<int32_t>("u", {"a", "b", "c", "d"}, 0));
  column->seal(0);
  const Viewed viewed(*column);
  check(viewed.status.ok(), "overlapping views are read");
  const Lists<std::string> rows{{{"c", "d"}}, {{"a", "b", "c"}}, {{"b", "c", "d"}}, {{}}};
  Lists<std::string> expected = rows;
  expected[3].emplace();
  check(read_back(viewed.view, 0, 4) == expected, "elements of overlapping views");
}

void test_numbers_of_lists() {
  auto column = std::make_unique<ArrowColumn>("+l", 3, 0);
  column->add_bits({true, false, true}, 0);
  column->add_values(std::vector<int32_t>{0, 3, 4, 6});
  column->add_child(number_column<double>(
      "g", {1.5, std::nullopt, std::numeric_limits<double>::quiet_NaN(), 9.0, -2.0, 4.0}, 0, 7.0));
  column->seal();
  const Viewed viewed(*column);
  check(viewed.status.ok(), "lists of floats");
  alignas(64) uint8_t memory[kSlotBytes];
  const Kernels& kernels = *kernels_for(detect_isa());
  std::vector<std::pair<uint32_t, double>> floats;
  Tile tile = slot_tile(memory, 0, ValueType::kF64List, 3);
  decode_tile(viewed.view, InputKind::kFloatList, TimeUnit::kNone, 0, kernels, tile);
  for_each_element<double>(tile, kernels,
                           [&](uint32_t row, double value) { floats.emplace_back(row, value); });
  check(floats == std::vector<std::pair<uint32_t, double>>{{0, 1.5}, {2, -2.0}, {2, 4.0}},
        "null and NaN are passed over");
  std::vector<std::pair<uint32_t, int64_t>> integers;
  tile = slot_tile(memory, 0, ValueType::kI64List, 3);
  decode_tile(viewed.view, InputKind::kIntegerList, TimeUnit::kNone, 0, kernels, tile);
  for_each_element<int64_t>(
      tile, kernels, [&](uint32_t row, int64_t value) { integers.emplace_back(row, value); });
  check(integers == std::vector<std::pair<uint32_t, int64_t>>{{0, kNotAnInteger}, {2, -2}, {2, 4}},
        "floats as integers");
}

void test_null_type_has_no_lists() {
  ColumnView view{};
  view.type = ColumnType::kNull;
  view.length = 3;
  check(feeds(view, InputKind::kFloatList), "a column of type null feeds lists");
  const Lists<std::string> rows = read_back(view, 0, 3);
  check(rows == Lists<std::string>(3), "and has none");
}

void expect(Code code, std::unique_ptr<ArrowColumn> column, const char* what) {
  column->seal();
  check(Viewed(*column).status.code == code, what);
}

void test_refused() {
  const auto damaged = [](Layout layout, auto damage) {
    auto column = list_column({{{"a", "b", "c"}}, {{"d", "e", "f"}}}, 0, layout, false);
    damage(*column);
    return column;
  };
  const auto set = [](ArrowColumn& column, int buffer, int at, int32_t value) {
    static_cast<int32_t*>(const_cast<void*>(column.pointers()[buffer]))[at] = value;
  };
  expect(Code::kCorrupt, damaged(Layout::kOffsets, [&](auto& c) { set(c, 1, 1, 7); }),
         "offsets must ascend");
  expect(Code::kCorrupt, damaged(Layout::kOffsets, [&](auto& c) { set(c, 1, 2, 7); }),
         "offsets must lie in the elements");
  expect(Code::kCorrupt, damaged(Layout::kOffsets, [&](auto& c) { set(c, 1, 0, -1); }),
         "offsets must not be negative");
  expect(Code::kCorrupt, damaged(Layout::kViews, [&](auto& c) { set(c, 1, 1, 4); }),
         "views must lie in the elements");
  expect(Code::kCorrupt, damaged(Layout::kViews, [&](auto& c) { set(c, 2, 1, -1); }),
         "sizes must not be negative");
  expect(Code::kCorrupt, damaged(Layout::kFixed, [](auto& c) { c.array.length = 3; }),
         "fixed lists must lie in the elements");
  expect(Code::kCorrupt, damaged(Layout::kOffsets, [](auto& c) { c.child().array.length = 5; }),
         "fewer elements than the offsets say");
  expect(Code::kCorrupt,
         damaged(Layout::kOffsets,
                 [](auto& c) {
                   auto* offsets = const_cast<void*>(c.child().pointers()[1]);
                   static_cast<int32_t*>(offsets)[6] = -5;
                 }),
         "elements are verified too");
  auto nested = std::make_unique<ArrowColumn>("+l", 1, 0);
  nested->add_null_buffer();
  nested->add_values(std::vector<int32_t>{0, 1});
  nested->add_child(list_column({{{"a"}}}, 0, Layout::kOffsets, false));
  expect(Code::kUnsupportedType, std::move(nested), "lists of lists");
}

// Elements of slices outside the rows are not looked at.
void test_slices_verify_their_own_elements() {
  auto column = list_column({{{"a"}}, {{"b"}}, {{"c"}}}, 0, Layout::kOffsets, false);
  auto* offsets = static_cast<int32_t*>(const_cast<void*>(column->child().pointers()[1]));
  offsets[4] = -9;  // junk before the child's own first row
  column->seal();
  Viewed whole(*column);
  check(whole.status.ok(), "junk before the first element");
  offsets[8] = 1;  // the third element's end
  check(!verify_column(whole.view).ok(), "a bad element");
  whole.view.length = 2;
  check(verify_column(whole.view).ok(), "a slice without it");
}

void test_one_row() {
  RowColumns row(2);
  row.set_missing(1);
  RowColumns element(1);
  for (int times = 0; times < 2; ++times) {  // memory is used again
    row.begin_list(0, InputKind::kBytesList);
    const std::string first = "first", second = "a second one, longer";
    element.set_bytes(0, first.data(), first.size());
    row.add_element(0, element.columns()[0]);
    element.set_missing(0);
    row.add_element(0, element.columns()[0]);
    element.set_bytes(0, second.data(), second.size());
    row.add_element(0, element.columns()[0]);
    row.end_list(0);
    check(feeds(row.columns()[0], InputKind::kBytesList), "a row's list");
    check(verify_column(row.columns()[0]).ok(), "is sound");
    check(read_back(row.columns()[0], 0, 1) == Lists<std::string>{{{first, second}}},
          "and has its elements");
  }
  row.begin_list(0, InputKind::kFloatList);
  row.end_list(0);
  check(feeds(row.columns()[0], InputKind::kFloatList), "an empty list");
  row.set_number(0, 2.0);
  check(row.columns()[0].type == ColumnType::kF64 && feeds(row.columns()[0], InputKind::kFloat),
        "a number after a list");
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  test_every_layout();
  test_long_lists();
  test_overlapping_views();
  test_numbers_of_lists();
  test_null_type_has_no_lists();
  test_refused();
  test_slices_verify_their_own_elements();
  test_one_row();
  return finish();
}
