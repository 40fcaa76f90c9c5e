// Numbers of tables and slots are those of Arrow's Message.fbs and Schema.fbs.
#include "serve/write_ipc.hpp"

#include <cstring>

#include "serve/flat_writer.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kMetadataV5 = 4;
constexpr uint64_t kSchemaMessage = 1, kBatchMessage = 3;
constexpr uint64_t kInt = 2, kFloat = 3, kUtf8 = 5, kBool = 6;
constexpr uint64_t kDouble = 2;

enum class Values : uint8_t { kNumbers, kIntegers, kBooleans, kTexts };

Values values_of(const LabelsView* labels) {
  if (labels == nullptr) return Values::kNumbers;
  switch (labels->type) {
    case LabelType::kInteger: return Values::kIntegers;
    case LabelType::kBool: return Values::kBooleans;
    case LabelType::kText: return Values::kTexts;
    case LabelType::kFloat: break;
  }
  return Values::kNumbers;
}

template <class T>
void append(T value, std::string* out) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out->append(bytes, sizeof value);
}

void pad(std::string* out) { out->resize((out->size() + 7) / 8 * 8); }

void append_message(uint64_t kind, FlatWriter* writer, FlatWriter::Place header,
                    const std::string& body, std::string* out) {
  const FlatWriter::Place message =
      writer->table({{0, 2, kMetadataV5}, {1, 1, kind}, {2, 0, header}, {3, 8, body.size()}});
  const std::string metadata = writer->finish(message);
  append(uint32_t{0xFFFFFFFF}, out);
  append(static_cast<uint32_t>(metadata.size()), out);
  out->append(metadata);
  out->append(body);
}

void append_schema(const std::vector<std::string>& names, Values values, std::string* out) {
  FlatWriter writer;
  std::vector<FlatWriter::Place> fields;
  for (const std::string& name : names) {
    uint64_t kind = 0;
    std::vector<FlatWriter::Field> type_fields;
    switch (values) {
      case Values::kNumbers:
        kind = kFloat;
        type_fields = {{0, 2, kDouble}};
        break;
      case Values::kIntegers:
        kind = kInt;
        type_fields = {{0, 4, 64}, {1, 1, 1}};
        break;
      case Values::kBooleans: kind = kBool; break;
      case Values::kTexts: kind = kUtf8; break;
    }
    const FlatWriter::Place type = writer.table(type_fields);
    const FlatWriter::Place children = writer.vector({});
    const FlatWriter::Place text = writer.text(name);
    fields.push_back(
        writer.table({{0, 0, text}, {1, 1, 1}, {2, 1, kind}, {3, 0, type}, {5, 0, children}}));
  }
  const FlatWriter::Place list = writer.vector(fields);
  const FlatWriter::Place schema = writer.table({{1, 0, list}});
  append_message(kSchemaMessage, &writer, schema, "", out);
}

/// The buffers of one column onto the body, each as offset and length.
class Body {
 public:
  void begin() { first_ = bytes_.size(); }
  std::string* bytes() { return &bytes_; }
  void end() {
    buffers_.push_back(first_);
    buffers_.push_back(bytes_.size() - first_);
    pad(&bytes_);
  }
  const std::vector<uint64_t>& buffers() const { return buffers_; }

 private:
  std::string bytes_;
  std::vector<uint64_t> buffers_;
  uint64_t first_ = 0;
};

void add_texts(const LabelsView& labels, const std::vector<double>& numbers, uint64_t num_rows,
               Body* body) {
  std::string texts;
  body->begin();
  append(int32_t{0}, body->bytes());
  for (uint64_t row = 0; row < num_rows; ++row) {
    const LabelText text = label_text(labels, static_cast<uint32_t>(numbers[row]));
    texts.append(text.begin, text.length);
    append(static_cast<int32_t>(texts.size()), body->bytes());
  }
  body->end();
  body->begin();
  body->bytes()->append(texts);
  body->end();
}

void add_booleans(const LabelsView& labels, const std::vector<double>& numbers, uint64_t num_rows,
                  Body* body) {
  body->begin();
  const size_t first = body->bytes()->size();
  body->bytes()->resize(first + (num_rows + 7) / 8);
  for (uint64_t row = 0; row < num_rows; ++row) {
    if (labels.words[static_cast<uint32_t>(numbers[row])] == 0) continue;
    char& byte = (*body->bytes())[first + row / 8];
    byte = static_cast<char>(byte | 1 << (row % 8));
  }
  body->end();
}

}  // namespace

void write_ipc_stream(const std::vector<std::string>& names, const std::vector<double>& scores,
                      uint64_t num_rows, const LabelsView* labels, std::string* out) {
  const Values values = values_of(labels);
  append_schema(names, values, out);
  Body body;
  std::vector<uint64_t> nodes;
  for (size_t column = 0; column < names.size(); ++column) {
    nodes.push_back(num_rows);
    nodes.push_back(0);
    body.begin();  // no bitmap: nothing is null
    body.end();
    if (values == Values::kTexts) {
      add_texts(*labels, scores, num_rows, &body);
    } else if (values == Values::kBooleans) {
      add_booleans(*labels, scores, num_rows, &body);
    } else {
      body.begin();
      for (uint64_t row = 0; row < num_rows; ++row) {
        const double score = scores[row * names.size() + column];
        if (labels == nullptr) {
          append(score, body.bytes());
        } else {
          append(labels->words[static_cast<uint32_t>(score)], body.bytes());
        }
      }
      body.end();
    }
  }
  FlatWriter writer;
  const FlatWriter::Place buffers = writer.vector_of_words(body.buffers(), 2);
  const FlatWriter::Place rows = writer.vector_of_words(nodes, 2);
  const FlatWriter::Place batch = writer.table({{0, 8, num_rows}, {1, 0, rows}, {2, 0, buffers}});
  append_message(kBatchMessage, &writer, batch, *body.bytes(), out);
  append(uint32_t{0xFFFFFFFF}, out);
  append(uint32_t{0}, out);
}

}  // namespace mainspring
