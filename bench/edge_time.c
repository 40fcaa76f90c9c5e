/* Times predictions through the C interface: edge_time BUNDLE prints "name value" lines,
 * microseconds for each row and allocations. The fastest of many turns counts, since others only
 * add to it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mainspring.h"

enum { ROWS = 4096, TURNS = 40 };

extern void* __libc_malloc(size_t bytes);
static unsigned long allocations;

/* Whoever allocates, in this program or in the library, comes by here. */
void* malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static void* memory_of(size_t bytes) { return aligned_alloc(64, (bytes / 64 + 1) * 64); }

static double time_of(const mainspring_bundle* bundle, mainspring_request* request, double* out,
                      unsigned rows) {
  const unsigned calls = rows >= 512 ? 1 : 2048 / rows;
  double best = 1e30;
  for (int turn = 0; turn < TURNS; ++turn) {
    const double begin = microseconds();
    for (unsigned call = 0; call < calls; ++call) {
      request->first_row = (uint64_t)call * rows % (ROWS - rows + 1);
      request->num_rows = rows;
      if (mainspring_predict(bundle, request, MAINSPRING_RAW, out, ROWS, NULL)) exit(4);
    }
    const double took = (microseconds() - begin) / calls / rows;
    if (took < best) best = took;
  }
  return best;
}

int main(int argc, char** argv) {
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (file == NULL) return 1;
  fseek(file, 0, SEEK_END);
  const size_t length = (size_t)ftell(file);
  rewind(file);
  void* bytes = memory_of(length);
  if (fread(bytes, 1, length, file) != length) return 1;

  const double opening = microseconds();
  mainspring_sizes sizes = {.struct_size = sizeof sizes};
  if (mainspring_size(bytes, length, NULL, &sizes, NULL)) return 2;
  mainspring_bundle* bundle;
  void* arena = memory_of(sizes.arena_bytes);
  if (mainspring_open(bytes, length, NULL, arena, sizes.arena_bytes, &bundle, NULL)) return 2;
  printf("open %.3f\n", microseconds() - opening);

  const unsigned width = mainspring_num_features(bundle);
  double* rows = memory_of(sizeof *rows * width * ROWS);
  double* out = memory_of(sizeof *out * ROWS);
  unsigned state = 1;
  for (unsigned i = 0; i < width * ROWS; ++i) {
    state = state * 1664525u + 1013904223u;
    rows[i] = ((state >> 8) / 16777216.0 - 0.5) * 6;
  }
  const mainspring_matrix matrix = {sizeof matrix, MAINSPRING_F64, rows, ROWS, width, width, 1};
  mainspring_request request = {.struct_size = sizeof request,
                                .scratch = memory_of(sizes.scratch_bytes),
                                .scratch_bytes = sizes.scratch_bytes,
                                .matrix = &matrix};
  const unsigned long before = allocations;
  const double one = time_of(bundle, &request, out, 1);
  const double batch = time_of(bundle, &request, out, ROWS);
  const unsigned long during = allocations - before;
  printf("one_row %.4f\nbatch %.4f\nallocations %lu\n", one, batch, during);
  return 0;
}
