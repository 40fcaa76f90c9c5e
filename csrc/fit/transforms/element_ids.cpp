// The steps that single values have behind ordinal and hash, for elements.
#include "fit/transforms/element_ids.hpp"

#include "runtime/steps/hash_records.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

Slot emit_element_ids(const ElementIds& ids, Slot elements, PlanBuilder& builder) {
  const Slot out = builder.new_slot(ValueType::kI32);
  if (ids.table.has_value()) {
    builder.emit(lookup_record(elements.number, out.number, ids.table->offset, ids.table->length,
                               ids.cardinality - kFirstEntryId));
    return out;
  }
  const Slot hash = builder.new_slot(ValueType::kI64);
  builder.emit(hash_record(elements.number, hash.number));
  builder.emit(padded_hash_bucket_record(hash.number, out.number, ids.cardinality));
  builder.release(hash);
  return out;
}

}  // namespace mainspring
