// JSON onto the end of a string.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/bundle/labels.hpp"

namespace mainspring {

void append_text(std::string_view text, std::string* out);

/// NaN and infinities, which JSON cannot write, become null.
void append_number(double value, std::string* out);

void append_integer(uint64_t value, std::string* out);

/// The label of a class: an integer, a number, true or false, or a text.
void append_label(const LabelsView& labels, uint32_t number, std::string* out);

/// The labels of `count` numbers of classes, as a list.
void append_labels(const LabelsView& labels, const double* numbers, uint64_t count,
                   std::string* out);

/// `count` numbers from `values` on, `stride` apart, as a list.
void append_list(const double* values, uint64_t count, uint64_t stride, std::string* out);

}  // namespace mainspring
