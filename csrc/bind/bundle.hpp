// The class Bundle for other bindings: the image behind it, and names of output kinds.
#pragma once
#include <pybind11/pybind11.h>

#include <memory>
#include <string_view>

#include "host/bundle_image.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring::bind {

/// What an object of the class Bundle holds.
std::shared_ptr<const BundleImage> image_of(const pybind11::object& bundle);

/// 'predict', 'proba' or 'raw'; Error(kParameter) for anything else.
OutputKind output_kind(std::string_view kind);

}  // namespace mainspring::bind
