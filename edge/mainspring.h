/* The C interface: opens a .spring bundle in memory and predicts from columns, Arrow or matrices.
 *
 * The library calls nothing, allocates nothing and keeps no state: every byte it writes lies in
 * memory that the caller handed over. An opened bundle is read-only, so any number of threads may
 * share it, each with a scratch of its own. The bits of its results are those of the Python
 * package.
 *
 * It comes in two builds that are the same but for speed and size: libmainspring for servers, which
 * also has the kernels for blocks of rows, and libmainspring_edge for devices, which links with
 * nothing at all.
 *
 *   mainspring_sizes sizes = {.struct_size = sizeof sizes};
 *   mainspring_size(bytes, length, NULL, &sizes, NULL);
 *   ... provide arena and scratch, aligned to 64 ...
 *   mainspring_open(bytes, length, NULL, arena, sizes.arena_bytes, &bundle, NULL);
 *   mainspring_predict(bundle, &request, MAINSPRING_PREDICT, out, out_values, NULL);
 */
#ifndef MAINSPRING_H
#define MAINSPRING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MAINSPRING_API __attribute__((visibility("default")))
#else
#define MAINSPRING_API
#endif

/* Rises when a struct grows or a function is added; what is there never changes. */
#define MAINSPRING_ABI_VERSION 3

/* What went wrong. mainspring_message() has a sentence for each. */
enum mainspring_code {
  MAINSPRING_OK = 0,
  MAINSPRING_TRUNCATED = 1,
  MAINSPRING_FOREIGN = 2,
  MAINSPRING_NEWER_VERSION = 3,
  MAINSPRING_BAD_CHECKSUM = 4,
  MAINSPRING_CORRUPT = 5,
  MAINSPRING_MISALIGNED = 6,
  MAINSPRING_BUFFER_TOO_SMALL = 7,
  MAINSPRING_WRONG_COLUMN_COUNT = 8,
  MAINSPRING_WRONG_COLUMN_TYPE = 9,
  MAINSPRING_UNSUPPORTED_TYPE = 10,
  MAINSPRING_INVALID_ARGUMENT = 11,
  MAINSPRING_NO_MODEL = 12,
  MAINSPRING_TOO_MANY_FEATURES = 13,
  MAINSPRING_MISSING_COLUMN = 14,
  MAINSPRING_NOT_EXPLAINED = 15,
  MAINSPRING_UNTRUSTED = 16
};

/* Highest instruction set to use; the CPU's own limit always holds. All give the same bits. */
enum mainspring_isa {
  MAINSPRING_ISA_BEST = 0,
  MAINSPRING_ISA_BASELINE = 1,
  MAINSPRING_ISA_AVX2 = 2,
  MAINSPRING_ISA_AVX512 = 3
};

/* Element type of a column buffer, in Arrow's layouts. */
enum mainspring_type {
  MAINSPRING_BOOL = 1, /* bits, lowest first */
  MAINSPRING_I8 = 2,
  MAINSPRING_I16 = 3,
  MAINSPRING_I32 = 4,
  MAINSPRING_I64 = 5,
  MAINSPRING_U8 = 6,
  MAINSPRING_U16 = 7,
  MAINSPRING_U32 = 8,
  MAINSPRING_U64 = 9,
  MAINSPRING_F32 = 10,
  MAINSPRING_F64 = 11,
  MAINSPRING_UTF8 = 12,         /* values: length + 1 offsets, int32_t, into bytes */
  MAINSPRING_LARGE_UTF8 = 13,   /* values: length + 1 offsets, int64_t, into bytes */
  MAINSPRING_DATE32 = 15,       /* int32_t, days since 1970-01-01 */
  MAINSPRING_DATE64 = 16,       /* int64_t, milliseconds since 1970-01-01 */
  MAINSPRING_TIMESTAMP = 17,    /* int64_t in `unit` since 1970-01-01T00:00 */
  MAINSPRING_DICTIONARY = 18,   /* values: indices of type index_type into *dictionary */
  MAINSPRING_NULL = 19,         /* no buffers: every row is missing */
  MAINSPRING_F16 = 20,          /* IEEE half precision, in uint16_t */
  MAINSPRING_BINARY = 21,       /* any bytes, laid out as MAINSPRING_UTF8 */
  MAINSPRING_LARGE_BINARY = 22, /* any bytes, laid out as MAINSPRING_LARGE_UTF8 */
  MAINSPRING_DECIMAL32 = 25,    /* int32_t digits: the value is digits / 10^scale */
  MAINSPRING_DECIMAL64 = 26,    /* int64_t digits */
  MAINSPRING_DECIMAL128 = 27,   /* digits of 16 bytes, lowest first, two's complement */
  MAINSPRING_DECIMAL256 = 28,   /* digits of 32 bytes */
  MAINSPRING_LIST = 29,         /* values: length + 1 offsets, int32_t, into *elements */
  MAINSPRING_LARGE_LIST = 30    /* values: length + 1 offsets, int64_t, into *elements */
};

