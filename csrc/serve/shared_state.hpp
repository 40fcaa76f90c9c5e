// Bytes that each process of a server writes for itself and all can read: states that merge.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "serve/counter_block.hpp"

namespace mainspring {

class SharedState {
 public:
  SharedState(std::string_view key, uint32_t most_bytes);

  /// In place of what this process wrote before. Throws Error(kParameter) for more bytes than there
  /// is room for. One thread at a time.
  void put(std::string_view bytes);
  /// What this process, or one whose place it took, wrote last.
  std::string mine() const;
  /// Of every process that wrote any.
  std::vector<std::string> all() const;

 private:
  uint32_t most_bytes_;
  CounterBlock block_;
};

}  // namespace mainspring
