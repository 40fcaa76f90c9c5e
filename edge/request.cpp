// The three doors of a request: whatever a caller brings becomes views of columns or a matrix.
#include "request.hpp"

#include <cstddef>

#include "columns.hpp"
#include "runtime/arrow/c_data.h"
#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr uint64_t align_up(uint64_t value) { return (value + 63) & ~uint64_t{63}; }

// What a caller of the first version of the interface had; the rest was zero.
constexpr uint32_t kFirstRequestBytes = 56;
static_assert(offsetof(mainspring_request, matrix) == kFirstRequestBytes);

// Numbers beyond this could not lie in memory, however strides spread them.
constexpr uint64_t kMaxSpread = uint64_t{1} << 48;

Status bad(Code code, uint64_t index = 0) { return Status{code, index}; }

uint64_t views_bytes(const BundleView& bundle) {
  return align_up(uint64_t{bundle.plan.num_inputs} * (1 + kNestedViews) * sizeof(ColumnView));
}

// How far from the first number the last one of a row or column lies, at most.
bool is_near(uint64_t count, int64_t stride) {
  const uint64_t step =
      stride < 0 ? ~static_cast<uint64_t>(stride) + 1 : static_cast<uint64_t>(stride);
  return count <= 1 || step <= kMaxSpread / (count - 1);
}

Status read_matrix(const BundleView& bundle, const mainspring_request& caller, Request* request) {
  const mainspring_matrix& matrix = *caller.matrix;
  const Code code = check_size(&matrix);
  if (code != Code::kOk) return bad(code);
  if (matrix.num_features != bundle.plan.num_features) {
    return bad(Code::kWrongColumnCount, matrix.num_features);
  }
  const bool is_wide = matrix.type == MAINSPRING_F64;
  if (!is_wide && matrix.type != MAINSPRING_F32) return bad(Code::kUnsupportedType);
  const uint64_t size = is_wide ? sizeof(double) : sizeof(float);
  if (reinterpret_cast<uintptr_t>(matrix.values) % size != 0) return bad(Code::kMisaligned);
  const bool has_rows = matrix.num_rows <= kMaxSpread && caller.first_row <= matrix.num_rows &&
                        caller.num_rows <= matrix.num_rows - caller.first_row;
  if (!has_rows || (matrix.values == nullptr && caller.num_rows != 0) ||
      !is_near(matrix.num_rows, matrix.row_stride) ||
      !is_near(matrix.num_features, matrix.feature_stride)) {
    return bad(Code::kInvalidArgument);
  }
  const int64_t first =
      caller.num_rows == 0 ? 0 : static_cast<int64_t>(caller.first_row) * matrix.row_stride;
  if (is_wide) {
    request->wide = static_cast<const double*>(matrix.values) + first;
  } else {
    request->narrow = static_cast<const float*>(matrix.values) + first;
  }
  request->row_stride = matrix.row_stride;
  request->feature_stride = matrix.feature_stride;
  return kOkStatus;
}

Status view_columns(const BundleView& bundle, const mainspring_request& caller, ColumnView* views) {
  const uint32_t num_inputs = bundle.plan.num_inputs;
  if (caller.column_size != sizeof(mainspring_column)) {
    return bad(caller.column_size > sizeof(mainspring_column) ? Code::kNewerVersion
                                                              : Code::kInvalidArgument);
  }
  if (caller.num_columns != num_inputs) return bad(Code::kWrongColumnCount, caller.num_columns);
  if (caller.columns == nullptr) return bad(Code::kInvalidArgument);
  for (uint32_t i = 0; i < num_inputs; ++i) {
    const Status status = view_request_column(caller.columns[i], caller.first_row, caller.num_rows,
                                              views + i, views + num_inputs + i * kNestedViews);
    if (!status.ok()) return bad(status.code, i);
  }
  return kOkStatus;
}

Status verify_columns(const BundleView& bundle, const mainspring_request& caller,
                      const ColumnView* views) {
  const Status types = check_columns(bundle, views);
  if (!types.ok()) return types;
  for (uint32_t i = 0; i < bundle.plan.num_inputs; ++i) {
    const Status status = caller.array != nullptr
                              ? verify_column(views[i])
                              : verify_request_column(caller.columns[i], views[i]);
    if (!status.ok()) return bad(status.code, i);
  }
  return kOkStatus;
}

#if defined(MAINSPRING_NO_ARROW)
// What has no batches of Arrow, as a page of a browser, leaves their door out.
Status view_batch(const BundleView&, const mainspring_request&, ColumnView*) {
  return bad(Code::kUnsupportedType);
}
#else
bool is_called(const ArrowSchema& column, const char* name, uint32_t length) {
  if (column.name == nullptr) return length == 0;
  for (uint32_t i = 0; i < length; ++i) {
    if (column.name[i] != name[i] || column.name[i] == 0) return false;
  }
  return column.name[length] == 0;
}

