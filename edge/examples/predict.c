/* Predicts every row of a CSV file with a .spring bundle, through the C interface alone.
 *
 *   cc -std=c11 -I DIR predict.c -o predict -L DIR -lmainspring_edge -Wl,-rpath,DIR
 *   ./predict late.spring flights.csv [predict|proba|raw]
 *
 * DIR is the folder of mainspring.h and libmainspring_edge.so. The first line of the file names the
 * columns, in any order. An empty field is a missing value, "" an empty string; timestamps are
 * integers in the unit seen while fitting. Each value is printed as its 64 bits and as a number;
 * MAINSPRING_ISA (baseline, avx2, avx512) lowers the instruction set and changes no bit. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mainspring.h"

static void fail(const char* what, const char* why) {
  fprintf(stderr, "predict: %s: %s\n", what, why);
  exit(2);
}

static void fail_with_code(const char* what, uint32_t code, uint64_t where) {
  fprintf(stderr, "predict: %s: %s (code %" PRIu32 ", at %" PRIu64 ")\n", what,
          mainspring_message(code), code, where);
  exit(2);
}

static void* aligned_memory(uint64_t bytes) {
  void* memory = aligned_alloc(64, (bytes / 64 + 1) * 64);
  if (memory == NULL) fail("memory", "there is not enough");
  return memory;
}

/* The whole file, followed by a zero byte. */
static char* read_file(const char* path, uint64_t* length) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) fail(path, strerror(errno));
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  rewind(file);
  if (size < 0) fail(path, "it has no size");
  char* bytes = aligned_memory((uint64_t)size + 1);
  if (fread(bytes, 1, (size_t)size, file) != (size_t)size) fail(path, "it could not be read");
  fclose(file);
  bytes[size] = '\0';
  *length = (uint64_t)size;
  return bytes;
}

/* One field of CSV, unquoted in place. */
typedef struct field {
  char* text;
  uint64_t length;
  bool missing; /* nothing between the commas, not even quotes */
} field;

/* Cuts the next field off; *at moves to the character behind it: ',', '\n' or '\0'. */
static field next_field(char** at) {
  char* from = *at;
  if (*from != '"') {
    char* end = from + strcspn(from, ",\r\n");
    field plain = {from, (uint64_t)(end - from), end == from};
    *at = end + (*end == '\r');
    return plain;
  }
  field quoted = {from, 0, false};
  for (++from; *from != '\0'; ++from) {
    if (*from == '"' && *++from != '"') break;
    quoted.text[quoted.length++] = *from;
  }
  *at = from + (*from == '\r');
  return quoted;
}

/* A column while it grows, and the interface's view of it. */
typedef struct column {
  mainspring_input input;
  int64_t field; /* its place in the file's lines, -1: not found */
  char* values;
  uint8_t* validity;
  char* bytes;
  mainspring_column view;
} column;

static void make_room(column* to, uint64_t num_rows, uint64_t file_bytes) {
  to->values = aligned_memory((num_rows + 1) * 8);
  to->validity = aligned_memory(num_rows / 8 + 1);
  memset(to->values, 0, (num_rows + 1) * 8);
  memset(to->validity, 0, num_rows / 8 + 1);
  mainspring_column* view = &to->view;
  view->values = to->values;
  view->validity = to->validity;
  view->length = num_rows;
  switch (to->input.kind) {
    case MAINSPRING_INPUT_FLOAT: view->type = MAINSPRING_F64; break;
    case MAINSPRING_INPUT_INTEGER: view->type = MAINSPRING_I64; break;
    case MAINSPRING_INPUT_STRING:
      view->type = MAINSPRING_LARGE_UTF8;
      to->bytes = aligned_memory(file_bytes);
      view->bytes = (const uint8_t*)to->bytes;
      break;
    default:
      view->type = to->input.unit == MAINSPRING_DAY ? MAINSPRING_DATE32 : MAINSPRING_TIMESTAMP;
      view->unit = (uint8_t)to->input.unit;
      if (to->input.time_zone_length != 0) {
        char* zone = aligned_memory(to->input.time_zone_length + 1);
        memcpy(zone, to->input.time_zone, to->input.time_zone_length);
        zone[to->input.time_zone_length] = '\0';
        view->time_zone = zone;
      }
  }
}

static void put_value(column* to, uint64_t row, field value) {
  if (!value.missing) to->validity[row / 8] |= (uint8_t)(1u << row % 8);
  if (to->input.kind == MAINSPRING_INPUT_STRING) {
    memcpy(to->bytes + to->view.bytes_length, value.text, value.length);
    to->view.bytes_length += value.length;
    ((int64_t*)to->values)[row + 1] = (int64_t)to->view.bytes_length;
    return;
  }
  if (value.missing) return;
  const char behind = value.text[value.length];
  value.text[value.length] = '\0';
  char* end;
  errno = 0;
  if (to->view.type == MAINSPRING_F64) {
    ((double*)to->values)[row] = strtod(value.text, &end);
    errno = 0; /* values too large or too small for a double are infinity and 0 */
  } else {
    const long long number = strtoll(value.text, &end, 10);
    if (to->view.type == MAINSPRING_DATE32) {
      if (number < INT32_MIN || number > INT32_MAX) errno = ERANGE;
      ((int32_t*)to->values)[row] = (int32_t)number;
    } else {
      ((int64_t*)to->values)[row] = number;
    }
  }
  if (end == value.text || *end != '\0' || errno != 0) fail(value.text, "it is not a number");
  value.text[value.length] = behind;
}

