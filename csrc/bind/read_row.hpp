// A Python mapping to one row of a plan: None, numbers, text, dates, NumPy scalars, without NumPy.
#pragma once
#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/row_columns.hpp"

namespace mainspring::bind {

/// What a bundle needs for rows, prepared once. Needs the GIL for every call.
class RowReader {
 public:
  explicit RowReader(std::shared_ptr<const BundleImage> image);
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  /// Reads `row` (a dict, or any mapping) and calls body(columns) on it. Keys that the plan does
  /// not read are ignored. Throws Error(kSchema) naming the keys that are missing, Error(kData)
  /// naming the column and the value that cannot be taken; `number` is the row in a list.
  template <class Body>
  void with_row(PyObject* row, std::optional<uint64_t> number, const Body& body) {
    const Lease lease(*this);
    read(row, number, nullptr, lease.room.get());
    body(lease.room->columns.columns());
  }

  /// Calls body(columns, row number) for each row of a list, as a table of them would have it: a
  /// key that a row lacks is missing there. Throws Error(kSchema) when no row has it, and what
  /// with_row() throws. A value's own code may change the list: rows beyond `num_rows` are left.
  template <class Body>
  void with_rows(const pybind11::list& rows, uint64_t num_rows, const Body& body) {
    std::vector<uint8_t> seen(names_.size(), num_rows == 0 ? 1 : 0);
    for (uint64_t i = 0; i < num_rows && i < rows.size(); ++i) {
      const Lease lease(*this);
      const pybind11::object row = rows[i];
      read(row.ptr(), i, seen.data(), lease.room.get());
      body(lease.room->columns.columns(), i);
    }
    check_seen(rows, seen);
  }

 private:
  /// The columns of a row, and the values whose bytes they borrow.
  struct Room {
    explicit Room(uint32_t num_inputs) : columns(num_inputs), values(num_inputs) {}
    RowColumns columns;
    std::vector<pybind11::object> values;
  };
  /// Room that no other thread uses: reading a value can run Python, which can let another thread
  /// in.
  struct Lease {
    explicit Lease(RowReader& reader);
    ~Lease();
    RowReader& owner;
    std::unique_ptr<Room> room;
  };
  /// With `seen`, a flag for each input, keys may lack; without it, none.
  void read(PyObject* row, std::optional<uint64_t> number, uint8_t* seen, Room* room) const;
  [[noreturn]] void throw_lacking(PyObject* row, std::optional<uint64_t> number) const;
  void check_seen(const pybind11::list& rows, const std::vector<uint8_t>& seen) const;

  std::shared_ptr<const BundleImage> image_;
  std::vector<pybind11::object> names_;  // interned, so that a dict finds them by identity
  std::vector<std::unique_ptr<Room>> free_;
};

}  // namespace mainspring::bind
