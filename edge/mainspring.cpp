// The C interface over csrc/runtime, and over nothing else.
#include "mainspring.h"

#include <cstddef>

#include "bundle.hpp"
#include "request.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/models/forest/part.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

namespace {

static_assert(static_cast<uint32_t>(Code::kNotExplained) == MAINSPRING_NOT_EXPLAINED);
static_assert(static_cast<uint32_t>(ColumnType::kNull) == MAINSPRING_NULL);
static_assert(static_cast<uint32_t>(ColumnType::kF16) == MAINSPRING_F16);
static_assert(static_cast<uint32_t>(ColumnType::kLargeBinary) == MAINSPRING_LARGE_BINARY);
static_assert(static_cast<uint32_t>(ColumnType::kDecimal256) == MAINSPRING_DECIMAL256);
static_assert(static_cast<uint32_t>(ColumnType::kLargeList) == MAINSPRING_LARGE_LIST);
static_assert(static_cast<uint32_t>(TimeUnit::kDay) == MAINSPRING_DAY);
static_assert(static_cast<uint32_t>(InputKind::kTimestamp) == MAINSPRING_INPUT_TIMESTAMP);
static_assert(static_cast<uint32_t>(InputKind::kBytesList) == MAINSPRING_INPUT_STRING_LIST);
static_assert(static_cast<uint32_t>(OutputKind::kRaw) == MAINSPRING_RAW);

constexpr uint64_t kAlignment = 64;
constexpr uint64_t align_up(uint64_t value) { return (value + kAlignment - 1) & ~(kAlignment - 1); }
constexpr uint64_t kArenaBytes = align_up(sizeof(mainspring_bundle));

bool is_aligned(const void* memory) {
  return reinterpret_cast<uintptr_t>(memory) % kAlignment == 0;
}

// What a caller of the first version of the interface had; the rest was zero.
constexpr uint32_t kFirstOptionsBytes = 8;
static_assert(offsetof(mainspring_options, signature) == kFirstOptionsBytes);

Code read_options(const mainspring_options* options, IsaLevel* level) {
  *level = detect_isa();
  if (options == nullptr) return Code::kOk;
  const Code code = check_size(options, kFirstOptionsBytes);
  if (code != Code::kOk) return code;
  if (options->isa > MAINSPRING_ISA_AVX512) return Code::kInvalidArgument;
  if (options->isa == MAINSPRING_ISA_BEST) return Code::kOk;
  const auto wanted = static_cast<IsaLevel>(options->isa - MAINSPRING_ISA_BASELINE);
  if (wanted < *level) *level = wanted;
  return Code::kOk;
}

// Whether the host vouches for the bytes, where it wants to be asked. Called behind read_options().
bool is_trusted(const void* bytes, uint64_t length, const mainspring_options* options) {
  if (options == nullptr || options->struct_size < sizeof *options || options->verify == nullptr) {
    return true;
  }
  return options->signature != nullptr &&
         options->verify(options->context, bytes, length, options->signature,
                         options->signature_bytes) != 0;
}

// The index of a row whose strings have no room becomes the scratch that they need.
Status with_scratch(Status status, const mainspring_bundle& bundle) {
  if (!status.ok()) status.index += bundle.scratch.texts_at;
  return status;
}

Code check_room(const void* out, uint64_t room, uint64_t num_rows, uint32_t width) {
  if (num_rows == 0) return Code::kOk;
  if (out == nullptr) return Code::kInvalidArgument;
  return num_rows <= room / width ? Code::kOk : Code::kBufferTooSmall;
}

Output output_of(uint32_t kind, uint32_t num_trees) {
  return kind == MAINSPRING_LEAVES ? Output::leaves_of(num_trees)
                                   : Output(static_cast<OutputKind>(kind), num_trees);
}

uint32_t width_of(const BundleView& view, uint32_t kind) {
  return kind > MAINSPRING_LEAVES ? 0 : output_width(view, output_of(kind, 0));
}

Status open_view(const void* bytes, uint64_t length, const mainspring_options* options,
                 BundleView* view, IsaLevel* level) {
  const Code code = read_options(options, level);
  if (code != Code::kOk) return Status{code, 0};
  if (bytes == nullptr && length != 0) return Status{Code::kInvalidArgument, 0};
  return read_bundle(static_cast<const uint8_t*>(bytes), length, view);
}

}  // namespace

}  // namespace mainspring

using namespace mainspring;  // NOLINT: the functions below are C's

uint32_t mainspring_abi_version(void) { return MAINSPRING_ABI_VERSION; }

