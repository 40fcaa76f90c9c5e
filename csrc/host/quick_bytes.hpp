// The quick form in bytes (runtime/models/forest/quick_bytes.hpp), made of the one in a bundle.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/bundle/read_bundle.hpp"
#include "runtime/models/forest/quick_bytes.hpp"

namespace mainspring {

/// The memory of a QuickBytes. Immutable, shared by threads.
struct OwnedQuickBytes {
  std::vector<QuickStep> steps;
  QuickBytes quick{};  // of these
};

/// Null where the bundle's forest has no quick form, and where this process has no kernel for
/// bytes.
std::shared_ptr<const OwnedQuickBytes> make_quick_bytes(const BundleView& bundle);

}  // namespace mainspring
