// The schema of an Arrow IPC stream: its fields as the C data interface names their types, and how
// many buffers each has.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/flat_buffer.hpp"

namespace mainspring {

/// What the buffers of a type are, behind the validity bitmap.
enum class IpcLayout : uint8_t {
  kNone,      // no buffers at all: null
  kRuns,      // no buffers, two children: run-end encoded
  kFixed,     // values of `bits` each
  kText,      // offsets of `offset_bytes`, and bytes
  kViews,     // 16 bytes each, and any number of buffers
  kList,      // offsets, one child
  kListView,  // offsets and sizes, one child
  kInside,    // children alone: structs, lists of a fixed size
  kUnion,     // type ids, and offsets where it is dense; no validity
};

struct IpcField {
  std::string name;
  std::string format;  // of the C data interface; of a dictionary its indices'
  IpcLayout layout = IpcLayout::kNone;
  uint32_t bits = 0;
  uint32_t offset_bytes = 0;
  uint32_t list_size = 0;  // of kInside: elements a row; 0: a struct
  bool is_dense = false;
  bool has_dictionary = false;
  int64_t dictionary_id = 0;
  std::vector<IpcField> children;
  std::vector<IpcField> dictionary;  // one, of the values; or none
};

/// Throws BadFlatBuffer, or Error(kUnsupported) for big-endian data and types that are not known.
std::vector<IpcField> read_ipc_schema(const FlatTable& schema);

}  // namespace mainspring