enum mainspring_unit {
  MAINSPRING_UNIT_NONE = 0,
  MAINSPRING_SECOND = 1,
  MAINSPRING_MILLISECOND = 2,
  MAINSPRING_MICROSECOND = 3,
  MAINSPRING_NANOSECOND = 4,
  MAINSPRING_DAY = 5
};

/* What an input takes: floats any number; integers whole numbers; strings UTF-8, binary, or
 * dictionaries of them; timestamps dates and timestamps of any unit; lists lists of these. Every
 * input takes a column of MAINSPRING_NULL. */
enum mainspring_input_kind {
  MAINSPRING_INPUT_FLOAT = 1,
  MAINSPRING_INPUT_INTEGER = 2,
  MAINSPRING_INPUT_STRING = 3,
  MAINSPRING_INPUT_TIMESTAMP = 4,
  MAINSPRING_INPUT_FLOAT_LIST = 5,
  MAINSPRING_INPUT_INTEGER_LIST = 6,
  MAINSPRING_INPUT_STRING_LIST = 7
};

enum mainspring_output_kind {
  MAINSPRING_PREDICT = 0, /* what the model's own library predicts; where the bundle has labels,
                             the number of the class */
  MAINSPRING_PROBA = 1,   /* one probability for each class */
  MAINSPRING_RAW = 2,     /* scores before the link */
  MAINSPRING_LEAVES = 3   /* of a forest: the number of the leaf in each tree, as the model's own
                             library numbers them */
};

/* The host's own check of a signature, with the host's own cryptography and key: returns 0 where
 * the bundle is not to be opened. mainspring_open() calls it before it reads any byte. */
typedef uint32_t (*mainspring_verifier)(void* context, const void* bytes, uint64_t length,
                                        const void* signature, uint64_t signature_bytes);

/* Structs that carry `struct_size` (set it to sizeof) may grow: a library that is older than the
 * header refuses what it does not know with MAINSPRING_NEWER_VERSION, unless it is zero. A program
 * that was compiled with an older header hands over shorter ones; what they lack is zero. */
typedef struct mainspring_options {
  uint32_t struct_size;
  uint32_t isa; /* mainspring_isa */
  /* Since version 3: */
  const void* signature; /* of the bundle's bytes; NULL: it has none */
  uint64_t signature_bytes;
  mainspring_verifier verify; /* NULL: whoever made the bundle, it is opened */
  void* context;              /* handed to verify */
} mainspring_options;

typedef struct mainspring_sizes {
  uint32_t struct_size;
  uint32_t reserved;      /* zero */
  uint64_t arena_bytes;   /* for mainspring_open() */
  uint64_t scratch_bytes; /* for each thread that predicts; see mainspring_predict() */
} mainspring_sizes;

/* An opened bundle: lies in the arena. */
typedef struct mainspring_bundle mainspring_bundle;

