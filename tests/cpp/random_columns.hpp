// Columns of random rows for any plan, in buffers of exactly their size, so that a sanitizer sees
// every read outside.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "random.hpp"
#include "runtime/arrow/column_view.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

/// Owns the buffers of the columns it makes.
class RandomColumns {
 public:
  RandomColumns(const PlanView& plan, uint64_t num_rows, Random& random)
      : num_rows_(num_rows), random_(random), nested_(plan.num_inputs * kNestedViews) {
    for (uint32_t i = 0; i < plan.num_inputs; ++i) {
      const auto kind = static_cast<InputKind>(plan.inputs[i].kind);
      ColumnView* rooms = nested_.data() + i * kNestedViews;
      views_.push_back(is_list(kind) ? lists(kind, rooms) : make(kind, rooms));
    }
  }

  const std::vector<ColumnView>& views() const { return views_; }

 private:
  uint8_t* buffer(uint64_t bytes) {
    buffers_.push_back(std::make_unique<uint8_t[]>(bytes));
    return buffers_.back().get();
  }

  template <class T>
  T* array(uint64_t count) {
    return reinterpret_cast<T*>(buffer(count * sizeof(T)));
  }

  ColumnView base(ColumnType type) {
    ColumnView view{};
    view.type = type;
    view.time_zone = "";
    view.length = num_rows_;
    if (below(random_, 3) != 0) {
      uint8_t* validity = buffer((num_rows_ + 7) / 8);
      for (uint64_t i = 0; i < (num_rows_ + 7) / 8; ++i)
        validity[i] = static_cast<uint8_t>(random_());
      view.validity = validity;
    }
    return view;
  }

  double number() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    constexpr double kSpecial[] = {0.0,          -0.0,  NAN,    kInfinity, -kInfinity,
                                   1e-35,        1e308, -1e308, 5e-324,    1e-36,
                                   2147483648.0, -1.0,  0.5,    9.3e18,    -9.3e18};
    switch (below(random_, 4)) {
      case 0: return kSpecial[below(random_, std::size(kSpecial))];
      case 1: return std::bit_cast<double>(random_());
      case 2: return static_cast<double>(below(random_, 20)) - 5;
      default: return std::ldexp(static_cast<double>(static_cast<int64_t>(random_())), -62);
    }
  }

  int64_t integer() {
    constexpr int64_t kSpecial[] = {0, 7, -5, INT64_MIN, INT64_MAX, 1500000000000000, -1};
    return below(random_, 2) == 0 ? kSpecial[below(random_, std::size(kSpecial))]
                                  : static_cast<int64_t>(random_()) >> below(random_, 64);
  }

  ColumnView floats() {
    const bool narrow = below(random_, 2) == 0;
    ColumnView view = base(narrow ? ColumnType::kF32 : ColumnType::kF64);
    auto* wide_values = array<double>(narrow ? 0 : num_rows_);
    auto* narrow_values = array<float>(narrow ? num_rows_ : 0);
    for (uint64_t row = 0; row < num_rows_; ++row) {
      const double value = number();
      if (narrow) {
        narrow_values[row] = std::bit_cast<float>(static_cast<uint32_t>(random_()));
      } else {
        wide_values[row] = value;
      }
    }
    view.values = narrow ? static_cast<void*>(narrow_values) : wide_values;
    return view;
  }

  ColumnView integers(ColumnType type, TimeUnit unit) {
    ColumnView view = base(type);
    view.unit = unit;
    auto* values = array<int64_t>(num_rows_);
    for (uint64_t row = 0; row < num_rows_; ++row) values[row] = integer();
    view.values = values;
    return view;
  }

  template <class Offset>
  ColumnView strings(ColumnType type, uint64_t length) {
    constexpr const char* kKnown[] = {"UA", "AA", "", "a carrier of more than 23 bytes", "Ö"};
    std::vector<uint8_t> text;
    auto* offsets = array<Offset>(length + 1);
    for (uint64_t row = 0; row < length; ++row) {
      if (below(random_, 2) == 0) {
        const char* known = kKnown[below(random_, std::size(kKnown))];
        text.insert(text.end(), known, known + std::strlen(known));
      } else {
        for (uint64_t i = below(random_, 40); i != 0; --i) {
          text.push_back(static_cast<uint8_t>(random_()));
        }
      }
      offsets[row + 1] = static_cast<Offset>(text.size());
    }
    ColumnView view = base(type);
    view.length = length;
    view.values = offsets;
    uint8_t* bytes = buffer(text.size());
    if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
    view.bytes = bytes;
    return view;
  }

  ColumnView dictionary(ColumnView* values) {
    constexpr uint64_t kEntries = 9;
    *values = strings<int32_t>(ColumnType::kUtf8, kEntries);
    values->validity = nullptr;
    ColumnView view = base(ColumnType::kDictionary);
    view.index_type = ColumnType::kU8;
    auto* indices = array<uint8_t>(num_rows_);
    for (uint64_t row = 0; row < num_rows_; ++row) {
      indices[row] = static_cast<uint8_t>(below(random_, kEntries));
    }
    view.values = indices;
    view.dictionary = values;
    return view;
  }

  // As many elements as rows, in lists of any length.
  ColumnView lists(InputKind kind, ColumnView* rooms) {
    rooms[0] = make(element_kind(kind), rooms + 1);
    ColumnView view = base(ColumnType::kList);
    auto* offsets = array<int32_t>(num_rows_ + 1);
    offsets[0] = 0;
    for (uint64_t row = 0; row < num_rows_; ++row) {
      const uint64_t left = num_rows_ - static_cast<uint64_t>(offsets[row]);
      offsets[row + 1] = offsets[row] + static_cast<int32_t>(below(random_, 4) % (left + 1));
    }
    view.values = offsets;
    view.child = rooms;
    return view;
  }

  ColumnView make(InputKind kind, ColumnView* dictionary_room) {
    switch (kind) {
      case InputKind::kFloat:
        return below(random_, 4) == 0 ? integers(ColumnType::kI64, TimeUnit::kNone) : floats();
      case InputKind::kInteger:
        return below(random_, 4) == 0 ? floats() : integers(ColumnType::kI64, TimeUnit::kNone);
      case InputKind::kBytes:
        switch (below(random_, 3)) {
          case 0: return strings<int32_t>(ColumnType::kUtf8, num_rows_);
          case 1: return strings<int64_t>(ColumnType::kLargeUtf8, num_rows_);
          default: return dictionary(dictionary_room);
        }
      default:
        return integers(ColumnType::kTimestamp, static_cast<TimeUnit>(1 + below(random_, 4)));
    }
  }

  uint64_t num_rows_;
  Random& random_;
  std::vector<ColumnView> nested_;
  std::vector<ColumnView> views_;
  std::vector<std::unique_ptr<uint8_t[]>> buffers_;
};

}  // namespace mainspring
