// Plans from known numbers: what is emitted, what is shared, what is refused, and that each opens.
#include <string>
#include <vector>

#include "check.hpp"
#include "fit/plan/plan_draft.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"

namespace mainspring {
namespace {

using Numbers = std::vector<double>;

std::vector<StepCode> steps_of(const PlanDraft& draft) {
  const auto image = BundleImage::open(draft.finish(), "a draft");
  const PlanView& plan = image->view().plan;
  std::vector<StepCode> codes;
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    codes.push_back(static_cast<StepCode>(plan.steps[i].code));
  }
  return codes;
}

template <class Call>
void check_refused(const Call& call, const std::string& part, const char* what) {
  try {
    call();
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kParameter, what);
    check(error.message().find(part) != std::string::npos, what);
    return;
  }
  check(false, what);
}

void test_every_step_opens() {
  PlanDraft draft;
  const auto x = draft.column("x", InputKind::kFloat);
  auto y = draft.fill(draft.affine(x, 1, 2), 0.5);
  y = draft.clip(draft.log1p(y), 0, 9);
  y = draft.power(y, PowerFamily::kYeoJohnson, 0.5);
  y = draft.calculate(draft.calculate(y, ArithmeticCode::kMultiply, 3.0), ArithmeticCode::kAdd, x);
  y = draft.interpolate(y, Numbers{0, 1}, Numbers{0, 1}, Numbers{0, 1}, Numbers{0, 1});
  draft.store(draft.normal_quantile(y), "normal");
  draft.store(draft.is_missing(draft.column("s", InputKind::kBytes)), "gone");
  const auto ids = draft.find(x, std::span<const double>(Numbers{5, -0.0}));
  draft.store_one_hot(ids, std::vector<uint32_t>{0, 0, 2, 1}, std::vector<std::string>{"a", "b"});
  draft.store(draft.gather(ids, Numbers{0, 1, 2, 3}), "code");
  const auto edges = draft.count_edges(x, Numbers{1, 2});
  draft.store(draft.gather(edges, Numbers{0, 1, 2, 3}), "bin");
  const auto none = draft.count_edges(x, {});
  draft.store(draft.gather(none, Numbers{0, 1}), "one bin");
  const std::vector<int64_t> integers{INT64_MIN, INT64_MAX};
  draft.store(draft.gather(draft.find(draft.column("i", InputKind::kInteger),
                                      std::span<const int64_t>(integers)),
                           Numbers{0, 1, 2, 3}),
              "integer");
  check(steps_of(draft).size() == 28, "as many steps as values and features");
}

void test_what_is_emitted() {
  PlanDraft draft;
  const auto x = draft.column("x", InputKind::kFloat);
  const auto y = draft.affine(x, 1, 2);
  check(draft.column("x", InputKind::kFloat) == x && draft.affine(x, 1, 2) == y,
        "the same step is one value");
  check(draft.affine(x, 1, 3) != y && draft.column("x", InputKind::kInteger) != x,
        "other numbers are other values");
  (void)draft.log1p(y);  // no feature needs it
  draft.store(y, "a");
  draft.store(y, "b");
  const std::vector<StepCode> expected{StepCode::kLoad, StepCode::kAffine, StepCode::kStore,
                                       StepCode::kStore};
  check(steps_of(draft) == expected, "what no feature needs is left out");
}

void test_slots_are_used_again() {
  PlanDraft draft;
  for (int column = 0; column < 5000; ++column) {  // more than a plan has slots
    const auto x = draft.column("x" + std::to_string(column), InputKind::kFloat);
    draft.store(draft.affine(x, 1, 2), "f" + std::to_string(column));
  }
  const auto image = BundleImage::open(draft.finish(), "a draft");
  check(image->view().plan.num_slots == 2, "two slots for any number of columns");
}

void test_what_is_refused() {
  PlanDraft draft;
  const auto x = draft.column("x", InputKind::kFloat);
  const auto text = draft.column("s", InputKind::kBytes);
  const auto ids = draft.find(x, std::span<const double>(Numbers{1}));
  check_refused([&] { (void)draft.log1p(99); }, "no value 99", "a value that is not there");
  check_refused([&] { (void)draft.log1p(text); }, "strings, expected numbers", "another type");
  check_refused([&] { (void)draft.gather(x, Numbers{1}); }, "expected ids", "numbers as ids");
  check_refused([&] { (void)draft.gather(ids, Numbers{1}); }, "3 ids, got 1", "too few numbers");
  check_refused([&] { (void)draft.column("", InputKind::kFloat); }, "empty name", "no name");
  check_refused([&] { (void)draft.column("t", InputKind::kTimestamp); }, "reads", "a time");
  check_refused([&] { draft.store(x, ""); }, "empty name", "a feature without a name");
  check_refused([&] { draft.store(ids, "a"); }, "expected numbers", "ids as a feature");
  check_refused([&] { draft.store_one_hot(ids, std::vector<uint32_t>{1}, {}); }, "3 ids",
                "places of another encoding");
  check_refused([&] { (void)draft.find(x, std::span<const double>(Numbers{1, 1})); }, "",
                "a key that is there twice");
  check_refused([&] { (void)draft.interpolate(x, Numbers{1}, {}, {}, {}); }, "as many", "points");
  check_refused([&] { (void)draft.finish(); }, "no feature", "a plan without features");
}

}  // namespace

}  // namespace mainspring

int main() {
  using namespace mainspring;
  test_every_step_opens();
  test_what_is_emitted();
  test_slots_are_used_again();
  test_what_is_refused();
  return finish();
}
