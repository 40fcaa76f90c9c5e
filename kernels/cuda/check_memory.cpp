// Columns and pointers of callers, checked with words that name the column and the fix.
#include "check_memory.hpp"

#include "runtime/arrow/column_view.hpp"

namespace mainspring::gpu {

namespace {

std::string input_name(const PlanView& plan, uint32_t input) {
  const InputRecord& record = plan.inputs[input];
  return std::string(plan.pool + record.name_offset, record.name_length);
}

/// Bytes a value, or an offset, of the type takes; 0 of a type that kernels do not read.
uint32_t alignment_of(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
    case ColumnType::kI8:
    case ColumnType::kU8: return 1;
    case ColumnType::kI16:
    case ColumnType::kU16: return 2;
    case ColumnType::kI32:
    case ColumnType::kU32:
    case ColumnType::kF32:
    case ColumnType::kDate32:
    case ColumnType::kUtf8:
    case ColumnType::kBinary: return 4;
    case ColumnType::kI64:
    case ColumnType::kU64:
    case ColumnType::kF64:
    case ColumnType::kDate64:
    case ColumnType::kTimestamp:
    case ColumnType::kLargeUtf8:
    case ColumnType::kLargeBinary: return 8;
    default: return 0;
  }
}

bool is_text(ColumnType type) {
  return type == ColumnType::kUtf8 || type == ColumnType::kLargeUtf8 ||
         type == ColumnType::kBinary || type == ColumnType::kLargeBinary;
}

bool is_index(ColumnType type) { return type >= ColumnType::kI8 && type <= ColumnType::kU64; }

std::string type_name(ColumnType type) {
  ColumnView view{};
  view.type = type;
  view.time_zone = "";
  char name[64];
  describe_type(view, name, sizeof(name));
  return name;
}

}  // namespace

void check_memory(const void* memory, uint64_t alignment, int device, const std::string& what) {
  if (memory == nullptr) throw GpuError(MS_GPU_BAD_ARGUMENT, what + " has no memory.");
  if (reinterpret_cast<uintptr_t>(memory) % alignment != 0) {
    throw GpuError(MS_GPU_BAD_ARGUMENT,
                   what + " begins at an address that is no multiple of " +
                       std::to_string(alignment) +
                       ", as its type needs. Copy it to memory of its own first.");
  }
  int place = kHostMemory;
  check_call(device_calls().find_place(memory, device, &place), "Asking where " + what + " lies");
  if (place == device) return;
  const std::string expected = "expected memory of CUDA device " + std::to_string(device);
  if (place == kHostMemory) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, what + " lies in host memory, " + expected +
                                            ". Copy it there first: nothing is copied unasked.");
  }
  throw GpuError(MS_GPU_BAD_ARGUMENT, what + " lies on CUDA device " + std::to_string(place) +
                                          ", " + expected + ". Copy it there first.");
}

namespace {

/// Throws unless a kernel reads values of the type, and indices of the other where there are any.
void check_type(const ms_gpu_column& column, const std::string& name) {
  const auto type = static_cast<ColumnType>(column.type);
  const auto index_type = static_cast<ColumnType>(column.index_type);
  const bool has_indices = column.index_type != 0;
  const uint32_t alignment = column.type > UINT8_MAX ? 0 : alignment_of(type);
  if (alignment == 0 || (has_indices && (column.index_type > UINT8_MAX || !is_index(index_type)))) {
    throw GpuError(MS_GPU_UNSUPPORTED,
                   name + " has a type that a GPU does not read (" +
                       std::to_string(alignment == 0 ? column.type : column.index_type) +
                       "). Cast it to a number or a string.");
  }
}

bool is_time(ColumnType type) {
  return type == ColumnType::kDate32 || type == ColumnType::kDate64 ||
         type == ColumnType::kTimestamp;
}

void check_unit(const ms_gpu_column& column, const std::string& name) {
  const bool has_unit = is_time(static_cast<ColumnType>(column.type));
  if (has_unit ? column.unit - 1 < static_cast<uint32_t>(TimeUnit::kDay) : column.unit == 0) return;
  throw GpuError(MS_GPU_BAD_ARGUMENT,
                 name + " has no time unit of number " + std::to_string(column.unit) + ".");
}

DeviceColumn check_buffers(const ms_gpu_column& column, const std::string& name, uint64_t num_rows,
                           int device);

}  // namespace

