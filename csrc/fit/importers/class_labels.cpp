// Writes labels as runtime/bundle/labels.hpp reads them.
#include "fit/importers/class_labels.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "fit/importers/check_section.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

template <class T>
bool has_repeated(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

std::vector<uint8_t> write_labels(const ClassLabels& labels) {
  std::vector<uint64_t> words = labels.words;
  std::string text;
  if (labels.type == LabelType::kText) {
    words.clear();
    for (const std::string& label : labels.texts) {
      text += label;
      words.push_back(text.size());
    }
  }
  const LabelsHeader header{static_cast<uint32_t>(words.size()), static_cast<uint32_t>(labels.type),
                            text.size()};
  std::vector<uint8_t> section(sizeof header + words.size() * sizeof(uint64_t) + text.size());
  uint8_t* at = section.data();
  std::memcpy(at, &header, sizeof header);
  at += sizeof header;
  std::memcpy(at, words.data(), words.size() * sizeof(uint64_t));
  if (!text.empty()) std::memcpy(at + words.size() * sizeof(uint64_t), text.data(), text.size());
  return section;
}

}  // namespace

ModelImage with_labels(ModelImage image, const ClassLabels& labels, Decision decision,
                       double threshold) {
  const size_t count = labels.type == LabelType::kText ? labels.texts.size() : labels.words.size();
  if (image.num_classes == 0 || count != image.num_classes) {
    throw Error(ErrorKind::kData, "The model has " + std::to_string(image.num_classes) +
                                      " classes, but " + std::to_string(count) +
                                      " labels came for them.")
        .expected(std::to_string(image.num_classes) + " labels")
        .got(std::to_string(count));
  }
  if (labels.type == LabelType::kText ? has_repeated(labels.texts) : has_repeated(labels.words)) {
    throw Error(ErrorKind::kData, "Two classes of the model have the same label.");
  }
  image.labels = write_labels(labels);
  LabelsView read{};
  std::vector<uint64_t> aligned((image.labels.size() + 7) / 8);
  std::memcpy(aligned.data(), image.labels.data(), image.labels.size());
  if (!read_labels(reinterpret_cast<const uint8_t*>(aligned.data()), image.labels.size(),
                   image.num_classes, &read)
           .ok()) {
    throw Error(ErrorKind::kData,
                "A label of the model's classes is not a finite number, or not UTF-8.");
  }
  ModelHeader header{};
  std::memcpy(&header, image.section.data(), sizeof header);
  header.decision = static_cast<uint32_t>(decision);
  header.threshold = image.num_outputs == 1 ? threshold : 0;
  std::memcpy(image.section.data(), &header, sizeof header);
  check_section(image.section, "The threshold of the model's decision is not a finite number.");
  return image;
}

}  // namespace mainspring
