// A device made of host memory behind the launcher's table of calls: which pointers are whose, how
// much memory there is, and faults that a test asks for. Two devices, so that one can be the wrong
// one. Exports functions of its own beside those of kernels/cuda/mainspring_gpu.h.
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "device_calls.hpp"

namespace mainspring::gpu {

namespace {

constexpr int kNoDevice = 100, kOutOfMemory = 2, kIllegalAddress = 700;

struct Block {
  uint64_t num_bytes;
  int device;
};

std::mutex mutex;
std::map<uintptr_t, Block> blocks;
int num_devices = 2;
uint64_t room = UINT64_MAX;
uint64_t used = 0;
int launch_failure = 0;  // of the next launch
bool is_sticky = false;  // and of everything after it
uint64_t num_copies_out = 0;
void* last_stream = nullptr;
void* last_event = nullptr;
thread_local int current_device = 0;

// Copies on a stream of its own happen when somebody waits for the stream: memory that is written
// again too early is seen in the results.
struct Copy {
  void* to;
  const void* from;
  uint64_t num_bytes;
};
std::map<Stream, std::vector<Copy>> streams;
uint64_t num_pinned = 0;

void run_copies(Stream stream) {
  const auto found = streams.find(stream);
  if (found == streams.end()) return;
  for (const Copy& copy : found->second) std::memcpy(copy.to, copy.from, copy.num_bytes);
  found->second.clear();
}

int count_devices(int* count) {
  *count = num_devices;
  return num_devices == 0 ? kNoDevice : 0;
}
const char* describe(int failure) {
  switch (failure) {
    case kNoDevice: return "no CUDA-capable device is detected";
    case kOutOfMemory: return "out of memory";
    case kIllegalAddress: return "an illegal memory access was encountered";
    default: return "unknown error";
  }
}
int get_device(int* device) {
  *device = current_device;
  return 0;
}
int set_device(int device) {
  current_device = device;
  return 0;
}
int take_failure() {
  const int failure = launch_failure;
  if (!is_sticky) launch_failure = 0;
  return failure;
}
int allocate(void** memory, uint64_t num_bytes, Stream) {
  const std::lock_guard lock(mutex);
  if (num_bytes > room - used) return kOutOfMemory;
  *memory = std::aligned_alloc(256, (num_bytes + 255) / 256 * 256);
  if (*memory == nullptr) return kOutOfMemory;
  std::memset(*memory, 0xA5, num_bytes);  // fresh memory holds whatever was there before
  blocks[reinterpret_cast<uintptr_t>(*memory)] = {num_bytes, current_device};
  used += num_bytes;
  return 0;
}
int release(void* memory, Stream stream) {
  run_copies(stream);
  const std::lock_guard lock(mutex);
  const auto found = blocks.find(reinterpret_cast<uintptr_t>(memory));
  if (found == blocks.end()) return kIllegalAddress;
  used -= found->second.num_bytes;
  blocks.erase(found);
  std::free(memory);
  return 0;
}
int allocate_pinned(void** memory, uint64_t num_bytes) {
  *memory = std::malloc(num_bytes);
  num_pinned += *memory != nullptr;
  return *memory == nullptr ? kOutOfMemory : 0;
}
int release_pinned(void* memory) {
  --num_pinned;
  std::free(memory);
  return 0;
}
int new_stream(Stream* stream) {
  *stream = std::malloc(1);
  streams[*stream];
  return 0;
}
int release_stream(Stream stream) {
  streams.erase(stream);
  std::free(stream);
  return 0;
}
int free_bytes(uint64_t* free, uint64_t* total) {
  *free = room - used;
  *total = room;
  return 0;
}
int copy_in(void* to, const void* from, uint64_t num_bytes, Stream stream) {
  if (const auto found = streams.find(stream); found != streams.end()) {
    found->second.push_back({to, from, num_bytes});
    return 0;
  }
  std::memcpy(to, from, num_bytes);
  return 0;
}
int copy_out(void* to, const void* from, uint64_t num_bytes, Stream) {
  ++num_copies_out;
  std::memcpy(to, from, num_bytes);
  return 0;
}
int finish(Stream stream) {
  run_copies(stream);
  return 0;
}
int wait_event(void* event, Stream) {
  last_event = event;
  return 0;
}
int find_place(const void* memory, int, int* place) {
  const std::lock_guard lock(mutex);
  const auto at = reinterpret_cast<uintptr_t>(memory);
  auto after = blocks.upper_bound(at);
  *place = kHostMemory;
  if (after == blocks.begin()) return 0;
  --after;
  if (at < after->first + after->second.num_bytes) *place = after->second.device;
  return 0;
}
bool is_out_of_memory(int failure) { return failure == kOutOfMemory; }

constexpr DeviceCalls kCalls{
    count_devices, describe,        get_device,     set_device, take_failure,   allocate,
    release,       allocate_pinned, release_pinned, new_stream, release_stream, free_bytes,
    copy_in,       copy_out,        finish,         wait_event, find_place,     is_out_of_memory};

}  // namespace

const DeviceCalls& device_calls() { return kCalls; }

void note_launch(Stream stream) {
  last_stream = stream;
  run_copies(stream);
}

}  // namespace mainspring::gpu

using namespace mainspring::gpu;

extern "C" {
#define EXPORTED __attribute__((visibility("default")))

EXPORTED void emulation_set_devices(int count) { num_devices = count; }
EXPORTED void emulation_set_room(uint64_t num_bytes) {
  room = num_bytes == 0 ? UINT64_MAX : used + num_bytes;
}
EXPORTED void emulation_fail_launch(int sticky) {
  launch_failure = kIllegalAddress;
  is_sticky = sticky != 0;
}
EXPORTED void emulation_heal() {
  launch_failure = 0;
  is_sticky = false;
}
EXPORTED uint64_t emulation_copies_out() { return num_copies_out; }
EXPORTED uint64_t emulation_used_bytes() { return used; }
EXPORTED uint64_t emulation_pinned() { return num_pinned; }
EXPORTED uint64_t emulation_streams() { return streams.size(); }
EXPORTED void* emulation_last_stream() { return last_stream; }
EXPORTED void* emulation_last_event() { return last_event; }
}
