// Fields of protobuf messages, one after the other, with the bytes they came from: the wire format
// of ONNX files, without a schema and without recursion.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.hpp"

namespace mainspring {

/// How a field is written.
enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct ProtobufField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;      // of all types but kBytes
  std::string_view bytes;  // of kBytes
  uint64_t at = 0;         // byte of the document where its contents begin
};

/// Hands out the fields of one message; all errors say which byte of the document they are about.
class ProtobufMessage {
 public:
  /// The whole document; `name` is what errors call the message.
  ProtobufMessage(std::string_view bytes, std::string_view subject, const char* name)
      : bytes_(bytes), subject_(subject), name_(name) {}
  std::string_view bytes() const { return bytes_; }
  /// The message in a field of this one.
  ProtobufMessage inner(const ProtobufField& field, const char* name) const;

  bool next(ProtobufField* field);
  [[noreturn]] void fail(ErrorKind kind, uint64_t at, const std::string& what) const;
  /// Refuses a field whose number nobody knows.
  [[noreturn]] void refuse(const ProtobufField& field) const;

  std::string text(const ProtobufField& field) const;
  int64_t integer(const ProtobufField& field) const;
  float number(const ProtobufField& field) const;
  /// Fields that may be there many times, or once with many values.
  void add_integers(const ProtobufField& field, std::vector<int64_t>* values) const;
  void add_floats(const ProtobufField& field, std::vector<float>* values) const;
  void add_doubles(const ProtobufField& field, std::vector<double>* values) const;

 private:
  uint64_t varint(std::string_view bytes, uint64_t at, uint64_t* position) const;
  void expect(const ProtobufField& field, WireType type) const;

  std::string_view bytes_;
  std::string_view subject_;
  const char* name_;
  uint64_t first_ = 0;  // of the message in the document
  uint64_t at_ = 0;     // in the message
};

}  // namespace mainspring
