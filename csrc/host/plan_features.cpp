// Names of numbered features are made here, one at a time, when somebody asks for them.
#include "host/plan_features.hpp"

#include <unistd.h>

#include <algorithm>

#include "host/error.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {
namespace {

uint64_t physical_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return UINT64_MAX;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes);
}

/// 1234567 as "1,234,567".
std::string with_commas(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace

std::string feature_name(const PlanView& plan, const OutputRecord& output, uint32_t within) {
  std::string name(plan.pool + output.name_offset, output.name_length);
  if (output.num_features != 0) name.append("_").append(std::to_string(within));
  return name;
}

void check_dense(const BundleView& bundle, uint64_t num_rows) {
  const uint64_t width = bundle.plan.num_features;
  if (width == 0) return;
  // Beyond 2^64 it is too many bytes whatever their number is.
  const uint64_t bytes =
      num_rows > UINT64_MAX / sizeof(float) / width ? UINT64_MAX : num_rows * width * sizeof(float);
  std::string expected;
  if (!gives_dense_rows(bundle)) {
    expected = "at most " + with_commas(kMaxDenseFeatures) + " features";
  } else if (bytes > uint64_t{1} << 30 && bytes > physical_bytes()) {
    expected = "at most the " + with_commas(physical_bytes()) + " bytes of this machine's memory";
  } else {
    return;
  }
  const std::string got = with_commas(num_rows) + " rows of " + with_commas(width) + " features, " +
                          with_commas(bytes) + " bytes of float32";
  constexpr const char* kHint =
      "Ask for output='csr', or for fewer features: buckets, max_size or min_count.";
  throw Error(ErrorKind::kParameter,
              "The dense features would be " + got + ", expected " + expected + ". " + kHint)
      .expected(expected)
      .got(got)
      .hint(kHint);
}

}  // namespace mainspring
