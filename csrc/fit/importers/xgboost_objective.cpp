// The table of objectives; the formulas are those of XGBoost's PredTransform and ProbToMargin.
#include "fit/importers/xgboost_objective.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "fit/importers/classes.hpp"
#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

enum class Base : uint8_t { kRaw, kProbability, kMean };

struct KnownObjective {
  std::string_view name;
  Link link;
  Classes classes;
  Base base;  // what base_score is
  XgboostLabels labels;
};

constexpr auto kNoLabels = XgboostLabels::kNone;

constexpr std::array<KnownObjective, 20> kKnownObjectives{{
    {"reg:squarederror", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"reg:linear", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"reg:squaredlogerror", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"reg:pseudohubererror", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"reg:absoluteerror", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"reg:quantileerror", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"reg:logistic", Link::kSigmoid, Classes::kNone, Base::kProbability, kNoLabels},
    {"reg:gamma", Link::kExp, Classes::kNone, Base::kMean, kNoLabels},
    {"reg:tweedie", Link::kExp, Classes::kNone, Base::kMean, kNoLabels},
    {"count:poisson", Link::kExp, Classes::kNone, Base::kMean, kNoLabels},
    {"survival:cox", Link::kExp, Classes::kNone, Base::kMean, kNoLabels},
    {"survival:aft", Link::kExp, Classes::kNone, Base::kMean, kNoLabels},
    {"rank:ndcg", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"rank:map", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"rank:pairwise", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"binary:logistic", Link::kSigmoid, Classes::kTwo, Base::kProbability, kNoLabels},
    {"binary:logitraw", Link::kIdentity, Classes::kNone, Base::kRaw, kNoLabels},
    {"binary:hinge", Link::kIdentity, Classes::kTwo, Base::kRaw, XgboostLabels::kNumbers},
    {"multi:softprob", Link::kSoftmax, Classes::kMany, Base::kRaw, kNoLabels},
    {"multi:softmax", Link::kSoftmax, Classes::kMany, Base::kRaw, XgboostLabels::kNumbers},
}};

/// base_score as a raw score, in float32 as the library computes it.
float raw_base(Base base, float score) {
  constexpr float kLeast = 1e-6f;
  switch (base) {
    case Base::kRaw: break;
    case Base::kMean: return std::log(score);
    case Base::kProbability:
      return -std::log(1.0f / std::min(std::max(score, kLeast), 1.0f - kLeast) - 1.0f);
  }
  return score;
}

/// "0.5", and since 3.1 also "[0.5,0.25]".
std::vector<float> base_scores(const Document& document, const DocumentValue& value) {
  if (value.kind == DocumentValue::Kind::kNumbers) {
    return document.floats(value, Document::kAnyCount);
  }
  DocumentValue item = value;
  if (value.kind != DocumentValue::Kind::kText || !value.text.starts_with('[')) {
    return {document.number(value)};
  }
  if (!value.text.ends_with(']')) {
    document.fail(ErrorKind::kData, value.at, "base_score begins a list that does not end.");
  }
  std::vector<float> scores;
  std::string_view rest = std::string_view(value.text).substr(1, value.text.size() - 2);
  for (bool is_last = false; !is_last;) {
    const size_t comma = rest.find(',');
    is_last = comma == std::string_view::npos;
    item.text = rest.substr(0, comma);
    scores.push_back(document.number(item));
    if (!is_last) rest.remove_prefix(comma + 1);
  }
  return scores;
}

}  // namespace

XgboostLabels read_xgboost_objective(const Document& document, const DocumentValue& objective,
                                     const DocumentValue& base_score, SourceForest* forest) {
  const DocumentValue& name_value = document.get(objective, "name");
  const std::string& name = document.text(name_value);
  const auto* known = std::find_if(kKnownObjectives.begin(), kKnownObjectives.end(),
                                   [&](const KnownObjective& entry) { return entry.name == name; });
  if (known == kKnownObjectives.end()) {
    document.fail(ErrorKind::kUnsupported, name_value.at,
                  "the objective " + quoted(name) + " is not known.");
  }
  for (size_t i = 0; i < objective.keys.size(); ++i) {
    if (objective.keys[i] != "name" && !objective.keys[i].ends_with("_param")) {
      document.fail(ErrorKind::kUnsupported, objective.items[i].at,
                    quoted(objective.keys[i]) +
                        " is not a known field of an objective; it could change predictions.");
    }
  }
  if ((known->classes == Classes::kMany && forest->num_outputs < 2) ||
      (known->classes == Classes::kTwo && known->link == Link::kIdentity &&
       forest->num_outputs != 1)) {
    document.fail(ErrorKind::kData, name_value.at,
                  "the objective " + quoted(name) + " does not go with " +
                      std::to_string(forest->num_outputs) + " outputs.");
  }
  forest->link = known->link;
  // With several targets, each is a probability of its own.
  if (known->classes == Classes::kTwo && forest->num_outputs == 1) forest->num_classes = 2;
  if (known->classes == Classes::kMany) forest->num_classes = forest->num_outputs;

  const std::vector<float> scores = base_scores(document, base_score);
  if (scores.size() != 1 && scores.size() != forest->num_outputs) {
    document.fail(ErrorKind::kData, base_score.at,
                  "base_score has " + std::to_string(scores.size()) + " numbers, expected 1 or " +
                      std::to_string(forest->num_outputs) + ".");
  }
  for (uint32_t i = 0; i < forest->num_outputs; ++i) {
    const float base = raw_base(known->base, scores[scores.size() == 1 ? 0 : i]);
    if (!std::isfinite(base)) {
      document.fail(ErrorKind::kData, base_score.at,
                    "base_score does not go with the objective " + quoted(name) + ".");
    }
    forest->bases.push_back(static_cast<double>(base));
  }
  return known->labels;
}

}  // namespace mainspring
