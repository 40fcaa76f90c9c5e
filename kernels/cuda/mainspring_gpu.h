/* The C interface of the GPU library: pointers of the device, sizes and a stream; no symbol of
 * torch or CuPy. Python loads the library when somebody first asks for a GPU
 * (python/mainspring/gpu).
 *
 * Functions return MS_GPU_OK or a code; ms_gpu_last_error() then says in words what was wrong, in
 * this thread. Work is put on the caller's stream: the call returns before it is done, and nothing
 * is copied to the host. A stream is a cudaStream_t; NULL is the default stream. */
#ifndef MAINSPRING_GPU_H
#define MAINSPRING_GPU_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MS_GPU_ABI_VERSION 5

/* These values never change. */
enum ms_gpu_code {
  MS_GPU_OK = 0,
  MS_GPU_NO_DEVICE = 1,     /* no GPU, no driver, or no such device */
  MS_GPU_BAD_ARGUMENT = 2,  /* host memory, another device's memory, misaligned, too short */
  MS_GPU_UNSUPPORTED = 3,   /* a step, a type or a model that the GPU does not have; by name */
  MS_GPU_OUT_OF_MEMORY = 4, /* says how much was asked for and how much is free */
  MS_GPU_DEVICE_FAILED = 5, /* the driver's words, and the kernel that ran */
  MS_GPU_BAD_BUNDLE = 6
};

/* One column, on the device. Types are those of the engine (csrc/runtime/arrow/column_view.hpp).
 * Of a dictionary index_type is not 0, and `indices` point into entries, which the other fields
 * describe. */
typedef struct ms_gpu_column {
  uint32_t type;
  uint32_t index_type;
  uint32_t unit; /* of dates and timestamps: 1 s, 2 ms, 3 us, 4 ns, 5 days; else 0 */
  uint32_t reserved;
  uint64_t num_rows;
  uint64_t num_entries; /* of a dictionary */
  uint64_t offset;      /* rows, or entries, before the first in every buffer */
  uint64_t index_offset;
  const void* values;      /* numbers, bits of booleans, or offsets of strings */
  const uint8_t* validity; /* bitmap, or NULL: all valid */
  const uint8_t* bytes;    /* of strings; may be NULL where all are empty */
  const void* indices;
  const uint8_t* index_validity; /* bitmap, or NULL */
} ms_gpu_column;

typedef struct ms_gpu_program ms_gpu_program;

uint32_t ms_gpu_abi_version(void);
/* What went wrong in this thread's last call that failed; "" at first. Valid until the next call.
 */
const char* ms_gpu_last_error(void);
/* Devices, 0 without a GPU; then *reason, which may be NULL, says why in the driver's words. */
int ms_gpu_count_devices(int* count, const char** reason);

/* A bundle on a device: its plan compiled, its tables copied. Any number of threads may use it. */
int ms_gpu_open(const uint8_t* bundle, uint64_t num_bytes, int device, ms_gpu_program** program);
void ms_gpu_close(ms_gpu_program* program);

/* Rows of `columns`, one for each input of the plan, to out[row * row_stride + feature]. */
int ms_gpu_transform(ms_gpu_program* program, const ms_gpu_column* columns, uint32_t num_columns,
                     uint64_t num_rows, float* out, uint64_t row_stride, void* stream);

/* The same rows through plan and forest to out[row * width + i]. kind: 0 what the source library's
 * predict gives (the number of the class where it decides), 1 probabilities, 2 raw scores. */
int ms_gpu_predict(ms_gpu_program* program, const ms_gpu_column* columns, uint32_t num_columns,
                   uint64_t num_rows, uint32_t kind, double* out, void* stream);
/* A matrix of features straight to the forest; strides in values. type: 10 float32, 11 float64. */
int ms_gpu_predict_matrix(ms_gpu_program* program, const void* matrix, uint32_t type,
                          uint64_t num_rows, int64_t row_stride, int64_t feature_stride,
                          uint32_t kind, double* out, void* stream);

/* How rows go through a forest: 1 a thread walks a row down its nodes, 2 a warp slices 32 rows by
 * ballots, with the same bits; *way is 0 where the model is no forest. ms_gpu_open chooses by what
 * the forest is; another way is taken where `choose` is not 0, while no call runs. */
int ms_gpu_forest_way(ms_gpu_program* program, uint32_t choose, uint32_t* way);

/* Drift: one column of numbers or times, which count in microseconds, named in errors by `name`.
 * What is found comes to the host, so these wait. Rows lie one behind the other from first_row on;
 * or `rows`, of the device, has their numbers in the bits of row_mask, as ms_gpu_group_rows leaves
 * them, and first_row is a place there. Edges ascend and are distinct, 2 to 8192 of them; a bin is
 * known by how many edges are at or below its values, so there is one more of them. */
typedef struct ms_gpu_numbers {
  const ms_gpu_column* column;
  const char* name;
  uint64_t num_rows;
  const double* edges; /* of the host */
  uint32_t num_edges;
  const uint8_t* listed; /* for each bin, whether its values are listed */
  const uint64_t* rows;  /* or NULL */
  uint64_t row_mask;
  uint64_t first_row;
} ms_gpu_numbers;

/* Counts of the bins; extremes[2] of what is not missing, infinite and crossed where all is. */
int ms_gpu_count_numbers(int device, const ms_gpu_numbers* numbers, uint64_t* bins, uint64_t* nans,
                         double* extremes, void* stream);
/* The values in listed bins, num_listed of them by those counts, in the order of the rows. */
int ms_gpu_list_numbers(int device, const ms_gpu_numbers* numbers, uint64_t num_listed,
                        double* values, void* stream);
