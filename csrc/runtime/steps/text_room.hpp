// Memory for strings that steps build: views of the input are enough for most steps, and those that
// change bytes write theirs here.
//
// Strings stay where they are until the tile is done, so that later steps read them as they read
// the input. The memory is the caller's: one that can allocate lets it grow, one that cannot runs
// fewer rows at once (run_rows in predict.cpp), and says what a single row needs.
#pragma once
#include <cstdint>

namespace mainspring {

/// What a caller that cannot allocate provides for a plan that builds strings: longer ones are run
/// in fewer rows.
inline constexpr uint64_t kTextRoomBytes = 16384;

struct TextRoom {
  uint8_t* bytes;  // the caller's, `capacity` of them
  uint64_t used;
  uint64_t capacity;
  /// Puts other memory of at least `needed` bytes in place, none of it used; what strings lie in
  /// stays until the tile is done. False: there is no memory. Null: it never grows.
  bool (*grow)(TextRoom* room, uint64_t needed) noexcept;
  uint64_t wanted;  // bytes that the strings of the tile have asked for
  bool incomplete;  // some got none: the tile is worth nothing
};

/// Before the first step of a tile: the strings of the one before are forgotten.
inline void start_texts(TextRoom* room) noexcept {
  room->used = 0;
  room->wanted = 0;
  room->incomplete = false;
}

/// Memory for a string of at most `length` bytes, or null, and the tile is incomplete. Nothing is
/// taken until keep_text() says how long it has become.
inline uint8_t* text_memory(TextRoom* room, uint64_t length) noexcept {
  room->wanted += length;
  if (length > room->capacity - room->used &&
      (room->incomplete || room->grow == nullptr || !room->grow(room, length))) {
    room->incomplete = true;
    return nullptr;
  }
  return room->bytes + room->used;
}

inline void keep_text(TextRoom* room, uint64_t length) noexcept { room->used += length; }

}  // namespace mainspring
