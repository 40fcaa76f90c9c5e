// Values of a JSON or UBJSON document with the places they came from: what XGBoost and CatBoost
// write.
//
// Lists of numbers stay the bytes they were until somebody asks for them as one type, so that a
// model of a million nodes costs no object for each number.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.hpp"

namespace mainspring {

struct DocumentValue {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kText, kNumbers, kList, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  char type = 0;                     // of kNumber and kNumbers: UBJSON's letter; 0: JSON's digits
  uint64_t at = 0;                   // byte of the document
  uint64_t count = 0;                // of kNumbers
  std::string_view digits;           // of kNumber and kNumbers: as they are in the document
  std::string text;                  // of kText
  std::vector<DocumentValue> items;  // of kList, and the members of kObject
  std::vector<std::string> keys;     // of kObject
};

/// Parses once; then hands out checked values. All errors say which byte of the document they are
/// about; the bytes must outlive it.
class Document {
 public:
  Document(std::string_view bytes, std::string_view subject);

  const DocumentValue& root() const { return root_; }
  [[noreturn]] void fail(ErrorKind kind, uint64_t at, const std::string& what) const;

  const DocumentValue* find(const DocumentValue& object, std::string_view key) const;
  const DocumentValue& get(const DocumentValue& object, std::string_view key) const;
  /// A member that is an object; all of its keys must be among `known`.
  const DocumentValue& object(const DocumentValue& parent, std::string_view key,
                              std::span<const std::string_view> known) const;
  void refuse_others(const DocumentValue& object, std::span<const std::string_view> known) const;

  const std::string& text(const DocumentValue& value) const;
  /// Numbers, and texts that hold one: XGBoost writes its parameters so.
  int64_t integer_in(const DocumentValue& value, int64_t low, int64_t high) const;
  float number(const DocumentValue& value) const;
  /// Lists of `count` numbers; of any length when it is kAnyCount.
  std::vector<int64_t> integers(const DocumentValue& value, uint64_t count) const;
  std::vector<float> floats(const DocumentValue& value, uint64_t count) const;
  std::vector<double> doubles(const DocumentValue& value, uint64_t count) const;
  const std::vector<DocumentValue>& items(const DocumentValue& value) const;

  static constexpr uint64_t kAnyCount = ~uint64_t{0};

 private:
  template <class T>
  std::vector<T> numbers(const DocumentValue& value, uint64_t count) const;

  std::string subject_;
  DocumentValue root_;
};

}  // namespace mainspring
