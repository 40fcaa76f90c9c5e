// A sequence lock for each process: odd while it writes. Readers come again; they never hold it up.
#include "serve/shared_state.hpp"

#include <algorithm>
#include <cstring>

#include "host/error.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kSequenceWord = 0;
constexpr uint32_t kLengthWord = 1;
constexpr uint32_t kFirstWord = 2;
// A process that died while it wrote leaves an odd number: it has no state then.
constexpr int kMaxTries = 1000;

uint32_t words_of(uint64_t num_bytes) { return static_cast<uint32_t>((num_bytes + 7) / 8); }

std::string read(const std::atomic<uint64_t>* words, uint32_t most_bytes) {
  for (int i = 0; i < kMaxTries; ++i) {
    const uint64_t before = words[kSequenceWord].load(std::memory_order_acquire);
    const uint64_t length = words[kLengthWord].load(std::memory_order_relaxed);
    if (before % 2 != 0 || length > most_bytes) continue;
    std::string bytes(size_t{words_of(length)} * 8, '\0');
    for (uint32_t word = 0; word < words_of(length); ++word) {
      const uint64_t value = words[kFirstWord + word].load(std::memory_order_relaxed);
      std::memcpy(bytes.data() + size_t{word} * 8, &value, sizeof value);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (words[kSequenceWord].load(std::memory_order_relaxed) != before) continue;
    bytes.resize(length);
    return bytes;
  }
  return {};
}

}  // namespace

SharedState::SharedState(std::string_view key, uint32_t most_bytes)
    : most_bytes_(most_bytes), block_(key, kFirstWord + words_of(most_bytes)) {}

void SharedState::put(std::string_view bytes) {
  if (bytes.size() > most_bytes_) {
    throw Error(ErrorKind::kParameter, "A state of " + std::to_string(bytes.size()) +
                                           " bytes has no room in " + std::to_string(most_bytes_) +
                                           ".");
  }
  std::atomic<uint64_t>* const words = block_.mine();
  const uint64_t sequence = words[kSequenceWord].load(std::memory_order_relaxed) | 1;
  words[kSequenceWord].store(sequence, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  words[kLengthWord].store(bytes.size(), std::memory_order_relaxed);
  for (uint32_t word = 0; word < words_of(bytes.size()); ++word) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data() + size_t{word} * 8,
                std::min<size_t>(8, bytes.size() - size_t{word} * 8));
    words[kFirstWord + word].store(value, std::memory_order_relaxed);
  }
  words[kSequenceWord].store(sequence + 1, std::memory_order_release);
}

std::string SharedState::mine() const { return read(block_.mine(), most_bytes_); }

std::vector<std::string> SharedState::all() const {
  std::vector<std::string> found;
  for (const std::atomic<uint64_t>* words : block_.copies()) {
    std::string bytes = read(words, most_bytes_);
    if (!bytes.empty()) found.push_back(std::move(bytes));
  }
  return found;
}

}  // namespace mainspring
