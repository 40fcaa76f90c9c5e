// Owners of the Arrow C structs: whatever happens, release is called once.
#pragma once
#include "runtime/arrow/c_data.h"

namespace mainspring {

/// Takes a struct over from its source, which is marked as released, as the C data interface asks
/// of a move. T is ArrowSchema, ArrowArray or ArrowArrayStream.
template <class T>
class Owned {
 public:
  Owned() : value_{} {}
  explicit Owned(T* source) : value_(*source) { source->release = nullptr; }
  Owned(Owned&& other) noexcept : value_(other.value_) { other.value_.release = nullptr; }
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) {
      reset();
      value_ = other.value_;
      other.value_.release = nullptr;
    }
    return *this;
  }
  ~Owned() { reset(); }

  bool empty() const { return value_.release == nullptr; }
  T* get() { return &value_; }
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  void reset() {
    if (value_.release != nullptr) value_.release(&value_);
    value_.release = nullptr;
  }
  T value_;
};

}  // namespace mainspring
