// Mutants of JSON bodies against a bundle: each is answered with predictions or a refusal, and
// every body lies in memory of exactly its length. Built with sanitizers by
// tests/serve/test_fuzz.py: fuzz_json BUNDLE SEED COUNT.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <random>
#include <string>

#include "host/match_columns.hpp"
#include "serve/json_text.hpp"
#include "serve/served_model.hpp"

namespace mainspring {
namespace {

using Random = std::mt19937_64;

uint64_t below(Random& random, uint64_t limit) { return random() % limit; }

struct Counts {
  uint64_t answered = 0;
  uint64_t refused = 0;
};

std::string number(Random& random) {
  constexpr const char* kNumbers[] = {"0",
                                      "-0",
                                      "1",
                                      "1.5",
                                      "-2.25e3",
                                      "1e999",
                                      "1e-999",
                                      "9007199254740993",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "0.1",
                                      "123456789012345678901234567",
                                      "5e-324",
                                      "2.2250738585072011e-308"};
  return kNumbers[below(random, std::size(kNumbers))];
}

std::string text(Random& random) {
  constexpr const char* kTexts[] = {"\"\"",
                                    "\"UA\"",
                                    "\"2013-01-31T14:30:00Z\"",
                                    "\"\\u0041\\n\"",
                                    "\"\\ud83d\\ude00\"",
                                    "\"a text that is longer than twelve bytes\"",
                                    "\"YWJj\"",
                                    "\"\\u00e9\xC3\xA9 a longer one\"",
                                    "\"\\ud800\"",
                                    "\"1.50\""};
  return kTexts[below(random, std::size(kTexts))];
}

std::string value(Random& random, const InputRecord& input) {
  if (below(random, 12) == 0) return "null";
  if (below(random, 60) == 0) return below(random, 2) != 0 ? "true" : "[1, {\"a\": []}]";
  const bool is_text = input.kind == static_cast<uint8_t>(InputKind::kBytes);
  if (below(random, 60) == 0) return is_text ? number(random) : text(random);
  if (is_text) return text(random);
  if (input.kind == static_cast<uint8_t>(InputKind::kTimestamp) && below(random, 2) != 0) {
    return "\"2013-01-31T14:30:00.25+01:00\"";
  }
  return below(random, 4) == 0 ? number(random) : std::to_string(below(random, 3000));
}

std::string row(const PlanView& plan, Random& random) {
  std::string out = "{";
  const uint64_t first = below(random, 4) == 0 ? below(random, plan.num_inputs) : 0;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const auto number = static_cast<uint32_t>((first + i) % plan.num_inputs);
    if (i != 0) out += below(random, 8) == 0 ? " , " : ",";
    if (below(random, 40) == 0) out += "\"other\":{\"a\":[1,\"x\",null]},";
    append_text(input_name(plan, number), &out);
    out += ":" + value(random, plan.inputs[number]);
  }
  return out + "}";
}

std::string rows_body(const PlanView& plan, Random& random) {
  const uint64_t form = below(random, 3);
  if (form == 0) return row(plan, random);
  std::string out = form == 1 ? "[" : "{\"rows\": [";
  const uint64_t count = below(random, 40) == 0 ? below(random, 700) : below(random, 4);
  for (uint64_t i = 0; i < count; ++i) out += (i != 0 ? "," : "") + row(plan, random);
  return out + (form == 1 ? "]" : "]}");
}

std::string list(const InputRecord& input, uint64_t count, Random& random) {
  const bool is_nested = below(random, 3) == 0;
  std::string out = "[";
  for (uint64_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    out += is_nested ? "[" + value(random, input) + "]" : value(random, input);
  }
  return out + "]";
}

std::string columns_body(const PlanView& plan, Random& random) {
  const uint64_t count = below(random, 5);
  std::string out = "{\"columns\":{";
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    if (i != 0) out += ',';
    append_text(input_name(plan, i), &out);
    out += ":" + list(plan.inputs[i], count, random);
  }
  return out + "}}";
}