/* Names point into the bundle's bytes; they are UTF-8 and have no closing zero. */
typedef struct mainspring_input {
  uint32_t struct_size;
  uint32_t kind; /* mainspring_input_kind */
  uint32_t unit; /* mainspring_unit, of a timestamp: the one seen while fitting */
  uint32_t type; /* mainspring_type seen while fitting; of a list, its elements'. Others than the
                    above, that Arrow knows, may come: send one of the above for them */
  const char* name;
  uint64_t name_length;
  const char* time_zone; /* of a timestamp; time_zone_length 0 for none */
  uint64_t time_zone_length;
} mainspring_input;

enum mainspring_label_type {
  MAINSPRING_LABEL_INTEGER = 1, /* integer */
  MAINSPRING_LABEL_FLOAT = 2,   /* number */
  MAINSPRING_LABEL_BOOL = 3,    /* integer: 0 or 1 */
  MAINSPRING_LABEL_TEXT = 4     /* text, UTF-8, in the bundle's bytes, without a closing zero */
};

typedef struct mainspring_label {
  uint32_t struct_size;
  uint32_t type; /* mainspring_label_type; what it does not name is zero */
  int64_t integer;
  double number;
  const char* text;
  uint64_t text_length;
} mainspring_label;

/* One column. Row r of the column is element offset + r of every buffer. */
typedef struct mainspring_column {
  uint8_t type;            /* mainspring_type */
  uint8_t index_type;      /* of a dictionary: MAINSPRING_I8 to MAINSPRING_U64 */
  uint8_t unit;            /* of a timestamp */
  uint8_t reserved;        /* zero */
  int32_t scale;           /* of a decimal; else zero */
  uint64_t length;         /* rows */
  uint64_t offset;         /* 0 where the buffers begin with the first row */
  const uint8_t* validity; /* one bit a row, lowest first, 1: present; NULL: all are present */
  const void* values;      /* aligned to the size of its elements */
  const uint8_t* bytes;    /* of strings */
  uint64_t bytes_length;
  const char* time_zone; /* of a timestamp in UTC, closed by zero; NULL: local time */
  const struct mainspring_column* dictionary;
  const struct mainspring_column* elements; /* of a list: values, or a dictionary of them */
} mainspring_column;

/* The features themselves, past the transforms: number (row, feature) lies at values[row *
 * row_stride + feature * feature_stride]. NaN is missing. */
typedef struct mainspring_matrix {
  uint32_t struct_size;
  uint32_t type;      /* MAINSPRING_F32 or MAINSPRING_F64 */
  const void* values; /* aligned to its numbers */
  uint64_t num_rows;
  uint64_t num_features; /* mainspring_num_features() */
  int64_t row_stride;    /* in numbers, of any sign */
  int64_t feature_stride;
} mainspring_matrix;

/* The Arrow C data interface, as Arrow declares it. */
struct ArrowSchema;
struct ArrowArray;

/* Rows come through one of three doors: columns; or a batch of Arrow, whose columns are found by
 * name (names differ; others are passed over) and may have any type that Python takes; or a matrix.
 * The other two are NULL. Nothing is taken over: schema and array stay the caller's to release. */
typedef struct mainspring_request {
  uint32_t struct_size;
  uint32_t column_size;             /* sizeof(mainspring_column) */
  const mainspring_column* columns; /* one for each input, in the order of mainspring_input_at() */
  uint64_t num_columns;
  uint64_t first_row; /* rows [first_row, first_row + num_rows) of what came */
  uint64_t num_rows;
  void* scratch; /* aligned to 64 */
  uint64_t scratch_bytes;
  /* Since version 2: */
  const mainspring_matrix* matrix;
  const struct ArrowSchema* schema; /* of a struct, as every record batch is */
  const struct ArrowArray* array;
  uint32_t num_trees; /* of a forest: predict with its first trees alone, whole rounds of them; 0:
                         with all */
  uint32_t reserved;  /* zero */
} mainspring_request;

