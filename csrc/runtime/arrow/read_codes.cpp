// Indices of any integer type to 32 bits; those of missing rows, which may be anything, are
// replaced.
#include "runtime/arrow/read_codes.hpp"

#include "runtime/arrow/bitmap.hpp"
#include "runtime/arrow/index_types.hpp"

namespace mainspring {

void read_codes(const ColumnView& column, uint64_t first_row, uint32_t num_rows, int32_t missing,
                int32_t* codes) noexcept {
  const uint64_t first = column.offset + first_row;
  with_index_type(column.index_type, [&](auto index) {
    for (uint32_t row = 0; row < num_rows; ++row) {
      codes[row] = static_cast<int32_t>(index_at<decltype(index)>(column, first + row));
    }
  });
  if (column.validity == nullptr) return;
  uint64_t validity[kValidityWords];
  read_bitmap(column.validity, first, num_rows, validity);
  for (uint32_t word = 0; word * 64 < num_rows; ++word) {
    uint64_t bits = ~validity[word] & all_valid_word(num_rows, word);
    for (; bits != 0; bits &= bits - 1) {
      codes[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))] = missing;
    }
  }
}

}  // namespace mainspring
