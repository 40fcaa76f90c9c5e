// What is made of rows of features, for Python: one class for every kind of work, three ways in.
#pragma once
#include <pybind11/pybind11.h>

#include <memory>

#include "bind/read_row.hpp"
#include "host/tile_work.hpp"

namespace mainspring::bind {

class RowWork {
 public:
  /// `owner` is what the work reads from.
  RowWork(std::shared_ptr<const BundleImage> image, TileWork work,
          std::shared_ptr<const void> owner)
      : image_(std::move(image)), work_(std::move(work)), owner_(std::move(owner)), rows_(image_) {}

  uint64_t width() const { return work_.width; }
  void of_matrix(const pybind11::object& rows, const pybind11::object& out) const;
  void of_table(const Table& table, const pybind11::object& out) const;
  void of_rows(const pybind11::list& rows, const pybind11::object& out);

 private:
  std::shared_ptr<const BundleImage> image_;
  TileWork work_;
  std::shared_ptr<const void> owner_;
  RowReader rows_;
};

}  // namespace mainspring::bind