/* What is known of the model. */
typedef struct mainspring_model {
  uint32_t struct_size;
  uint32_t num_features;
  uint32_t num_outputs; /* raw scores of a row */
  uint32_t num_classes; /* 0: not a classifier */
  uint32_t num_trees;   /* 0: not a forest */
  uint32_t reserved;    /* zero */
  const char* kind; /* "forest", "dense", "composite", "network"; closed by zero, as the next one */
  const char* link; /* "identity", "sigmoid", "softmax", "exp", ...: docs/format.md */
} mainspring_model;

MAINSPRING_API uint32_t mainspring_abi_version(void);

/* One sentence, never NULL; unknown codes have one too. */
MAINSPRING_API const char* mainspring_message(uint32_t code);

/* Every function that returns uint32_t below, but for the counts, returns a mainspring_code, and
 * writes through `where`, unless that is NULL, the number of what the code speaks of: a column, or
 * a byte, section or record of the bundle. */

/* Verifies the bundle (as mainspring_open does) and says how much memory it needs. `bytes` must be
 * aligned to 64. `options` may be NULL. arena_bytes is the same for all bundles. */
MAINSPRING_API uint32_t mainspring_size(const void* bytes, uint64_t length,
                                        const mainspring_options* options, mainspring_sizes* sizes,
                                        uint64_t* where);

/* Opens a bundle. Nothing in `bytes` is trusted; afterwards they must stay in place and unchanged,
 * as must `arena` (aligned to 64), which holds *bundle. There is nothing to close. With a verifier
 * a bundle without a signature, or one that it does not vouch for, gives MAINSPRING_UNTRUSTED. */
MAINSPRING_API uint32_t mainspring_open(const void* bytes, uint64_t length,
                                        const mainspring_options* options, void* arena,
                                        uint64_t arena_bytes, mainspring_bundle** bundle,
                                        uint64_t* where);

/* The instruction set in use: "baseline", "avx2", "avx512". */
MAINSPRING_API const char* mainspring_isa_name(const mainspring_bundle* bundle);

MAINSPRING_API uint64_t mainspring_scratch_bytes(const mainspring_bundle* bundle);

/* The name of the predictor, of its outputs and where it came from: JSON, UTF-8, in the bundle's
 * bytes, without a closing zero. */
MAINSPRING_API uint32_t mainspring_meta(const mainspring_bundle* bundle, const char** text,
                                        uint64_t* length);

/* MAINSPRING_NO_MODEL for a bundle of transforms. */
MAINSPRING_API uint32_t mainspring_model_of(const mainspring_bundle* bundle,
                                            mainspring_model* model);

/* How a batch of so many rows is scored, in words; "" without a model. */
MAINSPRING_API const char* mainspring_kernel_name(const mainspring_bundle* bundle,
                                                  uint32_t num_rows);

/* The columns that a request must bring, in this order. */
MAINSPRING_API uint32_t mainspring_num_inputs(const mainspring_bundle* bundle);
MAINSPRING_API uint32_t mainspring_input_at(const mainspring_bundle* bundle, uint32_t number,
                                            mainspring_input* input);

/* The features that the transforms give, and their names. Features that a number tells apart, as
 * buckets of a hash, are called NAME_0, NAME_1, ...: then *within is that number, else it is -1. */
MAINSPRING_API uint32_t mainspring_num_features(const mainspring_bundle* bundle);
MAINSPRING_API uint32_t mainspring_feature_name(const mainspring_bundle* bundle, uint32_t number,
                                                const char** name, uint64_t* name_length,
                                                int64_t* within);

/* Values a row of an output kind; 0 where the bundle cannot give it. Of MAINSPRING_LEAVES: of all
 * trees; a request for the first ones alone writes as many. */
MAINSPRING_API uint32_t mainspring_output_width(const mainspring_bundle* bundle, uint32_t kind);

/* What the classes of MAINSPRING_PREDICT are called; 0 labels where it gives no classes. */
MAINSPRING_API uint32_t mainspring_num_labels(const mainspring_bundle* bundle);
MAINSPRING_API uint32_t mainspring_label_at(const mainspring_bundle* bundle, uint32_t number,
                                            mainspring_label* label);

