// Memory that is kept between calls: what comes back, what is bounded, threads and forks; and large
// pages under what is fresh.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check.hpp"
#include "host/growing_array.hpp"
#include "host/kept_array.hpp"
#include "host/kept_memory.hpp"
#include "host/scratch_array.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

void fill(MemoryBlock block, int byte) { std::memset(block.data, byte, block.num_bytes); }

void test_what_was_given_back_comes_again() {
  release_kept_memory();
  const MemoryBlock first = take_memory(9 * kMiB);
  check(first.data != nullptr && first.num_bytes >= 9 * kMiB, "as much as was asked for");
  check(reinterpret_cast<uintptr_t>(first.data) % 4096 == 0, "aligned");
  fill(first, 1);
  give_back_memory(first);
  const MemoryBlock larger = take_memory(first.num_bytes + 1);
  check(larger.data != first.data, "what is too small stays");
  const MemoryBlock smaller = take_memory(4 * kMiB);
  check(smaller.data != first.data, "what is more than twice as large stays");
  const MemoryBlock again = take_memory(8 * kMiB);
  check(again.data == first.data && again.num_bytes == first.num_bytes, "the block of before");
  for (const MemoryBlock block : {larger, smaller, again}) give_back_memory(block);
  check(take_memory(9 * kMiB).data == again.data, "the smallest that is large enough");
  give_back_memory(again);
  check(release_kept_memory() == larger.num_bytes + smaller.num_bytes + again.num_bytes, "all");
  check(release_kept_memory() == 0, "nothing is left");
}

void test_what_is_kept_is_bounded() {
  release_kept_memory();
  std::vector<MemoryBlock> blocks;
  for (int i = 0; i < 7; ++i) blocks.push_back(take_memory(100 * kMiB));  // untouched: no memory
  for (const MemoryBlock block : blocks) give_back_memory(block);
  std::vector<MemoryBlock> again;
  for (int i = 0; i < 5; ++i) again.push_back(take_memory(100 * kMiB));
  for (int i = 0; i < 5; ++i) check(again[i].data == blocks[6 - i].data, "last in, first out");
  check(release_kept_memory() == 0, "those that were kept longest went first");
  for (const MemoryBlock block : again) give_back_memory(block);
  check(release_kept_memory() <= kMostKeptBytes, "by bytes");

  blocks.clear();
  for (int i = 0; i < 100; ++i) blocks.push_back(take_memory(4 * kMiB));
  for (const MemoryBlock block : blocks) give_back_memory(block);
  const uint64_t kept_bytes = release_kept_memory();
  check(kept_bytes > 0 && kept_bytes <= 100 * kMiB, "by blocks");

  give_back_memory(take_memory(kMostKeptBytes + 1));
  check(release_kept_memory() == 0, "what is beyond the bound goes back at once");
  check(take_memory(UINT64_MAX).data == nullptr, "no such memory");
  check(take_memory(uint64_t{1} << 62).data == nullptr, "nor such");
  give_back_memory({});
}

