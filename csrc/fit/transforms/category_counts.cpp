// Keys are numbered as they come; written, they are in the order of the keys, so that equal states
// have equal bytes.
#include "fit/transforms/category_counts.hpp"

namespace mainspring {

void CategoryCounts::update(const FitTile& tile) {
  uint32_t room[kTileRows];
  const uint32_t* numbers = keys.number_rows(tile, room);
  counts.resize(keys->size());
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (numbers[row] != KeyIndex::kMissing) {
      ++counts[numbers[row]];
    } else {
      ++missing;
    }
  }
}

void CategoryCounts::add(const FitTile& one_row, uint64_t count) {
  uint32_t numbers[kTileRows];
  keys.own().number_rows(one_row.inputs[0], numbers);
  counts.resize(keys->size());
  if (numbers[0] != KeyIndex::kMissing) {
    counts[numbers[0]] += count;
  } else {
    missing += count;
  }
}

void CategoryCounts::merge(const CategoryCounts& other) {
  const std::vector<uint32_t> numbers = keys.own().absorb(*other.keys);
  counts.resize(keys->size());
  for (uint32_t i = 0; i < numbers.size(); ++i) counts[numbers[i]] += other.counts[i];
  missing += other.missing;
}

void CategoryCounts::write(StateWriter& writer) const {
  const std::vector<uint32_t> order = keys->ascending();
  keys->write(writer, order);
  for (const uint32_t number : order) writer.put(counts[number]);
  writer.put(missing);
}

void CategoryCounts::read(StateReader& reader) {
  keys.own().read(reader);
  counts.resize(keys->size());
  for (uint64_t& count : counts) count = reader.get<uint64_t>();
  missing = reader.get<uint64_t>();
}

}  // namespace mainspring
