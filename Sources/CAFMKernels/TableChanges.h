#pragma once
// What a change of a slot leaves behind: its bit, and where a sweep runs, the row as it was.
#include "include/CAFMSweep.h"

static inline uint64_t words_of(uint64_t slot_count) { return (slot_count + 63) / 64; }

static inline void note_change(afm_table *table, uint64_t slot) {
  const uint64_t bit = (uint64_t)1 << slot % 64;
  if (table->sweep && (table->unsaved[slot / 64] & bit)) afm_sweep_save(table, slot);
  table->changed[slot / 64] |= bit;
}
