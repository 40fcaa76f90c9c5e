// Little-endian records without padding; every length is checked against what is there.
#include "history/state_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "history/event_log.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "runtime/core/crc.hpp"

namespace mainspring {

namespace {

constexpr char kSnapshotMagic[8] = {'M', 'S', 'H', 'S', 'T', 'S', 'N', 'P'};

template <class T>
void append(std::vector<uint8_t>* out, const T& value) {
  const auto* raw = reinterpret_cast<const uint8_t*>(&value);
  out->insert(out->end(), raw, raw + sizeof(T));
}

void append_bytes(std::vector<uint8_t>* out, const void* bytes, size_t length) {
  const auto* raw = static_cast<const uint8_t*>(bytes);
  out->insert(out->end(), raw, raw + length);
}

class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  template <class T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::span<const uint8_t> take(uint64_t length) {
    if (length > bytes_.size() - at_) {
      throw Error(ErrorKind::kBundleCorrupt,
                  "A file of a history's state has a record that is longer than the file.");
    }
    const auto part = bytes_.subspan(at_, length);
    at_ += length;
    return part;
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::span<const uint8_t> bytes_;
  uint64_t at_ = 0;
};

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::optional<std::vector<uint8_t>> read_if_there(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
  return read_file(path);
}

std::vector<uint8_t> write_batch(int64_t now, std::span<const std::string_view> keys,
                                 std::span<const uint64_t> words, uint32_t num_words) {
  std::vector<uint8_t> out;
  size_t length = 16;
  for (const std::string_view key : keys) length += 4 + key.size() + num_words * sizeof(uint64_t);
  out.reserve(length);
  append(&out, now);
  append<uint64_t>(&out, keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    append(&out, static_cast<uint32_t>(keys[i].size()));
    append_bytes(&out, keys[i].data(), keys[i].size());
    append_bytes(&out, words.data() + i * num_words, num_words * sizeof(uint64_t));
  }
  return out;
}

int64_t read_batch(std::span<const uint8_t> bytes, uint32_t num_words,
                   std::vector<std::string_view>* keys, std::vector<uint64_t>* words) {
  Cursor in(bytes);
  const auto now = in.get<int64_t>();
  for (auto count = in.get<uint64_t>(); count > 0; --count) {
    const auto length = in.get<uint32_t>();
    keys->push_back(text_of(in.take(length)));
    for (uint32_t word = 0; word < num_words; ++word) words->push_back(in.get<uint64_t>());
  }
  return now;
}

SnapshotWriter::SnapshotWriter(uint64_t definition_hash, uint64_t number, int64_t clock) {
  std::memcpy(header_.magic, kSnapshotMagic, sizeof(kSnapshotMagic));
  header_.definition_hash = definition_hash;
  header_.number = number;
  header_.clock = clock;
  header_.forgotten_before = INT64_MIN;
  header_.version = 1;
  bytes_.resize(sizeof(header_));
}

void SnapshotWriter::forget_before(int64_t time) {
  header_.forgotten_before = std::max(header_.forgotten_before, time);
}

void SnapshotWriter::put_key(std::string_view key, int64_t known_since, const EventView& events,
                             uint32_t num_words) {
  ++header_.num_keys;
  append(&bytes_, static_cast<uint32_t>(key.size()));
  append(&bytes_, events.count);
  append(&bytes_, known_since);
  append_bytes(&bytes_, key.data(), key.size());
  for (uint32_t word = 0; word < num_words && events.count != 0; ++word) {
    append_bytes(&bytes_, events.words + word * events.stride, events.count * sizeof(uint64_t));
  }
}

std::vector<uint8_t> SnapshotWriter::take() {
  // The checksum covers the header's other fields, too.
  header_.crc = 0;
  std::memcpy(bytes_.data(), &header_, sizeof(header_));
  header_.crc = crc32c(bytes_.data(), bytes_.size());
  std::memcpy(bytes_.data(), &header_, sizeof(header_));
  return std::move(bytes_);
}

SnapshotHeader check_snapshot(const std::string& path, std::span<const uint8_t> bytes,
                              uint64_t definition_hash) {
  SnapshotHeader header{};
  bool is_whole = bytes.size() >= sizeof(header);
  if (is_whole) {
    std::memcpy(&header, bytes.data(), sizeof(header));
    SnapshotHeader plain = header;
    plain.crc = 0;
    const uint32_t head = crc32c(reinterpret_cast<const uint8_t*>(&plain), sizeof(plain));
    const auto rest = bytes.subspan(sizeof(header));
    is_whole = std::memcmp(header.magic, kSnapshotMagic, sizeof(kSnapshotMagic)) == 0 &&
               header.version == 1 && header.crc == crc32c(rest.data(), rest.size(), head);
  }
  if (!is_whole) {
    throw Error(ErrorKind::kBundleCorrupt,
                "'" + printable_path(path) +
                    "' is no snapshot of a history's state, or is truncated or changed. Restore "
                    "it, or ingest the events again into an empty folder.");
  }
  check_definition(path, header.definition_hash, definition_hash);
  return header;
}

void read_snapshot_keys(std::span<const uint8_t> bytes, uint32_t num_words,
                        const std::function<void(const SnapshotKey&)>& take) {
  SnapshotHeader header{};
  std::memcpy(&header, bytes.data(), sizeof(header));
  Cursor in(bytes.subspan(sizeof(header)));
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < header.num_keys; ++i) {
    const auto length = in.get<uint32_t>();
    const auto num_events = in.get<uint32_t>();
    const auto known_since = in.get<int64_t>();
    const std::string_view key = text_of(in.take(length));
    const auto raw = in.take(uint64_t{num_events} * num_words * sizeof(uint64_t));
    words.resize(raw.size() / sizeof(uint64_t));
    if (!raw.empty()) std::memcpy(words.data(), raw.data(), raw.size());
    take({key, known_since, num_events, words.data()});
  }
}

}  // namespace mainspring
