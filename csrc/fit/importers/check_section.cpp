// Opens the section in memory aligned to 64, as it will lie in a bundle.
#include "fit/importers/check_section.hpp"

#include <algorithm>
#include <vector>

#include "fit/write_bundle.hpp"
#include "host/error.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

void check_section(std::span<const uint8_t> section, const char* complaint) {
  const std::vector<uint8_t, SectionAllocator<uint8_t>> aligned(section.begin(), section.end());
  ModelView view{};
  if (!open_model(aligned.data(), aligned.size(), &view).ok()) {
    throw Error(ErrorKind::kData, complaint);
  }
}

}  // namespace mainspring
