// The pool: every item once, nested and concurrent calls, exceptions, forks; and the number of
// cores that a container leaves.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "host/usable_cores.hpp"

namespace mainspring {
namespace {

// Sums 0 .. num_items - 1 and checks the worker numbers on the way.
uint64_t parallel_sum(uint64_t num_items) {
  std::atomic<uint64_t> sum{0};
  parallel_for(num_items, [&](uint64_t item, uint32_t worker) {
    check(worker < num_threads(), "worker number");
    sum += item;
  });
  return sum;
}

void test_every_item_once() {
  for (uint32_t threads : {1u, 2u, 5u, 2u}) {
    set_num_threads(threads);
    for (uint64_t items : {0, 1, 2, 3, 1000}) {
      std::vector<std::atomic<int>> calls(items);
      parallel_for(items, [&](uint64_t item, uint32_t) { ++calls[item]; });
      for (const auto& count : calls) check(count == 1, "each item is done once");
    }
  }
}

// Two bodies that wait for each other end only if two threads run them.
void test_threads_are_used() {
  set_num_threads(2);
  std::atomic<int> arrived{0};
  std::vector<std::thread::id> ids(2);
  parallel_for(2, [&](uint64_t item, uint32_t worker) {
    ids[item] = std::this_thread::get_id();
    check(worker < 2, "two workers");
    ++arrived;
    arrived.notify_all();
    for (int seen = arrived; seen < 2; seen = arrived) arrived.wait(seen);
  });
  check(ids[0] != ids[1], "two threads");
}

void test_scratch_is_never_shared() {
  set_num_threads(4);
  std::vector<std::atomic<int>> busy(4);
  std::atomic<bool> clash{false};
  parallel_for(2000, [&](uint64_t, uint32_t worker) {
    if (busy[worker]++ != 0) clash = true;
    --busy[worker];
  });
  check(!clash, "one worker number, one thread at a time");
}

void test_nested_call_stays_on_its_thread() {
  set_num_threads(4);
  std::atomic<int> calls{0};
  parallel_for(8, [&](uint64_t, uint32_t) {
    const std::thread::id outer = std::this_thread::get_id();
    parallel_for(8, [&](uint64_t, uint32_t worker) {
      check(worker == 0 && std::this_thread::get_id() == outer, "nested");
      ++calls;
    });
  });
  check(calls == 64, "all nested items");
}

void test_exception_reaches_the_caller() {
  for (uint32_t threads : {1u, 4u}) {
    set_num_threads(threads);
    bool caught = false;
    try {
      parallel_for(100, [](uint64_t item, uint32_t) {
        if (item == 37) throw std::runtime_error("thirty-seven");
      });
    } catch (const std::runtime_error& error) {
      caught = std::string(error.what()) == "thirty-seven";
    }
    check(caught, "the body's own exception");
    check(parallel_sum(100) == 4950, "and the pool works on");
  }
}

void test_concurrent_callers() {
  set_num_threads(3);
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 50; ++repeat) right += parallel_sum(200) == 19900 ? 1 : 0;
    });
  }
  for (std::thread& caller : callers) caller.join();
  check(right == 200, "each caller gets its own sum");
}

void test_fork() {
  set_num_threads(3);
  check(parallel_sum(1000) == 499500, "before the fork");
  const pid_t child = fork();
  if (child == 0) _exit(parallel_sum(1000) == 499500 && parallel_sum(10) == 45 ? 17 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 17, "the child has its own threads");
  check(parallel_sum(1000) == 499500, "after the fork");
}

void test_bounds() {
  set_num_threads(1024);
  check(num_threads() == 1024, "the most");
  for (uint32_t count : {0u, 1025u}) {
    bool refused = false;
    try {
      set_num_threads(count);
    } catch (const Error& error) {
      refused =
          error.kind() == ErrorKind::kParameter &&
          error.message().find("from 1 to 1024, got " + std::to_string(count)) != std::string::npos;
    }
    check(refused, "out of bounds");
  }
  check(num_threads() == 1024, "and unchanged");
  set_num_threads(2);
}

// The variable is read once, so each text needs a process of its own.
int with_variable(const char* text, int (*body)()) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("MAINSPRING_NUM_THREADS", text, 1);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void test_variable() {  // must run before anything else asks for the number of threads
  const auto count = [] { return static_cast<int>(num_threads()); };
  check(with_variable("7", count) == 7, "a number");
  check(with_variable("", count) == static_cast<int>(usable_cores()), "empty: the default");
  for (const char* text : {"0", "abc", "4x", "-1", "1025", "99999999999999"}) {
    const int code = with_variable(text, [] {
      try {
        parallel_sum(3);
      } catch (const Error& error) {
        return error.message().find("MAINSPRING_NUM_THREADS") != std::string::npos ? 5 : 6;
      }
      return 7;
    });
    check(code == 5, text);
  }
}

class FakeRoot {
 public:
  FakeRoot()
      : path_(std::filesystem::temp_directory_path() / ("cores" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void test_cgroups() {
  {
    const FakeRoot root;
    check(cgroup_cores(root.path()) == 0, "no cgroups at all");
    root.write("proc/self/cgroup", "0::/app/worker\n");
    check(cgroup_cores(root.path()) == 0, "version 2 without files");
    root.write("sys/fs/cgroup/app/worker/cpu.max", "max 100000\n");
    check(cgroup_cores(root.path()) == 0, "no limit");
    root.write("sys/fs/cgroup/app/worker/cpu.max", "250000 100000\n");
    check(cgroup_cores(root.path()) == 3, "two and a half cores round up");
    root.write("sys/fs/cgroup/app/cpu.max", "150000 100000\n");
    check(cgroup_cores(root.path()) == 2, "a parent's limit holds too");
    root.write("sys/fs/cgroup/cpu.max", "1000 100000\n");
    check(cgroup_cores(root.path()) == 1, "a hundredth of a core is one thread");
    check(usable_cores(root.path()) == 1, "and that is what may be used");
    root.write("sys/fs/cgroup/cpu.max", "nonsense");
    check(cgroup_cores(root.path()) == 2, "nonsense is no limit");
  }
  const FakeRoot root;
  root.write("proc/self/cgroup", "12:memory:/docker/x\n4:cpu,cpuacct:/docker/x\nbroken\n0::/\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  check(cgroup_cores(root.path()) == 0, "version 1 without a limit");
  root.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
  check(cgroup_cores(root.path()) == 4, "version 1, inside a container");
  root.write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "200000\n");
  root.write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
  check(cgroup_cores(root.path()) == 2, "version 1, outside of it");
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  test_variable();
  check(num_threads() >= 1, "a default");
  test_every_item_once();
  test_threads_are_used();
  test_scratch_is_never_shared();
  test_nested_call_stays_on_its_thread();
  test_exception_reaches_the_caller();
  test_concurrent_callers();
  test_fork();
  test_bounds();
  test_cgroups();
  return finish();
}
