// The schedule: one learning operator a round, or a fill together with the one behind it.
#include "fit/plan/fit_rounds.hpp"

namespace mainspring {

std::vector<Round> rounds_of(const std::vector<std::shared_ptr<const Operator>>& operators) {
  std::vector<Round> rounds;
  for (size_t i = 0; i < operators.size(); ++i) {
    if (!operators[i]->learns()) continue;
    Round round{i, std::nullopt};
    if (operators[i]->transform().fills) {
      // Between the two only operators that treat each row by itself, and each stream by itself.
      size_t next = i + 1;
      while (next < operators.size() && !operators[next]->learns() &&
             !operators[next]->transform().joint) {
        ++next;
      }
      if (next < operators.size() && operators[next]->learns() &&
          operators[next]->transform().takes_repeated) {
        round.behind_fill = next;
        i = next;
      }
    }
    rounds.push_back(round);
  }
  return rounds;
}

}  // namespace mainspring
