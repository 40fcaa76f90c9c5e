// ADWIN among the detectors.
#include "measure/detectors/adwin.hpp"

namespace mainspring {

extern constinit const DetectorEntry kAdwin = detector_of<Adwin>();

}  // namespace mainspring
