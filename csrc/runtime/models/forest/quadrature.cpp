// The points are roots of Legendre polynomials, found by Newton's method while compiling.
#include "runtime/models/forest/quadrature.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kEntries = 4 * 8 + 16 + 32 + 64;

struct Tables {
  double points[kEntries];
  double weights[kEntries];
};

constexpr uint32_t first_entry(uint32_t count) {
  uint32_t first = 0;
  for (uint32_t n = 1; n < count; ++n) {
    if (known_points(n) == n) first += (n + 7) / 8 * 8;
  }
  return first;
}

constexpr long double kPi = 3.14159265358979323846264338327950288L;

/// Good enough to begin with: x in [0, pi].
constexpr long double cosine(long double x) {
  long double sum = 1, term = 1;
  for (int i = 1; i < 24; ++i) {
    term *= -x * x / ((2 * i - 1) * (2 * i));
    sum += term;
  }
  return sum;
}

struct Legendre {
  long double value, slope;
};

constexpr Legendre legendre(uint32_t degree, long double z) {
  long double before = 0, value = 1;
  for (uint32_t j = 0; j < degree; ++j) {
    const long double next = ((2 * j + 1) * z * value - j * before) / (j + 1);
    before = value;
    value = next;
  }
  return {value, degree * (z * value - before) / (z * z - 1)};
}

constexpr void add_rule(uint32_t count, Tables& tables) {
  const uint32_t first = first_entry(count);
  for (uint32_t i = 0; i < (count + 7) / 8 * 8; ++i) {
    if (i >= count) {
      tables.points[first + i] = 0.5;
      tables.weights[first + i] = 0;
      continue;
    }
    long double z = cosine(kPi * (i + 0.75L) / (count + 0.5L));
    for (int round = 0; round < 8; ++round) {
      const Legendre at = legendre(count, z);
      z -= at.value / at.slope;
    }
    const long double slope = legendre(count, z).slope;
    tables.points[first + i] = static_cast<double>((1 - z) / 2);
    tables.weights[first + i] = static_cast<double>(1 / ((1 - z * z) * slope * slope));
  }
}

consteval Tables make_tables() {
  Tables tables{};
  for (uint32_t count = 1; count <= kMaxPoints; ++count) {
    if (known_points(count) == count) add_rule(count, tables);
  }
  return tables;
}

static_assert(first_entry(kMaxPoints) + kMaxPoints == kEntries);
alignas(64) constexpr Tables kTables = make_tables();

}  // namespace

Quadrature quadrature_of(uint32_t count) noexcept {
  const uint32_t first = first_entry(count);
  return {kTables.points + first, kTables.weights + first, (count + 7) / 8 * 8};
}

}  // namespace mainspring
