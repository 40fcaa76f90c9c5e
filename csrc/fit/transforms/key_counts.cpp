// Keys are numbered as they come; written, they are in the order of the keys, so that equal states
// have equal bytes.
#include "fit/transforms/key_counts.hpp"

#include "host/bundle_image.hpp"
#include "runtime/arrow/list_elements.hpp"

namespace mainspring {

namespace {

/// Nobody has counted so many; a double holds every number up to it.
constexpr uint64_t kMaxRows = uint64_t{1} << 53;

}  // namespace

void KeyCounts::update(const FitTile& tile) {
  switch (tile.inputs[0].type) {
    case ValueType::kBytesList: return update_lists<BytesView>(tile.inputs[0]);
    case ValueType::kI64List: return update_lists<int64_t>(tile.inputs[0]);
    case ValueType::kF64List: return update_lists<double>(tile.inputs[0]);
    default: break;
  }
  uint32_t room[kTileRows];
  const uint32_t* numbers = keys.number_rows(tile, room);
  counts.resize(keys->size());
  uint32_t num_not_learnt = 0;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (numbers[row] < counts.size()) {
      ++counts[numbers[row]];
    } else if (numbers[row] == KeyIndex::kMissing) {
      ++missing;
    } else {
      ++num_not_learnt;
    }
  }
  num_rows += tile.num_rows - num_not_learnt;
}

template <class T>
void KeyCounts::update_lists(const Tile& lists) {
  uint32_t numbers[kTileRows];
  for_each_element_block<T>(
      lists, process_kernels(),
      [&](const Tile& elements) {
        keys.own().number_rows(elements, numbers);
        counts.resize(keys->size());
        counted_for_.resize(keys->size());
      },
      [&](uint32_t row, uint32_t at) {
        uint64_t& counted_for = counted_for_[numbers[at]];
        if (counted_for == num_rows + row + 1) return;
        counted_for = num_rows + row + 1;
        ++counts[numbers[at]];
      });
  for (uint32_t row = 0; row < lists.num_rows; ++row) missing += !is_valid(lists.validity, row);
  num_rows += lists.num_rows;
}

void KeyCounts::add(const FitTile& one_row, uint64_t count) {
  uint32_t numbers[kTileRows];
  keys.own().number_rows(one_row.inputs[0], numbers);
  counts.resize(keys->size());
  if (numbers[0] != KeyIndex::kMissing) {
    counts[numbers[0]] += count;
  } else {
    missing += count;
  }
  num_rows += count;
}

void KeyCounts::add_tallies(const KeyTallies& tallies, const std::shared_ptr<KeyIndex>& index) {
  keys.share(index);
  counts.resize(keys->size());
  tallies.for_each([this](uint64_t category, uint32_t, uint64_t count, int64_t) {
    (category == 0 ? missing : counts[category - 1]) += count;
    num_rows += count;
  });
}

void KeyCounts::merge(const KeyCounts& other) {
  const std::vector<uint32_t> numbers = keys.own().absorb(*other.keys);
  counts.resize(keys->size());
  for (uint32_t i = 0; i < numbers.size(); ++i) counts[numbers[i]] += other.counts[i];
  missing += other.missing;
  num_rows += other.num_rows;
}

void KeyCounts::limit_keys(uint64_t max_keys, KeyCut& cut) {
  if (!keys.limit(max_keys, [&] { return std::span<const uint64_t>(counts); }, cut)) return;
  counts = kept_of(counts, cut.kept);
  counted_for_.clear();
}

void KeyCounts::write(StateWriter& writer) const {
  const std::vector<uint32_t> order = keys->ascending();
  keys->write(writer, order);
  for (const uint32_t number : order) writer.put(counts[number]);
  writer.put(missing);
  writer.put(num_rows);
}

void KeyCounts::read(StateReader& reader) {
  keys.own().read(reader);
  counted_for_.clear();
  counts.resize(keys->size());
  for (uint64_t& count : counts) count = reader.get<uint64_t>();
  missing = reader.get<uint64_t>();
  num_rows = reader.get<uint64_t>();
  if (missing > num_rows || num_rows > kMaxRows) StateReader::fail();
}

}  // namespace mainspring
