// A numbered name is taken apart where others could be one of them; it is never written out.
#include "fit/plan/names_in_use.hpp"

#include <charconv>
#include <string_view>

#include "host/error.hpp"

namespace mainspring {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& first,
                       const std::string& second) {
  throw Error(ErrorKind::kParameter, "Two features are called '" + name + "': " + first + " and " +
                                         second +
                                         ". Give one of them another name with "
                                         ".alias('new_name').")
      .hint(".alias('new_name')");
}

struct Parts {
  std::string_view name;
  uint32_t number;
};

/// "x_12" as "x" and 12; false where it does not end in a number as it is written.
bool take_apart(std::string_view name, Parts* parts) {
  const size_t at = name.rfind('_');
  if (at == std::string_view::npos) return false;
  const std::string_view digits = name.substr(at + 1);
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return false;
  const char* const end = digits.data() + digits.size();
  const auto [last, error] = std::from_chars(digits.data(), end, parts->number);
  parts->name = name.substr(0, at);
  return error == std::errc() && last == end;
}

}  // namespace

void NamesInUse::add(const FeatureInfo& info, const std::string& expression) {
  if (info.count == 1) {
    add_one(info.name, expression);
  } else {
    add_numbered(info.name, info.count, expression);
  }
}

void NamesInUse::add_one(const std::string& name, const std::string& expression) {
  if (const Numbered* known = numbered(name); known != nullptr) {
    fail(name, known->expression, expression);
  }
  const auto [known, added] = single_.try_emplace(name, expression);
  if (!added) fail(name, known->second, expression);
}

void NamesInUse::add_numbered(const std::string& name, uint32_t count,
                              const std::string& expression) {
  const auto [known, added] = numbered_.try_emplace(name, Numbered{count, expression});
  if (!added) fail(name + "_0", known->second.expression, expression);
  for (const auto& [single, other] : single_) {
    Parts parts{};
    if (take_apart(single, &parts) && parts.name == name && parts.number < count) {
      fail(single, other, expression);
    }
  }
}

const NamesInUse::Numbered* NamesInUse::numbered(const std::string& name) const {
  Parts parts{};
  if (numbered_.empty() || !take_apart(name, &parts)) return nullptr;
  const auto found = numbered_.find(std::string(parts.name));
  if (found == numbered_.end() || parts.number >= found->second.count) return nullptr;
  return &found->second;
}

}  // namespace mainspring
