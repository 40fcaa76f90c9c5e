// JSON rows and lists into columns: values, errors with their byte, and no access outside: every
// text, tile and arena lies in memory of exactly its size, so that the address sanitizer sees one.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "runtime/core/integral.hpp"
#include "runtime/json/base64.hpp"
#include "runtime/json/read_rows.hpp"
#include "runtime/json/write_text.hpp"

using namespace mainspring;

namespace {

Field field(const char* name, FieldKind kind) {
  return {name, static_cast<uint32_t>(std::strlen(name)), kind, false, false, true, kNoField, 1};
}

/// Fields, a table over them, and one tile.
class Tile {
 public:
  Tile(std::vector<Field> fields, uint32_t capacity)
      : fields_(std::move(fields)), capacity_(capacity), slots_(num_slots_of(count())) {
    build_field_table(fields_.data(), count(), slots_.data());
    table_ = {fields_.data(), count(), slots_.data(), static_cast<uint32_t>(slots_.size())};
    for (uint32_t i = 0; i < count(); ++i) {
      values_.push_back(std::make_unique<TextView[]>(capacity));
      validity_.push_back(std::make_unique<uint64_t[]>((capacity + 63) / 64));
      columns_.push_back({values_.back().get(), validity_.back().get()});
    }
  }

  uint32_t count() const { return static_cast<uint32_t>(fields_.size()); }

  /// Reads all rows tile by tile, calling tile(first_row, rows) for each; the error's code.
  template <class Body>
  JsonCode read(std::string_view text, const Body& body) {
    bytes_ = std::make_unique<uint8_t[]>(text.size());
    std::memcpy(bytes_.get(), text.data(), text.size());
    arena_bytes_ = std::make_unique<uint8_t[]>(text.size());
    arena_ = {arena_bytes_.get(), 0};
    std::vector<uint32_t> order(count());
    std::vector<uint64_t> seen(count());
    error_ = {};
    JsonRowReader reader{{bytes_.get(), bytes_.get(), bytes_.get() + text.size(), &error_},
                         &table_,
                         order.data(),
                         seen.data(),
                         &arena_};
    if (!open_rows(&reader)) return error_.code;
    while (!reader.is_done) {
      for (auto& words : validity_) std::memset(words.get(), 0, (capacity_ + 63) / 64 * 8);
      uint32_t rows = 0;
      if (!read_rows(&reader, capacity_, columns_.data(), &rows)) return error_.code;
      body(reader.num_rows - rows, rows);
    }
    return JsonCode::kOk;
  }
  JsonCode read(std::string_view text) {
    return read(text, [](uint64_t, uint32_t) {});
  }

  const JsonError& error() const { return error_; }
  bool valid(uint32_t number, uint32_t row) const {
    return (columns_[number].validity[row >> 6] >> (row & 63)) & 1;
  }
  template <class T>
  T at(uint32_t number, uint32_t row) const {
    return static_cast<const T*>(columns_[number].values)[row];
  }
  std::string text(uint32_t number, uint32_t row) const {
    const auto view = at<TextView>(number, row);
    const uint8_t* data = view.length <= kInlineText ? view.prefix
                          : view.buffer == 0         ? bytes_.get() + view.offset
                                                     : arena_bytes_.get() + view.offset;
    return std::string(reinterpret_cast<const char*>(data), view.length);
  }

