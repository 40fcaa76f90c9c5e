// Whether errors may show a value of the data: MAINSPRING_REDACT says that they may not.
#pragma once

namespace mainspring {

bool shows_values();

}  // namespace mainspring
