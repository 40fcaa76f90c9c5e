// Compares pointers, and no value.
#include "history/shared_columns.hpp"

namespace mainspring {

namespace {

bool are_same(const ColumnView& a, const ColumnView& b) {
  const bool are_plain = a.child == nullptr && b.child == nullptr;
  const bool are_alike = a.type == b.type && a.index_type == b.index_type && a.unit == b.unit &&
                         a.scale == b.scale && a.width == b.width && a.length == b.length;
  const bool is_one_memory = a.offset == b.offset && a.validity == b.validity &&
                             a.values == b.values && a.bytes == b.bytes &&
                             a.view_buffers == b.view_buffers;
  if (!are_plain || !are_alike || !is_one_memory) return false;
  if (a.dictionary == nullptr || b.dictionary == nullptr) return a.dictionary == b.dictionary;
  return are_same(*a.dictionary, *b.dictionary);
}

}  // namespace

bool are_shared(const Table& left, std::span<const uint32_t> left_columns, const Table& right,
                std::span<const uint32_t> right_columns) {
  if (left.num_batches() != right.num_batches()) return false;
  for (size_t i = 0; i < left_columns.size(); ++i) {
    for (uint32_t batch = 0; batch < left.num_batches(); ++batch) {
      if (!are_same(left.batch_column(batch, left_columns[i]),
                    right.batch_column(batch, right_columns[i]))) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace mainspring
