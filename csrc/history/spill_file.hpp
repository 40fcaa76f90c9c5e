// Files of bytes that do not fit in memory: appended to, then read from any place in order. They
// have no name, so nothing of them is left behind however the process ends.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace mainspring {

class SpillFile {
 public:
  /// Throws Error(kFile) naming the folder.
  explicit SpillFile(const std::string& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  void append(const void* bytes, size_t length);
  template <class T>
  void put(const T& value) {
    append(&value, sizeof(value));
  }
  /// Writes what is still in memory; before anything is read.
  void flush();
  uint64_t length() const { return length_; }
  /// Returns how many bytes there were.
  size_t read(uint64_t offset, void* to, size_t length) const;

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string folder_;
  int file_ = -1;
  uint64_t length_ = 0;
  std::vector<uint8_t> waiting_;
};

/// Reads a part of a file from its beginning on.
class SpillReader {
 public:
  SpillReader(const SpillFile& file, uint64_t offset, uint64_t end)
      : file_(&file), offset_(offset), end_(end) {}

  bool at_end() const { return used_ == buffer_.size() && offset_ == end_; }
  /// Valid until the next call. No more than there is.
  const uint8_t* take(size_t length);
  template <class T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)), sizeof(T));
    return value;
  }

 private:
  const SpillFile* file_;
  uint64_t offset_, end_;  // of what is not in the buffer
  size_t used_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace mainspring
