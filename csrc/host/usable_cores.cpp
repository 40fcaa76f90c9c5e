// Reads the affinity mask and the cgroup's CPU quota; feeds the thread pool's default size.
#include "host/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

namespace mainspring {

namespace {

constexpr double kNoQuota = std::numeric_limits<double>::infinity();

uint32_t affinity_cores() {
  for (int capacity = 1024; capacity <= 1 << 16; capacity *= 2) {
    cpu_set_t* set = CPU_ALLOC(capacity);
    if (set == nullptr) return 1;
    const size_t bytes = CPU_ALLOC_SIZE(capacity);
    const bool known = sched_getaffinity(0, bytes, set) == 0;  // fails while the set is too small
    const int count = known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (known) return static_cast<uint32_t>(std::max(count, 1));
  }
  return 1;
}

// "max 100000" or "150000 100000".
double quota_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return kNoQuota;
  return quota / period;
}

double quota_v1(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  const bool both = (quota_file >> quota) && (period_file >> period);
  return both && quota > 0 && period > 0 ? quota / period : kNoQuota;
}

// The tightest quota of `path` and its parents. Inside a container the path may not exist below the
// mount; then only the mount's own top is read, which is the container's group.
double tightest(const std::string& mount, std::string path, double (*quota)(const std::string&)) {
  double cores = quota(mount);
  while (!path.empty() && path != "/") {
    cores = std::min(cores, quota(mount + path));
    path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  }
  return cores;
}

bool names_cpu(const std::string& controllers) {
  std::stringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

}  // namespace

uint32_t cgroup_cores(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  double cores = kNoQuota;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "number:controllers:path"
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) cores = std::min(cores, tightest(mount, path, quota_v2));
    if (names_cpu(controllers)) {
      cores = std::min(cores, tightest(mount + "/cpu", path, quota_v1));
      cores = std::min(cores, tightest(mount + "/" + controllers, path, quota_v1));
    }
  }
  if (cores == kNoQuota) return 0;
  return static_cast<uint32_t>(std::clamp(std::ceil(cores), 1.0, 65536.0));
}

uint32_t usable_cores(const std::string& root) {
  const uint32_t quota = cgroup_cores(root);
  const uint32_t cores = affinity_cores();
  return quota == 0 ? cores : std::min(quota, cores);
}

}  // namespace mainspring
