// The C interface behind two classes: errors become exceptions, memory is freed by itself.
#include "model.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>

namespace {

[[noreturn]] void fail(const std::string& what, std::uint32_t code, std::uint64_t where) {
  throw std::runtime_error(what + ": " + mainspring_message(code) + " (code " +
                           std::to_string(code) + ", at " + std::to_string(where) + ")");
}

std::string name_of(const mainspring_input& input) {
  return std::string(input.name, input.name_length);
}

/// Pieces between commas, of which a row has one for each input.
void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

/// strtod and strtoll want a closing zero, which a piece of a line has not.
template <class Number, class Parse>
Number number_of(const mainspring_input& input, std::string_view value, Parse parse) {
  char text[64];
  if (value.size() < sizeof text) {
    std::memcpy(text, value.data(), value.size());
    text[value.size()] = '\0';
    char* end = nullptr;
    errno = 0;
    const Number number = parse(text, &end);
    if (end == text + value.size() && errno == 0) return number;
  }
  throw std::runtime_error(name_of(input) + ": '" + std::string(value) + "' is not a number");
}

double float_of(const mainspring_input& input, std::string_view value) {
  return number_of<double>(input, value, [](const char* text, char** end) {
    const double number = std::strtod(text, end);
    errno = 0;  // values too large or too small for a double are infinity and 0
    return number;
  });
}

std::int64_t integer_of(const mainspring_input& input, std::string_view value) {
  return number_of<std::int64_t>(input, value, [](const char* text, char** end) {
    return static_cast<std::int64_t>(std::strtoll(text, end, 10));
  });
}

}  // namespace

Memory aligned_memory(std::uint64_t num_bytes) {
  Memory memory(std::aligned_alloc(64, (num_bytes / 64 + 1) * 64));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

Model::Model(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": " + std::strerror(errno));
  const std::string contents{std::istreambuf_iterator<char>(file), {}};
  bytes_ = aligned_memory(contents.size());
  std::memcpy(bytes_.get(), contents.data(), contents.size());

  std::uint64_t where = 0;
  mainspring_sizes sizes{};
  sizes.struct_size = sizeof sizes;
  std::uint32_t code = mainspring_size(bytes_.get(), contents.size(), nullptr, &sizes, &where);
  if (code != MAINSPRING_OK) fail(path, code, where);
  arena_ = aligned_memory(sizes.arena_bytes);
  code = mainspring_open(bytes_.get(), contents.size(), nullptr, arena_.get(), sizes.arena_bytes,
                         &bundle_, &where);
  if (code != MAINSPRING_OK) fail(path, code, where);
  scratch_bytes_ = sizes.scratch_bytes;
  width_ = mainspring_output_width(bundle_, MAINSPRING_PREDICT);
  if (width_ == 0) fail(path, MAINSPRING_NO_MODEL, 0);

  inputs_.resize(mainspring_num_inputs(bundle_));
  for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].struct_size = sizeof inputs_[i];
    mainspring_input_at(bundle_, i, &inputs_[i]);
    if (inputs_[i].kind > MAINSPRING_INPUT_TIMESTAMP) {
      throw std::runtime_error(path + ": " + name_of(inputs_[i]) +
                               " is a list, which a line of this service cannot hold");
    }
  }
}

void Rows::clear(const Model& model) {
  columns_.resize(model.inputs().size());
  for (Column& column : columns_) {
    column.floats.clear();
    column.integers.clear();
    column.days.clear();
    column.bytes.clear();
    column.present.clear();
  }
  size_ = 0;
}

