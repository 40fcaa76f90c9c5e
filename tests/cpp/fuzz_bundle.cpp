// Mutants of real bundles, most with true checksums: each is refused, or opens and predicts random
// rows.
#include <cstddef>
#include <filesystem>
#include <memory>
#include <new>

#include "bundle_draft.hpp"
#include "fuzz.hpp"
#include "random_columns.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/predictor/predict.hpp"
#include "runtime/predictor/sparse_rows.hpp"

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

SectionRecord record_at(const Bytes& file, uint32_t number) {
  SectionRecord record;
  std::memcpy(&record, file.data() + sizeof(BundleHeader) + number * sizeof(record),
              sizeof(record));
  return record;
}

/// Every checksum that the table still lets one compute.
void fix_checksums(Bytes& file) {
  if (file.size() < sizeof(BundleHeader)) return;
  BundleHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  const uint64_t room = (file.size() - sizeof(header)) / sizeof(SectionRecord);
  const uint64_t count = std::min<uint64_t>(header.num_sections, room);
  for (uint32_t i = 0; i < count; ++i) {
    const SectionRecord record = record_at(file, i);
    if (record.offset > file.size() || record.length > file.size() - record.offset) continue;
    const uint32_t crc = crc32c(file.data() + record.offset, record.length);
    put_word(file, sizeof(header) + i * sizeof(record) + offsetof(SectionRecord, crc), crc, 4);
  }
  header.table_crc = crc32c(file.data() + sizeof(header), count * sizeof(SectionRecord));
  header.header_crc = 0;
  header.header_crc = crc32c(reinterpret_cast<const uint8_t*>(&header), sizeof(header));
  std::memcpy(file.data(), &header, sizeof(header));
}

/// Room for strings that may be too small for some rows, and says so.
struct FixedRoom {
  std::vector<uint8_t> memory;
  TextRoom room;

  explicit FixedRoom(uint64_t capacity)
      : memory(capacity), room{memory.data(), 0, capacity, nullptr, 0, false} {}
};

bool is_done_or_without_room(Status status) {
  return status.ok() || (status.code == Code::kBufferTooSmall && status.index != 0);
}

/// The first tile again, step by step, each with a copy of its payload in memory of exactly that
/// length: a step that reads past its own payload reads outside, though the file may go on there.
void run_steps_alone(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                     uint64_t num_rows, uint8_t* scratch) {
  const PlanView& plan = bundle.plan;
  Aligned features(uint64_t{plan.num_features} * kTileRows * sizeof(double));
  std::vector<std::unique_ptr<Aligned>> payloads;
  FixedRoom texts(kTextRoomBytes);
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    StepRecord record = plan.steps[i];
    // Kept to the end: a filled tile points into it.
    Aligned& payload = *payloads.emplace_back(std::make_unique<Aligned>(record.data_length));
    if (record.data_length != 0) {
      std::memcpy(payload.data(), plan.data + record.data_offset, record.data_length);
    }
    record.data_offset = 0;
    const StepContext context{&kernels,
                              columns,
                              0,
                              static_cast<uint32_t>(std::min<uint64_t>(num_rows, kTileRows)),
                              scratch,
                              plan.slots,
                              payload.data(),
                              plan.wide ? nullptr : reinterpret_cast<float*>(features.data()),
                              plan.wide ? reinterpret_cast<double*>(features.data()) : nullptr,
                              nullptr,
                              &texts.room};
    find_step(record.code)->run(record, context);
  }
}

/// All rows without their zeros, in memory of exactly the size that is asked for.
void transform_to_entries(const BundleView& bundle, const Kernels& kernels,
                          const ColumnView* columns, uint64_t num_rows) {
  struct Entries : SparseTile {
    std::vector<SparseEntry> memory;
  };
  Entries tile{};
  tile.grow = [](SparseTile* self, uint64_t needed) noexcept {
    auto* entries = static_cast<Entries*>(self);
    entries->memory.resize(needed);
    entries->memory.shrink_to_fit();
    entries->entries = entries->memory.data();
    entries->capacity = needed;
    return true;
  };
  Aligned scratch(sparse_scratch_bytes(bundle));
  FixedRoom texts(4 * kTextRoomBytes);
  for (uint64_t done = 0; done < num_rows; done += kTileRows) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, num_rows - done));
    transform_sparse_tile(bundle, kernels, columns, done, count, scratch.data(), &texts.room,
                          &tile);
    if (texts.room.incomplete) break;
    std::vector<int64_t> row_entries(count);
    std::vector<int32_t> features(tile.num_entries);
    std::vector<float> values(tile.num_entries);
    order_by_row(tile, count, row_entries.data(), features.data(), values.data());
  }
}

