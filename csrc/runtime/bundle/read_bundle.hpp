// Opens a .spring file that lies in memory. Trusts no byte of it: after read_bundle() nothing needs
// a check again.
#pragma once
#include <cstdint>

#include "runtime/bundle/format.hpp"
#include "runtime/bundle/labels.hpp"
#include "runtime/core/status.hpp"
#include "runtime/models/model.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

struct BytesSpan {
  const uint8_t* data;
  uint64_t length;
};

/// An opened bundle: views into the caller's bytes, which must stay in place and unchanged.
struct BundleView {
  PlanView plan;
  ModelView model;    // model.model is null when there is none
  LabelsView labels;  // of a model that decides
  BytesSpan meta;     // canonical JSON, UTF-8
  BytesSpan profile;  // length 0 when there is none
};

/// The index of a kBadChecksum: a section's number, or one of these.
inline constexpr uint64_t kHeaderChecksum = kMaxSections;
inline constexpr uint64_t kTableChecksum = kMaxSections + 1;

/// `bytes` must be aligned to 64. One linear pass: header, table, checksums, gaps, then each
/// section's own contents. The model's num_features equals the plan's. No recursion, no
/// allocation. A bad status speaks of the section type in *fault (may be null), or of the header
/// and table when that is 0; its index is a byte offset (header, table; POOL, MODL and LABL: in the
/// section), a section number (kNewerVersion, kBadChecksum) or a record number (PLAN).
Status read_bundle(const uint8_t* bytes, uint64_t length, BundleView* bundle,
                   uint32_t* fault = nullptr) noexcept;

}  // namespace mainspring
