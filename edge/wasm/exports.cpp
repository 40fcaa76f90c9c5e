// What JavaScript calls: one bundle in one instance, with memory that only grows.
//
// Addresses and lengths are 32 bits wide, so no call needs a BigInt. JavaScript writes values
// straight into the memory of the columns that columns() has made.
#include <cstdint>

#include "mainspring.h"

extern unsigned char __heap_base;  // NOLINT: the linker's name for where free memory begins

#define MAINSPRING_EXPORT(name) \
  extern "C" __attribute__((export_name(#name), visibility("default")))

namespace {

constexpr uint32_t kPageBytes = 65536;
constexpr uint64_t kMaxMemory = uint64_t{1} << 32;

// What every column may point to: values, one bit a row, and of strings their bytes.
struct Input {
  uint32_t kind, unit, type, name, name_length, zone, zone_length;
};

mainspring_bundle* bundle = nullptr;
mainspring_sizes sizes{};
uint64_t free_at = 0;
uint64_t where = 0;
void* scratch = nullptr;
mainspring_column* columns = nullptr;   // one for each input
mainspring_column* elements = nullptr;  // of lists
Input input;
mainspring_label label;

uint32_t address(const void* pointer) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

template <class T>
T* pointer(uint32_t to) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(to));
}

uint32_t answer(uint32_t code, uint64_t at) {
  where = at;
  return code;
}

// Memory aligned to 64 that nobody else has; 0 where the browser has no more.
uint32_t take(uint64_t bytes) {
  if (free_at == 0) free_at = address(&__heap_base);
  const uint64_t begin = (free_at + 63) / 64 * 64;
  const uint64_t end = begin + bytes;
  if (bytes > kMaxMemory || end > kMaxMemory) return 0;
  const uint64_t have = uint64_t{__builtin_wasm_memory_size(0)} * kPageBytes;
  if (end > have) {
    const auto pages = static_cast<uintptr_t>((end - have + kPageBytes - 1) / kPageBytes);
    if (__builtin_wasm_memory_grow(0, pages) == static_cast<uintptr_t>(-1)) return 0;
  }
  free_at = end;
  return static_cast<uint32_t>(begin);
}

bool is_list(uint32_t kind) { return kind >= MAINSPRING_INPUT_FLOAT_LIST; }

uint8_t type_of(uint32_t kind, uint32_t unit) {
  switch (kind) {
    case MAINSPRING_INPUT_FLOAT:
    case MAINSPRING_INPUT_FLOAT_LIST: return MAINSPRING_F64;
    case MAINSPRING_INPUT_INTEGER:
    case MAINSPRING_INPUT_INTEGER_LIST: return MAINSPRING_I64;
    case MAINSPRING_INPUT_TIMESTAMP:
      return unit == MAINSPRING_DAY ? MAINSPRING_DATE32 : MAINSPRING_TIMESTAMP;
    default: return MAINSPRING_UTF8;
  }
}

mainspring_request request_of(uint32_t num_rows) {
  mainspring_request request{};
  request.struct_size = sizeof request;
  request.column_size = sizeof(mainspring_column);
  request.columns = columns;
  request.num_columns = mainspring_num_inputs(bundle);
  request.num_rows = num_rows;
  request.scratch = scratch;
  request.scratch_bytes = sizes.scratch_bytes;
  return request;
}

// Strings that a bundle builds may need more scratch than it said at first.
bool provide_scratch(uint64_t bytes) {
  const uint32_t taken = take(bytes);
  if (taken == 0) return false;
  scratch = pointer<void>(taken);
  sizes.scratch_bytes = bytes;
  return true;
}

}  // namespace

MAINSPRING_EXPORT(room) uint32_t room(uint32_t bytes) { return take(bytes); }
MAINSPRING_EXPORT(where_of) uint32_t where_of() { return static_cast<uint32_t>(where); }
MAINSPRING_EXPORT(message) uint32_t message(uint32_t code) {
  return address(mainspring_message(code));
}

// Opens the bundle that lies at `bytes`, aligned to 64, where it stays.
MAINSPRING_EXPORT(open) uint32_t open(uint32_t bytes, uint32_t length) {
  sizes.struct_size = sizeof sizes;
  const auto* const file = pointer<const void>(bytes);
  const uint32_t code = mainspring_size(file, length, nullptr, &sizes, &where);
  if (code != MAINSPRING_OK) return code;
  const uint32_t arena = take(sizes.arena_bytes);
  if (arena == 0 || !provide_scratch(sizes.scratch_bytes)) {
    return answer(MAINSPRING_BUFFER_TOO_SMALL, sizes.scratch_bytes);
  }
  const uint32_t opened = mainspring_open(file, length, nullptr, pointer<void>(arena),
                                          sizes.arena_bytes, &bundle, &where);
  if (opened != MAINSPRING_OK) return opened;
  const uint32_t num_inputs = mainspring_num_inputs(bundle);
  const uint32_t first = take(uint64_t{2} * sizeof(mainspring_column) * num_inputs);
  if (first == 0) return answer(MAINSPRING_BUFFER_TOO_SMALL, 0);
  columns = pointer<mainspring_column>(first);
  elements = columns + num_inputs;
  for (uint32_t i = 0; i < num_inputs; ++i) {
    mainspring_input known{};
    known.struct_size = sizeof known;
    (void)mainspring_input_at(bundle, i, &known);
    mainspring_column& values = is_list(known.kind) ? elements[i] : columns[i];
    values.type = type_of(known.kind, known.unit);
    values.unit = values.type == MAINSPRING_TIMESTAMP ? static_cast<uint8_t>(known.unit) : 0;
    if (known.time_zone_length != 0) {
      const uint32_t zone = take(known.time_zone_length + 1);
      if (zone == 0) return answer(MAINSPRING_BUFFER_TOO_SMALL, 0);
      for (uint64_t k = 0; k < known.time_zone_length; ++k) {
        pointer<char>(zone)[k] = known.time_zone[k];
      }
      pointer<char>(zone)[known.time_zone_length] = 0;
      values.time_zone = pointer<const char>(zone);
    }
    if (is_list(known.kind)) {
      columns[i].type = MAINSPRING_LIST;
      columns[i].elements = elements + i;
    }
  }
  return MAINSPRING_OK;
}

MAINSPRING_EXPORT(num_inputs) uint32_t num_inputs() { return mainspring_num_inputs(bundle); }
MAINSPRING_EXPORT(num_features) uint32_t num_features() { return mainspring_num_features(bundle); }
MAINSPRING_EXPORT(num_labels) uint32_t num_labels() { return mainspring_num_labels(bundle); }
MAINSPRING_EXPORT(output_width) uint32_t output_width(uint32_t kind) {
  return mainspring_output_width(bundle, kind);
}
MAINSPRING_EXPORT(scratch_bytes) uint32_t scratch_bytes() {
  return static_cast<uint32_t>(sizes.scratch_bytes);
}

// Seven numbers of 32 bits: kind, unit, type, name and its length, time zone and its length.
MAINSPRING_EXPORT(input_at) uint32_t input_at(uint32_t number) {
  mainspring_input known{};
  known.struct_size = sizeof known;
  (void)mainspring_input_at(bundle, number, &known);
  input = {known.kind,
           known.unit,
           known.type,
           address(known.name),
           static_cast<uint32_t>(known.name_length),
           address(known.time_zone),
           static_cast<uint32_t>(known.time_zone_length)};
  return address(&input);
}

// The address of the JSON, and its length behind it in `input`.
MAINSPRING_EXPORT(meta) uint32_t meta() {
  const char* text = nullptr;
  uint64_t length = 0;
  (void)mainspring_meta(bundle, &text, &length);
  input.name = address(text);
  input.name_length = static_cast<uint32_t>(length);
  return address(&input.name);
}

// u32 type at 4, i64 integer at 8, f64 number at 16, u32 text at 24, u32 length at 32.
MAINSPRING_EXPORT(label_at) uint32_t label_at(uint32_t number) {
  label = mainspring_label{};
  label.struct_size = sizeof label;
  (void)mainspring_label_at(bundle, number, &label);
  return address(&label);
}

// Where the values of an input lie: `length` rows, or of a list's elements. 0 keeps what there is.
MAINSPRING_EXPORT(set_column)
void set_column(uint32_t number, uint32_t of_elements, uint32_t length, uint32_t values,
                uint32_t validity, uint32_t bytes, uint32_t bytes_length) {
  mainspring_column& column = of_elements != 0 ? elements[number] : columns[number];
  column.length = length;
  column.values = pointer<const void>(values);
  column.validity = pointer<const uint8_t>(validity);
  column.bytes = pointer<const uint8_t>(bytes);
  column.bytes_length = bytes_length;
}

// Values of `kind` for rows of columns go to `out`; kind 4: the features, as float32.
MAINSPRING_EXPORT(predict)
uint32_t predict(uint32_t kind, uint32_t num_rows, uint32_t out, uint32_t out_values) {
  for (;;) {
    const mainspring_request request = request_of(num_rows);
    const uint32_t code =
        kind == 4
            ? mainspring_transform(bundle, &request, pointer<float>(out), out_values, &where)
            : mainspring_predict(bundle, &request, kind, pointer<double>(out), out_values, &where);
    if (code != MAINSPRING_BUFFER_TOO_SMALL || where <= sizes.scratch_bytes) return code;
    if (!provide_scratch(where)) return code;
  }
}

// The same for features in a matrix of float64, row by row.
MAINSPRING_EXPORT(predict_matrix)
uint32_t predict_matrix(uint32_t kind, uint32_t num_rows, uint32_t values, uint32_t out,
                        uint32_t out_values) {
  mainspring_matrix matrix{};
  matrix.struct_size = sizeof matrix;
  matrix.type = MAINSPRING_F64;
  matrix.values = pointer<const void>(values);
  matrix.num_rows = num_rows;
  matrix.num_features = mainspring_num_features(bundle);
  matrix.row_stride = static_cast<int64_t>(matrix.num_features);
  matrix.feature_stride = 1;
  mainspring_request request = request_of(num_rows);
  request.columns = nullptr;
  request.num_columns = 0;
  request.matrix = &matrix;
  return mainspring_predict(bundle, &request, kind, pointer<double>(out), out_values, &where);
}