const char* mainspring_message(uint32_t code) {
  if (code == MAINSPRING_UNTRUSTED) {
    return "The bundle has no signature, or none that its reader trusts.";
  }
#if defined(MAINSPRING_SELECTION)
  if (code == MAINSPRING_NEWER_VERSION) {
    return "The bundle was written by a later format version, or has a model that this library was "
           "built without.";
  }
  if (code == MAINSPRING_CORRUPT) {
    return "An offset, count, id or index in the bundle is out of range, or it has a step that "
           "this "
           "library was built without.";
  }
#endif
  return status_message(static_cast<Code>(code));
}

uint32_t mainspring_size(const void* bytes, uint64_t length, const mainspring_options* options,
                         mainspring_sizes* sizes, uint64_t* where) {
  if (sizes == nullptr) return answer(Code::kInvalidArgument, 0, where);
  const Code code = check_size(sizes);
  if (code != Code::kOk) return answer(code, 0, where);
  BundleView view;
  IsaLevel level;
  const Status status = open_view(bytes, length, options, &view, &level);
  if (!status.ok()) return answer(status, where);
  sizes->arena_bytes = kArenaBytes;
  sizes->scratch_bytes = scratch_parts_of(view).length;
  return answer(kOkStatus, where);
}

uint32_t mainspring_open(const void* bytes, uint64_t length, const mainspring_options* options,
                         void* arena, uint64_t arena_bytes, mainspring_bundle** bundle,
                         uint64_t* where) {
  if (arena == nullptr || bundle == nullptr) return answer(Code::kInvalidArgument, 0, where);
  *bundle = nullptr;
  if (!is_aligned(arena)) return answer(Code::kMisaligned, 0, where);
  if (arena_bytes < kArenaBytes) return answer(Code::kBufferTooSmall, kArenaBytes, where);
  IsaLevel level;
  const Code code = read_options(options, &level);
  if (code != Code::kOk) return answer(code, 0, where);
  if (bytes != nullptr && !is_trusted(bytes, length, options)) {
    if (where != nullptr) *where = 0;
    return MAINSPRING_UNTRUSTED;
  }
  auto* const opened = static_cast<mainspring_bundle*>(arena);
  const Status status = open_view(bytes, length, options, &opened->view, &level);
  if (!status.ok()) return answer(status, where);
  opened->kernels = kernels_for(level);
  opened->scratch = scratch_parts_of(opened->view);
  *bundle = opened;
  return answer(kOkStatus, where);
}

const char* mainspring_isa_name(const mainspring_bundle* bundle) { return bundle->kernels->name; }

uint64_t mainspring_scratch_bytes(const mainspring_bundle* bundle) {
  return bundle->scratch.length;
}

uint32_t mainspring_meta(const mainspring_bundle* bundle, const char** text, uint64_t* length) {
  if (bundle == nullptr || text == nullptr || length == nullptr) return MAINSPRING_INVALID_ARGUMENT;
  *text = reinterpret_cast<const char*>(bundle->view.meta.data);
  *length = bundle->view.meta.length;
  return MAINSPRING_OK;
}

uint32_t mainspring_model_of(const mainspring_bundle* bundle, mainspring_model* model) {
  if (bundle == nullptr || model == nullptr) return MAINSPRING_INVALID_ARGUMENT;
  const Code code = check_size(model);
  if (code != Code::kOk) return static_cast<uint32_t>(code);
  const ModelView& view = bundle->view.model;
  if (view.model == nullptr) return MAINSPRING_NO_MODEL;
  model->num_features = view.header->num_features;
  model->num_outputs = view.header->num_outputs;
  model->num_classes = view.header->num_classes;
  model->num_trees = num_trees_of(view);
  model->reserved = 0;
  model->kind = view.model->name;
  model->link = link_name(static_cast<Link>(view.header->link));
  return MAINSPRING_OK;
}

const char* mainspring_kernel_name(const mainspring_bundle* bundle, uint32_t num_rows) {
  const ModelView& view = bundle->view.model;
  return view.model == nullptr
             ? ""
             : view.model->kernel_name(view, num_rows == 0 ? 1 : num_rows, bundle->kernels->level);
}

uint32_t mainspring_num_inputs(const mainspring_bundle* bundle) {
  return bundle->view.plan.num_inputs;
}

uint32_t mainspring_input_at(const mainspring_bundle* bundle, uint32_t number,
                             mainspring_input* input) {
  const PlanView& plan = bundle->view.plan;
  if (input == nullptr || number >= plan.num_inputs) return MAINSPRING_INVALID_ARGUMENT;
  const Code code = check_size(input);
  if (code != Code::kOk) return static_cast<uint32_t>(code);
  const InputRecord& record = plan.inputs[number];
  input->kind = record.kind;
  input->unit = record.unit;
  input->type = record.fitted_type;
  input->name = plan.pool + record.name_offset;
  input->name_length = record.name_length;
  input->time_zone = plan.pool + record.zone_offset;
  input->time_zone_length = record.zone_length;
  return MAINSPRING_OK;
}

