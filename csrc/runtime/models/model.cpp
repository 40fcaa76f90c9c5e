// Opens a MODEL section of any kind: checks the header that all kinds share, then asks the kind.
#include "runtime/models/model.hpp"

namespace mainspring {

namespace {

const Model* find_model(uint32_t code) {
  uint32_t count = 0;
  const Model* const* list = model_list(&count);
  for (uint32_t i = 0; i < count; ++i) {
    if (static_cast<uint32_t>(list[i]->code) == code) return list[i];
  }
  return nullptr;
}

bool is_positive(double value) { return value > 0 && value - value == 0; }

bool header_is_sound(const ModelHeader& header) {
  uint32_t reserved = 0;
  for (const uint32_t word : header.reserved) reserved |= word;
  const bool classes = header.num_classes == 0 ||
                       (header.num_classes == 2 && header.num_outputs == 1) ||
                       (header.num_classes >= 2 && header.num_classes == header.num_outputs);
  const bool decides = header.decision != static_cast<uint32_t>(Decision::kNone);
  const bool takes_threshold = decides && header.num_outputs == 1;
  const bool decision = header.decision <= static_cast<uint32_t>(Decision::kProbability) &&
                        (!decides || header.num_classes != 0) &&
                        (takes_threshold ? header.threshold - header.threshold == 0
                                         : __builtin_bit_cast(uint64_t, header.threshold) == 0);
  return reserved == 0 && classes && decision && header.num_features >= 1 &&
         header.num_features <= kMaxModelFeatures && header.num_outputs >= 1 &&
         header.num_outputs <= kMaxModelOutputs &&
         header.link <= static_cast<uint32_t>(Link::kSigmoidShare) &&
         is_positive(header.link_scale) && is_positive(header.link_divisor);
}

}  // namespace

Status open_model(const uint8_t* section, uint64_t length, ModelView* view) noexcept {
  if (length < sizeof(ModelHeader)) return {Code::kTruncated, length};
  if (reinterpret_cast<uintptr_t>(section) % 64 != 0) return {Code::kMisaligned, 0};
  const auto* header = reinterpret_cast<const ModelHeader*>(section);
  const Model* model = find_model(header->code);
  if (model == nullptr) return {Code::kNewerVersion, 0};
  if (!header_is_sound(*header)) return {Code::kCorrupt, 0};
  const ModelView opened{model, header, section, length};
  const Status status = model->verify(opened);
  if (status.ok()) *view = opened;
  return status;
}

ModelView view_model(const uint8_t* section, uint64_t length) noexcept {
  const auto* header = reinterpret_cast<const ModelHeader*>(section);
  return {find_model(header->code), header, section, length};
}

}  // namespace mainspring
