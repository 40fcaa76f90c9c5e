// Hash and checksum: golden values that can never change, and no read outside the bytes (each input
// lies in memory of exactly its length, so that the address sanitizer sees one).
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "check.hpp"
#include "runtime/core/crc.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/core/wide_multiply.hpp"

using namespace mainspring;

namespace {

uint64_t hash_exactly(const std::string& text) {
  const auto bytes = std::make_unique<uint8_t[]>(text.size());
  for (size_t i = 0; i < text.size(); ++i) bytes[i] = static_cast<uint8_t>(text[i]);
  return hash_bytes(bytes.get(), text.size());
}

void test_prefixes_differ() {
  std::unordered_set<uint64_t> seen;
  std::string text;
  for (int length = 0; length <= 200; ++length) {
    check(seen.insert(hash_exactly(text)).second, "zeros of every length differ");
    text.push_back('\0');
  }
  text.clear();
  for (int length = 1; length <= 200; ++length) {
    text.push_back(static_cast<char>('a' + length % 26));
    check(seen.insert(hash_exactly(text)).second, "prefixes differ");
    for (int bit = 0; bit < length * 8; ++bit) {
      std::string flipped = text;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      check(seen.insert(hash_exactly(flipped)).second, "every bit counts");
    }
  }
}

/// As many at once as are not whole vectors, and as are more than a group.
void test_many_at_once(IsaLevel level, uint32_t longest) {
  const Kernels& kernels = *kernels_for(level);
  uint64_t drawn = longest;
  for (uint32_t count = 0; count < 300; count += count < 40 ? 1 : 37) {
    std::vector<std::unique_ptr<uint8_t[]>> texts;
    std::vector<BytesView> views;
    for (uint32_t i = 0; i < count; ++i) {
      drawn = hash_u64(drawn);
      const uint64_t length = drawn % (longest + 1);
      texts.push_back(std::make_unique<uint8_t[]>(length));
      for (uint64_t at = 0; at < length; ++at) {
        texts.back()[at] = static_cast<uint8_t>(hash_u64(drawn + at));
      }
      views.push_back({texts.back().get(), length});
    }
    std::vector<uint64_t> hashes(count);
    kernels.hash_strings(views.data(), hashes.data(), count);
    for (uint32_t i = 0; i < count; ++i) {
      check(hashes[i] == hash_bytes(views[i].data, views[i].length), "the hash of each");
    }
  }
}

void test_buckets_fill_evenly() {
  constexpr uint32_t kBuckets = 100;
  uint32_t counts[kBuckets] = {};
  for (uint64_t i = 0; i < 100000; ++i) ++counts[hash_bucket(hash_u64(i), kBuckets)];
  // 1000 expected, standard deviation 31.5: 6 of them.
  for (const uint32_t count : counts) check(count > 810 && count < 1190, "buckets fill evenly");
  check(hash_bucket(~uint64_t{0}, 7) == 6 && hash_bucket(0, 7) == 0, "buckets end where they end");
  check(hash_bucket(~uint64_t{0}, ~0u) == ~0u - 1, "also the largest number of buckets");
}

void test_portable_product() {
  for (uint64_t i = 0; i < 100000; ++i) {
    const uint64_t a = hash_u64(i) >> (i % 64), b = hash_u64(~i) >> (i % 61);
    const WideProduct fast = multiply_wide(a, b), portable = multiply_wide_portable(a, b);
    check(fast.low == portable.low && fast.high == portable.high, "portable 128-bit product");
  }
  const WideProduct largest = multiply_wide_portable(~uint64_t{0}, ~uint64_t{0});
  check(largest.low == 1 && largest.high == ~uint64_t{0} - 1, "largest product");
}

void test_checksums_agree() {
  std::string text;
  for (uint32_t length = 0; length < 300; ++length) {
    const auto bytes = std::make_unique<uint8_t[]>(length);
    for (uint32_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(hash_u64(i));
    const uint32_t whole = crc32c(bytes.get(), length);
    check(whole == crc32c_portable(bytes.get(), length), "instruction and tables agree");
    const uint32_t cut = length / 3;
    check(crc32c(bytes.get() + cut, length - cut, crc32c(bytes.get(), cut)) == whole, "in pieces");
  }
}

}  // namespace

int main() {
  test_prefixes_differ();
  for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    for (const uint32_t longest : {8u, 33u, 64u, 300u}) test_many_at_once(level, longest);
  }
  test_buckets_fill_evenly();
  test_portable_product();
  test_checksums_agree();
  return finish();
}