void Rows::put(const mainspring_input& input, Column& column, std::string_view value) {
  const bool present = !value.empty();
  switch (input.kind) {
    case MAINSPRING_INPUT_FLOAT:
      column.floats.push_back(present ? float_of(input, value) : 0.0);
      break;
    case MAINSPRING_INPUT_STRING:
      if (column.integers.empty()) column.integers.push_back(0);
      column.bytes.append(value);
      column.integers.push_back(static_cast<std::int64_t>(column.bytes.size()));
      break;
    default: {
      const std::int64_t number = present ? integer_of(input, value) : 0;
      if (input.unit == MAINSPRING_DAY) {
        column.days.push_back(static_cast<std::int32_t>(number));
      } else {
        column.integers.push_back(number);
      }
    }
  }
  column.present.push_back(present ? 1 : 0);
}

void Rows::add(const Model& model, std::string_view line) {
  const std::vector<mainspring_input>& inputs = model.inputs();
  split(line, fields_);
  if (fields_.size() != inputs.size()) {
    throw std::runtime_error("a row of " + std::to_string(fields_.size()) + " values, expected " +
                             std::to_string(inputs.size()));
  }
  // All of a row or nothing: numbers are looked at before the first one is kept.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (fields_[i].empty() || inputs[i].kind == MAINSPRING_INPUT_STRING) continue;
    if (inputs[i].kind == MAINSPRING_INPUT_FLOAT) {
      float_of(inputs[i], fields_[i]);
    } else {
      integer_of(inputs[i], fields_[i]);
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) put(inputs[i], columns_[i], fields_[i]);
  ++size_;
}

mainspring_column Rows::view(const mainspring_input& input, Column& column) {
  column.validity.assign(size_ / 8 + 1, 0);
  for (std::uint64_t row = 0; row < size_; ++row) {
    column.validity[row / 8] |= static_cast<std::uint8_t>(column.present[row] << row % 8);
  }
  mainspring_column view{};
  view.length = size_;
  view.validity = column.validity.data();
  view.values = column.integers.data();
  switch (input.kind) {
    case MAINSPRING_INPUT_FLOAT:
      view.type = MAINSPRING_F64;
      view.values = column.floats.data();
      break;
    case MAINSPRING_INPUT_INTEGER: view.type = MAINSPRING_I64; break;
    case MAINSPRING_INPUT_STRING:
      view.type = MAINSPRING_LARGE_UTF8;
      view.bytes = reinterpret_cast<const std::uint8_t*>(column.bytes.data());
      view.bytes_length = column.bytes.size();
      break;
    default:
      view.type = MAINSPRING_TIMESTAMP;
      view.unit = static_cast<std::uint8_t>(input.unit);
      if (input.unit == MAINSPRING_DAY) {
        view.type = MAINSPRING_DATE32;
        view.values = column.days.data();
      }
      if (input.time_zone_length != 0) {
        column.zone.assign(input.time_zone, input.time_zone_length);
        view.time_zone = column.zone.c_str();
      }
  }
  return view;
}

const double* Rows::predict(const Model& model) {
  views_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    views_.push_back(view(model.inputs()[i], columns_[i]));
  }
  if (out_.size() < size_ * model.width()) out_.resize(size_ * model.width());
  if (scratch_bytes_ < model.scratch_bytes()) {
    scratch_ = aligned_memory(model.scratch_bytes());
    scratch_bytes_ = model.scratch_bytes();
  }
  for (;;) {
    mainspring_request request{};
    request.struct_size = sizeof request;
    request.column_size = sizeof(mainspring_column);
    request.columns = views_.data();
    request.num_columns = views_.size();
    request.num_rows = size_;
    request.scratch = scratch_.get();
    request.scratch_bytes = scratch_bytes_;
    std::uint64_t where = 0;
    const std::uint32_t code = mainspring_predict(model.bundle(), &request, MAINSPRING_PREDICT,
                                                  out_.data(), out_.size(), &where);
    if (code == MAINSPRING_OK) return out_.data();
    // Strings that the transforms change may want more room than most do; `where` says how much.
    if (code != MAINSPRING_BUFFER_TOO_SMALL || where <= scratch_bytes_) {
      fail("the rows", code, where);
    }
    scratch_ = aligned_memory(where);
    scratch_bytes_ = where;
  }
}
