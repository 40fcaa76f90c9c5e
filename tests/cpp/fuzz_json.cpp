// Mutants of JSON bodies, rows and tensors, for models of values and of lists: each is answered
// with predictions or with a refusal. Every body lies in memory of exactly its length.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "fuzz.hpp"
#include "serve/json_text.hpp"
#include "served_bundle.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kMaxRows = 650;

const std::vector<Served>& models() {
  static const std::vector<Served> all = [] {
    std::vector<Served> opened;
    for (const char* name : {"late-flights", "three-classes", "baskets"})
      opened.push_back(serve(name, kMaxRows));
    return opened;
  }();
  return all;
}

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

std::string single(Random& random, const InputRecord& input) {
  if (below(random, 12) == 0) return "null";
  if (below(random, 60) == 0) return below(random, 2) != 0 ? "true" : "[1, {\"a\": []}]";
  const bool is_text = element_kind(static_cast<InputKind>(input.kind)) == InputKind::kBytes;
  if (below(random, 60) == 0) return is_text ? number(random) : text(random);
  if (is_text) return text(random);
  if (input.kind == static_cast<uint8_t>(InputKind::kTimestamp) && below(random, 2) != 0) {
    return "\"2013-01-31T14:30:00.25+01:00\"";
  }
  return below(random, 4) == 0 ? number(random) : std::to_string(below(random, 3000));
}

/// A value, or for columns of lists a list of them.
std::string value(Random& random, const InputRecord& input) {
  const bool is_odd = below(random, 60) == 0;
  if (is_list(static_cast<InputKind>(input.kind)) == is_odd) return single(random, input);
  std::string out = "[";
  for (uint64_t left = below(random, 40) == 0 ? below(random, 700) : below(random, 5); left > 0;) {
    out += single(random, input);
    if (--left > 0) out += below(random, 8) == 0 ? " , " : ",";
  }
  return out + "]";
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
  return out + "],\"outputs\":[{\"name\":\"score_0\"}]}";
}

std::string split_body(const PlanView& plan, Random& random) {
  std::string out = "{\"dataframe_split\":{\"columns\":[";
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    if (i != 0) out += ',';
    append_text(input_name(plan, i), &out);
  }
  out += "],\"data\":[";
  const uint64_t count = below(random, 40) == 0 ? 600 : below(random, 5);
  for (uint64_t row = 0; row < count; ++row) {
    out += row != 0 ? ",[" : "[";
    for (uint32_t i = 0; i < plan.num_inputs; ++i) {
      out += (i != 0 ? "," : "") + value(random, plan.inputs[i]);
    }
    out += "]";
  }
  return out + "]}}";
}

std::string any_body(Random& random) {
  const PlanView& plan = models()[below(random, models().size())].image->view().plan;
  switch (below(random, 6)) {
    case 0: return infer_body(plan, random);
    case 2: return split_body(plan, random);
    case 3: return "{\"instances\":[" + row(plan, random) + "]}";
    case 1: return columns_body(plan, random);
    default: return rows_body(plan, random);
  }
}

void mutate(std::string* body, Random& random) {
  constexpr const char* kPieces[] = {"{",    "}",    "[",       "]",     ",",
                                     ":",    "\"",   "\\",      "\\u",   "null",
                                     "1",    "-",    ".",       "e",     "\xFF",
                                     "\xC3", "[[[[", "{\"a\":", "\x01",  "\"shape\"",
                                     "true", "1e99", " ",       "\\ud8", "18446744073709551616"};
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

/// Whether it was answered; ends the program when the reply is none.
bool is_answered(const Reply& reply) {
  const bool has_error = reply.body.starts_with("{\"error\":\"");
  if (reply.status == 200 ? has_error : !has_error) std::abort();
  if (reply.status != 200 && reply.status != 400 && reply.status != 413) std::abort();
  return reply.status == 200;
}

/// Ends the program when a request has another answer in a batch than alone.
void try_batch(ServedModel& model, const RequestForm& form, std::span<const uint8_t> body,
               const Reply& alone) {
  if (!model.takes_batches(form)) return;
  BatchRows rows = model.empty_rows();
  Demand demand;
  Reply reply;
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (!model.read_rows(form, text, &rows, &demand, &reply)) {
    if (reply.body != alone.body || reply.status != alone.status) std::abort();
    return;
  }
  const std::vector<double> scores = model.predict_batch(rows, form.output());
  reply = model.answer_batched(form, body, scores, "id", {1, 2, 3});
  if (reply.body != alone.body || reply.status != alone.status) std::abort();
}

bool try_input(const Bytes& input, Random& random) {
  const auto exact = std::make_unique<uint8_t[]>(input.size());
  if (!input.empty()) std::memcpy(exact.get(), input.data(), input.size());
  const std::span<const uint8_t> body(exact.get(), input.size());
  bool taken = false;
  for (const Served& served : models()) {
    const auto kind = static_cast<OutputKind>(below(random, 3));
    for (const Protocol protocol : {Protocol::kRows, Protocol::kInfer, Protocol::kInvocations}) {
      const Reply reply = served.model->answer({protocol, kind}, body);
      taken |= is_answered(reply);
      try_batch(*served.model, {protocol, kind}, body, reply);
    }
  }
  return taken;
}

Bytes bytes_of(const std::string& body) { return Bytes(body.begin(), body.end()); }

std::vector<Bytes> seeds() {
  Random random(6);
  std::vector<Bytes> bodies;
  while (bodies.size() < 60) {
    Bytes body = bytes_of(any_body(random));
    Random same(crc32c(body.data(), body.size()));
    if (try_input(body, same)) bodies.push_back(std::move(body));
  }
  return bodies;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  std::string body = one_in(random, 4) ? any_body(random) : std::string(seed.begin(), seed.end());
  for (uint64_t changes = below(random, 4); changes > 0; --changes) mutate(&body, random);
  return bytes_of(body);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  return mainspring::run_fuzzer(argc, argv,
                                {mainspring::seeds, mainspring::mutant_of, mainspring::try_input});
}
