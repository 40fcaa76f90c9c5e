// Mutants of bodies that are not text: Arrow IPC streams, and binary tensors behind their JSON.
// Each is answered with predictions or with a refusal. Every body lies in memory of exactly its
// length.
//
// An input is a byte that says what follows, and for tensors the length of the JSON (u32).
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "fuzz.hpp"
#include "serve/json_text.hpp"
#include "serve/write_ipc.hpp"
#include "served_bundle.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kMaxRows = 650;
constexpr uint8_t kArrow = 0, kTensors = 1;
constexpr size_t kHead = 5;

/// The first takes numbers alone, the second texts and times too.
const std::vector<Served>& models() {
  static const std::vector<Served> all = [] {
    std::vector<Served> opened;
    for (const char* name : {"three-classes", "late-flights"})
      opened.push_back(serve(name, kMaxRows));
    return opened;
  }();
  return all;
}

std::string arrow_body(Random& random) {
  const PlanView& plan = models()[0].image->view().plan;
  std::vector<std::string> names;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) names.emplace_back(input_name(plan, i));
  if (below(random, 4) == 0) names.emplace_back("other");
  const uint64_t num_rows = below(random, 30) == 0 ? below(random, 700) : below(random, 9);
  std::vector<double> values;
  while (values.size() < num_rows * names.size()) {
    values.push_back(static_cast<double>(below(random, 2000)) / 16 - 20);
  }
  std::string out;
  write_ipc_stream(names, values, num_rows, nullptr, &out);
  return out;
}

void append_word(uint64_t word, uint32_t num_bytes, std::string* out) {
  for (uint32_t i = 0; i < num_bytes; ++i) out->push_back(static_cast<char>(word >> (8 * i)));
}

/// The values of one tensor, and what they are.
std::string tensor(const InputRecord& input, uint64_t count, Random& random,
                   const char** datatype) {
  std::string out;
  const auto kind = static_cast<InputKind>(input.kind);
  if (kind == InputKind::kBytes) {
    *datatype = "BYTES";
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t length = below(random, 30);
      append_word(length, 4, &out);
      out.append(length, 'x');
    }
    return out;
  }
  struct Choice {
    const char* name;
    uint32_t num_bytes;
  };
  constexpr Choice kChoices[] = {{"INT64", 8}, {"UINT64", 8}, {"INT16", 2}, {"UINT8", 1},
                                 {"FP64", 8},  {"FP32", 4},   {"FP16", 2},  {"BF16", 2}};
  const Choice& choice = kChoices[below(random, kind == InputKind::kTimestamp ? 4 : 8)];
  *datatype = choice.name;
  for (uint64_t i = 0; i < count; ++i) append_word(random() >> 1, choice.num_bytes, &out);
  return out;
}

std::string tensors_body(Random& random, uint32_t* json_bytes) {
  const PlanView& plan = models()[below(random, models().size())].image->view().plan;
  const uint64_t count = below(random, 30) == 0 ? 600 : below(random, 6);
  std::string json = "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[";
  std::string binary;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const char* datatype = "";
    const std::string values = tensor(plan.inputs[i], count, random, &datatype);
    if (i != 0) json += ',';
    json += "{\"name\":";
    append_text(input_name(plan, i), &json);
    json += ",\"datatype\":\"" + std::string(datatype) + "\",\"shape\":[" + std::to_string(count) +
            "],\"parameters\":{\"binary_data_size\":" + std::to_string(values.size());
    if (count > 1 && below(random, 3) == 0) json += ",\"missing\":[1]";
    json += "}}";
    binary += values;
  }
  json += "]}";
  *json_bytes = static_cast<uint32_t>(json.size());
  return json + binary;
}

Bytes any_input(Random& random) {
  uint32_t json_bytes = 0;
  const bool is_arrow = below(random, 2) == 0;
  const std::string body = is_arrow ? arrow_body(random) : tensors_body(random, &json_bytes);
  std::string head(1, static_cast<char>(is_arrow ? kArrow : kTensors));
  append_word(json_bytes, 4, &head);
  const std::string all = head + body;
  return Bytes(all.begin(), all.end());
}

/// Whether it was answered; ends the program when the reply is none.
bool is_answered(const Reply& reply) {
  const bool has_error = reply.body.starts_with("{\"error\":\"");
  if (reply.status == 200 ? has_error : !has_error) std::abort();
  if (reply.status != 200 && reply.status != 400 && reply.status != 413) std::abort();
  return reply.status == 200;
}

bool try_input(const Bytes& input, Random&) {
  if (input.size() < kHead) return false;
  uint32_t json_bytes = 0;
  std::memcpy(&json_bytes, input.data() + 1, sizeof json_bytes);
  const size_t length = input.size() - kHead;
  const auto exact = std::make_unique<uint8_t[]>(length);
  if (length != 0) std::memcpy(exact.get(), input.data() + kHead, length);
  const std::span<const uint8_t> body(exact.get(), length);
  RequestForm form;
  form.protocol = input[0] == kArrow ? Protocol::kArrow : Protocol::kInfer;
  if (input[0] != kArrow) form.json_bytes = json_bytes;
  bool taken = false;
  for (const Served& served : models()) taken |= is_answered(served.model->answer(form, body));
  return taken;
}

std::vector<Bytes> seeds() {
  Random random(6);
  std::vector<Bytes> inputs;
  while (inputs.size() < 60) {
    Bytes input = any_input(random);
    if (try_input(input, random)) inputs.push_back(std::move(input));
  }
  return inputs;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  Bytes input = one_in(random, 4) ? any_input(random) : seed;
  for (uint64_t changes = below(random, 4); changes > 0; --changes) {
    // The lengths and offsets stand in front: most changes go there.
    const uint64_t reach = one_in(random, 3) ? input.size() : std::min<size_t>(input.size(), 600);
    const uint64_t at = below(random, reach);
    switch (below(random, 4)) {
      case 0: input[at] = static_cast<uint8_t>(random()); break;
      case 1: input[at] ^= static_cast<uint8_t>(1u << below(random, 8)); break;
      case 2: input[at] = one_in(random, 2) ? 0xFF : 0; break;
      default: input.resize(std::max<size_t>(at, kHead));
    }
  }
  return input;
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  return mainspring::run_fuzzer(argc, argv,
                                {mainspring::seeds, mainspring::mutant_of, mainspring::try_input});
}
