// The table of Arrow's other types, for the error of a column that cannot be taken.
#include "host/arrow_types.hpp"

#include <string_view>

namespace mainspring {

namespace {

struct Row {
  std::string_view prefix;  // of the format string; the longest match comes first
  std::string_view name;
  std::string_view cast;
};

constexpr std::string_view kFloat = "Cast it to float64, or drop it.";
constexpr std::string_view kString = "Cast it to string, or drop it.";
constexpr std::string_view kInteger = "Cast it to int64, or drop it.";
constexpr std::string_view kFlat = "Make plain columns of its parts, or drop it.";

constexpr Row kRows[] = {
    {"w:", "fixed_size_binary", kString},
    {"tts", "time32[s]", kInteger},
    {"ttm", "time32[ms]", kInteger},
    {"ttu", "time64[us]", kInteger},
    {"ttn", "time64[ns]", kInteger},
    {"tDs", "duration[s]", kInteger},
    {"tDm", "duration[ms]", kInteger},
    {"tDu", "duration[us]", kInteger},
    {"tDn", "duration[ns]", kInteger},
    {"ti", "interval", "Make a number of it, or drop it."},
    {"+l", "list", kFlat},
    {"+L", "large_list", kFlat},
    {"+vl", "list_view", kFlat},
    {"+vL", "large_list_view", kFlat},
    {"+w", "fixed_size_list", kFlat},
    {"+s", "struct", kFlat},
    {"+m", "map", kFlat},
    {"+u", "union", kFlat},
    {"+r", "run_end_encoded", "Decode it to its values' type first, or drop it."},
};

// "d:10,2" or "d:10,2,256".
std::string decimal_name(std::string_view format) {
  std::string_view digits = format.substr(2);
  std::string_view bits = "128";
  const size_t first = digits.find(',');
  const size_t second = first == std::string_view::npos ? first : digits.find(',', first + 1);
  if (second != std::string_view::npos) {
    bits = digits.substr(second + 1);
    digits = digits.substr(0, second);
  }
  if (first == std::string_view::npos) return "decimal";
  return "decimal" + std::string(bits) + "(" + std::string(digits.substr(0, first)) + ", " +
         std::string(digits.substr(first + 1)) + ")";
}

const Row* find_row(std::string_view format) {
  for (const Row& row : kRows) {
    if (format.substr(0, row.prefix.size()) == row.prefix) return &row;
  }
  return nullptr;
}

std::string_view format_of(const ArrowSchema& schema) {
  return schema.format != nullptr ? schema.format : "";
}

}  // namespace

std::string name_of_unreadable(const ArrowSchema& schema) {
  if (schema.dictionary != nullptr) {
    return "dictionary<" + name_of_unreadable(*schema.dictionary) + ">";
  }
  const std::string_view format = format_of(schema);
  if (format.substr(0, 2) == "d:") return decimal_name(format);
  const Row* row = find_row(format);
  return row != nullptr ? std::string(row->name) : "Arrow format '" + std::string(format) + "'";
}

std::string fix_for_unreadable(const ArrowSchema& schema) {
  if (schema.dictionary != nullptr) return std::string(kString);
  const std::string_view format = format_of(schema);
  const Row* row = format.substr(0, 2) == "d:" ? nullptr : find_row(format);
  return std::string(row != nullptr ? row->cast : kFloat);
}

}  // namespace mainspring
