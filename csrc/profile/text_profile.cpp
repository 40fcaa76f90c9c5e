// A column of strings or booleans: counts, lengths, distinct values.
#include "profile/text_profile.hpp"

#include <algorithm>
#include <array>

#include "host/bundle_image.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {

void TextProfile::add(std::string_view value, uint64_t times) {
  add_hashed(value, hash_bytes(reinterpret_cast<const uint8_t*>(value.data()), value.size()),
             times);
  lengths_.add(value.size(), times);
}

void TextProfile::add_all(const BytesView* values, uint32_t num_values) {
  const bool certainly_room =
      !distinct_.has_value() && counts_.num_entries() + num_values <= ValueCounts::kMaxEntries;
  if (certainly_room) {
    counts_.add_all(values, num_values);
  } else {
    std::array<uint64_t, kTileRows> hashes;
    process_kernels().hash_strings(values, hashes.data(), num_values);
    for (uint32_t i = 0; i < num_values; ++i) {
      add_hashed({reinterpret_cast<const char*>(values[i].data), values[i].length}, hashes[i], 1);
    }
  }
  lengths_.add_all(values, num_values);
}

void TextProfile::add_hashed(std::string_view value, uint64_t hash, uint64_t times) {
  if (counts_.num_entries() == ValueCounts::kMaxEntries) start_distinct();
  if (distinct_.has_value()) distinct_->add(hash);
  counts_.add(value, hash, times);
}

void TextProfile::start_distinct() {
  if (distinct_.has_value()) return;
  distinct_.emplace();
  counts_.for_each_hash([this](uint64_t hash) { distinct_->add(hash); });
}

void TextProfile::merge(const TextProfile& other) {
  if (other.distinct_.has_value()) {
    start_distinct();
    distinct_->merge(*other.distinct_);
  } else if (distinct_.has_value() || counts_.num_entries() + other.counts_.num_entries() >
                                          uint64_t{ValueCounts::kMaxEntries}) {
    start_distinct();
    other.counts_.for_each_hash([this](uint64_t hash) { distinct_->add(hash); });
  }
  counts_.merge(other.counts_);
  lengths_.merge(other.lengths_);
}

double TextProfile::distinct() const {
  if (exact()) return static_cast<double>(counts_.num_entries());
  return std::clamp(distinct_->estimate(), ValueCounts::kMaxEntries + 1.0,
                    static_cast<double>(count()));
}

void TextProfile::write(StateWriter& writer) const {
  counts_.write(writer);
  lengths_.write(writer);
  if (!exact()) distinct_->write(writer);
}

TextProfile TextProfile::read(StateReader& reader) {
  TextProfile profile;
  profile.counts_ = ValueCounts::read(reader);
  profile.lengths_ = LengthTally::read(reader);
  if (profile.lengths_.count != profile.counts_.total()) StateReader::fail();
  if (!profile.exact()) {
    if (profile.count() <= ValueCounts::kMaxEntries) StateReader::fail();
    profile.distinct_ = DistinctSketch::read(reader);
  }
  return profile;
}

}  // namespace mainspring
