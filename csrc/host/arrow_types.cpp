// The table of Arrow's other types, for the error of a column that cannot be taken.
#include "host/arrow_types.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "runtime/arrow/type_format.hpp"

namespace mainspring {

namespace {

struct Row {
  std::string_view prefix;  // of the format string; the longest match comes first
  std::string_view name;
  std::string_view cast;
};

constexpr std::string_view kFloat = "Cast it to float64, or drop it.";
constexpr std::string_view kInteger = "Cast it to int64, or drop it.";
constexpr std::string_view kFlat = "Make plain columns of its parts, or drop it.";

constexpr Row kRows[] = {
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
    {"d:", "decimal", kFloat},
};

const Row* find_row(std::string_view format) {
  for (const Row& row : kRows) {
    if (format.substr(0, row.prefix.size()) == row.prefix) return &row;
  }
  return nullptr;
}

std::string_view format_of(const ArrowSchema& schema) {
  return schema.format != nullptr ? schema.format : "";
}

// A type that can be read where it stands alone: "string" in a list of lists of strings.
std::string plain_name(const ArrowSchema& schema) {
  TypeFormat format;
  if (!read_type_format(schema.format, &format)) {
    return "Arrow format '" + std::string(format_of(schema)) + "'";
  }
  ColumnView view{};
  view.type = format.type;
  view.unit = format.unit;
  view.time_zone = format.time_zone;
  view.scale = format.scale;
  view.width = format.width;
  std::array<char, 128> name;
  describe_type(view, name.data(), name.size());
  return name.data();
}

// What stands behind a column: the entries of a dictionary, else its last child.
const ArrowSchema* behind(const ArrowSchema& schema) {
  if (schema.dictionary != nullptr) return schema.dictionary;
  const bool has_child = schema.n_children > 0 && schema.children != nullptr;
  return has_child ? schema.children[schema.n_children - 1] : nullptr;
}

bool is_container(std::string_view format) {
  constexpr std::string_view kContainers[] = {"+l", "+L", "+vl", "+vL", "+w", "+r"};
  return std::any_of(std::begin(kContainers), std::end(kContainers),
                     [&](std::string_view prefix) { return format.starts_with(prefix); });
}

std::string name_at(const ArrowSchema& schema, int depth) {
  constexpr int kMaxDepth = 8;  // a schema may be nested as deep as its maker likes
  const ArrowSchema* inner = behind(schema);
  const std::string_view format = format_of(schema);
  const Row* row = find_row(format);
  const std::string own = schema.dictionary != nullptr ? "dictionary"
                          : row != nullptr             ? std::string(row->name)
                                                       : plain_name(schema);
  const bool nests = schema.dictionary != nullptr || is_container(format);
  if (!nests || inner == nullptr) return own;
  return own + "<" + (depth < kMaxDepth ? name_at(*inner, depth + 1) : "...") + ">";
}

}  // namespace

std::string name_of_unreadable(const ArrowSchema& schema) { return name_at(schema, 0); }

std::string fix_for_unreadable(const ArrowSchema& schema) {
  if (schema.dictionary != nullptr) return fix_for_unreadable(*schema.dictionary);
  const Row* row = find_row(format_of(schema));
  return std::string(row != nullptr ? row->cast : kFloat);
}

}  // namespace mainspring