// A batch is a struct array: its rows are rows [offset, offset + length) of its children.
Status check_batch(const ArrowSchema& schema, const ArrowArray& array) {
  const bool is_struct = schema.format != nullptr && schema.format[0] == '+' &&
                         schema.format[1] == 's' && schema.format[2] == 0;
  if (!is_struct) return bad(Code::kUnsupportedType);
  const int64_t count = schema.n_children;
  constexpr int64_t kMaxRows = INT64_MAX / 64;
  if (count < 0 || array.n_children != count || array.length < 0 || array.offset < 0 ||
      array.length > kMaxRows || array.offset > kMaxRows || array.release == nullptr ||
      (count > 0 && (schema.children == nullptr || array.children == nullptr))) {
    return bad(Code::kCorrupt);
  }
  for (int64_t i = 0; i < count; ++i) {
    if (schema.children[i] == nullptr || array.children[i] == nullptr) return bad(Code::kCorrupt);
  }
  return kOkStatus;
}

// A row that is null as a whole has no values to take.
bool has_null_rows(const ArrowArray& array, uint64_t first_row, uint64_t num_rows) {
  if (array.n_buffers < 1 || array.buffers == nullptr || array.null_count == 0) return false;
  const auto* bits = static_cast<const uint8_t*>(array.buffers[0]);
  if (bits == nullptr) return false;
  const uint64_t begin = static_cast<uint64_t>(array.offset) + first_row;
  for (uint64_t at = begin; at < begin + num_rows; ++at) {
    if ((bits[at >> 3] >> (at & 7) & 1) == 0) return true;
  }
  return false;
}

Status view_batch(const BundleView& bundle, const mainspring_request& caller, ColumnView* views) {
  if (caller.schema == nullptr) return bad(Code::kInvalidArgument);
  const ArrowSchema& schema = *caller.schema;
  const ArrowArray& array = *caller.array;
  const Status batch = check_batch(schema, array);
  if (!batch.ok()) return batch;
  const auto length = static_cast<uint64_t>(array.length);
  if (caller.first_row > length || caller.num_rows > length - caller.first_row ||
      has_null_rows(array, caller.first_row, caller.num_rows)) {
    return bad(Code::kInvalidArgument);
  }
  const PlanView& plan = bundle.plan;
  int64_t at = 0;  // columns mostly come in the order of the inputs
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const InputRecord& input = plan.inputs[i];
    int64_t left = schema.n_children;
    for (; left > 0; --left, ++at) {
      if (at >= schema.n_children) at = 0;
      if (is_called(*schema.children[at], plan.pool + input.name_offset, input.name_length)) break;
    }
    if (left == 0) return bad(Code::kMissingColumn, i);
    ColumnView* const view = views + i;
    const Status status = view_column(*schema.children[at], *array.children[at], view,
                                      views + plan.num_inputs + i * kNestedViews);
    if (!status.ok()) return bad(status.code, i);
    const auto before = static_cast<uint64_t>(array.offset);
    if (view->length < before + length) return bad(Code::kCorrupt, i);
    view->offset += before + caller.first_row;
    view->length = caller.num_rows;
  }
  return kOkStatus;
}
#endif

}  // namespace

ScratchParts scratch_parts_of(const BundleView& bundle) noexcept {
  const uint64_t runtime_at = views_bytes(bundle);
  const uint64_t texts_at = runtime_at + align_up(scratch_bytes(bundle));
  return {runtime_at, texts_at, texts_at + (builds_texts(bundle.plan) ? kTextRoomBytes : 0)};
}

Status read_request(const mainspring_bundle& opened, const mainspring_request* caller,
                    Request* request) noexcept {
  const BundleView& bundle = opened.view;
  if (caller == nullptr) return bad(Code::kInvalidArgument);
  const Code code = check_size(caller, kFirstRequestBytes);
  if (code != Code::kOk) return bad(code);
  mainspring_request known;
  fill_zero(&known, sizeof known);
  __builtin_memcpy(&known, caller,
                   caller->struct_size < sizeof known ? caller->struct_size : sizeof known);
  if (known.reserved != 0) return bad(Code::kInvalidArgument);
  const uint32_t doors = (known.columns != nullptr) + (known.matrix != nullptr) +
                         (known.schema != nullptr || known.array != nullptr);
  if (doors > 1 || (known.schema != nullptr && known.array == nullptr)) {
    return bad(Code::kInvalidArgument);
  }

  if (known.scratch == nullptr) return bad(Code::kInvalidArgument);
  auto* const scratch = static_cast<uint8_t*>(known.scratch);
  if (reinterpret_cast<uintptr_t>(scratch) % 64 != 0) return bad(Code::kMisaligned);
  const ScratchParts& parts = opened.scratch;
  if (known.scratch_bytes < parts.length) return bad(Code::kBufferTooSmall, parts.length);
  fill_zero(request, sizeof *request);
  request->num_rows = known.num_rows;
  request->num_trees = known.num_trees;
  request->scratch = scratch + parts.runtime_at;
  request->texts = {
      scratch + parts.texts_at, 0, known.scratch_bytes - parts.texts_at, nullptr, 0, false};
  if (known.matrix != nullptr) return read_matrix(bundle, known, request);

  auto* const views = static_cast<ColumnView*>(known.scratch);
  request->columns = views;
  const Status status = known.array != nullptr ? view_batch(bundle, known, views)
                                               : view_columns(bundle, known, views);
  return status.ok() ? verify_columns(bundle, known, views) : status;
}

}  // namespace mainspring