void predict_rows_of(const BundleView& bundle, Random& random) {
  const uint64_t num_rows = one_in(random, 8) ? 1 + below(random, 600) : 1 + below(random, 9);
  const RandomColumns columns(bundle.plan, num_rows, random);
  if (!check_columns(bundle, columns.views().data()).ok()) std::abort();
  const auto level = static_cast<IsaLevel>(below(random, 3));
  const Kernels& kernels = *kernels_for(std::min(level, detect_isa()));
  Aligned scratch(scratch_bytes(bundle));
  FixedRoom texts(below(random, 200));
  const OutputKind kind = static_cast<OutputKind>(below(random, 3));
  const uint32_t width = output_width(bundle, kind);
  if (width != 0) {
    const auto out = std::make_unique<double[]>(num_rows * width);
    if (!is_done_or_without_room(predict_rows(bundle, kernels, columns.views().data(), 0, num_rows,
                                              kind, scratch.data(), &texts.room, out.get()))) {
      std::abort();
    }
  }
  transform_to_entries(bundle, kernels, columns.views().data(), num_rows);
  if (!gives_dense_rows(bundle)) return;
  const uint64_t num_features = bundle.plan.num_features;
  const auto features = std::make_unique<float[]>(num_rows * num_features);
  if (!is_done_or_without_room(transform_rows(bundle, kernels, columns.views().data(), 0, num_rows,
                                              scratch.data(), &texts.room, features.get(),
                                              num_features))) {
    std::abort();
  }
  // A payload is seldom what was changed, and copies of all of them take their time.
  if (one_in(random, 2)) {
    run_steps_alone(bundle, kernels, columns.views().data(), num_rows, scratch.data());
  }
}

/// Opens the bytes in memory of exactly their length; a sanitizer sees every step outside.
bool try_bundle(const Bytes& file, Random& random) {
  Aligned memory(file.size());
  if (!file.empty()) std::memcpy(memory.data(), file.data(), file.size());
  BundleView bundle;
  if (!read_bundle(memory.data(), file.size(), &bundle).ok()) return false;
  predict_rows_of(bundle, random);
  return true;
}

/// Bytes here and there. One time in sixteen of the framing, else of a section, small ones as often
/// as large ones, and seldom those that nobody but people reads.
Bytes with_changed_bytes(const Bytes& seed, Random& random) {
  BundleHeader header;
  std::memcpy(&header, seed.data(), sizeof(header));
  const uint32_t num_sections = header.num_sections;
  Bytes file = seed;
  for (uint64_t changes = 1 + below(random, 3); changes > 0; --changes) {
    if (one_in(random, 16)) {
      mutate_range(file, 0, sizeof(header) + num_sections * sizeof(SectionRecord), random);
      continue;
    }
    SectionRecord record = record_at(seed, static_cast<uint32_t>(below(random, num_sections)));
    while (record.flags == 0 && !one_in(random, 16)) {
      record = record_at(seed, static_cast<uint32_t>(below(random, num_sections)));
    }
    mutate_range(file, record.offset, record.offset + record.length, random);
  }
  if (one_in(random, 32)) {
    file.resize(below(random, file.size() + 128));
    put_word(file, offsetof(BundleHeader, length), file.size(), 8);
  }
  if (!one_in(random, 16)) fix_checksums(file);
  return file;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  if (one_in(random, 2)) return with_changed_bytes(seed, random);
  BundleDraft draft(seed);
  for (uint64_t changes = 1 + below(random, 3); changes > 0; --changes) draft.mutate(random);
  return draft.file(random);
}

/// The golden bundles: one put together by hand with every step, and fitted ones.
std::vector<Bytes> golden_bundles() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(MAINSPRING_GOLDEN)) {
    if (entry.path().extension() == ".spring") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> bundles;
  for (const std::string& path : paths) bundles.push_back(file_bytes(path));
  return bundles;
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {golden_bundles, mutant_of, try_bundle});
}
