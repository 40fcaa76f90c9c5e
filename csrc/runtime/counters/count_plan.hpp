// What a device counts of the columns it sees, for drift: numbers between fixed edges, and known
// categories. Written by `mainspring pack --counters` from a bundle's reference profile; counts of
// many devices are added up at home.
//
// A file of its own beside the bundle: a device that looks for no drift does not carry it.
#pragma once
#include <cstdint>

#include "runtime/core/status.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

inline constexpr uint8_t kCountPlanMagic[8] = {'S', 'P', 'R', 'C', 'P', 'L', 'A', 'N'};
inline constexpr uint8_t kCountsMagic[8] = {'S', 'P', 'R', 'C', 'O', 'U', 'N', 'T'};
inline constexpr uint32_t kCountVersion = 1;  // of both; a reader refuses a higher one
inline constexpr uint32_t kMaxCountBins = 1u << 16;

/// First bytes of a plan. Then CountedColumns, then edges (f64) and CategorySlots. Little-endian.
struct CountPlanHeader {
  uint8_t magic[8];
  uint32_t version;
  uint32_t num_columns;
  uint64_t length;  // of the whole plan
  uint64_t id;      // counts that were made with the same plan have the same
  uint32_t num_words;
  uint32_t crc;  // CRC32C of the plan with this field zero
  uint8_t reserved[24];
};
static_assert(sizeof(CountPlanHeader) == 64);

enum class CountedAs : uint32_t {
  kNumbers = 1,     // bin k holds values in (edges[k - 1], edges[k]], the last one all above
  kCategories = 2,  // the bin of a slot; the last bin holds what no slot names
};

/// The words of a column: missing rows, then its bins.
struct CountedColumn {
  uint32_t input;       // ascending, of the bundle's inputs
  uint32_t counted_as;  // CountedAs
  uint32_t first_word;  // the columns' words follow one another
  uint32_t num_bins;
  uint32_t num_entries;  // edges, or slots: a power of two, one of them empty at least
  uint32_t reserved;
  uint64_t data_offset;  // of edges or slots, from the start of the plan; a multiple of 8
  double scale;          // integers and times are multiplied by it before they meet edges
  uint8_t padding[24];
};
static_assert(sizeof(CountedColumn) == 64);

/// Open addressing from hash & (num_entries - 1) on.
struct CategorySlot {
  uint64_t hash;  // hash_bytes
  uint32_t bin;
  uint32_t used;  // 0 or 1
};
static_assert(sizeof(CategorySlot) == 16);

/// First bytes of counts. Then num_words words of 64 bits.
struct CountsHeader {
  uint8_t magic[8];
  uint32_t version;
  uint32_t num_words;
  uint64_t id;  // of the plan
  uint64_t num_rows;
  uint32_t crc;  // CRC32C of the counts with this field zero
  uint8_t reserved[28];
};
static_assert(sizeof(CountsHeader) == 64);

/// A plan that was verified: views into the caller's bytes.
struct CountPlan {
  const uint8_t* bytes;
  const CountPlanHeader* header;
  const CountedColumn* columns;
};

/// Trusts no byte of a plan for so many inputs. `bytes` must be aligned to 64. A bad status speaks
/// of a column by its number; kBadChecksum of the whole.
Status read_count_plan(const uint8_t* bytes, uint64_t length, uint32_t num_inputs,
                       CountPlan* plan) noexcept;

/// Adds the rows of a tile to the words of a column; numbers as f64 or i64, categories as bytes.
void count_tile(const CountPlan& plan, const CountedColumn& column, const Tile& tile,
                uint64_t* words) noexcept;

/// CRC32C of bytes that hold their own checksum at `crc_at`, taken as zero there.
uint32_t crc_without_itself(const uint8_t* bytes, uint64_t length, uint64_t crc_at) noexcept;

}  // namespace mainspring
