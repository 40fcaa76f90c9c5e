// All forms of a forest that are made.
#include "host/made_forms.hpp"

#include "host/block_trees.hpp"
#include "host/bundle_image.hpp"
#include "host/cluster_forest.hpp"
#include "host/leaf_bytes.hpp"
#include "host/quick_bytes.hpp"
#include "host/value_clusters.hpp"

namespace mainspring {

bool looks_up_bytes() {
#if defined(__x86_64__)
  return process_kernels().level == IsaLevel::kAvx512 && __builtin_cpu_supports("avx512vbmi");
#else
  return false;
#endif
}

MadeForms make_forms(BundleView* bundle) {
  ModelView& model = bundle->model;
  if (model.model == nullptr || model.model->code != ModelCode::kForest) return {};
  MadeForms made{make_clusters(*bundle), make_quick_bytes(*bundle), make_value_clusters(*bundle),
                 make_leaf_bytes(*bundle), make_block_trees(*bundle)};
  if (made.clusters != nullptr) model.clusters = &made.clusters->forest;
  if (made.quick_bytes != nullptr) model.quick_bytes = &made.quick_bytes->quick;
  if (made.block_trees != nullptr) model.block_trees = &made.block_trees->view;
  if (made.leaf_bytes != nullptr) model.leaf_bytes = made.leaf_bytes->data();
  if (made.value_clusters != nullptr) model.value_clusters = &made.value_clusters->forest;
  return made;
}

}  // namespace mainspring
