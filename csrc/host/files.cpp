// Whole files through the operating system's own calls: every failure names the path and the
// system's reason.
#include "host/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "host/error.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {

namespace {

[[noreturn]] void fail(const char* doing, const std::string& path, const std::string& why) {
  throw Error(ErrorKind::kFile,
              std::string("Cannot ") + doing + " '" + printable_path(path) + "': " + why + ".")
      .got(why);
}

[[noreturn]] void fail_with_errno(const char* doing, const std::string& path) {
  fail(doing, path, std::strerror(errno));
}

class FileHandle {
 public:
  explicit FileHandle(int number) : number_(number) {}
  ~FileHandle() {
    if (number_ >= 0) ::close(number_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  bool close() {
    const int number = number_;
    number_ = -1;
    return ::close(number) == 0;
  }

 private:
  int number_;
};

// The file that a name stands for: a save through a symbolic link replaces what it points at, not
// the link.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Beside the target, so that the rename stays on one file system; two writers never share one.
std::string temporary_name(const std::string& path) {
  static std::atomic<uint64_t> count{0};
  return path + ".part-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

bool write_all(int file, std::span<const uint8_t> bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t now = ::write(file, bytes.data() + written, bytes.size() - written);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return false;
    written += static_cast<size_t>(now);
  }
  return true;
}

// Some file systems cannot sync a directory and say EINVAL; the rename is then as safe as it gets.
bool sync_directory(const std::string& directory) {
  const FileHandle handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return handle.is_open() && (::fsync(handle.number()) == 0 || errno == EINVAL);
}

bool write_and_rename(const std::string& temporary, const std::string& target,
                      const struct stat* old, std::span<const uint8_t> bytes) {
  FileHandle file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.is_open()) return false;
  const bool done = (old == nullptr || ::fchmod(file.number(), old->st_mode & 07777) == 0) &&
                    write_all(file.number(), bytes) && ::fsync(file.number()) == 0 &&
                    file.close() && ::rename(temporary.c_str(), target.c_str()) == 0;
  if (!done) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    errno = reason;
  }
  return done;
}

void refuse_strange_path(const char* doing, const std::string& path) {
  if (path.empty()) fail(doing, path, "the path is empty");
  if (path.find('\0') != std::string::npos) fail(doing, path.c_str(), "the path has a zero byte");
}

}  // namespace

std::string printable_path(std::string path) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(path.data());
  for (;;) {
    const uint64_t bad = first_bad_utf8(bytes, path.size());
    if (bad == path.size()) return path;
    path[bad] = '?';
  }
}

std::vector<uint8_t> read_file(const std::string& path) {
  refuse_strange_path("read", path);
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) fail_with_errno("read", path);
  struct stat info;
  if (::fstat(file.number(), &info) != 0) fail_with_errno("read", path);
  if (S_ISDIR(info.st_mode)) fail("read", path, "it is a directory, expected a file");

  // A pipe has no size, and a file may grow or shrink meanwhile: the end is where read() says 0.
  // One byte of room more than the size lets a file of known size end without growing the buffer.
  constexpr size_t kFirstRoom = 1 << 16;
  const bool sized = S_ISREG(info.st_mode) && info.st_size > 0;
  std::vector<uint8_t> bytes(sized ? static_cast<size_t>(info.st_size) + 1 : kFirstRoom);
  size_t have = 0;
  for (;;) {
    if (have == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t now = ::read(file.number(), bytes.data() + have, bytes.size() - have);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) fail_with_errno("read", path);
    if (now == 0) break;
    have += static_cast<size_t>(now);
  }
  bytes.resize(have);
  return bytes;
}

void write_file(const std::string& path, std::span<const uint8_t> bytes) {
  refuse_strange_path("write", path);
  const std::string target = resolved(path);
  struct stat old;
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) {
    fail("write", path, "it is a directory, expected the name of a file");
  }
  if (exists && !S_ISREG(old.st_mode)) fail("write", path, "it is not a regular file");
  if (!write_and_rename(temporary_name(target), target, exists ? &old : nullptr, bytes)) {
    fail_with_errno("write", path);
  }
  if (!sync_directory(directory_of(target))) fail_with_errno("write", path);
}

}  // namespace mainspring
