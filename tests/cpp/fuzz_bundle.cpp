// Mutants of a real bundle, checksums made true again: each is refused, or opens and predicts
// random rows. Built with sanitizers by tests/bundle/test_fuzz.py: fuzz_bundle BUNDLE SEED COUNT.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <vector>

#include "random_columns.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/crc.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {
namespace {

constexpr std::align_val_t kAlignment{64};

/// Memory of exactly `length` bytes at a multiple of 64.
class Aligned {
 public:
  explicit Aligned(uint64_t length)
      : data_(static_cast<uint8_t*>(::operator new(length, kAlignment))) {}
  ~Aligned() { ::operator delete(data_, kAlignment); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  uint8_t* data() { return data_; }

 private:
  uint8_t* data_;
};

struct Counts {
  uint64_t opened = 0;
  uint64_t predicted = 0;
  uint64_t transformed = 0;
};

SectionRecord record_at(const std::vector<uint8_t>& file, uint32_t number) {
  SectionRecord record;
  std::memcpy(&record, file.data() + sizeof(BundleHeader) + number * sizeof(record),
              sizeof(record));
  return record;
}

void put(std::vector<uint8_t>& file, uint64_t at, uint64_t value, uint64_t bytes) {
  if (bytes > file.size()) return;
  std::memcpy(file.data() + std::min<uint64_t>(at, file.size() - bytes), &value, bytes);
}

uint64_t interesting(Random& random) {
  constexpr uint64_t kValues[] = {
      0,        1,          2,          3,          63,           64,
      65,       255,        256,        4095,       65535,        1u << 20,
      1u << 24, 0x7fffffff, 0x80000000, 0xffffffff, ~uint64_t{0}, uint64_t{1} << 63};
  return kValues[below(random, std::size(kValues))];
}

/// One change at or behind `begin`, before `end`.
void mutate(std::vector<uint8_t>& file, uint64_t begin, uint64_t end, Random& random) {
  const uint64_t at = begin + below(random, end - begin);
  switch (below(random, 7)) {
    case 0: file[at] ^= static_cast<uint8_t>(1u << below(random, 8)); break;
    case 1: file[at] = static_cast<uint8_t>(random()); break;
    case 2: put(file, at & ~uint64_t{1}, interesting(random), 2); break;
    case 3: put(file, at & ~uint64_t{3}, interesting(random), 4); break;
    case 4: put(file, at & ~uint64_t{7}, interesting(random), 8); break;
    case 5: {
      uint32_t word;
      const uint64_t where = std::min<uint64_t>(at & ~uint64_t{3}, file.size() - 4);
      std::memcpy(&word, file.data() + where, 4);
      put(file, where, word + static_cast<uint32_t>(below(random, 5)) - 2, 4);
      break;
    }
    default: {
      const uint64_t length = std::min<uint64_t>(1 + below(random, 64), end - at);
      const uint64_t from = begin + below(random, end - begin - length + 1);
      std::memmove(file.data() + at, file.data() + from, length);
    }
  }
}

/// Every checksum that the table still lets one compute.
void fix_checksums(std::vector<uint8_t>& file) {
  if (file.size() < sizeof(BundleHeader)) return;
  BundleHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  const uint64_t room = (file.size() - sizeof(header)) / sizeof(SectionRecord);
  const uint64_t count = std::min<uint64_t>(header.num_sections, room);
  for (uint32_t i = 0; i < count; ++i) {
    const SectionRecord record = record_at(file, i);
    if (record.offset > file.size() || record.length > file.size() - record.offset) continue;
    const uint32_t crc = crc32c(file.data() + record.offset, record.length);
    put(file, sizeof(header) + i * sizeof(record) + offsetof(SectionRecord, crc), crc, 4);
  }
  header.table_crc = crc32c(file.data() + sizeof(header), count * sizeof(SectionRecord));
  header.header_crc = 0;
  header.header_crc = crc32c(reinterpret_cast<const uint8_t*>(&header), sizeof(header));
  std::memcpy(file.data(), &header, sizeof(header));
}

void run_rows(const BundleView& bundle, Random& random, Counts* counts) {
  const uint64_t num_rows = below(random, 8) == 0 ? 1 + below(random, 600) : 1 + below(random, 9);
  const RandomColumns columns(bundle.plan, num_rows, random);
  if (!check_columns(bundle, columns.views().data()).ok()) std::abort();
  const auto level = static_cast<IsaLevel>(below(random, 3));
  const Kernels& kernels = *kernels_for(std::min(level, detect_isa()));
  Aligned scratch(scratch_bytes(bundle));
  const OutputKind kind = static_cast<OutputKind>(below(random, 3));
  const uint32_t width = output_width(bundle, kind);
  if (width != 0) {
    const auto out = std::make_unique<double[]>(num_rows * width);
    predict_rows(bundle, kernels, columns.views().data(), 0, num_rows, kind, scratch.data(),
                 out.get());
    ++counts->predicted;
  }
  const uint64_t num_features = bundle.plan.num_outputs;
  const auto features = std::make_unique<float[]>(num_rows * num_features);
  transform_rows(bundle, kernels, columns.views().data(), 0, num_rows, scratch.data(),
                 features.get(), num_features);
  ++counts->transformed;
}

/// Opens the bytes in memory of exactly their length; a sanitizer sees every step outside.
void run_one(const std::vector<uint8_t>& file, Random& random, Counts* counts) {
  Aligned memory(file.size());
  if (!file.empty()) std::memcpy(memory.data(), file.data(), file.size());
  BundleView bundle;
  if (!read_bundle(memory.data(), file.size(), &bundle).ok()) return;
  ++counts->opened;
  run_rows(bundle, random, counts);
}

std::vector<uint8_t> mutant_of(const std::vector<uint8_t>& seed, uint32_t num_sections,
                               Random& random) {
  std::vector<uint8_t> file = seed;
  const uint64_t changes = 1 + below(random, 3);
  for (uint64_t i = 0; i < changes; ++i) {
    // One time in sixteen the framing, else a section, small ones as often as large ones, and
    // seldom those that nobody but people reads.
    if (below(random, 16) == 0) {
      mutate(file, 0, sizeof(BundleHeader) + num_sections * sizeof(SectionRecord), random);
      continue;
    }
    SectionRecord record = record_at(seed, static_cast<uint32_t>(below(random, num_sections)));
    while (record.flags == 0 && below(random, 16) != 0) {
      record = record_at(seed, static_cast<uint32_t>(below(random, num_sections)));
    }
    mutate(file, record.offset, record.offset + record.length, random);
  }
  if (below(random, 32) == 0) {
    file.resize(below(random, file.size() + 128));
    put(file, offsetof(BundleHeader, length), file.size(), 8);
  }
  if (below(random, 16) != 0) fix_checksums(file);
  return file;
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  if (argc != 4) {
    std::fprintf(stderr, "usage: fuzz_bundle BUNDLE SEED COUNT\n");
    return 2;
  }
  std::ifstream stream(argv[1], std::ios::binary);
  const std::vector<uint8_t> seed((std::istreambuf_iterator<char>(stream)), {});
  Random random(std::strtoull(argv[2], nullptr, 10));
  Counts counts;
  run_one(seed, random, &counts);
  if (counts.opened != 1) {
    std::fprintf(stderr, "fuzz_bundle: %s is not a bundle\n", argv[1]);
    return 2;
  }
  BundleHeader header;
  std::memcpy(&header, seed.data(), sizeof(header));
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  for (uint64_t i = 0; i < count; ++i) {
    run_one(mutant_of(seed, header.num_sections, random), random, &counts);
  }
  std::printf("{\"mutants\": %llu, \"opened\": %llu, \"predicted\": %llu, \"transformed\": %llu}\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(counts.opened),
              static_cast<unsigned long long>(counts.predicted),
              static_cast<unsigned long long>(counts.transformed));
  return 0;
}