/* The values of some rows, NaN where missing. */
int ms_gpu_gather_numbers(int device, const ms_gpu_numbers* numbers, const uint64_t* rows,
                          uint64_t num_wanted, double* values, void* stream);
/* All rows sorted: distinct values ascending and how often each is there, at most 2^31 - 1 rows.
 * Two arrays of the device, which the caller releases; a value is an integer that sorts as it does:
 * with its top bit set a number >= 0 without that bit, else the inverse of a negative one. Missing
 * is the largest of all. */
int ms_gpu_sort_numbers(int device, const ms_gpu_numbers* numbers, uint64_t** keys,
                        uint64_t** counts, uint64_t* num_runs, void* stream);

/* Rows of a column of any type, grouped by what they hold. by: 0 the value, 1 periods of `length`
 * seconds of which one begins at `origin`, 2 periods of `length` months, counted from the year 0. A
 * row whose time no microseconds can say is missing. `seed` chooses which values share bits of a
 * hash: rarely, rows of one value are in several groups, and then hardly so with another seed. */
typedef struct ms_gpu_grouping {
  uint32_t by;
  uint32_t reserved;
  int64_t length;
  int64_t origin;
  uint64_t seed;
  uint64_t at_most; /* with more groups nothing but their number is brought to the host; 0: any */
} ms_gpu_grouping;

/* In no order. Of the host, but for `rows`: the rows of each group behind those of the groups
 * before it, in their order; NULL where codes were counted. A value is its bits, 0 or 1 of
 * booleans, the first second of a period, or its first month since January of the year 0; of
 * strings, the length. */
typedef struct ms_gpu_groups {
  uint64_t num_groups;
  const uint64_t* counts; /* of rows */
  const uint8_t* present; /* 0: the rows of the group are missing */
  const int64_t* values;
  const uint64_t* offsets; /* of strings, num_groups + 1 of them; else NULL */
  const uint8_t* bytes;
  const uint64_t* rows;
  uint64_t row_mask;
} ms_gpu_groups;

/* At most 2^31 - 1 rows. The caller gives the groups back with ms_gpu_free_groups. */
int ms_gpu_group_rows(int device, const ms_gpu_numbers* column, const ms_gpu_grouping* grouping,
                      ms_gpu_groups** groups, void* stream);
/* The same by counting: strings of a dictionary, entry by entry, or booleans as bits or as bytes.
 */
int ms_gpu_count_codes(int device, const ms_gpu_numbers* column, ms_gpu_groups** groups,
                       void* stream);
int ms_gpu_free_groups(int device, ms_gpu_groups* groups);

/* A lookup in embedding tables, all of the device. A row of the layout: where the table's elements
 * begin, its first row among those of all tables, rows, width, column of the output, and whether
 * the mean is taken. Offsets are of num_tables * num_bags + 1 bags, or with num_bags < 0, one id
 * each, of num_tables + 1 tables. */
typedef struct ms_gpu_lookup {
  void* rows;
  float* first; /* states, as the rule has them, or NULL */
  float* second;
  const int64_t* layout;
  const void* ids;
  const int64_t* offsets;
  const float* weights; /* of ids, or NULL */
  uint64_t num_tables;
  uint64_t num_ids;
  int64_t num_bags;
  uint64_t stride;   /* of the output and its gradient, in floats */
  uint64_t widest;   /* table */
  uint64_t num_rows; /* of all tables: at most 2^32 */
  uint32_t row_type; /* 0 float32, 1 bfloat16, 2 float16 */
  uint32_t wide_ids; /* int64, else int32 */
} ms_gpu_lookup;

/* update: 0 none, the gradient of the rows is written to `first`; 1 sgd, 2 adagrad, 3 row-wise
 * adagrad, 4 adam, 5 partial row-wise adam, 6 ftrl. */
typedef struct ms_gpu_rule {
  float learning_rate, epsilon, beta1, beta2, correction1, correction2, weight_decay;
  float clip_value, clip_norm; /* infinity: none */
  float l1, l2, beta;
  uint32_t update;
  uint32_t decoupled;
  uint32_t stochastic;
  uint32_t reserved;
  uint64_t seed;
} ms_gpu_rule;

/* Updates every row that occurs once, with the sum of its gradients in the order of its ids; before
 * that, with weights, writes their gradients. Waits until ids and offsets are known to be fine:
 * *fault is 0, or 1 for an offset, 2 for an id, at *place; then nothing is written. */
int ms_gpu_lookup_backward(int device, const ms_gpu_lookup* lookup, const float* grad,
                           float* weight_gradients, const ms_gpu_rule* rule, uint32_t* fault,
                           uint64_t* place, void* stream);

/* Memory of a device, in the order of a stream; copies in wait for nothing, copies out wait. */
int ms_gpu_allocate(int device, uint64_t num_bytes, void* stream, void** memory);
int ms_gpu_release(int device, void* memory, void* stream);
int ms_gpu_copy_in(int device, void* to, const void* from, uint64_t num_bytes, void* stream);
int ms_gpu_copy_out(int device, void* to, const void* from, uint64_t num_bytes, void* stream);
int ms_gpu_finish(int device, void* stream);
/* Pinned memory of the host, which the device copies from by itself: it must stay until the stream
 * has done so. And streams that do not wait for the default stream. */
int ms_gpu_allocate_pinned(int device, uint64_t num_bytes, void** memory);
int ms_gpu_release_pinned(int device, void* memory);
int ms_gpu_new_stream(int device, void** stream);
int ms_gpu_release_stream(int device, void* stream);
/* What is put on the stream from now on waits for a cudaEvent_t of whoever made the data. */
int ms_gpu_wait_event(int device, void* event, void* stream);

#ifdef __cplusplus
}
#endif
#endif
