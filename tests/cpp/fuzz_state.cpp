// Mutants of states that travel: of every operator's fitter, and of profiles with true checksums.
// Each is refused with an Error, or all that can be done with a state is done with it.
#include <cctype>
#include <cmath>
#include <limits>
#include <span>

#include "fuzz.hpp"
#include "hand_made_table.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/parallel_predict.hpp"
#include "measure/drift/detect_drift.hpp"
#include "mutate_bytes.hpp"
#include "profile/column_summary.hpp"
#include "profile/profile.hpp"

namespace mainspring {
namespace {

constexpr std::string_view kProfileMagic = "MSPROFIL";
constexpr uint64_t kProfileHeader = 16;  // magic, version, checksum
constexpr uint64_t kProfileChecksum = 12;

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_profile(const Bytes& bytes) { return text_of(bytes).starts_with(kProfileMagic); }

const HandMadeTable& data() {
  static const HandMadeTable table(50);
  return table;
}

Fitter new_fitter(const Expression& expression, FitLimits limits = Fitter::kDefaultLimits) {
  Fitter fitter(std::vector<Expression>{expression}, limits);
  fitter.add_zone("Europe/Paris", 3600, {1000, 2000}, {7200, 3600});
  return fitter;
}

/// What an operator cannot be without.
NamedParams params_of(std::string_view name) {
  if (name == "bucketize") return {{"edges", std::vector<double>{0, 1, 2}}};
  if (name == "clip") return {{"low", 0.0}};
  if (name == "datetime") return {{"parts", std::vector<std::string>{"hour", "year"}}};
  if (name == "null_if") return {{"values", std::vector<std::string>{"a", ""}}};
  if (name == "map_values") {
    return {{"old", std::vector<double>{0, 1}}, {"new", std::vector<double>{5, -5}}};
  }
  if (name == "out_of_range_flag") return {{"high", 1.0}};
  if (name == "parse_datetime") {
    return {{"formats", std::vector<std::string>{"%Y-%m-%d"}},
            {"zone", std::string("Europe/Paris")}};
  }
  if (name == "regex_extract") return {{"pattern", std::string("(a|b+)c?")}};
  if (name == "word_ids") return {{"length", int64_t{3}}};
  if (name.ends_with("_ngrams")) return {{"buckets", int64_t{16}}};
  if (name == "text_pattern") return {{"parts", std::vector<std::string>{"words", "digits"}}};
  if (name == "group_stats") return {{"by", std::string("s")}};
  if (name == "elapsed" || name == "business_days") return {{"since", std::string("t")}};
  if (name == "holidays") return {{"dates", std::vector<std::string>{"1970-01-01", "2013-05-01"}}};
  return {};
}

/// The operator, behind what makes its input where columns do not hold it.
std::vector<std::pair<std::string, NamedParams>> chain_of(std::string_view name) {
  std::vector<std::pair<std::string, NamedParams>> chain;
  if (name == "one_hot_ids") chain.push_back({"hash", {{"buckets", int64_t{16}}}});
  chain.push_back({std::string(name), params_of(name)});
  return chain;
}

/// Weights of evidence want classes; for the others numbers are better.
const double* target_of(std::string_view name) {
  static const std::vector<double> classes = [] {
    std::vector<double> values;
    for (int row = 0; row < 50; ++row) values.push_back(row % 2);
    return values;
  }();
  return name == "weight_of_evidence" ? classes.data() : data().target();
}

/// Sides with operators of their own, in each other.
Expression calculated() {
  const auto joined = [](Expression left, Expression right, const std::string& symbol) {
    Expression both = expression({}, {{"arithmetic", {{"symbol", symbol}}}});
    both.sides = {std::move(left), std::move(right)};
    return both;
  };
  return joined(
      joined(expression({"x"}, {{"impute", {}}, {"standardize", {}}}), expression({"n"}, {}), "-"),
      expression({"x"}, {{"group_stats", {{"by", std::string("s")}}}}), "/");
}

/// Every operator on every column, or pair of columns, that it takes.
std::vector<Bytes> fitter_seeds() {
  std::vector<Bytes> seeds;
  for (const Transform* transform : transform_list()) {
    const std::string name(transform->name);
    const size_t before = seeds.size();
    using Names = std::vector<std::string>;
    for (const Names& columns :
         {Names{"x"}, Names{"n"}, Names{"t"}, Names{"s"}, Names{"s", "n"}, Names{"x", "n"}}) {
      if (transform->joint != (columns.size() == 2) && !transform->uses_target) continue;
      try {
        Fitter fitter = new_fitter(expression(columns, chain_of(name)));
        fitter.partial_fit(data().table(), target_of(name), nullptr);
        seeds.push_back(fitter.state_bytes());
        if (!transform->has_state) continue;
        // More of everything than may be held: cut keys, sketches of ranks.
        Fitter limited = new_fitter(expression(columns, chain_of(name)), {3, 3});
        for (int part = 0; part < 2; ++part) {
          limited.partial_fit(data().table(), target_of(name), nullptr);
        }
        seeds.push_back(limited.state_bytes());
      } catch (const Error&) {
        continue;  // this operator does not take that column
      }
    }
    // What takes lists alone learns nothing: the table needs no column of lists.
    if (seeds.size() == before && transform->has_state) {
      std::fprintf(stderr, "fuzz_state: params_of() lacks what '%s' needs\n", name.c_str());
      std::exit(2);
    }
  }
  Fitter fitter = new_fitter(calculated());
  fitter.partial_fit(data().table(), nullptr, nullptr);
  seeds.push_back(fitter.state_bytes());
  return seeds;
}

const Profile& small_profile() {
  static const Profile profile = [] {
    Profile made;
    made.update(data().table());
    return made;
  }();
  return profile;
}

/// More distinct values than are counted one by one.
Profile sketched_profile() {
  std::vector<std::optional<double>> values;
  Random random(3);
  for (int row = 0; row < 20'000; ++row) values.push_back(std::ldexp(double(random()), -60));
  HandMadeTable table(number_column<double>("g", values, 0, 0.0));
  Profile profile;
  profile.update(table.table());
  return profile;
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all = fitter_seeds();
  // As often as all fitters together, so that a mutant is of a profile every other time.
  const size_t num_fitters = all.size();
  for (size_t i = 0; i < num_fitters; ++i) {
    all.push_back(i % 8 == 7 ? sketched_profile().to_bytes() : small_profile().to_bytes());
  }
  return all;
}

/// A change of a string whose length stands before it; false when none was found.
bool mutate_text(Bytes& bytes, uint64_t begin, Random& random) {
  for (uint32_t trial = 0; trial < 64; ++trial) {
    const uint64_t at = begin + below(random, bytes.size() - begin);
    if (at + 9 > bytes.size()) continue;
    const uint64_t length = get_word(bytes, at, 8);
    if (length == 0 || length > 40 || at + 8 + length > bytes.size()) continue;
    const auto* text = bytes.data() + at + 8;
    if (!std::all_of(text, text + length, [](uint8_t c) { return std::isgraph(c) != 0; })) continue;
    const auto letter = bytes.begin() + static_cast<int64_t>(at + 8 + below(random, length));
    switch (below(random, 3)) {
      case 0: *letter = static_cast<uint8_t>(random()); break;
      case 1:
        bytes.erase(letter);
        put_word(bytes, at, length - 1, 8);
        break;
      default:
        bytes.insert(letter, static_cast<uint8_t>('a' + below(random, 26)));
        put_word(bytes, at, length + 1, 8);
    }
    return true;
  }
  return false;
}

/// A count or a length, which is a small number of 8 bytes anywhere.
void mutate_count(Bytes& bytes, uint64_t begin, Random& random) {
  for (uint32_t trial = 0; trial < 64; ++trial) {
    const uint64_t at = begin + below(random, bytes.size() - begin);
    if (at + 8 > bytes.size()) continue;
    const uint64_t value = get_word(bytes, at, 8);
    if (value > bytes.size()) continue;
    put_word(bytes, at, other_value(value, random), 8);
    return;
  }
}

void mutate_number(Bytes& bytes, uint64_t begin, Random& random) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kValues[] = {0.0,    -0.0,   NAN,    kInfinity, -kInfinity, 1e308,
                                -1e308, 5e-324, 0x1p53, -1.0,      0.5,        1e18};
  const uint64_t at = begin + below(random, bytes.size() - begin);
  const double value = kValues[below(random, std::size(kValues))];
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  put_word(bytes, at, bits, 8);
}

/// Takes a stretch out, or puts a copy of it in.
void mutate_stretch(Bytes& bytes, uint64_t begin, Random& random) {
  const uint64_t at = begin + below(random, bytes.size() - begin);
  const uint64_t length = std::min<uint64_t>(1 + below(random, 48), bytes.size() - at);
  const auto from = bytes.begin() + static_cast<int64_t>(at);
  const Bytes stretch(from, from + static_cast<int64_t>(length));
  if (one_in(random, 2)) {
    bytes.erase(from, from + static_cast<int64_t>(length));
  } else {
    bytes.insert(from, stretch.begin(), stretch.end());
  }
}

/// The expressions of one fitter before the columns and states of another; between them lies the
/// table of the zone that all have.
Bytes spliced(const Bytes& seed, Random& random) {
  static const std::vector<Bytes> fitters = fitter_seeds();
  constexpr std::string_view kZone = "Europe/Paris";
  const Bytes& other = fitters[below(random, fitters.size())];
  const size_t head = text_of(seed).find(kZone);
  const size_t tail = text_of(other).find(kZone);
  if (head == std::string_view::npos || tail == std::string_view::npos) return seed;
  Bytes bytes(seed.begin(), seed.begin() + static_cast<int64_t>(head));
  bytes.insert(bytes.end(), other.begin() + static_cast<int64_t>(tail), other.end());
  return bytes;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  if (!is_profile(seed) && one_in(random, 8)) return spliced(seed, random);
  Bytes bytes = seed;
  const bool sealed = is_profile(seed);
  const uint64_t begin = sealed ? kProfileHeader : 0;
  for (uint64_t changes = 1 + below(random, 3); changes > 0; --changes) {
    if (bytes.size() <= begin + 16) break;
    switch (below(random, 8)) {
      case 0: mutate_range(bytes, begin, bytes.size(), random); break;
      case 1:
        mutate_range(bytes, begin, std::min<uint64_t>(bytes.size(), begin + 600), random);
        break;
      case 2:
      case 3: mutate_count(bytes, begin, random); break;
      case 4: mutate_number(bytes, begin, random); break;
      case 5: mutate_stretch(bytes, begin, random); break;
      default: mutate_text(bytes, begin, random);
    }
  }
  if (one_in(random, 32)) bytes.resize(begin + below(random, bytes.size() - begin + 1));
  if (sealed && !one_in(random, 64)) {
    const uint32_t crc = crc32c(bytes.data() + begin, bytes.size() - begin);
    put_word(bytes, kProfileChecksum, crc, 4);
  }
  return bytes;
}

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "fuzz_state: %s\n", what);
  std::abort();
}

