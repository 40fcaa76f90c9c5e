// The whole test framework of tests/cpp: every test_*.cpp is a program of its own that calls
// check() and returns finish().
#pragma once
#include <cstdio>
#include <source_location>
#include <string_view>

namespace mainspring {

inline int& num_failed_checks() {
  static int count = 0;
  return count;
}

/// Prints where and what when `passed` is false; finish() then reports failure. Returns `passed`.
inline bool check(bool passed, std::string_view what,
                  std::source_location where = std::source_location::current()) {
  if (!passed) {
    if (++num_failed_checks() <= 20) {
      std::fprintf(stderr, "%s:%u: failed: %.*s\n", where.file_name(), where.line(),
                   static_cast<int>(what.size()), what.data());
    }
  }
  return passed;
}

/// The exit status of main().
inline int finish() {
  if (num_failed_checks() != 0) std::fprintf(stderr, "%d checks failed\n", num_failed_checks());
  return num_failed_checks() == 0 ? 0 : 1;
}

}  // namespace mainspring
