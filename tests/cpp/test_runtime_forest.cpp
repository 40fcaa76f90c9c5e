// Forests of golden bundles with the runtime alone, for CPUs that only emulators run here: blocks
// of rows give the bits of rows one by one, and both the bits that every CPU has to give.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "check.hpp"
#include "random.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/models/forest/ways.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {
namespace {

struct alignas(64) Line {
  uint8_t bytes[64];
};

/// The contents of a golden bundle at a multiple of 64.
std::vector<Line> golden(const std::string& name, uint64_t* length) {
  std::vector<Line> lines;
  std::FILE* file = std::fopen((MAINSPRING_GOLDEN "/" + name).c_str(), "rb");
  if (!check(file != nullptr, "a golden bundle is there")) return lines;
  lines.resize(1 << 14);
  *length = std::fread(lines.data(), 1, lines.size() * sizeof(Line), file);
  std::fclose(file);
  return lines;
}

void test_bundle(const char* name, uint64_t expected) {
  uint64_t length = 0;
  const std::vector<Line> file = golden(name, &length);
  if (file.empty()) return;
  BundleView bundle{};
  if (!check(read_bundle(file[0].bytes, length, &bundle).ok(), "it opens")) return;
  const Kernels& kernels = *kernels_for(IsaLevel::kBaseline);
  const ForestView forest = view_forest(bundle.model.section);
  check(way_through(forest, kTileRows, kernels.level) == ForestWay::kBlocks, "rows go in blocks");
  check(way_through(forest, 1, kernels.level) != ForestWay::kBlocks, "one row does not");
  const uint32_t num_features = bundle.model.header->num_features;
  Random random(3);
  std::vector<double> rows(uint64_t{kTileRows} * num_features);
  for (double& value : rows) {
    value = below(random, 8) == 0 ? NAN : static_cast<double>(below(random, 800)) / 40.0 - 5.0;
  }
  std::vector<Line> scratch(scratch_bytes(bundle) / sizeof(Line) + 1);
  const uint32_t width = output_width(bundle, OutputKind::kRaw);
  std::vector<double> together(kTileRows * width), alone(kTileRows * width);
  for (const uint32_t num_rows : {kTileRows, 200u, 77u}) {
    predict_matrix(bundle, kernels, nullptr, rows.data(), num_features, 1, num_rows,
                   OutputKind::kRaw, scratch[0].bytes, together.data());
    for (uint32_t row = 0; row < num_rows; ++row) {
      predict_matrix(bundle, kernels, nullptr, rows.data() + row * num_features, num_features, 1, 1,
                     OutputKind::kRaw, scratch[0].bytes, alone.data() + row * width);
    }
    check(std::memcmp(together.data(), alone.data(), 8 * num_rows * width) == 0,
          "a block gives the bits of its rows");
  }
  predict_matrix(bundle, kernels, nullptr, rows.data(), num_features, 1, kTileRows,
                 OutputKind::kRaw, scratch[0].bytes, together.data());
  const uint64_t found =
      hash_bytes(reinterpret_cast<const uint8_t*>(together.data()), 8 * together.size());
  if (!check(found == expected, "the bits are those of every CPU")) {
    std::fprintf(stderr, "%s: 0x%llx\n", name, static_cast<unsigned long long>(found));
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::test_bundle("0.1-three-classes.spring", 0xee38f99b6826691e);
  mainspring::test_bundle("0.1-late-flights.spring", 0xfc04fd8e542e9e76);
  return mainspring::finish();
}
