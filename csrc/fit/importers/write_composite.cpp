// Lays out parts and nodes as runtime/models/composite/composite.hpp says.
#include "fit/importers/write_composite.hpp"

#include <cstring>
#include <string>

#include "fit/importers/check_section.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

/// Of the whole model: what comes out is the last node's.
ModelHeader header_of(const SourceComposite& source) {
  ModelHeader header{};
  header.link = static_cast<uint32_t>(Link::kIdentity);
  header.link_scale = 1;
  header.link_divisor = 1;
  header.num_classes = source.num_classes;
  if (source.finished_by >= 0) {
    const std::vector<uint8_t>& part = source.parts.at(static_cast<size_t>(source.finished_by));
    std::memcpy(&header, part.data(), sizeof header);
    header.decision = static_cast<uint32_t>(Decision::kNone);  // comes with labels
    header.threshold = 0;
  }
  header.code = static_cast<uint32_t>(ModelCode::kComposite);
  header.num_features = source.num_features;
  header.num_outputs = source.nodes.back().width;
  return header;
}

template <class T>
void put(std::vector<uint8_t>& section, uint64_t offset, const std::vector<T>& values) {
  if (!values.empty()) {
    std::memcpy(section.data() + offset, values.data(), values.size() * sizeof(T));
  }
}

void check_counts(const SourceComposite& source, uint64_t num_inputs, uint64_t num_numbers,
                  uint64_t num_columns) {
  if (source.parts.size() <= kMaxCompositeParts && source.nodes.size() <= kMaxCompositeNodes &&
      num_inputs <= kMaxCompositeInputs && num_numbers <= UINT32_MAX &&
      num_columns <= kMaxCompositeColumns) {
    return;
  }
  throw Error(ErrorKind::kData, "The model is made of " + std::to_string(source.parts.size()) +
                                    " models and " + std::to_string(num_columns) +
                                    " columns between them; expected at most " +
                                    std::to_string(kMaxCompositeParts) + " and " +
                                    std::to_string(kMaxCompositeColumns) + ".");
}

}  // namespace

std::vector<uint8_t> write_composite(const SourceComposite& source) {
  std::vector<CompositeNode> nodes;
  std::vector<CompositeInput> inputs;
  std::vector<double> numbers;
  uint64_t num_columns = 0;
  for (const SourceComposite::Node& node : source.nodes) {
    nodes.push_back(
        {static_cast<uint32_t>(node.kind), node.width, static_cast<uint32_t>(inputs.size()),
         static_cast<uint32_t>(node.inputs.size()), static_cast<uint32_t>(numbers.size()),
         static_cast<uint32_t>(node.numbers.size()), node.part, static_cast<uint32_t>(node.output),
         static_cast<uint32_t>(num_columns), 0});
    inputs.insert(inputs.end(), node.inputs.begin(), node.inputs.end());
    numbers.insert(numbers.end(), node.numbers.begin(), node.numbers.end());
    num_columns += node.width;
    check_counts(source, inputs.size(), numbers.size(), num_columns);
  }
  CompositeHeader header{};
  header.num_parts = static_cast<uint32_t>(source.parts.size());
  header.num_nodes = static_cast<uint32_t>(nodes.size());
  header.num_inputs = static_cast<uint32_t>(inputs.size());
  header.num_numbers = static_cast<uint32_t>(numbers.size());
  const CompositeLayout at = composite_layout(header);
  std::vector<CompositePart> parts;
  uint64_t end = at.first_part;
  for (const std::vector<uint8_t>& part : source.parts) {
    parts.push_back({end, part.size()});
    end += (part.size() + 63) / 64 * 64;
  }
  std::vector<uint8_t> section(end, 0);
  const ModelHeader model = header_of(source);
  std::memcpy(section.data(), &model, sizeof model);
  std::memcpy(section.data() + sizeof model, &header, sizeof header);
  put(section, at.parts, parts);
  put(section, at.nodes, nodes);
  put(section, at.inputs, inputs);
  put(section, at.numbers, numbers);
  for (size_t i = 0; i < parts.size(); ++i) put(section, parts[i].offset, source.parts[i]);
  check_section(section,
                "The parts of the model do not go together: a number between them is not finite, "
                "or a part takes another number of features. Fit the model again.");
  return section;
}

}  // namespace mainspring
