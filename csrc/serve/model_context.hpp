// What every protocol needs of the model that it answers for, and of the request.
#pragma once
#include <string>

#include "host/predict_json.hpp"
#include "host/table.hpp"
#include "serve/protocol.hpp"

namespace mainspring {

/// What a model is called in answers.
struct ModelNames {
  std::string name;
  std::string version;
  std::vector<std::string> outputs;  // one for each value of predict
};

/// What a request asks of a queue; 0: nothing.
struct Demand {
  uint64_t priority = 0;  // 1 is the most urgent
  uint64_t timeout_ns = 0;
};

struct ModelContext {
  const BundleImage& bundle;
  const JsonSchema& schema;
  const ModelNames& names;
  uint64_t max_rows;
  TileObserver* observer;
  Demand* demand = nullptr;  // where a body says what it asks for

  JsonCall call(std::span<const uint8_t> body, OutputKind kind) const {
    return {bundle, schema, body, kind, max_rows, observer};
  }
};

/// The answer to a request: 200 with predictions, or {"error": "..."}: 400 for what the client
/// wrote, 413 for too many rows, 503 when there is no memory left.
struct Reply {
  int status = 200;
  std::string body;
  uint64_t json_bytes = 0;  // of an answer with binary tensors: where they begin
};

/// "probability_0" and the like; of kPredict the names in the bundle.
std::string output_name(const ModelNames& names, OutputKind kind, uint32_t number, uint32_t width);

/// Values a row; throws Error(kUnsupported) when the model does not give this output.
uint32_t wanted_width(const BundleImage& bundle, OutputKind kind);

/// The predictions of all rows as one JSON list: numbers or labels, lists of numbers where a row
/// has several.
void append_predictions(const BundleImage& bundle, OutputKind kind,
                        const std::vector<double>& scores, uint64_t num_rows, std::string* out);

/// {"outputs": [names], "predictions": [...]}.
void append_answer(const ModelContext& model, OutputKind kind, const std::vector<double>& scores,
                   uint64_t num_rows, std::string* out);

}  // namespace mainspring
