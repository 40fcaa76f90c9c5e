// The section LABL: what the classes of a classifier are called, so that predict can give labels.
#pragma once
#include <cstdint>

#include "runtime/bundle/format.hpp"
#include "runtime/core/status.hpp"

namespace mainspring {

enum class LabelType : uint32_t {
  kInteger = 1,  // a word is an int64
  kFloat = 2,    // a word is the bits of a finite double
  kBool = 3,     // a word is 0 or 1
  kText = 4,     // a word is where the label ends in the text behind the words
};

/// First bytes of LABL. Then follow one word (u64) for each label, then the text; nothing else.
struct LabelsHeader {
  uint32_t num_labels;
  uint32_t type;  // LabelType
  uint64_t text_length;
};
static_assert(sizeof(LabelsHeader) == 16);

/// The labels of an opened bundle; num_labels 0 when there are none.
struct LabelsView {
  LabelType type;
  uint32_t num_labels;
  const uint64_t* words;
  const char* text;
};

struct LabelText {
  const char* begin;
  uint64_t length;
};

/// Label `number` of kText.
inline LabelText label_text(const LabelsView& labels, uint32_t number) noexcept {
  const uint64_t begin = number == 0 ? 0 : labels.words[number - 1];
  return {labels.text + begin, labels.words[number] - begin};
}

/// Checks the section (8-byte aligned) against the number of classes and fills *labels.
Status read_labels(const uint8_t* section, uint64_t length, uint32_t num_classes,
                   LabelsView* labels) noexcept;

}  // namespace mainspring