void test_threads_have_blocks_of_their_own() {
  std::atomic<int> mixed{0};
  std::vector<std::thread> threads;
  for (int number = 1; number <= 4; ++number) {
    threads.emplace_back([&mixed, number] {
      for (int turn = 0; turn < 200; ++turn) {
        const MemoryBlock block = take_memory((4 + turn % 3) * kMiB);
        auto* bytes = static_cast<volatile char*>(block.data);
        for (uint64_t at = 0; at < block.num_bytes; at += kMiB)
          bytes[at] = static_cast<char>(number);
        for (uint64_t at = 0; at < block.num_bytes; at += kMiB) mixed += bytes[at] != number;
        give_back_memory(block);
        if (turn % 50 == number) release_kept_memory();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  check(mixed == 0, "no block has two owners");
}

void test_a_forked_child_has_its_own() {
  std::atomic<bool> is_over{false};
  std::thread busy([&is_over] {
    while (!is_over) give_back_memory(take_memory(4 * kMiB));
  });
  for (int turn = 0; turn < 20; ++turn) {
    const MemoryBlock block = take_memory(16 * kMiB);
    fill(block, 3);
    give_back_memory(block);
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);  // a lock that nobody opens would hold it for ever
      const MemoryBlock own = take_memory(16 * kMiB);
      fill(own, 5);
      give_back_memory(own);
      _exit(release_kept_memory() >= own.num_bytes ? 0 : 1);
    }
    const MemoryBlock again = take_memory(16 * kMiB);
    fill(again, 7);
    int status = 0;
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "the child takes and gives back");
    check(static_cast<const char*>(again.data)[again.num_bytes - 1] == 7, "and writes elsewhere");
    give_back_memory(again);
  }
  is_over = true;
  busy.join();
}

void test_arrays_take_large_memory_from_what_is_kept() {
  release_kept_memory();
  const void* there = nullptr;
  {
    ScratchArray<uint64_t> large(kMiB);
    ScratchArray<uint64_t> moved(std::move(large));
    check(moved.capacity() == kMiB && large.data() == nullptr, "moved");
    moved.data()[kMiB - 1] = 1;
    there = moved.data();
    ScratchArray<uint64_t> small(100);
    small.data()[99] = 1;
    check(small.data() != nullptr && small.capacity() == 100, "small");
    small = std::move(moved);
    check(small.data() == there && small.capacity() == kMiB, "assigned");
  }
  ScratchArray<uint8_t> next(8 * kMiB);
  check(next.data() == there, "the memory of before");
  next.reserve(10);
  check(release_kept_memory() == 8 * kMiB, "reserving gives back what was there");
  bool is_refused = false;
  try {
    next.reserve(uint64_t{1} << 62);
  } catch (const std::bad_alloc&) {
    is_refused = true;
  }
  check(is_refused && next.data() == nullptr && next.capacity() == 0, "no memory");
}

void test_arrays_that_grow_keep_what_was_there() {
  release_kept_memory();
  const void* there = nullptr;
  {
    KeptArray<uint32_t> array;
    check(array.data() == nullptr && array.capacity() == 0, "nothing yet");
    array.reserve(0, 0);
    check(array.data() != nullptr, "room for none");
    uint64_t used = 0;
    for (const uint64_t count : {uint64_t{10}, uint64_t{1000}, kMiB, kMiB / 2, 3 * kMiB}) {
      array.reserve(count, used);
      check(array.capacity() >= count, "room");
      for (; used < count; ++used) array.data()[used] = static_cast<uint32_t>(used * 7);
    }
    bool same = true;
    for (uint64_t i = 0; i < used; ++i) same = same && array.data()[i] == i * 7;
    check(same, "what was there");
    there = array.data();
    KeptArray<uint32_t> moved(std::move(array));
    check(moved.data() == there && array.data() == nullptr && array.capacity() == 0, "moved");
    bool is_refused = false;
    try {
      moved.reserve(uint64_t{1} << 62, used);
    } catch (const std::bad_alloc&) {
      is_refused = true;
    }
    check(is_refused && moved.data() == there && moved.data()[9] == 63, "no memory, nothing lost");
  }
  KeptArray<uint32_t> next;
  next.reserve(3 * kMiB, 0);
  check(next.data() == there, "the memory of before");
}

void test_vectors_of_kept_memory() {
  using Bytes = std::vector<uint8_t, KeptAllocator<uint8_t>>;
  release_kept_memory();
  for (const uint64_t count : {uint64_t{1}, uint64_t{1000}, kMiB - 64, kMiB, 5 * kMiB}) {
    const void* there = nullptr;
    {
      Bytes bytes(count, 3);
      check(reinterpret_cast<uintptr_t>(bytes.data()) % 64 == 0, "at a multiple of 64");
      Bytes copy = bytes;
      Bytes moved = std::move(bytes);
      check(moved == copy && moved.size() == count && moved[count - 1] == 3, "values");
      there = moved.data();
      moved = Bytes();
      check(count < kMiB - 64 || release_kept_memory() >= count, "a large one goes back");
      moved = Bytes(count, 5);
      check(moved.back() == 5 && copy.back() == 3, "memory of its own");
    }
    check(count < kMiB - 64 || (there != nullptr && release_kept_memory() >= count), "both");
    check(release_kept_memory() == 0, "nothing is lost");
  }
}

#ifdef __linux__
/// Whether the mapping of an address has the mark of large pages.
bool has_large_pages(const void* memory) {
  std::ifstream maps("/proc/self/smaps");
  const auto address = reinterpret_cast<uintptr_t>(memory);
  bool is_here = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t first = 0, end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx ", &first, &end) == 2) {
      is_here = first <= address && address < end;
    } else if (is_here && line.starts_with("VmFlags:")) {
      return line.find(" hg") != std::string::npos;
    }
  }
  return false;
}

void test_fresh_memory_has_large_pages() {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) return;
  release_kept_memory();
  const MemoryBlock block = take_memory(8 * kMiB);
  check(has_large_pages(block.data), "blocks");
  give_back_memory(block);
  GrowingArray<uint8_t> growing(64 * kMiB);
  check(has_large_pages(growing.data() + 32 * kMiB), "arrays");
  growing.reserve(200 * kMiB);
  check(has_large_pages(growing.data() + 180 * kMiB), "arrays that have grown");
  const GrowingArray<uint8_t> small(kLeastLargeBytes - 1);
  check(small.data() != nullptr, "small arrays");
}
#endif

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  test_what_was_given_back_comes_again();
  test_what_is_kept_is_bounded();
  test_threads_have_blocks_of_their_own();
  test_a_forked_child_has_its_own();
  test_arrays_take_large_memory_from_what_is_kept();
  test_arrays_that_grow_keep_what_was_there();
  test_vectors_of_kept_memory();
#ifdef __linux__
  test_fresh_memory_has_large_pages();
#endif
  return finish();
}
