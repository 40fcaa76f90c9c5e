// Forests from random texts: every number of rows gives the same bits, and no changed byte of text
// or section does more than raise an error (build with -fsanitize=address,undefined to be sure).
#include <cmath>
#include <cstdlib>
#include <limits>

#include "check.hpp"
#include "fit/importers/lightgbm.hpp"
#include "forest_model.hpp"
#include "forest_texts.hpp"
#include "host/block_trees.hpp"
#include "host/error.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kFeatures = 5;
constexpr IsaLevel kLevels[] = {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512};

/// Values around the thresholds of the texts, and those that have rules of their own.
std::vector<float> random_columns(Random& random) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<float> special{NAN,   kInf, -kInf, 0.0f,  -0.0f,   1e-36f,
                                   -1.5f, 3.0f, 31.0f, 65.0f, 1000.0f, 2e9f};
  std::vector<float> columns(kFeatures * kTileRows);
  for (float& value : columns) {
    value = below(random, 3) == 0 ? special[below(random, special.size())]
                                  : static_cast<float>(below(random, 400)) / 40.0f - 2.0f;
  }
  return columns;
}

/// What opening a bundle makes for blocks, if anything; the model predicts with it from now on.
std::shared_ptr<const OwnedBlockTrees> add_block_trees(OpenedModel& model) {
  BundleView bundle{};
  bundle.model = model.view();
  std::shared_ptr<const OwnedBlockTrees> made = make_block_trees(bundle);
  if (made != nullptr) model.view().block_trees = &made->view;
  return made;
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void rows_do_not_depend_on_the_batch() {
  Random random(1);
  uint32_t num_made = 0;
  for (uint32_t round = 0; round < 30; ++round) {
    const uint32_t num_outputs = round % 3 == 2 ? 3 : 1;
    const auto num_trees = static_cast<uint32_t>(below(random, 12)) * num_outputs;
    const std::string text = random_model_text(random, num_trees, kFeatures, num_outputs, 40);
    OpenedModel model(read_lightgbm(text, "Text").section);
    if (!check(model.status().ok(), "a random model opens")) return;
    const std::vector<float> narrow = random_columns(random);
    const std::vector<double> wide(narrow.begin(), narrow.end());
    const std::vector<double> all = model.predict(narrow.data(), kTileRows);
    // Of what is in the program alone; everything else with the trees that are made of it.
    const auto made = add_block_trees(model);
    if (made != nullptr) ++num_made;
    for (const uint32_t num_rows : {0u, 1u, 2u, 7u, 8u, 9u, 63u, 64u, 65u, 128u, 200u, 500u}) {
      for (const IsaLevel level : kLevels) {
        const std::vector<double> some = model.predict(wide.data(), num_rows, level);
        for (size_t i = 0; i < some.size(); ++i) {
          if (!check(same_bits(some[i], all[i]), "a prefix of the rows gives the same bits")) {
            return;
          }
        }
      }
    }
    for (const uint32_t row : {3u, 64u, 511u}) {
      for (const IsaLevel level : kLevels) {
        const std::vector<double> one = model.predict(narrow.data() + row, 1, level);
        for (uint32_t i = 0; i < num_outputs; ++i) {
          check(same_bits(one[i], all[row * num_outputs + i]), "one row gives the same bits");
        }
      }
    }
  }
  check(num_made > 20, "most models have steps for blocks");
}

void changed_sections_are_refused_or_harmless() {
  Random random(2);
  uint32_t refused = 0;
  for (uint32_t round = 0; round < 40; ++round) {
    const std::vector<float> columns = random_columns(random);
    const std::string text = random_model_text(random, 4, kFeatures, 1, 12);
    const std::vector<uint8_t> section = read_lightgbm(text, "Text").section;
    for (uint32_t change = 0; change < 250; ++change) {
      std::vector<uint8_t> bytes = section;
      for (uint64_t i = 0; i <= below(random, 3); ++i) {
        bytes[below(random, bytes.size())] ^= static_cast<uint8_t>(1u << below(random, 8));
      }
      if (change % 10 == 0) bytes.resize(below(random, bytes.size()));
      OpenedModel model(bytes);
      refused += !model.status().ok();
      if (model.status().ok() && model.header().num_features <= kFeatures) {
        for (const IsaLevel level : kLevels) {
          model.predict(columns.data(), 5, level);
          model.predict(columns.data(), 70, level);
        }
        if (const auto made = add_block_trees(model)) {
          for (const IsaLevel level : kLevels) {
            model.predict(columns.data(), 11, level);
            model.predict(columns.data(), 70, level);
          }
        }
      }
    }
    check(!OpenedModel(std::span(section).first(section.size() - 64)).status().ok(),
          "a shortened section is refused");
  }
  check(refused > 2000, "many changes are refused");
}

/// One random edit: a byte, a cut, a repeated piece, or another number.
std::string changed_text(Random& random, std::string text) {
  const std::vector<std::string> pieces{"-1",
                                        "4294967295",
                                        "1e999",
                                        "nan",
                                        "inf",
                                        "\n",
                                        "=",
                                        " ",
                                        "Tree=0\n",
                                        "end of trees\n",
                                        "-9223372036854775808",
                                        std::string(1, '\0'),
                                        "\xff",
                                        "num_leaves=1073741824\n"};
  const size_t at = below(random, text.size());
  switch (below(random, 5)) {
    case 0: text[at] = static_cast<char>(random()); break;
    case 1: text.resize(at); break;
    case 2: text.erase(at, 1 + below(random, 30)); break;
    case 3: text.insert(at, text.substr(below(random, text.size()), below(random, 60))); break;
    default: {
      const std::string& piece = pieces[below(random, pieces.size())];
      if (below(random, 2) == 0) text.erase(at, piece.size());
      text.insert(at, piece);
    }
  }
  return text;
}

void changed_texts_are_refused_or_read(uint32_t count) {
  Random random(3);
  uint32_t refused = 0;
  for (uint32_t change = 0; change < count; ++change) {
    const uint32_t num_outputs = change % 2 == 0 ? 1 : 3;
    std::string text = random_model_text(random, 3 * num_outputs, kFeatures, num_outputs, 8);
    for (uint64_t i = 0; i <= below(random, 2); ++i) text = changed_text(random, text) + '\n';
    try {
      const ModelImage image = read_lightgbm(text, "Text");
      OpenedModel model(image.section);
      check(model.status().ok(), "what the reader makes can be opened");
      const std::vector<float> columns = random_columns(random);
      if (model.header().num_features <= kFeatures) model.predict(columns.data(), 9);
    } catch (const Error& error) {
      ++refused;
      check(error.message().starts_with("Text"), "the error names its source");
      check(error.message().find(", line ") != std::string::npos, "the error names a line");
    }
  }
  check(refused > count / 4, "many changes are refused");
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  mainspring::rows_do_not_depend_on_the_batch();
  mainspring::changed_sections_are_refused_or_harmless();
  mainspring::changed_texts_are_refused_or_read(argc > 1 ? static_cast<uint32_t>(std::atoi(argv[1]))
                                                         : 5000);
  return mainspring::finish();
}