DeviceColumn check_column(const ms_gpu_column& column, const PlanView& plan, uint32_t input,
                          uint64_t num_rows, int device) {
  const std::string name = "Column '" + input_name(plan, input) + "'";
  check_type(column, name);
  const auto type = static_cast<ColumnType>(column.type);
  ColumnView view{};
  view.type = type;
  const auto kind = static_cast<InputKind>(plan.inputs[input].kind);
  if (!feeds(view, kind)) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, name + " has type " + type_name(type) + ", expected " +
                                            (kind == InputKind::kBytes ? "strings" : "numbers") +
                                            ". Cast it.");
  }
  check_unit(column, name);
  return check_buffers(column, name, num_rows, device);
}

DeviceColumn check_numbers(const ms_gpu_column& column, const std::string& name, uint64_t num_rows,
                           int device) {
  check_type(column, name);
  const auto type = static_cast<ColumnType>(column.type);
  if (!is_time(type) && (type < ColumnType::kI8 || type > ColumnType::kF64)) {
    throw GpuError(MS_GPU_UNSUPPORTED,
                   name + " has type " + type_name(type) + ", expected numbers or times.");
  }
  return check_values(column, name, num_rows, device);
}

DeviceColumn check_values(const ms_gpu_column& column, const std::string& name, uint64_t num_rows,
                          int device) {
  check_type(column, name);
  check_unit(column, name);
  return check_buffers(column, name, num_rows, device);
}

ChosenRows check_chosen(const ms_gpu_numbers& chosen, decltype(check_values) check, int device) {
  const std::string name = "Column '" + std::string(chosen.name) + "'";
  if (chosen.rows != nullptr) check_memory(chosen.rows, sizeof(uint64_t), device, name + " (rows)");
  const uint64_t num_rows = chosen.rows == nullptr ? chosen.first_row + chosen.num_rows : 0;
  return {check(*chosen.column, name, num_rows, device), chosen.rows, chosen.row_mask,
          chosen.first_row};
}

namespace {

DeviceColumn check_buffers(const ms_gpu_column& column, const std::string& name, uint64_t num_rows,
                           int device) {
  const auto type = static_cast<ColumnType>(column.type);
  const bool has_indices = column.index_type != 0;
  const uint32_t alignment = alignment_of(type);
  if (column.num_rows < num_rows) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, name + " has " + std::to_string(column.num_rows) +
                                            " rows, expected " + std::to_string(num_rows) + ".");
  }
  if (num_rows != 0) {
    const bool has_entries = !has_indices || column.num_entries != 0;
    if (has_entries) check_memory(column.values, alignment, device, name);
    if (column.validity != nullptr) check_memory(column.validity, 1, device, name + " (validity)");
    if (is_text(type) && column.bytes != nullptr) {
      check_memory(column.bytes, 1, device, name + " (bytes)");
    }
    if (has_indices) {
      check_memory(column.indices, alignment_of(static_cast<ColumnType>(column.index_type)), device,
                   name + " (indices)");
    }
    if (column.index_validity != nullptr) {
      check_memory(column.index_validity, 1, device, name + " (validity of indices)");
    }
  }
  DeviceColumn checked{};
  checked.values = column.values;
  checked.validity = column.validity;
  checked.bytes = column.bytes;
  checked.offset = column.offset;
  checked.num_entries = column.num_entries;
  checked.indices = has_indices ? column.indices : nullptr;
  checked.index_validity = column.index_validity;
  checked.index_offset = column.index_offset;
  checked.type = static_cast<DeviceType>(column.type);
  checked.index_type = static_cast<DeviceType>(column.index_type);
  checked.unit = static_cast<TimeUnit>(column.unit);
  return checked;
}

}  // namespace

}  // namespace mainspring::gpu
