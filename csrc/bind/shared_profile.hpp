// A profile as Python holds it: native calls release the GIL, so it carries its own lock.
#pragma once
#include <mutex>
#include <utility>

#include "profile/profile.hpp"

namespace mainspring::bind {

class SharedProfile {
 public:
  explicit SharedProfile(Profile profile) : profile_(std::move(profile)) {}

  /// fn(Profile&), alone with it.
  template <class Fn>
  decltype(auto) with(Fn fn) {
    const std::lock_guard<std::mutex> held(mutex_);
    return fn(profile_);
  }

 private:
  std::mutex mutex_;
  Profile profile_;
};

}  // namespace mainspring::bind
