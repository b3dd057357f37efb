#pragma once
// What a change of a slot leaves behind: its bit, and where a sweep runs, the row as it was.
#include "include/CAFMSweep.h"

#include <string.h>

enum { AFM_SWEEP_STEP = 16 };

static inline uint64_t words_of(uint64_t slot_count) { return (slot_count + 63) / 64; }

static __attribute__((noinline, unused)) void note_first_change(afm_table *table, uint64_t slot) {
  const uint64_t bit = (uint64_t)1 << slot % 64;
  if (table->owned->sweep && (table->unsaved[slot / 64] & bit)) afm_sweep_save(table, slot);
  table->changed[slot / 64] |= bit;
}

// The bucket says whether the bits of its slots were dealt with since the last sweep began: it is at hand, while the
// bits stand on a page of their own.
static inline void note_change(afm_table *table, afm_bucket *bucket, uint64_t slot) {
  const uint32_t mask = AFM_SWEEP_STEP - 1, mark = (uint32_t)1 << slot % AFM_BUCKET_SLOTS;
  const uint32_t sweeps = table->owned->sweeps;
  const uint32_t noted = (bucket->noted & ~mask) == sweeps ? bucket->noted : sweeps;
  if (noted & mark) return;
  bucket->noted = noted | mark;
  note_first_change(table, slot);
}

/// Empties `changed`.
static inline void forget_noted(afm_table *table) {
  memset(table->changed, 0, words_of(table->slot_count) * 8);
  table->owned->sweeps += AFM_SWEEP_STEP;
}
