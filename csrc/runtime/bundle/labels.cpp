// Labels that nobody trusts: every word is looked at once.
#include "runtime/bundle/labels.hpp"

#include "runtime/core/memory.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {

namespace {

bool is_finite(uint64_t bits) { return (bits >> 52 & 0x7ff) != 0x7ff; }

bool words_are_sound(const LabelsView& labels, uint64_t text_length) {
  uint64_t end = 0;
  for (uint32_t i = 0; i < labels.num_labels; ++i) {
    const uint64_t word = labels.words[i];
    switch (labels.type) {
      case LabelType::kInteger: break;
      case LabelType::kFloat:
        if (!is_finite(word)) return false;
        break;
      case LabelType::kBool:
        if (word > 1) return false;
        break;
      case LabelType::kText:
        if (word < end || !cuts_no_character(reinterpret_cast<const uint8_t*>(labels.text),
                                             text_length, end, word - end)) {
          return false;
        }
        end = word;
        break;
    }
  }
  return end == text_length;
}

}  // namespace

Status read_labels(const uint8_t* section, uint64_t length, uint32_t num_classes,
                   LabelsView* labels) noexcept {
  constexpr Status kBad{Code::kCorrupt, 0};
  if (length < sizeof(LabelsHeader)) return kBad;
  const auto header = load<LabelsHeader>(section);
  const auto type = static_cast<LabelType>(header.type);
  if (header.num_labels != num_classes || header.num_labels == 0 || type < LabelType::kInteger ||
      type > LabelType::kText) {
    return kBad;
  }
  // num_labels has 32 bits, so its words cannot wrap; the text is bounded by what is left.
  const uint64_t text_at = sizeof(LabelsHeader) + uint64_t{header.num_labels} * sizeof(uint64_t);
  if (length < text_at || header.text_length != length - text_at) return kBad;
  const uint64_t dirty = first_bad_utf8(section + text_at, header.text_length);
  if (dirty != header.text_length) return {Code::kCorrupt, text_at + dirty};
  const LabelsView read{type, header.num_labels,
                        reinterpret_cast<const uint64_t*>(section + sizeof(LabelsHeader)),
                        reinterpret_cast<const char*>(section + text_at)};
  if (!words_are_sound(read, header.text_length)) return kBad;
  *labels = read;
  return kOkStatus;
}

}  // namespace mainspring