 private:
  std::vector<Field> fields_;
  uint32_t capacity_;
  std::vector<uint32_t> slots_;
  FieldTable table_{};
  std::vector<std::unique_ptr<TextView[]>> values_;
  std::vector<std::unique_ptr<uint64_t[]>> validity_;
  std::vector<FieldColumn> columns_;
  std::unique_ptr<uint8_t[]> bytes_;
  std::unique_ptr<uint8_t[]> arena_bytes_;
  TextArena arena_{};
  JsonError error_;
};

Tile all_kinds(uint32_t capacity = 4) {
  return Tile(
      {field("n", FieldKind::kNumber), field("i", FieldKind::kInteger),
       field("t", FieldKind::kText), field("b", FieldKind::kBinary), field("d", FieldKind::kTime)},
      capacity);
}

void test_values() {
  Tile tile = all_kinds();
  const std::string row = R"({"n":1.5,"i":-7,"t":"a","b":"YWJj","d":"1970-01-02"})";
  const std::string other =
      R"( {"x":[{"n":[]}] , "d" : 9, "b":null,"t":"\u00e9 \ud83d\ude00 and a long tail\n",)"
      R"("i":18446744073709551615, "\u006e":null } )";
  check(tile.read("[" + row + "," + other + "]") == JsonCode::kOk, "two rows are read");
  check(tile.at<double>(0, 0) == 1.5 && tile.at<int64_t>(1, 0) == -7, "numbers");
  check(tile.text(2, 0) == "a" && tile.text(3, 0) == "abc", "text and base64");
  check(tile.at<int64_t>(4, 0) == 1 && tile.at<int64_t>(4, 1) == 9, "days");
  check(tile.text(2, 1) == "\xC3\xA9 \xF0\x9F\x98\x80 and a long tail\n", "escapes");
  check(!tile.valid(3, 1) && tile.at<TextView>(3, 1).length == 0, "a missing text is empty");
  check(!tile.valid(0, 1) && std::isnan(tile.at<double>(0, 1)), "a missing number is NaN");
  check(tile.valid(1, 1) && tile.at<int64_t>(1, 1) == kNotAnInteger, "2^64 - 1 is no int64");
}

void test_tiles() {
  Tile tile({field("n", FieldKind::kNumber)}, 64);
  std::string text = "{\"rows\": [";
  for (int i = 0; i < 1000; ++i) {
    text += (i != 0 ? ",{\"n\":" : "{\"n\":") + std::to_string(i) + "}";
  }
  uint64_t sum = 0;
  uint64_t num_rows = 0;
  check(tile.read(text + "]}",
                  [&](uint64_t first, uint32_t rows) {
                    check(first == num_rows, "rows follow each other");
                    num_rows += rows;
                    for (uint32_t i = 0; i < rows; ++i) {
                      check(tile.valid(0, i), "present");
                      sum += static_cast<uint64_t>(tile.at<double>(0, i));
                    }
                  }) == JsonCode::kOk,
        "a thousand rows are read");
  check(num_rows == 1000 && sum == 499500, "all of them");
}

void test_errors() {
  struct Case {
    const char* text;
    JsonCode code;
    uint64_t offset;
    uint64_t row;
    uint32_t field;
  };
  const Case cases[] = {
      {"[{\"n\":1}, {\"n\":\"x\"}]", JsonCode::kWrongType, 15, 1, 0},
      {"{}", JsonCode::kMissingField, 0, 0, 0},
      {"[{\"n\":1},  {}]", JsonCode::kMissingField, 11, 1, 0},
      {"{\"n\":1,\"n\":2}", JsonCode::kTwice, 7, 0, 0},
      {"{\"n\":1e999}", JsonCode::kNumberTooLarge, 5, 0, 0},
      {"{\"n\":1.}", JsonCode::kBadNumber, 7, 0, 0},
      {"{\"n\":1", JsonCode::kUnexpectedEnd, 6, 0, kNoField},
      {"{\"n\":1}}", JsonCode::kTrailingBytes, 7, 0, kNoField},
      {"[{\"n\":1},]", JsonCode::kUnexpectedByte, 9, 1, kNoField},
      {"{\"x\":\"\\q\",\"n\":1}", JsonCode::kBadEscape, 6, 0, kNoField},
      {"{\"rows\":[{\"n\":1}]", JsonCode::kUnexpectedEnd, 17, 1, kNoField},
      {"", JsonCode::kUnexpectedEnd, 0, 0, kNoField},
  };
  for (const Case& wrong : cases) {
    Tile tile({field("n", FieldKind::kNumber)}, 2);
    check(tile.read(wrong.text) == wrong.code, wrong.text);
    check(tile.error().offset == wrong.offset, wrong.text);
    check(tile.error().row == wrong.row && tile.error().field == wrong.field, wrong.text);
  }
  Tile tile = all_kinds();
  const std::string rest = R"(,"i":1,"t":"","b":"","d":1})";
  check(tile.read(R"({"n":1,"i":1,"t":"","b":"YQ","d":1})") == JsonCode::kBadBase64, "base64");
  check(tile.read(R"({"n":1,"i":1,"t":"","b":"","d":"soon"})") == JsonCode::kBadTime, "time");
  check(tile.read("{\"n\":true" + rest) == JsonCode::kWrongType, "bool for a number");
  check(tile.read(std::string(1000, '[')) == JsonCode::kUnexpectedByte, "no object");
  check(tile.read("{\"x\":" + std::string(1000, '[')) == JsonCode::kTooDeep, "depth");
  std::string names = "{";
  for (uint32_t i = 0; i < kMaxOtherNames; ++i) names += "\"x\":1,";
  check(tile.read(names + rest.substr(1)) == JsonCode::kMissingField,
        "as many names as are walked");
  check(tile.read(names + "\"x\":1" + rest) == JsonCode::kTooManyNames, "one name more");
}

void test_every_prefix_is_refused() {
  const std::string row =
      R"({"x":{"a":[1,true,null,"\ud83d\ude00"]},"n":-1.5e2,"i":12,"t":"\u00e9x","b":"YWI=","d":3})";
  Tile tile = all_kinds();
  check(tile.read(row) == JsonCode::kOk, "the whole row is read");
  for (size_t length = 0; length < row.size(); ++length) {
    check(tile.read(std::string_view(row).substr(0, length)) != JsonCode::kOk, "cut off");
    check(tile.error().offset <= length, "the byte is inside");
  }
}

void test_two_fields_of_one_name() {
  Tile tile({field("a", FieldKind::kNumber), field("b", FieldKind::kText),
             field("a", FieldKind::kInteger)},
            1);
  check(tile.read(R"({"b":"x","a":2.5})") == JsonCode::kOk, "one value feeds both");
  check(tile.at<double>(0, 0) == 2.5 && tile.at<int64_t>(2, 0) == kNotAnInteger, "each its own");
}

void test_lists() {
  const Field number = field("n", FieldKind::kNumber);
  for (const std::string text : {"[1, 2,null ,4]", "[[1],[2], [ null ],[4]]"}) {
    const auto bytes = std::make_unique<uint8_t[]>(text.size());
    std::memcpy(bytes.get(), text.data(), text.size());
    JsonError error;
    JsonCursor cursor{bytes.get(), bytes.get(), bytes.get() + text.size(), &error};
    ListReader list;
    uint64_t num_values = 0;
    check(open_list(&cursor, Datatype::kAny, true, &list, &num_values), "a list");
    check(num_values == 4 && cursor.at == cursor.end, "of four");
    double values[2];
    uint64_t validity = 0;
    TextArena arena{nullptr, 0};
    check(read_list(&list, cursor, number, 2, {values, &validity}, &arena), "two");
    check(values[0] == 1 && values[1] == 2 && validity == 3, "their values");
    validity = 0;
    check(read_list(&list, cursor, number, 2, {values, &validity}, &arena), "two more");
    check(values[1] == 4 && validity == 2, "their values");
  }
}

void test_written_text_reads_back() {
  std::string all;
  for (int byte = 0; byte < 128; ++byte) all += static_cast<char>(byte);
  all += "\xC3\xA9\xF0\x9F\x98\x80";
  std::vector<char> out(max_json_text(all.size()));
  const uint64_t length = write_json_text(all.data(), all.size(), out.data());
  JsonError error;
  const auto* begin = reinterpret_cast<const uint8_t*>(out.data());
  JsonCursor cursor{begin, begin, begin + length, &error};
  JsonString text;
  check(read_string(&cursor, &text) && cursor.at == cursor.end, "it is a string");
  std::string plain(text.length, '\0');
  plain.resize(unescape(text, reinterpret_cast<uint8_t*>(plain.data())));
  check(plain == all, "the same");
}

void test_base64() {
  const auto decode = [](std::string_view text, std::string* out) {
    out->assign(text.size() / 4 * 3, '\0');
    uint64_t length = 0;
    const bool passed = decode_base64(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                      reinterpret_cast<uint8_t*>(out->data()), &length);
    out->resize(length);
    return passed;
  };
  std::string out;
  check(decode("", &out) && out.empty(), "nothing");
  check(decode("Zg==", &out) && out == "f", "one byte");
  check(decode("Zm8=", &out) && out == "fo", "two bytes");
  check(decode("Zm9vYmFy", &out) && out == "foobar", "six bytes");
  check(decode("+/8=", &out) && out == "\xFB\xFF", "the last letters");
  for (const char* wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v!mFy"}) {
    check(!decode(wrong, &out), wrong);
  }
}

}  // namespace

int main() {
  test_values();
  test_tiles();
  test_errors();
  test_every_prefix_is_refused();
  test_two_fields_of_one_name();
  test_lists();
  test_written_text_reads_back();
  test_base64();
  return finish();
}
