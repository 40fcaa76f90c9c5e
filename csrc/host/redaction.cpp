// One look at the environment for every layer that writes messages about values.
#include "host/redaction.hpp"

#include <cstdlib>
#include <string_view>

namespace mainspring {

bool shows_values() {
  const char* redact = std::getenv("MAINSPRING_REDACT");
  return redact == nullptr || *redact == '\0' || std::string_view(redact) == "0";
}

}  // namespace mainspring
