// Mutants of model texts in LightGBM's format: each is refused with an Error, or becomes a model
// that opens and predicts.
#include <cstdlib>
#include <iterator>

#include "fit/importers/lightgbm.hpp"
#include "forest_texts.hpp"
#include "mutate_bytes.hpp"
#include "try_model.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kFeatures = 5;

std::vector<Bytes> seeds() {
  Random random(4);
  std::vector<Bytes> texts;
  for (uint32_t i = 0; i < 12; ++i) {
    const uint32_t num_outputs = i % 3 == 2 ? 3 : 1;
    const std::string text = random_model_text(random, 3 * num_outputs, kFeatures, num_outputs, 9);
    texts.emplace_back(text.begin(), text.end());
  }
  return texts;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::string other_number(Random& random) {
  constexpr const char* kNumbers[] = {"0",
                                      "-1",
                                      "1",
                                      "2",
                                      "-2",
                                      "15",
                                      "31",
                                      "32",
                                      "2147483647",
                                      "-2147483648",
                                      "4294967295",
                                      "18446744073709551616",
                                      "1e308",
                                      "1e999",
                                      "-1e-400",
                                      "nan",
                                      "inf",
                                      "-inf",
                                      "0x10",
                                      "1.5",
                                      "",
                                      "+1",
                                      "00000001",
                                      "1e",
                                      "9999999999999999999999999999999999999999999999999999"};
  return kNumbers[below(random, std::size(kNumbers))];
}

/// One value of a line of values becomes another, goes, or comes twice.
void mutate_values(std::string& line, Random& random) {
  const size_t equals = line.find('=');
  if (equals == std::string::npos) return;
  std::vector<std::string> values = split(line.substr(equals + 1), ' ');
  const uint64_t at = below(random, values.size());
  const auto place = values.begin() + static_cast<int64_t>(at);
  switch (below(random, 5)) {
    case 0: *place = other_number(random); break;
    case 1: values.erase(place); break;
    case 2: values.insert(place, *place); break;
    case 3: *place = values[below(random, values.size())]; break;
    default: {
      const auto value = static_cast<uint64_t>(std::strtoll(place->c_str(), nullptr, 10));
      *place = std::to_string(static_cast<int64_t>(value + below(random, 5) - 2));
    }
  }
  line = line.substr(0, equals + 1) + join(values, ' ');
}

void mutate_lines(std::vector<std::string>& lines, Random& random) {
  const uint64_t at = below(random, lines.size());
  const auto line = lines.begin() + static_cast<int64_t>(at);
  switch (below(random, 8)) {
    case 0: lines.erase(line); break;
    case 1: lines.insert(line, std::string(lines[below(random, lines.size())])); break;
    case 2: std::swap(*line, lines[below(random, lines.size())]); break;
    case 3: *line = lines[below(random, lines.size())]; break;
    default: mutate_values(*line, random);
  }
  if (lines.empty()) lines.emplace_back();
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  std::vector<std::string> lines = split(std::string(seed.begin(), seed.end()), '\n');
  for (uint64_t changes = 1 + below(random, 3); changes > 0; --changes) {
    mutate_lines(lines, random);
  }
  const std::string text = join(lines, '\n');
  Bytes bytes(text.begin(), text.end());
  if (one_in(random, 4) && !bytes.empty()) mutate_range(bytes, 0, bytes.size(), random);
  if (one_in(random, 32)) bytes.resize(below(random, bytes.size() + 1));
  return bytes;
}

bool try_text(const Bytes& bytes, Random& random) {
  return try_model(bytes, random, &read_lightgbm);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_text});
}