static uint64_t count_lines(const char* text) {
  uint64_t lines = 0;
  for (; *text != '\0'; ++text) lines += *text == '\n';
  return lines;
}

static void find_columns(char** at, column* columns, uint32_t num_columns) {
  for (int64_t place = 0;; ++place) {
    const field name = next_field(at);
    for (uint32_t i = 0; i < num_columns; ++i) {
      if (columns[i].input.name_length == name.length &&
          memcmp(columns[i].input.name, name.text, name.length) == 0) {
        columns[i].field = place;
      }
    }
    if (*(*at) != ',') break;
    ++*at;
  }
  for (uint32_t i = 0; i < num_columns; ++i) {
    if (columns[i].field >= 0) continue;
    fprintf(stderr, "predict: column '%.*s' is missing\n", (int)columns[i].input.name_length,
            columns[i].input.name);
    exit(2);
  }
}

static uint64_t read_rows(char* at, column* columns, uint32_t num_columns) {
  uint64_t row = 0;
  while (*at == '\n' && at[1] != '\0') {
    for (int64_t place = 0;; ++place) {
      ++at;
      const field value = next_field(&at);
      const char behind = *at;
      for (uint32_t i = 0; i < num_columns; ++i) {
        if (columns[i].field == place) put_value(&columns[i], row, value);
      }
      if (behind != ',') break;
    }
    ++row;
  }
  return row;
}

static mainspring_options options_from_environment(void) {
  mainspring_options options = {.struct_size = sizeof options, .isa = MAINSPRING_ISA_BEST};
  const char* name = getenv("MAINSPRING_ISA");
  if (name == NULL || *name == '\0') return options;
  static const char* const names[] = {"baseline", "avx2", "avx512"};
  for (uint32_t i = 0; i < 3; ++i) {
    if (strcmp(name, names[i]) == 0) options.isa = MAINSPRING_ISA_BASELINE + i;
  }
  if (options.isa == MAINSPRING_ISA_BEST) fail(name, "MAINSPRING_ISA has no such level");
  return options;
}

static uint32_t output_kind(const char* name) {
  if (strcmp(name, "predict") == 0) return MAINSPRING_PREDICT;
  if (strcmp(name, "proba") == 0) return MAINSPRING_PROBA;
  if (strcmp(name, "raw") == 0) return MAINSPRING_RAW;
  fail(name, "expected predict, proba or raw");
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) fail("usage", "predict BUNDLE CSV [predict|proba|raw]");
  const uint32_t kind = output_kind(argc == 4 ? argv[3] : "predict");
  const mainspring_options options = options_from_environment();

  uint64_t bundle_length, text_length, where = 0;
  const char* bundle_bytes = read_file(argv[1], &bundle_length);
  mainspring_sizes sizes = {.struct_size = sizeof sizes};
  uint32_t code = mainspring_size(bundle_bytes, bundle_length, &options, &sizes, &where);
  if (code != MAINSPRING_OK) fail_with_code(argv[1], code, where);
  mainspring_bundle* bundle;
  code = mainspring_open(bundle_bytes, bundle_length, &options, aligned_memory(sizes.arena_bytes),
                         sizes.arena_bytes, &bundle, &where);
  if (code != MAINSPRING_OK) fail_with_code(argv[1], code, where);

  char* text = read_file(argv[2], &text_length);
  const uint32_t num_columns = mainspring_num_inputs(bundle);
  column* columns = calloc(num_columns, sizeof *columns);
  if (columns == NULL) fail("memory", "there is not enough");
  for (uint32_t i = 0; i < num_columns; ++i) {
    columns[i].input.struct_size = sizeof columns[i].input;
    mainspring_input_at(bundle, i, &columns[i].input);
    columns[i].field = -1;
    make_room(&columns[i], count_lines(text), text_length);
  }
  char* at = text;
  find_columns(&at, columns, num_columns);
  const uint64_t num_rows = read_rows(at, columns, num_columns);

  mainspring_column* views = calloc(num_columns, sizeof *views);
  if (views == NULL) fail("memory", "there is not enough");
  for (uint32_t i = 0; i < num_columns; ++i) views[i] = columns[i].view;
  const mainspring_request request = {.struct_size = sizeof request,
                                      .column_size = sizeof *views,
                                      .columns = views,
                                      .num_columns = num_columns,
                                      .num_rows = num_rows,
                                      .scratch = aligned_memory(sizes.scratch_bytes),
                                      .scratch_bytes = sizes.scratch_bytes};
  const uint32_t width = mainspring_output_width(bundle, kind);
  double* out = aligned_memory(num_rows * width * sizeof(double));
  code = mainspring_predict(bundle, &request, kind, out, num_rows * width, &where);
  if (code != MAINSPRING_OK) fail_with_code(argv[2], code, where);

  for (uint64_t row = 0; row < num_rows; ++row) {
    for (uint32_t i = 0; i < width; ++i) {
      uint64_t bits;
      memcpy(&bits, &out[row * width + i], sizeof bits);
      printf("%s%016" PRIx64 " %.17g", i == 0 ? "" : " ", bits, out[row * width + i]);
    }
    printf("\n");
  }
  return 0;
}
