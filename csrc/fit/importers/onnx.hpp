// Reader of ONNX files: tree ensembles, linear models and chains of layers, without the onnx
// package.
#pragma once
#include <string_view>

#include "fit/importers/model_image.hpp"

namespace mainspring {

/// Reads a ModelProto whose scores are one path from one input: scalers and layers, or layers and
/// then trees, then a link; nodes that only choose or name labels may stand beside it. Throws
/// Error(kUnsupported) naming the node that is not read, or Error(kData) for a file that is cut off
/// or contradicts itself. `subject` is what errors call the file.
ModelImage read_onnx(std::string_view bytes, std::string_view subject);

}  // namespace mainspring
