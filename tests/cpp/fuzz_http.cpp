// Mutants of plain HTTP requests, in memory of exactly their length: each is answered with a whole
// response, or left to the server's own reader, and then nothing was counted.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "fuzz.hpp"
#include "serve/hot_routes.hpp"
#include "serve/served_model.hpp"

namespace mainspring {
namespace {

constexpr const char* kBody =
    "[{\"distance\":700,\"dep_delay\":1,\"sched_dep\":5,\"carrier\":\"UA\",\"origin\":\"EWR\","
    "\"dest\":\"BOS\",\"tailnum\":\"N1\"}]";

std::shared_ptr<ServedModel> open_model() {
  auto image = BundleImage::load(std::string(MAINSPRING_GOLDEN) + "/0.1-late-flights.spring");
  ModelNames names{"m", "1", {}};
  const uint32_t width = output_width(image->view(), OutputKind::kPredict);
  for (uint32_t i = 0; i < width; ++i) names.outputs.push_back("score_" + std::to_string(i));
  return std::make_shared<ServedModel>(std::move(image), std::move(names), 600, true);
}

const std::shared_ptr<ServedModel>& model() {
  static const std::shared_ptr<ServedModel> opened = open_model();
  return opened;
}

HotRoutes& routes() {
  static HotRoutes made("id-");
  if (made.size() == 0) made.add("/predict", model(), {}, 1 << 16);
  return made;
}

uint64_t num_counted() {
  uint64_t total = 0;
  for (const uint64_t word : model()->counters().sum()) total += word;
  return total;
}

std::string request(Random& random) {
  constexpr const char* kLines[] = {
      "Host: x",
      "Accept: */*",
      "accept-encoding: gzip",
      "Connection: keep-alive",
      "X-Request-Id: abc",
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "Transfer-Encoding: chunked",
      "Expect: 100-continue",
      "X:",
      "User-Agent: \xC3\xA9"};
  std::string body(kBody);
  if (below(random, 3) == 0) body.resize(below(random, body.size()));
  std::string out = "POST /predict HTTP/1.1\r\nContent-Type: application/json\r\n";
  for (uint64_t i = below(random, 4); i > 0; --i) {
    out += std::string(kLines[below(random, std::size(kLines))]) + "\r\n";
  }
  return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool try_input(const Bytes& input, Random&) {
  const auto exact = std::make_unique<uint8_t[]>(input.size());
  if (!input.empty()) std::memcpy(exact.get(), input.data(), input.size());
  const uint64_t before = num_counted();
  const std::string response = routes().answer({exact.get(), input.size()}, "date: now\r\n");
  if (response.empty()) {
    if (num_counted() != before) std::abort();
    return false;
  }
  const size_t end = response.find("\r\n\r\n");
  const std::string length = "content-length: " + std::to_string(response.size() - end - 4);
  const bool is_whole = response.starts_with("HTTP/1.1 ") && end != response.npos &&
                        response.find(length) < end && num_counted() > before;
  if (!is_whole) std::abort();
  return true;
}

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

std::vector<Bytes> seeds() {
  Random random(8);
  std::vector<Bytes> requests;
  while (requests.size() < 20) {
    Bytes made = bytes_of(request(random));
    if (try_input(made, random)) requests.push_back(std::move(made));
  }
  return requests;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  Bytes data = one_in(random, 4) ? bytes_of(request(random)) : seed;
  for (uint64_t changes = below(random, 4); changes > 0 && !data.empty(); --changes) {
    const uint64_t at = below(random, data.size());
    switch (below(random, 4)) {
      case 0: data[at] = static_cast<uint8_t>(random()); break;
      case 1:
        data.insert(data.begin() + static_cast<int64_t>(at), "\r\n: \t0"[below(random, 6)]);
        break;
      case 2: data.erase(data.begin() + static_cast<int64_t>(at)); break;
      default: data.resize(at);
    }
  }
  return data;
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  return mainspring::run_fuzzer(argc, argv,
                                {mainspring::seeds, mainspring::mutant_of, mainspring::try_input});
}
