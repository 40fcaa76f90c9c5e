// Writes FlatBuffers, back to front as they are meant to be: what is pointed to comes first. The
// bytes are kept in reverse and turned around at the end.
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mainspring {

class FlatWriter {
 public:
  /// Where something stands: its distance from the end.
  using Place = uint32_t;

  struct Field {
    uint32_t slot;
    uint32_t num_bytes;  // 1, 2, 4 or 8; 0: a pointer to `value`
    uint64_t value;
  };

  Place text(std::string_view value) {
    align(4, static_cast<uint32_t>(value.size()) + 1);
    reversed_.push_back('\0');
    reversed_.append(value.rbegin(), value.rend());
    put(value.size(), 4);
    return place();
  }

  Place vector(const std::vector<Place>& targets) {
    align(4, 0);
    for (auto target = targets.rbegin(); target != targets.rend(); ++target) point(*target);
    put(targets.size(), 4);
    return place();
  }

  /// Of structs whose members are 8 bytes each.
  Place vector_of_words(const std::vector<uint64_t>& words, uint32_t words_each) {
    align(8, 0);
    for (auto word = words.rbegin(); word != words.rend(); ++word) put(*word, 8);
    put(words.size() / words_each, 4);
    return place();
  }

  /// Fields in ascending order of their slots.
  Place table(const std::vector<Field>& fields) {
    const Place before = place();
    std::vector<uint16_t> offsets(fields.empty() ? 0 : fields.back().slot + 1);
    std::vector<std::pair<uint32_t, Place>> places;
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      const uint32_t num_bytes = field->num_bytes == 0 ? 4 : field->num_bytes;
      align(num_bytes, 0);
      if (field->num_bytes == 0) {
        point(static_cast<Place>(field->value));
      } else {
        put(field->value, num_bytes);
      }
      places.emplace_back(field->slot, place());
    }
    align(4, 0);
    put(0, 4);  // how far the table of offsets lies before this one; known below
    const Place table = place();
    for (const auto& [slot, at] : places) offsets[slot] = static_cast<uint16_t>(table - at);
    for (auto offset = offsets.rbegin(); offset != offsets.rend(); ++offset) put(*offset, 2);
    put(table - before, 2);
    put(4 + 2 * offsets.size(), 2);
    const uint32_t distance = place() - table;
    for (uint32_t i = 0; i < 4; ++i) {
      reversed_[table - 1 - i] = static_cast<char>(distance >> (8 * i));
    }
    return table;
  }

  /// The whole buffer, a multiple of 8 bytes.
  std::string finish(Place root) {
    align(8, 4);
    point(root);
    std::reverse(reversed_.begin(), reversed_.end());
    return std::move(reversed_);
  }

 private:
  Place place() const { return static_cast<Place>(reversed_.size()); }
  /// Pads so that what ends `behind` bytes further on is aligned.
  void align(uint32_t num_bytes, uint32_t behind) {
    while ((reversed_.size() + behind) % num_bytes != 0) reversed_.push_back('\0');
  }
  void put(uint64_t value, uint32_t num_bytes) {
    for (uint32_t i = num_bytes; i-- > 0;) reversed_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void point(Place target) { put(reversed_.size() + 4 - target, 4); }

  std::string reversed_;
};

}  // namespace mainspring
