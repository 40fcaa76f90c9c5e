// The frame of every fuzz_*.cpp: mutants of its seeds, one after the other, until a count or a time
// is reached.
//
//   fuzz_X [--seed N] [--count N] [--seconds N] [--last FILE] [SEED_FILE...]
//   fuzz_X --try FILE...
//
// An input is tried with random numbers that follow from its bytes alone, so that the bytes that
// brought a program down do so again. --last keeps them in a file whatever happens to the program:
// their length (u64), then the bytes. What takes more than ten seconds of CPU time hangs:
// SIGVTALRM ends the program.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "random.hpp"
#include "runtime/core/crc.hpp"

namespace mainspring {

using Bytes = std::vector<uint8_t>;

/// What makes a program a fuzzer.
struct FuzzTarget {
  /// What to begin with when the command line names no files; each must be taken.
  std::vector<Bytes> (*seeds)();
  Bytes (*mutant_of)(const Bytes& seed, Random& random);
  /// Whether the reader took the input; all that can be done with what was read is done.
  bool (*try_input)(const Bytes& input, Random& random);
};

inline Bytes file_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(stream), {});
}

/// The input that is being tried, in a file that is as it was when the program died.
class LastInput {
 public:
  explicit LastInput(const char* path) {
    if (path == nullptr) return;
    const int file = ::open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ::ftruncate(file, kCapacity) != 0) {
      std::perror(path);
      std::exit(2);
    }
    void* memory = ::mmap(nullptr, kCapacity, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) {
      std::perror(path);
      std::exit(2);
    }
    memory_ = static_cast<uint8_t*>(memory);
  }
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;

  void keep(const Bytes& input) {
    if (memory_ == nullptr) return;
    const uint64_t length = std::min<uint64_t>(input.size(), kCapacity - sizeof(uint64_t));
    std::memcpy(memory_, &length, sizeof(length));
    if (length != 0) std::memcpy(memory_ + sizeof(length), input.data(), length);
  }

 private:
  static constexpr uint64_t kCapacity = uint64_t{1} << 24;
  uint8_t* memory_ = nullptr;
};

inline bool try_with_limit(const FuzzTarget& target, const Bytes& input) {
  const itimerval limit{{0, 0}, {10, 0}};
  ::setitimer(ITIMER_VIRTUAL, &limit, nullptr);
  Random random(crc32c(input.data(), input.size()));
  return target.try_input(input, random);
}

struct FuzzOptions {
  uint64_t seed = 1;
  uint64_t count = 0;
  uint64_t seconds = 0;
  const char* last = nullptr;
  bool only_try = false;
  std::vector<std::string> files;
};

inline FuzzOptions fuzz_options(int argc, char** argv) {
  FuzzOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool has_value = word == "--seed" || word == "--count" || word == "--seconds";
    if (word == "--try") {
      options.only_try = true;
    } else if ((has_value || word == "--last") && i + 1 < argc) {
      const char* value = argv[++i];
      if (word == "--last") options.last = value;
      if (word == "--seed") options.seed = std::strtoull(value, nullptr, 10);
      if (word == "--count") options.count = std::strtoull(value, nullptr, 10);
      if (word == "--seconds") options.seconds = std::strtoull(value, nullptr, 10);
    } else if (word.starts_with("--")) {
      std::fprintf(stderr,
                   "usage: %s [--seed N] [--count N] [--seconds N] [--last FILE] [SEED_FILE...]\n"
                   "       %s --try FILE...\n",
                   argv[0], argv[0]);
      std::exit(2);
    } else {
      options.files.emplace_back(word);
    }
  }
  if (options.count == 0 && options.seconds == 0) options.count = 10'000;
  return options;
}

inline int try_files(const FuzzTarget& target, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const bool taken = try_with_limit(target, file_bytes(file));
    std::printf("%s: %s\n", file.c_str(), taken ? "taken" : "refused");
  }
  return 0;
}

/// Mutants of the seeds, and of mutants that were taken, so that changes add up.
inline int run_fuzzer(int argc, char** argv, const FuzzTarget& target) {
  const FuzzOptions options = fuzz_options(argc, argv);
  if (options.only_try) return try_files(target, options.files);
  LastInput last(options.last);
  std::vector<Bytes> seeds;
  for (const std::string& file : options.files) seeds.push_back(file_bytes(file));
  if (seeds.empty()) seeds = target.seeds();
  uint64_t longest = 0;
  for (size_t i = 0; i < seeds.size(); ++i) {
    last.keep(seeds[i]);
    if (!try_with_limit(target, seeds[i])) {
      std::fprintf(stderr, "%s: seed %zu is refused as it is\n", argv[0], i);
      return 2;
    }
    longest = std::max<uint64_t>(longest, seeds[i].size());
  }
  constexpr size_t kMostTaken = 64;
  std::vector<Bytes> taken;
  Random random(options.seed);
  uint64_t num_tried = 0;
  uint64_t num_taken = 0;
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(options.seconds);
  while (options.seconds != 0 ? Clock::now() < end : num_tried < options.count) {
    const bool again = !taken.empty() && one_in(random, 3);
    const std::vector<Bytes>& from = again ? taken : seeds;
    Bytes mutant = target.mutant_of(from[below(random, from.size())], random);
    last.keep(mutant);
    ++num_tried;
    if (!try_with_limit(target, mutant)) continue;
    ++num_taken;
    if (mutant.size() > 2 * longest + 4096) continue;
    if (taken.size() < kMostTaken) {
      taken.push_back(std::move(mutant));
    } else {
      taken[below(random, kMostTaken)] = std::move(mutant);
    }
  }
  std::printf("{\"seed\": %llu, \"seeds\": %zu, \"tried\": %llu, \"taken\": %llu}\n",
              static_cast<unsigned long long>(options.seed), seeds.size(),
              static_cast<unsigned long long>(num_tried),
              static_cast<unsigned long long>(num_taken));
  return 0;
}

}  // namespace mainspring
