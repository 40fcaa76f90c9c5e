// The wire format of protocol buffers (Google, "Encoding"), of which every length is checked before
// it is believed.
#include "fit/importers/protobuf.hpp"

#include <cstring>

namespace mainspring {

namespace {

/// Little-endian numbers, one after the other.
template <class T, class To>
bool add_fixed(std::string_view bytes, std::vector<To>* values) {
  if (bytes.size() % sizeof(T) != 0) return false;
  const size_t before = values->size();
  values->resize(before + bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values->data() + before, bytes.data(), bytes.size());
  return true;
}

}  // namespace

ProtobufMessage ProtobufMessage::inner(const ProtobufField& field, const char* name) const {
  expect(field, WireType::kBytes);
  ProtobufMessage message(field.bytes, subject_, name);
  message.first_ = field.at;
  return message;
}

void ProtobufMessage::fail(ErrorKind kind, uint64_t at, const std::string& what) const {
  throw Error(kind, std::string(subject_) + ", byte " + std::to_string(at) + ": " + what);
}

void ProtobufMessage::refuse(const ProtobufField& field) const {
  fail(ErrorKind::kUnsupported, field.at,
       "field " + std::to_string(field.number) + " of " + name_ + " is not known.");
}

void ProtobufMessage::expect(const ProtobufField& field, WireType type) const {
  if (field.type == type) return;
  fail(ErrorKind::kData, field.at,
       "field " + std::to_string(field.number) + " of " + name_ + " is written as another type.");
}

uint64_t ProtobufMessage::varint(std::string_view bytes, uint64_t at, uint64_t* position) const {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 70; shift += 7) {
    if (*position >= bytes.size()) fail(ErrorKind::kData, at + *position, "a number is cut off.");
    const auto byte = static_cast<uint8_t>(bytes[(*position)++]);
    if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  fail(ErrorKind::kData, at + *position, "a number has more than ten bytes.");
}

bool ProtobufMessage::next(ProtobufField* field) {
  if (at_ == bytes_.size()) return false;
  const uint64_t begin = first_ + at_;
  const uint64_t key = varint(bytes_, first_, &at_);
  if (key >> 3 == 0 || key >> 3 >= uint64_t{1} << 29) {
    fail(ErrorKind::kData, begin, std::string("no field of ") + name_ + " begins here.");
  }
  *field = {};
  field->number = static_cast<uint32_t>(key >> 3);
  field->type = static_cast<WireType>(key & 7);
  const uint64_t left_before = bytes_.size() - at_;
  switch (field->type) {
    case WireType::kVarint:
      field->at = first_ + at_;
      field->value = varint(bytes_, first_, &at_);
      return true;
    case WireType::kFixed64:
    case WireType::kFixed32: {
      const uint64_t size = field->type == WireType::kFixed64 ? 8 : 4;
      if (left_before < size) fail(ErrorKind::kData, first_ + at_, "a number is cut off.");
      std::memcpy(&field->value, bytes_.data() + at_, size);
      field->at = first_ + at_;
      at_ += size;
      return true;
    }
    case WireType::kBytes: {
      const uint64_t length = varint(bytes_, first_, &at_);
      if (length > bytes_.size() - at_) {
        fail(ErrorKind::kData, begin,
             "field " + std::to_string(field->number) + " of " + name_ + " has " +
                 std::to_string(length) + " bytes, but " + std::to_string(bytes_.size() - at_) +
                 " are left. The file is cut off or damaged.");
      }
      field->at = first_ + at_;
      field->bytes = bytes_.substr(at_, length);
      at_ += length;
      return true;
    }
  }
  fail(ErrorKind::kData, begin, std::string("no field of ") + name_ + " begins here.");
}

std::string ProtobufMessage::text(const ProtobufField& field) const {
  expect(field, WireType::kBytes);
  return std::string(field.bytes);
}

int64_t ProtobufMessage::integer(const ProtobufField& field) const {
  expect(field, WireType::kVarint);
  return static_cast<int64_t>(field.value);
}

float ProtobufMessage::number(const ProtobufField& field) const {
  expect(field, WireType::kFixed32);
  float value = 0;
  const auto bits = static_cast<uint32_t>(field.value);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

void ProtobufMessage::add_integers(const ProtobufField& field, std::vector<int64_t>* values) const {
  if (field.type != WireType::kBytes) {
    values->push_back(integer(field));
    return;
  }
  for (uint64_t at = 0; at < field.bytes.size();) {
    values->push_back(static_cast<int64_t>(varint(field.bytes, field.at, &at)));
  }
}

void ProtobufMessage::add_floats(const ProtobufField& field, std::vector<float>* values) const {
  if (field.type != WireType::kBytes) {
    values->push_back(number(field));
  } else if (!add_fixed<float>(field.bytes, values)) {
    fail(ErrorKind::kData, field.at, "a list of numbers is cut off.");
  }
}

void ProtobufMessage::add_doubles(const ProtobufField& field, std::vector<double>* values) const {
  if (field.type != WireType::kBytes) {
    expect(field, WireType::kFixed64);
    double value = 0;
    std::memcpy(&value, &field.value, sizeof value);
    values->push_back(value);
  } else if (!add_fixed<double>(field.bytes, values)) {
    fail(ErrorKind::kData, field.at, "a list of numbers is cut off.");
  }
}

}  // namespace mainspring
