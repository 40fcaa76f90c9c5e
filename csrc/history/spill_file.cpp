// Writes and reads some pages at a time.
#include "history/spill_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "host/error.hpp"
#include "host/files.hpp"

namespace mainspring {

namespace {

constexpr size_t kBufferBytes = 1 << 15;

}  // namespace

SpillFile::SpillFile(const std::string& folder) : folder_(folder) {
  std::string path = folder + "/history-XXXXXX";
  file_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (file_ < 0) fail("write to");
  ::unlink(path.c_str());
}

SpillFile::~SpillFile() {
  if (file_ >= 0) ::close(file_);
}

void SpillFile::fail(const char* what) const {
  const std::string reason = std::strerror(errno);
  throw Error(ErrorKind::kFile, "Cannot " + std::string(what) + " a temporary file in '" +
                                    printable_path(folder_) + "': " + reason + ".");
}

void SpillFile::append(const void* bytes, size_t length) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  waiting_.insert(waiting_.end(), from, from + length);
  length_ += length;
  if (waiting_.size() >= kBufferBytes) flush();
}

void SpillFile::flush() {
  for (size_t done = 0; done < waiting_.size();) {
    const ssize_t written = ::write(file_, waiting_.data() + done, waiting_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write to");
    done += static_cast<size_t>(written);
  }
  waiting_.clear();
}

size_t SpillFile::read(uint64_t offset, void* to, size_t length) const {
  size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(file_, static_cast<uint8_t*>(to) + done, length - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read from");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

const uint8_t* SpillReader::take(size_t length) {
  if (buffer_.size() - used_ < length) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(used_));
    used_ = 0;
    const size_t held = buffer_.size();
    const size_t more = std::min<uint64_t>(std::max(kBufferBytes, length - held), end_ - offset_);
    buffer_.resize(held + more);
    if (file_->read(offset_, buffer_.data() + held, more) != more || buffer_.size() < length) {
      throw Error(ErrorKind::kFile, "A temporary file of history features was cut short.");
    }
    offset_ += more;
  }
  used_ += length;
  return buffer_.data() + used_ - length;
}

}  // namespace mainspring
