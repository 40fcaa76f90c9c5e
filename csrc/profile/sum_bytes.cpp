// Exact sums as bytes of a state.
#include "profile/sum_bytes.hpp"

#include <array>

namespace mainspring {

// Limbs between the first and the last that say something; the rest is sign.
void write_sum(StateWriter& writer, const ExactSum& sum) {
  std::array<int64_t, kExactSumLimbs> limbs;
  sum.canonical(limbs.data());
  uint32_t first = 0;
  while (first < kExactSumLimbs && limbs[first] == 0) ++first;
  uint32_t end = kExactSumLimbs;
  while (end > first && limbs[end - 1] == 0) --end;
  writer.put<uint32_t>(first);
  writer.put<uint32_t>(end - first);
  for (uint32_t i = first; i < end; ++i) writer.put(limbs[i]);
}

ExactSum read_sum(StateReader& reader) {
  const uint32_t first = reader.get<uint32_t>();
  const uint32_t count = reader.get<uint32_t>();
  if (first > kExactSumLimbs || count > kExactSumLimbs - first) StateReader::fail();
  std::array<int64_t, kExactSumLimbs> limbs{};
  for (uint32_t i = first; i < first + count; ++i) limbs[i] = reader.get<int64_t>();
  ExactSum sum;
  sum.set(limbs.data());
  std::array<int64_t, kExactSumLimbs> again;
  sum.canonical(again.data());
  if (again != limbs) StateReader::fail();
  return sum;
}

}  // namespace mainspring
