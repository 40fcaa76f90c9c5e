// A column of strings or booleans: counts, lengths, distinct values.
#include "profile/text_profile.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "host/bundle_image.hpp"
#include "runtime/arrow/bitmap.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"

namespace mainspring {

namespace {

bool has_offsets(ColumnType type) {
  return type == ColumnType::kUtf8 || type == ColumnType::kLargeUtf8 ||
         type == ColumnType::kBinary || type == ColumnType::kLargeBinary;
}

// Calls fn(first, end) for runs of bits that are set.
template <class Fn>
void for_each_run(const uint64_t* words, uint32_t num_bits, Fn fn) {
  // The first bit from `from` on that is `set`, num_bits if there is none.
  const auto next = [&](uint32_t from, bool set) {
    for (uint32_t word = from / 64; word * 64 < num_bits; ++word) {
      uint64_t bits = set ? words[word] : ~words[word];
      if (word == from / 64) bits &= ~uint64_t{0} << from % 64;
      if (bits != 0) {
        return std::min(num_bits, word * 64 + static_cast<uint32_t>(std::countr_zero(bits)));
      }
    }
    return num_bits;
  };
  for (uint32_t first = next(0, true); first < num_bits;) {
    const uint32_t end = next(first, false);
    fn(first, end);
    first = end < num_bits ? next(end, true) : end;
  }
}

}  // namespace

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

uint64_t TextProfile::add_rows(const ColumnView& view, StringLines* lines, uint64_t* nulls) {
  if (distinct_.has_value() || !has_offsets(view.type)) return 0;
  uint64_t done = 0;
  while (done < view.length) {
    const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, view.length - done));
    if (counts_.num_entries() + rows > ValueCounts::kMaxEntries) {
      lines->settle(&counts_);
      lines->clear();  // what comes now may change the numbers that they know
      break;
    }
    std::array<uint64_t, kValidityWords> valid;
    read_bitmap(view.validity, view.offset + done, rows, valid.data());
    *nulls += rows;
    for_each_run(valid.data(), rows, [&](uint32_t first, uint32_t end) {
      *nulls -= end - first;
      lines->count(view, done + first, end - first, &counts_, &lengths_);
    });
    done += rows;
  }
  return done;
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
