// What a device counts of the rows it sees, and sends home: counters in the caller's memory.
#include <cstddef>

#include "bundle.hpp"
#include "request.hpp"
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/counters/count_plan.hpp"

struct mainspring_counters {
  const mainspring_bundle* bundle;
  mainspring::CountPlan plan;
  mainspring::CountsHeader* counts;
  uint64_t* words;
};

namespace mainspring {

namespace {

constexpr uint64_t kHandleBytes = 64;
static_assert(sizeof(mainspring_counters) <= kHandleBytes);

uint64_t counts_bytes(const CountPlan& plan) {
  return sizeof(CountsHeader) + uint64_t{plan.header->num_words} * sizeof(uint64_t);
}

/// Whether each counted column is counted as what it decodes to.
Status check_kinds(const PlanView& inputs, const CountPlan& plan) {
  for (uint32_t i = 0; i < plan.header->num_columns; ++i) {
    const CountedColumn& column = plan.columns[i];
    const auto kind = static_cast<InputKind>(inputs.inputs[column.input].kind);
    const bool has_numbers =
        kind == InputKind::kFloat || kind == InputKind::kInteger || kind == InputKind::kTimestamp;
    const bool fits = static_cast<CountedAs>(column.counted_as) == CountedAs::kNumbers
                          ? has_numbers
                          : kind == InputKind::kBytes;
    if (!fits) return Status{Code::kCorrupt, i};
  }
  return kOkStatus;
}

void start(const CountPlan& plan, CountsHeader* counts) {
  fill_zero(counts, counts_bytes(plan));
  copy_bytes(counts->magic, kCountsMagic, sizeof kCountsMagic);
  counts->version = kCountVersion;
  counts->num_words = plan.header->num_words;
  counts->id = plan.header->id;
}

/// Whether memory holds counts of the same plan, whole, as a device kept them.
bool continues(const CountPlan& plan, const CountsHeader* counts) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(counts);
  return same_bytes(counts->magic, kCountsMagic, sizeof kCountsMagic) &&
         counts->version == kCountVersion && counts->num_words == plan.header->num_words &&
         counts->id == plan.header->id &&
         counts->crc == crc_without_itself(bytes, counts_bytes(plan), offsetof(CountsHeader, crc));
}

void count_column(const mainspring_counters& counters, const CountedColumn& column,
                  const Request& rows) {
  const InputRecord& input = counters.bundle->view.plan.inputs[column.input];
  const auto kind = static_cast<InputKind>(input.kind);
  for (uint64_t first = 0; first < rows.num_rows; first += kTileRows) {
    const uint64_t left = rows.num_rows - first;
    const auto count = static_cast<uint32_t>(left < kTileRows ? left : kTileRows);
    const Tile tile = slot_tile(rows.scratch, 0, value_type_of(kind), count);
    decode_tile(rows.columns[column.input], kind, static_cast<TimeUnit>(input.unit), first,
                *counters.bundle->kernels, tile);
    count_tile(counters.plan, column, tile, counters.words);
  }
}

}  // namespace

}  // namespace mainspring

using namespace mainspring;  // NOLINT: the functions below are C's

uint32_t mainspring_counters_open(const mainspring_bundle* bundle, const void* plan,
                                  uint64_t plan_bytes, void* memory, uint64_t memory_bytes,
                                  mainspring_counters** counters, uint64_t* where) {
  if (bundle == nullptr || plan == nullptr || counters == nullptr) {
    return answer(Code::kInvalidArgument, 0, where);
  }
  *counters = nullptr;
  CountPlan read;
  Status status = read_count_plan(static_cast<const uint8_t*>(plan), plan_bytes,
                                  bundle->view.plan.num_inputs, &read);
  if (status.ok()) status = check_kinds(bundle->view.plan, read);
  if (!status.ok()) return answer(status, where);
  const uint64_t needed = kHandleBytes + counts_bytes(read);
  if (memory_bytes < needed) return answer(Code::kBufferTooSmall, needed, where);
  if (memory == nullptr) return answer(Code::kInvalidArgument, 0, where);
  if (reinterpret_cast<uintptr_t>(memory) % 64 != 0) return answer(Code::kMisaligned, 0, where);
  auto* const at = static_cast<uint8_t*>(memory);
  auto* const opened = reinterpret_cast<mainspring_counters*>(at);
  auto* const counts = reinterpret_cast<CountsHeader*>(at + kHandleBytes);
  *opened = {bundle, read, counts,
             reinterpret_cast<uint64_t*>(at + kHandleBytes + sizeof(CountsHeader))};
  if (!continues(read, counts)) start(read, counts);
  *counters = opened;
  return answer(kOkStatus, where);
}

uint32_t mainspring_count(mainspring_counters* counters, const mainspring_request* request,
                          uint64_t* where) {
  if (counters == nullptr) return answer(Code::kInvalidArgument, 0, where);
  Request rows;
  const Status status = read_request(*counters->bundle, request, &rows);
  if (!status.ok()) return answer(status, where);
  if (rows.columns == nullptr) return answer(Code::kInvalidArgument, 0, where);
  for (uint32_t i = 0; i < counters->plan.header->num_columns; ++i) {
    count_column(*counters, counters->plan.columns[i], rows);
  }
  counters->counts->num_rows += rows.num_rows;
  return answer(kOkStatus, where);
}

const void* mainspring_counters_report(mainspring_counters* counters, uint64_t* length) {
  CountsHeader* const counts = counters->counts;
  *length = counts_bytes(counters->plan);
  counts->crc = crc_without_itself(reinterpret_cast<const uint8_t*>(counts), *length,
                                   offsetof(CountsHeader, crc));
  return counts;
}

void mainspring_counters_clear(mainspring_counters* counters) {
  start(counters->plan, counters->counts);
}