/* Writes num_rows * width doubles, row by row; `out_values` is the room in doubles. Column buffers
 * are checked before they are used: inconsistent ones give MAINSPRING_CORRUPT and nothing is
 * written. Trees that the model does not have, that end within a round of several outputs, or whose
 * average has weights that are not known give MAINSPRING_INVALID_ARGUMENT. A bundle that changes
 * strings (their case) does so in the scratch. One row whose changed strings have no room there, 16
 * KB more than the bundle itself needs, gives MAINSPRING_BUFFER_TOO_SMALL; *where is then the
 * scratch to bring, and rows before it are written.
 */
MAINSPRING_API uint32_t mainspring_predict(const mainspring_bundle* bundle,
                                           const mainspring_request* request, uint32_t kind,
                                           double* out, uint64_t out_values, uint64_t* where);

/* The features themselves: num_rows * num_features floats, row by row. MAINSPRING_TOO_MANY_FEATURES
 * where a bundle without a model has more than 65536 of them. A request with a matrix gives
 * MAINSPRING_INVALID_ARGUMENT: it holds features already. */
MAINSPRING_API uint32_t mainspring_transform(const mainspring_bundle* bundle,
                                             const mainspring_request* request, float* out,
                                             uint64_t out_values, uint64_t* where);

/* Scratch for mainspring_explain(); 0 where nothing can be explained: the model is no forest, its
 * trees have no covers, or they are too deep; and always in the library for devices, which leaves
 * the kernels out. Goes through all nodes. */
MAINSPRING_API uint64_t mainspring_explain_scratch_bytes(const mainspring_bundle* bundle);

/* What each feature adds to each raw score, as Predictor.explain without a background: writes
 * num_rows * outputs * num_features doubles, row by row, and where there is a row one base for each
 * output of MAINSPRING_RAW to `bases`, which the contributions are added to. request->scratch has
 * mainspring_explain_scratch_bytes(). MAINSPRING_NOT_EXPLAINED where that is 0. Every call goes
 * through all nodes first: bring many rows at once. Of all trees: num_trees is 0. */
MAINSPRING_API uint32_t mainspring_explain(const mainspring_bundle* bundle,
                                           const mainspring_request* request, double* out,
                                           uint64_t out_values, double* bases, uint64_t num_bases,
                                           uint64_t* where);

/* Counts what a device sees, for drift: values between the edges, and among the categories, of a
 * plan that `mainspring pack BUNDLE --counters FILE` wrote for this bundle. `plan` must be aligned
 * to 64 and stay in place and unchanged, as must `memory` (aligned to 64), which holds *counters;
 * with too little memory MAINSPRING_BUFFER_TOO_SMALL, and *where is what it takes. Memory that a
 * device kept, unchanged since its last report, is continued; any other begins at zero. */
typedef struct mainspring_counters mainspring_counters;
MAINSPRING_API uint32_t mainspring_counters_open(const mainspring_bundle* bundle, const void* plan,
                                                 uint64_t plan_bytes, void* memory,
                                                 uint64_t memory_bytes,
                                                 mainspring_counters** counters, uint64_t* where);

/* Counts the rows of a request through columns or Arrow: all of them, or with a code none. One
 * thread at a time. */
MAINSPRING_API uint32_t mainspring_count(mainspring_counters* counters,
                                         const mainspring_request* request, uint64_t* where);

/* The counts as a file to send home, where `mainspring merge-profiles` adds up those of a fleet.
 * They lie in the counters' memory: send them before the next row is counted. */
MAINSPRING_API const void* mainspring_counters_report(mainspring_counters* counters,
                                                      uint64_t* length);

/* Begins at zero, after what was counted has arrived. */
MAINSPRING_API void mainspring_counters_clear(mainspring_counters* counters);

#ifdef __cplusplus
}
#endif

#endif