uint32_t mainspring_num_features(const mainspring_bundle* bundle) {
  return bundle->view.plan.num_features;
}

uint32_t mainspring_feature_name(const mainspring_bundle* bundle, uint32_t number,
                                 const char** name, uint64_t* name_length, int64_t* within) {
  const PlanView& plan = bundle->view.plan;
  if (name == nullptr || name_length == nullptr || within == nullptr ||
      number >= plan.num_features) {
    return MAINSPRING_INVALID_ARGUMENT;
  }
  // Where every feature has a record of its own, it is where its number says.
  const OutputRecord* output = plan.outputs;
  if (plan.num_features == plan.num_output_records) {
    output += number;
    number = 0;
  }
  for (; number >= num_features_of(*output); ++output) number -= num_features_of(*output);
  *name = plan.pool + output->name_offset;
  *name_length = output->name_length;
  *within = output->num_features == 0 ? -1 : static_cast<int64_t>(number);
  return MAINSPRING_OK;
}

uint32_t mainspring_output_width(const mainspring_bundle* bundle, uint32_t kind) {
  return width_of(bundle->view, kind);
}

uint32_t mainspring_num_labels(const mainspring_bundle* bundle) {
  return bundle->view.labels.num_labels;
}

uint32_t mainspring_label_at(const mainspring_bundle* bundle, uint32_t number,
                             mainspring_label* label) {
  const LabelsView& labels = bundle->view.labels;
  if (label == nullptr || number >= labels.num_labels) return MAINSPRING_INVALID_ARGUMENT;
  const Code code = check_size(label);
  if (code != Code::kOk) return static_cast<uint32_t>(code);
  const uint64_t word = labels.words[number];
  const bool is_text = labels.type == LabelType::kText;
  const bool is_float = labels.type == LabelType::kFloat;
  const LabelText text = is_text ? label_text(labels, number) : LabelText{nullptr, 0};
  label->type = static_cast<uint32_t>(labels.type);
  label->integer = is_text || is_float ? 0 : static_cast<int64_t>(word);
  label->number = is_float ? __builtin_bit_cast(double, word) : 0.0;
  label->text = text.begin;
  label->text_length = text.length;
  return MAINSPRING_OK;
}

uint32_t mainspring_predict(const mainspring_bundle* bundle, const mainspring_request* request,
                            uint32_t kind, double* out, uint64_t out_values, uint64_t* where) {
  if (bundle == nullptr) return answer(Code::kInvalidArgument, 0, where);
  const BundleView& view = bundle->view;
  if (view.model.model == nullptr) return answer(Code::kNoModel, 0, where);
  if (width_of(view, kind) == 0) return answer(Code::kInvalidArgument, 0, where);
  Request rows;
  const Status status = read_request(*bundle, request, &rows);
  if (!status.ok()) return answer(status, where);
  const Output output = output_of(kind, rows.num_trees);
  const Status possible = check_output(view, output);
  if (!possible.ok()) return answer(possible, where);
  const Code room = check_room(out, out_values, rows.num_rows, output_width(view, output));
  if (room != Code::kOk) return answer(room, 0, where);
  if (rows.columns == nullptr) {
    predict_matrix(view, *bundle->kernels, rows.narrow, rows.wide, rows.row_stride,
                   rows.feature_stride, rows.num_rows, output, rows.scratch, out);
    return answer(kOkStatus, where);
  }
  const Status done = predict_rows(view, *bundle->kernels, rows.columns, 0, rows.num_rows, output,
                                   rows.scratch, &rows.texts, out);
  return answer(with_scratch(done, *bundle), where);
}

uint32_t mainspring_transform(const mainspring_bundle* bundle, const mainspring_request* request,
                              float* out, uint64_t out_values, uint64_t* where) {
  if (bundle == nullptr) return answer(Code::kInvalidArgument, 0, where);
  const BundleView& view = bundle->view;
  Request rows;
  const Status status = read_request(*bundle, request, &rows);
  if (!status.ok()) return answer(status, where);
  if (rows.columns == nullptr) return answer(Code::kInvalidArgument, 0, where);
  if (!gives_dense_rows(view)) return answer(Code::kTooManyFeatures, 0, where);
  const uint32_t width = view.plan.num_features;
  const Code room = check_room(out, out_values, rows.num_rows, width);
  if (room != Code::kOk) return answer(room, 0, where);
  const Status done = transform_rows(view, *bundle->kernels, rows.columns, 0, rows.num_rows,
                                     rows.scratch, &rows.texts, out, width);
  return answer(with_scratch(done, *bundle), where);
}
