/* Times a bundle through the C interface beside the same trees compiled by other tools:
 * edge_peers BUNDLE M2CGEN.so TL2CGEN.so prints "engine case value" lines, microseconds for each
 * row and the largest difference of scores. All take their turns on the same rows of float64; the
 * fastest turn counts, since others only add to it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mainspring.h"

enum { ROWS = 4096, TURNS = 60 };

static const mainspring_bundle* bundle;
static mainspring_request request;
static unsigned width;
static double *rows, *out, *expected;
static double (*m2cgen_score)(double* row);
static void (*tl2cgen_predict)(void* row, int margin, double* result);

static void run_ours(unsigned first, unsigned count) {
  request.first_row = first;
  request.num_rows = count;
  if (mainspring_predict(bundle, &request, MAINSPRING_RAW, out + first, count, NULL)) exit(4);
}

static void run_m2cgen(unsigned first, unsigned count) {
  for (unsigned row = first; row < first + count; ++row) {
    out[row] = m2cgen_score(rows + (size_t)row * width);
  }
}

/* Its entries are unions as large as a double, whose numbers are what is read of them. */
static void run_tl2cgen(unsigned first, unsigned count) {
  for (unsigned row = first; row < first + count; ++row) {
    out[row] = 0;
    tl2cgen_predict(rows + (size_t)row * width, 1, out + row);
  }
}

static const struct {
  const char* name;
  void (*run)(unsigned first, unsigned count);
} engines[] = {{"mainspring", run_ours}, {"m2cgen", run_m2cgen}, {"tl2cgen", run_tl2cgen}};
enum { ENGINES = sizeof engines / sizeof *engines };

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static void measure(const char* name, unsigned count) {
  double best[ENGINES] = {1e30, 1e30, 1e30};
  const unsigned calls = count == 1 ? 2048 : 1;
  for (int turn = 0; turn < TURNS; ++turn) {
    for (int engine = 0; engine < ENGINES; ++engine) {
      const double begin = microseconds();
      for (unsigned call = 0; call < calls; ++call) {
        engines[engine].run(count == 1 ? call * 2 % ROWS : 0, count);
      }
      const double took = (microseconds() - begin) / calls / count;
      if (took < best[engine]) best[engine] = took;
    }
  }
  for (int engine = 0; engine < ENGINES; ++engine) {
    printf("%s %s %.4f\n", engines[engine].name, name, best[engine]);
  }
}

static void* memory_of(size_t bytes) { return aligned_alloc(64, (bytes / 64 + 1) * 64); }

static void* function_of(const char* path, const char* name) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* found = library == NULL ? NULL : dlsym(library, name);
  if (found == NULL) exit(3);
  return found;
}

int main(int argc, char** argv) {
  FILE* file = argc == 4 ? fopen(argv[1], "rb") : NULL;
  if (file == NULL) return 1;
  fseek(file, 0, SEEK_END);
  const size_t length = (size_t)ftell(file);
  rewind(file);
  void* bytes = memory_of(length);
  if (fread(bytes, 1, length, file) != length) return 1;
  mainspring_sizes sizes = {.struct_size = sizeof sizes};
  if (mainspring_size(bytes, length, NULL, &sizes, NULL)) return 2;
  mainspring_bundle* opened;
  if (mainspring_open(bytes, length, NULL, memory_of(sizes.arena_bytes), sizes.arena_bytes, &opened,
                      NULL)) {
    return 2;
  }
  bundle = opened;
  *(void**)&m2cgen_score = function_of(argv[2], "score");
  *(void**)&tl2cgen_predict = function_of(argv[3], "predict");

  width = mainspring_num_features(bundle);
  rows = memory_of(sizeof *rows * width * ROWS);
  out = memory_of(sizeof *out * ROWS);
  expected = memory_of(sizeof *out * ROWS);
  unsigned state = 1;
  for (unsigned i = 0; i < width * ROWS; ++i) {
    state = state * 1664525u + 1013904223u;
    rows[i] = ((state >> 8) / 16777216.0 - 0.5) * 6;
  }
  const mainspring_matrix matrix = {sizeof matrix, MAINSPRING_F64, rows, ROWS, width, width, 1};
  request = (mainspring_request){.struct_size = sizeof request,
                                 .scratch = memory_of(sizes.scratch_bytes),
                                 .scratch_bytes = sizes.scratch_bytes,
                                 .matrix = &matrix};
  for (int engine = 0; engine < ENGINES; ++engine) {
    double largest = 0;
    engines[engine].run(0, ROWS);
    for (unsigned row = 0; row < ROWS; ++row) {
      if (engine == 0) expected[row] = out[row];
      const double difference = fabs(out[row] - expected[row]);
      if (!(difference <= largest)) largest = difference;
    }
    printf("%s difference %.3g\n", engines[engine].name, largest);
  }
  measure("one_row", 1);
  measure("batch", ROWS);
  return 0;
}