void use_bundle(const Bytes& bundle) {
  const auto image = BundleImage::open(bundle, "the compiled plan");
  const uint32_t width = image->view().plan.num_features;
  std::vector<float> features(data().table().num_rows() * width);
  transform_table(*image, data().table(), features.data(), width);
}

bool try_fitter(const Bytes& bytes) {
  std::optional<Fitter> fitter;
  try {
    fitter = Fitter::from_state_bytes(text_of(bytes));
  } catch (const Error&) {
    return false;
  }
  const Bytes again = fitter->state_bytes();
  expect(Fitter::from_state_bytes(text_of(again)).state_bytes() == again,
         "state bytes there and back");
  try {
    use_bundle(fitter->compile());
    fitter->partial_fit(data().table(), data().target(), nullptr);
    fitter->merge(Fitter::from_state_bytes(text_of(again)));
    use_bundle(fitter->compile());
  } catch (const Error&) {
    return true;  // a state that was read need not fit this table, nor compile
  }
  return true;
}

bool try_profile(const Bytes& bytes) {
  std::optional<Profile> profile;
  try {
    profile = Profile::from_bytes(bytes);
  } catch (const Error&) {
    return false;
  }
  const Bytes again = profile->to_bytes();
  expect(Profile::from_bytes(again).to_bytes() == again, "a profile there and back");
  const double quantiles[] = {0.0, 0.25, 0.5, 1.0};
  for (const ColumnProfile& column : profile->columns()) (void)summarize(column, quantiles, 5);
  const Profile& same = *profile;
  for (const Profile* other : {&small_profile(), &same}) {
    try {
      const DriftSide sides[] = {side_of(same), side_of(*other)};
      (void)detect_drift(sides[0], sides, std::nullopt, {});
      (void)detect_drift(sides[1], sides, std::nullopt, {});
    } catch (const Error&) {
      continue;  // columns may be missing or of other kinds by now
    }
  }
  try {
    profile->merge(small_profile());
    profile->merge(Profile::from_bytes(again));
    profile->update(data().table());
    (void)profile->to_bytes();
  } catch (const Error&) {
    return true;
  }
  return true;
}

bool try_state(const Bytes& bytes, Random&) {
  return is_profile(bytes) ? try_profile(bytes) : try_fitter(bytes);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_state});
}
