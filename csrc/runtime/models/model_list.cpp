// Every kind of model that a bundle can hold. To add one: its file and one line here.
#include "runtime/models/model.hpp"

namespace mainspring {

extern const Model kForestModel, kDenseModel, kCompositeModel, kNetworkModel;

namespace {
constexpr const Model* kModels[] = {&kForestModel, &kDenseModel, &kCompositeModel, &kNetworkModel};
}  // namespace

const Model* const* model_list(uint32_t* count) noexcept {
  *count = sizeof(kModels) / sizeof(kModels[0]);
  return kModels;
}

}  // namespace mainspring
