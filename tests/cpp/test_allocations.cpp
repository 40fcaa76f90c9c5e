// A matrix is scored without asking for memory once the first calls have been made: every operator
// new of the program is counted.
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "check.hpp"
#include "host/bundle_image.hpp"
#include "host/parallel_predict.hpp"
#include "host/thread_pool.hpp"

namespace {

std::atomic<uint64_t> num_allocations{0};

void* counted(std::size_t length, std::size_t alignment) {
  num_allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (length / alignment + 1) * alignment;
  return std::aligned_alloc(alignment, rounded);
}

void* counted_or_throw(std::size_t length, std::size_t alignment) {
  void* memory = counted(length, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

constexpr std::size_t kPlain = 16;
std::size_t of(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace

void* operator new(std::size_t length) { return counted_or_throw(length, kPlain); }
void* operator new(std::size_t length, std::align_val_t a) {
  return counted_or_throw(length, of(a));
}
void* operator new(std::size_t length, const std::nothrow_t&) noexcept {
  return counted(length, kPlain);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace mainspring {
namespace {

constexpr uint64_t kNumRows = 9000;

/// Whether 20 calls in a row get by without: soon, when every thread of the pool has had its turn
/// and its scratch, or never, when calls need memory.
template <class Call>
bool gets_by_without(Call call) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const uint64_t before = num_allocations.load();
    for (int turn = 0; turn < 20; ++turn) call();
    if (num_allocations.load() == before) return true;
  }
  return false;
}

void test_matrices() {
  const auto image = BundleImage::load(MAINSPRING_GOLDEN "/0.1-three-classes.spring");
  const uint32_t num_features = image->view().plan.num_features;
  std::vector<double> wide(kNumRows * num_features);
  for (size_t i = 0; i < wide.size(); ++i) {
    wide[i] = i % 17 == 0 ? NAN : static_cast<double>(i * 2654435761u % 1000) / 100.0 - 5.0;
  }
  const std::vector<float> narrow(wide.begin(), wide.end());
  std::vector<double> out(kNumRows * 3);
  for (const uint32_t threads : {1u, 3u}) {
    set_num_threads(threads);
    for (const uint64_t rows : {uint64_t{1}, uint64_t{16}, uint64_t{256}, kNumRows}) {
      for (const OutputKind kind : {OutputKind::kPredict, OutputKind::kProba, OutputKind::kRaw}) {
        const bool none = gets_by_without([&] {
          predict_matrix_parallel(*image, nullptr, wide.data(), num_features, 1, rows, kind,
                                  out.data());
          predict_matrix_parallel(*image, narrow.data(), nullptr, num_features, 1, rows, kind,
                                  out.data());
        });
        check(none, "scoring a matrix asks for no memory");
      }
    }
  }
}

std::vector<int> sink;

/// The count itself can fail.
void test_counting() {
  const uint64_t before = num_allocations.load();
  const std::vector<int> some(100, 1);
  check(num_allocations.load() == before + 1, "one vector is one allocation");
  check(some[99] == 1, "its memory is there");
  check(!gets_by_without([] { std::vector<int>(3).swap(sink); }), "calls that need memory show");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::test_counting();
  mainspring::test_matrices();
  return mainspring::finish();
}
