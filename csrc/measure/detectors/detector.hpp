// The contract of a streaming detector: one struct, one file, one line in detector_list.cpp. It
// sees one value at a time and says when what it watches has changed.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "host/state_bytes.hpp"

namespace mainspring {

enum class Signal : uint8_t { kNone, kWarning, kDrift };

/// Values that a detector takes.
enum class DetectorInput : uint8_t {
  kAny,     // finite numbers
  kShares,  // errors: 0, 1, or anything between
};

/// A number that is set when a detector is made. Whole ones are rounded by Python's checks.
struct DetectorParam {
  std::string_view name;
  std::string_view summary;
  double standard;
  double smallest;
  double largest;
  bool whole = false;
};

struct DetectorNotes {
  std::string_view formula;
  std::string_view source;
};

/// `push` sees a value; after drift the detector begins anew with the next one. `visit` calls its
/// argument with a reference to every field, for saving and restoring; `sound` says whether
/// restored fields may be used. A detector may also have `take_run(values, count)`: it sees those
/// of them, from the first on, that certainly bring no signal, and returns how many they were.
template <class D>
concept StreamDetector =
    requires(D& detector, double value, std::span<const double> params, void (*field)(double&)) {
      { D::kName } -> std::convertible_to<std::string_view>;
      { D::kSummary } -> std::convertible_to<std::string_view>;
      { D::kInput } -> std::convertible_to<DetectorInput>;
      { D::kNotes } -> std::convertible_to<DetectorNotes>;
      { std::span<const DetectorParam>(D::kParams) };
      { D(params) };
      { detector.push(value) } -> std::same_as<Signal>;
      { detector.sound() } -> std::same_as<bool>;
    };

/// Positions from 0 over all values ever seen.
struct Signals {
  std::vector<uint64_t> drifts;
  std::vector<uint64_t> warnings;
};

class AnyDetector {
 public:
  virtual ~AnyDetector() = default;
  /// NaN is missing: it has a position and nothing else. Throws Error(kData) on a value that the
  /// detector does not take, and is then as it was.
  virtual void update(std::span<const double> values, Signals* signals) = 0;
  virtual uint64_t num_values() const = 0;
  virtual void write(StateWriter& writer) const = 0;
  /// Throws Error(kBundleCorrupt).
  virtual void read(StateReader& reader) = 0;
};

struct DetectorEntry {
  std::string_view name;
  std::string_view summary;
  DetectorInput input;
  DetectorNotes notes;
  std::span<const DetectorParam> params;
  std::unique_ptr<AnyDetector> (*make)(std::span<const double> params);
};

/// Whether all values are there; throws on one that the detector does not take.
bool check_values(std::span<const double> values, uint64_t first, DetectorInput input,
                  std::string_view name);

/// Writes or reads the fields that `visit` names.
struct FieldWriter {
  StateWriter& writer;
  template <class T>
  void operator()(const T& value) const {
    writer.put(value);
  }
  template <class T>
  void operator()(const std::vector<T>& values) const {
    writer.put_all(values);
  }
};
struct FieldReader {
  StateReader& reader;
  template <class T>
  void operator()(T& value) const {
    value = reader.get<T>();
  }
  template <class T>
  void operator()(std::vector<T>& values) const {
    values = reader.get_all<T>();
  }
};

template <StreamDetector D>
class ErasedDetector final : public AnyDetector {
 public:
  explicit ErasedDetector(std::span<const double> params) : detector_(params) {}

  void update(std::span<const double> values, Signals* signals) override {
    [[maybe_unused]] const bool all_there = check_values(values, num_values_, D::kInput, D::kName);
    D detector = std::move(detector_);  // a local one may live in registers
    for (size_t i = 0; i < values.size(); ++i) {
      if constexpr (requires { detector.take_run(values.data(), values.size()); }) {
        if (all_there) {
          const size_t taken = detector.take_run(values.data() + i, values.size() - i);
          num_values_ += taken;
          i += taken;
          if (i == values.size()) break;
        }
      }
      const double value = values[i];
      const uint64_t position = num_values_++;
      if (value != value) continue;
      const Signal signal = detector.push(value);
      if (signal == Signal::kNone) continue;
      (signal == Signal::kDrift ? signals->drifts : signals->warnings).push_back(position);
    }
    detector_ = std::move(detector);
  }
  uint64_t num_values() const override { return num_values_; }
  void write(StateWriter& writer) const override {
    writer.put(num_values_);
    const_cast<D&>(detector_).visit(FieldWriter{writer});
  }
  void read(StateReader& reader) override {
    num_values_ = reader.get<uint64_t>();
    detector_.visit(FieldReader{reader});
    if (num_values_ > (uint64_t{1} << 62) || !detector_.sound()) StateReader::fail();
  }

 private:
  D detector_;
  uint64_t num_values_ = 0;
};

template <StreamDetector D>
consteval DetectorEntry detector_of() {
  return DetectorEntry{D::kName,
                       D::kSummary,
                       D::kInput,
                       D::kNotes,
                       D::kParams,
                       [](std::span<const double> params) -> std::unique_ptr<AnyDetector> {
                         return std::make_unique<ErasedDetector<D>>(params);
                       }};
}

std::span<const DetectorEntry* const> detector_list();
const DetectorEntry* find_detector(std::string_view name);

}  // namespace mainspring