std::string infer_body(const PlanView& plan, Random& random) {
  const uint64_t count = below(random, 40) == 0 ? 600 : below(random, 5);
  std::string out = "{\"id\":\"x\",\"parameters\":{\"priority\":1},\"inputs\":[";
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const InputRecord& input = plan.inputs[i];
    const bool is_text = input.kind == static_cast<uint8_t>(InputKind::kBytes);
    const bool is_integer = input.kind != static_cast<uint8_t>(InputKind::kFloat);
    if (i != 0) out += ',';
    out += "{\"name\":";
    append_text(input_name(plan, i), &out);
    out += ",\"datatype\":\"" + std::string(is_text ? "BYTES" : is_integer ? "INT64" : "FP64");
    out += "\",\"shape\":[" + std::to_string(count) + ",1],\"data\":" + list(input, count, random);
    out += "}";
  }
  return out + "],\"outputs\":[{\"name\":\"score\"}]}";
}

void mutate(std::string* body, Random& random) {
  constexpr const char* kPieces[] = {
      "{",    "}",    "[",    "]",       ",",         ":",    "\"",
      "\\",   "\\u",  "null", "1",       "-",         ".",    "e",
      "\xFF", "\xC3", "[[[[", "{\"a\":", "\"shape\"", "\x01", "18446744073709551616"};
  if (body->empty()) return;
  const uint64_t at = below(random, body->size());
  switch (below(random, 5)) {
    case 0: (*body)[at] = static_cast<char>(random()); break;
    case 1: body->insert(at, kPieces[below(random, std::size(kPieces))]); break;
    case 2: body->erase(at, 1 + below(random, 20)); break;
    case 3: body->resize(at); break;
    default: body->insert(at, body->substr(below(random, body->size()), below(random, 60)));
  }
}

/// Aborts when an answer is none.
void ask(ServedModel& model, const std::string& body, bool is_infer, Random& random,
         Counts* counts) {
  const auto exact = std::make_unique<uint8_t[]>(body.size());
  std::memcpy(exact.get(), body.data(), body.size());
  const std::span<const uint8_t> bytes(exact.get(), body.size());
  const auto kind = static_cast<OutputKind>(below(random, 3));
  const Reply reply = is_infer ? model.infer(bytes) : model.predict(bytes, kind);
  const bool has_error = reply.body.starts_with("{\"error\":\"");
  if (reply.status == 200 ? has_error : !has_error) std::abort();
  if (reply.status != 200 && reply.status != 400 && reply.status != 413) std::abort();
  ++(reply.status == 200 ? counts->answered : counts->refused);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  if (argc != 4) {
    std::fprintf(stderr, "usage: fuzz_json BUNDLE SEED COUNT\n");
    return 2;
  }
  std::shared_ptr<const BundleImage> image;
  try {
    image = BundleImage::load(argv[1]);
  } catch (const Error& error) {
    std::fprintf(stderr, "fuzz_json: %s\n", error.what());
    return 2;
  }
  const uint32_t width = output_width(image->view(), OutputKind::kPredict);
  ModelNames names{"fuzzed", "1", {}};
  for (uint32_t i = 0; i < width; ++i) {
    names.outputs.push_back(i == 0 ? "score" : "score_" + std::to_string(i));
  }
  ServedModel model(image, names, 650);
  Random random(std::strtoull(argv[2], nullptr, 10));
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  const PlanView& plan = image->view().plan;
  Counts counts;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t form = below(random, 4);
    std::string body = form == 0   ? infer_body(plan, random)
                       : form == 1 ? columns_body(plan, random)
                                   : rows_body(plan, random);
    for (uint64_t changes = below(random, 4); changes > 0; --changes) mutate(&body, random);
    ask(model, body, form == 0, random, &counts);
  }
  std::printf("{\"mutants\": %llu, \"answered\": %llu, \"refused\": %llu}\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(counts.answered),
              static_cast<unsigned long long>(counts.refused));
  return 0;
}
