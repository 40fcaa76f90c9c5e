// What an opened bundle is to a caller of the C interface: what lies in the caller's arena.
#pragma once
#include "mainspring.h"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {

/// Where the parts of a thread's scratch begin: views of the columns come first.
struct ScratchParts {
  uint64_t runtime_at;
  uint64_t texts_at;  // room for strings that a bundle builds: all that a caller provides behind it
  uint64_t length;
};

}  // namespace mainspring

struct mainspring_bundle {
  mainspring::BundleView view;
  const mainspring::Kernels* kernels;
  mainspring::ScratchParts scratch;  // found once, since one row takes less time than finding it
};

namespace mainspring {

inline uint32_t answer(Status status, uint64_t* where) {
  if (where != nullptr) *where = status.index;
  return static_cast<uint32_t>(status.code);
}

inline uint32_t answer(Code code, uint64_t index, uint64_t* where) {
  return answer(Status{code, index}, where);
}

}  // namespace mainspring
