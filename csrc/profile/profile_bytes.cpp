// A profile as bytes: magic, version, checksum, then every column's state. Equal profiles have
// equal bytes.
#include <array>
#include <cstring>
#include <set>

#include "profile/profile.hpp"
#include "runtime/core/crc.hpp"

namespace mainspring {

namespace {

constexpr std::array<char, 8> kMagic = {'M', 'S', 'P', 'R', 'O', 'F', 'I', 'L'};
constexpr uint32_t kVersion = 0;
constexpr size_t kHeaderBytes = kMagic.size() + 2 * sizeof(uint32_t);

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorKind::kBundleCorrupt, message);
}

}  // namespace

std::vector<uint8_t> Profile::to_bytes() const {
  StateWriter body;
  const std::vector<std::string> asked =
      has_schema_ ? std::vector<std::string>{}
                  : options_.columns.value_or(std::vector<std::string>{});
  body.put<uint8_t>(has_schema_ ? 1 : 0);
  body.put<uint8_t>(!has_schema_ && options_.columns.has_value() ? 1 : 0);
  body.put<uint64_t>(asked.size());
  for (const std::string& name : asked) body.put_bytes(name);
  body.put_bytes(options_.target);
  body.put(num_rows_);
  body.put<uint64_t>(columns_.size());
  for (const ColumnProfile& column : columns_) column.write(body);
  const std::vector<uint8_t> state = body.take();

  StateWriter header;
  for (const char letter : kMagic) header.put(letter);
  header.put(kVersion);
  header.put(crc32c(state.data(), state.size()));
  std::vector<uint8_t> bytes = header.take();
  bytes.insert(bytes.end(), state.begin(), state.end());
  return bytes;
}

Profile Profile::from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    fail("These bytes are not a profile. Pass what Profile.to_bytes() returned.");
  }
  uint32_t version = 0;
  uint32_t checksum = 0;
  std::memcpy(&version, bytes.data() + kMagic.size(), sizeof(version));
  std::memcpy(&checksum, bytes.data() + kMagic.size() + sizeof(version), sizeof(checksum));
  if (version > kVersion) {
    throw Error(ErrorKind::kBundleVersion,
                "The profile has format version " + std::to_string(version) +
                    ", this mainspring reads up to " + std::to_string(kVersion) +
                    ". Install a newer mainspring.");
  }
  const std::span<const uint8_t> state = bytes.subspan(kHeaderBytes);
  if (crc32c(state.data(), state.size()) != checksum) {
    fail("The profile's checksum does not match: its bytes were cut or changed.");
  }
  StateReader reader({reinterpret_cast<const char*>(state.data()), state.size()});
  Profile profile;
  const uint8_t has_schema = reader.get<uint8_t>();
  const uint8_t has_columns = reader.get<uint8_t>();
  if (has_schema > 1 || has_columns > 1 || (has_schema == 1 && has_columns == 1)) {
    StateReader::fail();
  }
  profile.has_schema_ = has_schema == 1;
  std::vector<std::string> asked(reader.get_count(8));
  for (std::string& name : asked) name = reader.get_text();
  if (has_columns == 1) {
    profile.options_.columns = std::move(asked);
  } else if (!asked.empty()) {
    StateReader::fail();
  }
  profile.options_.target = reader.get_text();
  profile.num_rows_ = reader.get<uint64_t>();
  if (profile.num_rows_ > kMaxProfileRows) StateReader::fail();
  const uint64_t num_columns = reader.get_count(8);
  if (num_columns > 0 && has_schema == 0) StateReader::fail();
  std::set<std::string> names;
  for (uint64_t i = 0; i < num_columns; ++i) {
    profile.columns_.push_back(ColumnProfile::read(reader));
    const ColumnProfile& column = profile.columns_.back();
    if (!names.insert(column.name()).second || column.num_rows() != profile.num_rows_) {
      StateReader::fail();
    }
  }
  reader.expect_end();
  return profile;
}

}  // namespace mainspring
