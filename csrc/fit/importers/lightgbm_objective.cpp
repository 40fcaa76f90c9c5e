// The table of objectives; the formulas are those of LightGBM's ConvertOutput.
#include "fit/importers/lightgbm_objective.hpp"

#include <array>
#include <cmath>
#include "fit/importers/classes.hpp"

namespace mainspring {

namespace {

struct Objective {
  std::string_view name;
  Link link;
  Classes classes;
};

constexpr std::array<Objective, 21> kObjectives{{
    {"regression", Link::kIdentity, Classes::kNone},
    {"regression_l1", Link::kIdentity, Classes::kNone},
    {"huber", Link::kIdentity, Classes::kNone},
    {"fair", Link::kIdentity, Classes::kNone},
    {"quantile", Link::kIdentity, Classes::kNone},
    {"mape", Link::kIdentity, Classes::kNone},
    {"poisson", Link::kExp, Classes::kNone},
    {"gamma", Link::kExp, Classes::kNone},
    {"tweedie", Link::kExp, Classes::kNone},
    {"binary", Link::kSigmoid, Classes::kTwo},
    {"multiclass", Link::kSoftmax, Classes::kMany},
    {"multiclassova", Link::kSigmoid, Classes::kMany},
    {"cross_entropy", Link::kSigmoid, Classes::kNone},
    {"cross_entropy_lambda", Link::kLog1pExp, Classes::kNone},
    {"lambdarank", Link::kIdentity, Classes::kNone},
    {"rank_xendcg", Link::kIdentity, Classes::kNone},
    {"custom", Link::kIdentity, Classes::kNone},
    {"none", Link::kIdentity, Classes::kNone},
    {"null", Link::kIdentity, Classes::kNone},
    {"na", Link::kIdentity, Classes::kNone},
    {"", Link::kIdentity, Classes::kNone},
}};

const Objective* find_objective(std::string_view name) {
  for (const Objective& objective : kObjectives) {
    if (objective.name == name) return &objective;
  }
  return nullptr;
}

/// Any number of outputs fits an objective of the user's own; otherwise one, or one for each class.
bool outputs_fit(const Objective& objective, uint32_t num_outputs) {
  const bool own = objective.name == "custom" || objective.name == "none" ||
                   objective.name == "null" || objective.name == "na" || objective.name.empty();
  if (own) return true;
  return objective.classes == Classes::kMany ? num_outputs >= 2 : num_outputs == 1;
}

void read_option(const TextFields& text, const TextLine& line, std::string_view option,
                 SourceForest* forest) {
  const auto has = [&](std::string_view prefix) { return option.starts_with(prefix); };
  constexpr std::string_view kScale = "sigmoid:";
  constexpr std::string_view kNumClass = "num_class:";
  if (option == "sqrt" && forest->link == Link::kIdentity) {
    forest->link = Link::kSignedSquare;
  } else if (has(kScale) && forest->link == Link::kSigmoid) {
    forest->link_scale = text.number(line, option.substr(kScale.size()));
    if (!(forest->link_scale > 0) || !std::isfinite(forest->link_scale)) {
      text.fail(ErrorKind::kData, line.number,
                "the objective's " + quoted(option) + " must be above 0 and finite.");
    }
  } else if (has(kNumClass) && forest->num_classes != 0) {
    if (text.integer(line, option.substr(kNumClass.size())) != forest->num_outputs) {
      text.fail(ErrorKind::kData, line.number,
                "the objective's " + quoted(option) + " differs from num_class, " +
                    std::to_string(forest->num_outputs) + ".");
    }
  } else {
    text.fail(ErrorKind::kUnsupported, line.number,
              "the objective has the option " + quoted(option) +
                  ", which is not known; it could change predictions.");
  }
}

}  // namespace

void read_lightgbm_objective(const TextFields& text, const TextLine* line, SourceForest* forest) {
  if (line == nullptr) return;
  const std::vector<std::string_view> words = split_blanks(line->value);
  const std::string_view name = words.empty() ? std::string_view() : words[0];
  const Objective* objective = find_objective(name);
  if (objective == nullptr) {
    text.fail(ErrorKind::kUnsupported, line->number,
              "the objective " + quoted(name) + " is not known.");
  }
  if (!outputs_fit(*objective, forest->num_outputs)) {
    text.fail(ErrorKind::kData, line->number,
              "the objective " + quoted(name) + " does not go with num_class " +
                  std::to_string(forest->num_outputs) + ".");
  }
  forest->link = objective->link;
  if (objective->classes == Classes::kTwo) forest->num_classes = 2;
  if (objective->classes == Classes::kMany) forest->num_classes = forest->num_outputs;
  for (size_t i = 1; i < words.size(); ++i) read_option(text, *line, words[i], forest);
}

}  // namespace mainspring
