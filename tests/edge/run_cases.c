/* Answers cases (case_file.py) on any CPU: run_cases FILE... writes, for each, the code as a number
 * of 32 bits, the number of bytes of the answer as another, and the answer's bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mainspring.h"

enum { NUMBERS = 10, TRANSFORM = 4 };

static void fail(const char* what) {
  fprintf(stderr, "run_cases: %s\n", what);
  exit(2);
}

static void* memory_of(uint64_t bytes) {
  void* memory = aligned_alloc(64, (size_t)((bytes / 64 + 1) * 64));
  if (memory == NULL) fail("there is not enough memory");
  return memory;
}

static const uint8_t* take(const uint8_t** at, uint64_t bytes) {
  const uint8_t* taken = *at;
  *at += (bytes + 63) / 64 * 64;
  return taken;
}

static void read_column(const uint8_t** at, mainspring_column* column) {
  uint64_t numbers[NUMBERS];
  memcpy(numbers, take(at, 128), sizeof numbers);
  memset(column, 0, sizeof *column);
  column->type = (uint8_t)numbers[0];
  column->index_type = (uint8_t)numbers[1];
  column->unit = (uint8_t)numbers[2];
  column->scale = (int32_t)(uint32_t)numbers[3];
  column->length = numbers[4];
  column->offset = numbers[5];
  const uint8_t* parts[4];
  for (int i = 0; i < 4; ++i) parts[i] = numbers[6 + i] == 0 ? NULL : take(at, numbers[6 + i]);
  column->validity = parts[0];
  column->values = parts[1];
  column->bytes = parts[2];
  column->bytes_length = numbers[8];
  column->time_zone = (const char*)parts[3];
  const int is_list = column->type == MAINSPRING_LIST || column->type == MAINSPRING_LARGE_LIST;
  if (!is_list && column->type != MAINSPRING_DICTIONARY) return;
  mainspring_column* nested = memory_of(sizeof *nested);
  read_column(at, nested);
  if (is_list) {
    column->elements = nested;
  } else {
    column->dictionary = nested;
  }
}

static const uint8_t* read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) fail(path);
  fseek(file, 0, SEEK_END);
  const size_t size = (size_t)ftell(file);
  rewind(file);
  uint8_t* bytes = memory_of(size);
  if (fread(bytes, 1, size, file) != size) fail(path);
  fclose(file);
  return bytes;
}

static void answer(const char* path) {
  const uint8_t* at = read_file(path);
  uint64_t head[4];
  memcpy(head, take(&at, sizeof head), sizeof head);
  const uint8_t* file = take(&at, head[0]);
  const uint64_t num_rows = head[1];
  const uint32_t kind = (uint32_t)head[2];
  mainspring_column* columns = memory_of(head[3] * sizeof *columns);
  for (uint64_t i = 0; i < head[3]; ++i) read_column(&at, columns + i);

  mainspring_sizes sizes = {.struct_size = sizeof sizes};
  uint32_t code = mainspring_size(file, head[0], NULL, &sizes, NULL);
  mainspring_bundle* bundle = NULL;
  if (code == MAINSPRING_OK) {
    code = mainspring_open(file, head[0], NULL, memory_of(sizes.arena_bytes), sizes.arena_bytes,
                           &bundle, NULL);
  }
  uint32_t written = 0;
  void* out = NULL;
  if (code == MAINSPRING_OK) {
    const mainspring_request request = {.struct_size = sizeof request,
                                        .column_size = sizeof *columns,
                                        .columns = columns,
                                        .num_columns = head[3],
                                        .num_rows = num_rows,
                                        .scratch = memory_of(sizes.scratch_bytes),
                                        .scratch_bytes = sizes.scratch_bytes};
    const uint32_t width =
        kind == TRANSFORM ? mainspring_num_features(bundle) : mainspring_output_width(bundle, kind);
    const uint64_t values = num_rows * width;
    written = (uint32_t)(values * (kind == TRANSFORM ? sizeof(float) : sizeof(double)));
    out = memory_of(written);
    code = kind == TRANSFORM ? mainspring_transform(bundle, &request, out, values, NULL)
                             : mainspring_predict(bundle, &request, kind, out, values, NULL);
  }
  const uint32_t said[2] = {code, code == MAINSPRING_OK ? written : 0};
  fwrite(said, sizeof said, 1, stdout);
  if (said[1] != 0) fwrite(out, said[1], 1, stdout);
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) answer(argv[i]);
  return 0;
}
