// Appends with write(), which a killed process cannot take back; fdatasync() where the disk is
// meant.
#include "history/event_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "host/error.hpp"
#include "host/files.hpp"
#include "runtime/core/crc.hpp"

namespace mainspring {

namespace {

constexpr char kLogMagic[8] = {'M', 'S', 'H', 'S', 'T', 'L', 'O', 'G'};

struct LogHeader {
  char magic[8];
  uint64_t definition_hash;
  uint32_t version;
  uint32_t crc;  // of the 20 bytes before it
};
static_assert(sizeof(LogHeader) == 24);

struct RecordHeader {
  uint64_t number;
  uint32_t length;
  uint32_t crc;  // of the 12 bytes before it, then of the bytes
};
static_assert(sizeof(RecordHeader) == 16);

template <class T>
const uint8_t* raw(const T& value) {
  return reinterpret_cast<const uint8_t*>(&value);
}

uint32_t record_crc(const RecordHeader& header, std::span<const uint8_t> bytes) {
  return crc32c(bytes.data(), bytes.size(), crc32c(raw(header), 12));
}

}  // namespace

std::string hash_text(uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

void check_definition(const std::string& path, uint64_t found, uint64_t wanted) {
  if (found == wanted) return;
  const std::string name = printable_path(path);
  throw Error(ErrorKind::kParameter, "'" + name + "' was written by the definition " +
                                         hash_text(found) + ", expected " + hash_text(wanted) +
                                         ". Ingest the events again into an empty folder.")
      .expected(hash_text(wanted))
      .got(hash_text(found));
}

EventLog::EventLog(std::string path, uint64_t definition_hash, Durability durability,
                   const std::function<void(uint64_t, std::span<const uint8_t>)>& replay)
    : path_(std::move(path)), definition_hash_(definition_hash), durability_(durability) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) fail("open");
  try {
    read_records(replay);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

EventLog::~EventLog() {
  if (file_ >= 0) ::close(file_);
}

void EventLog::fail(const char* what) const {
  const std::string reason = std::strerror(errno);
  throw Error(ErrorKind::kFile,
              "Cannot " + std::string(what) + " '" + printable_path(path_) + "': " + reason + ".");
}

void EventLog::read_records(const std::function<void(uint64_t, std::span<const uint8_t>)>& replay) {
  const std::vector<uint8_t> bytes = read_file(path_);
  LogHeader header{};
  if (bytes.size() < sizeof(header)) return begin();  // killed while it was begun
  std::memcpy(&header, bytes.data(), sizeof(header));
  const bool is_log = std::memcmp(header.magic, kLogMagic, sizeof(kLogMagic)) == 0 &&
                      header.version == 1 && header.crc == crc32c(raw(header), 20);
  if (!is_log) {
    throw Error(ErrorKind::kBundleCorrupt,
                "'" + printable_path(path_) + "' is not a log of events, or was changed.");
  }
  check_definition(path_, header.definition_hash, definition_hash_);
  uint64_t at = sizeof(header);
  while (bytes.size() - at >= sizeof(RecordHeader)) {
    RecordHeader record{};
    std::memcpy(&record, bytes.data() + at, sizeof(record));
    if (record.length > bytes.size() - at - sizeof(record)) break;
    const std::span<const uint8_t> body(bytes.data() + at + sizeof(record), record.length);
    if (record.crc != record_crc(record, body)) break;
    replay(record.number, body);
    at += sizeof(record) + record.length;
  }
  cut_bytes_ = bytes.size() - at;
  length_ = at;
  if (cut_bytes_ != 0 && ::ftruncate(file_, static_cast<off_t>(at)) != 0) fail("cut");
  if (::lseek(file_, static_cast<off_t>(at), SEEK_SET) < 0) fail("seek in");
}

void EventLog::begin() {
  if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) < 0) fail("begin");
  LogHeader header{};
  std::memcpy(header.magic, kLogMagic, sizeof(kLogMagic));
  header.definition_hash = definition_hash_;
  header.version = 1;
  header.crc = crc32c(raw(header), 20);
  write_all({raw(header), sizeof(header)});
  if (durability_ == Durability::kDisk && ::fdatasync(file_) != 0) fail("sync");
  length_ = sizeof(header);
}

void EventLog::write_all(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      // What got there in part would hide all that comes later.
      if (::ftruncate(file_, static_cast<off_t>(length_)) == 0) {
        ::lseek(file_, static_cast<off_t>(length_), SEEK_SET);
      }
      errno = reason;
      fail("write");
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void EventLog::append(uint64_t number, std::span<const uint8_t> bytes) {
  if (bytes.size() > UINT32_MAX) {
    throw Error(ErrorKind::kData, "A batch takes " + std::to_string(bytes.size()) +
                                      " bytes of log, expected below 4 GiB. Ingest it in parts.");
  }
  RecordHeader record{number, static_cast<uint32_t>(bytes.size()), 0};
  record.crc = record_crc(record, bytes);
  std::vector<uint8_t> whole(sizeof(record) + bytes.size());
  std::memcpy(whole.data(), &record, sizeof(record));
  if (!bytes.empty()) std::memcpy(whole.data() + sizeof(record), bytes.data(), bytes.size());
  write_all(whole);
  if (durability_ == Durability::kDisk && ::fdatasync(file_) != 0) fail("sync");
  length_ += whole.size();
}

void EventLog::clear() { begin(); }

}  // namespace mainspring
