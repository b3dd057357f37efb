// Three bits a slot lie beside the table: changed since the last sweep began; changed before it, until that is known to
// be saved; and still to be copied by the sweep. A slot is never emptied, so a slot that is empty when its bit is looked
// at, by the sweep or by the first feature to come there, was empty when the sweep began and has no part in it.
#include "TableColumns.h"

enum {
  // Words of bits looked at in one go, beside those for the rows: a table that is nearly empty must not hold the owner.
  WORDS = 256,
  // Up to so many rows of a word are asked for ahead; a denser word is read in order, which the processor sees itself.
  SPARSE = 16
};

uint64_t afm_table_changed_count(const afm_table *table) {
  uint64_t count = 0;
  for (uint64_t i = 0; i < words_of(table->slot_count); i++)
    if (table->changed[i]) count += (uint64_t)__builtin_popcountll(table->changed[i]);
  return count;
}

void afm_table_forget_changes(afm_table *table) {
  forget_noted(table);
  memset(table->captured, 0, words_of(table->slot_count) * 8);
}

void afm_sweep_begin(afm_table *table, afm_sweep *sweep, int32_t only_changed, uint64_t claimed) {
  const uint64_t bytes = words_of(table->slot_count) * 8;
  memset(sweep, 0, sizeof *sweep);
  sweep->remaining = only_changed ? afm_table_changed_count(table) : claimed;
  memcpy(table->captured, table->changed, bytes);
  if (only_changed) {
    memcpy(table->unsaved, table->changed, bytes);
  } else {
    memset(table->unsaved, 0xFF, bytes);
    if (table->slot_count < 64) table->unsaved[0] = ((uint64_t)1 << table->slot_count) - 1;
  }
  forget_noted(table);
  table->owned->sweep = sweep;
}

static void prefetch_rows(const afm_table *table, uint64_t word, uint64_t bits) {
  if (__builtin_popcountll(bits) > SPARSE) return;
  for (; bits; bits &= bits - 1) {
    const uint64_t slot = word * 64 + (uint64_t)__builtin_ctzll(bits);
    const float *row = row_of(table, slot);
    prefetch_bucket(table, slot);
    __builtin_prefetch(row);
    __builtin_prefetch(row + table->stride);
  }
}

int64_t afm_sweep_advance(afm_table *table, afm_sweep *sweep, int64_t maximum) {
  afm_row_columns *const target = sweep->target;
  const int64_t room = target->capacity - target->count;
  if (maximum > room) maximum = room;
  const uint64_t words = words_of(table->slot_count);
  uint64_t stop = sweep->next_word + WORDS + (uint64_t)(maximum < 0 ? 0 : maximum) / 8;
  if (stop > words) stop = words;
  int64_t copied = 0;
  uint64_t word = sweep->next_word;
  for (; word < stop && copied < maximum && sweep->remaining; word++) {
    uint64_t bits = table->unsaved[word];
    if (word + 1 < words && table->unsaved[word + 1]) prefetch_rows(table, word + 1, table->unsaved[word + 1]);
    for (; bits && copied < maximum; bits &= bits - 1) {
      const uint64_t slot = word * 64 + (uint64_t)__builtin_ctzll(bits);
      if (afm_table_slot(table, slot)->tag == 0) continue;
      append_row(table, slot, target);
      copied++;
    }
    table->unsaved[word] = bits;
    if (bits) break;
  }
  sweep->next_word = word;
  sweep->remaining -= sweep->remaining < (uint64_t)copied ? sweep->remaining : (uint64_t)copied;
  return copied;
}

void afm_sweep_save(afm_table *table, uint64_t slot) {
  afm_sweep *const sweep = table->owned->sweep;
  table->unsaved[slot / 64] &= ~((uint64_t)1 << slot % 64);
  if (afm_table_slot(table, slot)->tag == 0) return;
  if (sweep->remaining == 0) return;
  sweep->remaining--;
  sweep->forced++;
  if (!sweep->target || sweep->target->count == sweep->target->capacity) {
    sweep->lost_row = 1;
    return;
  }
  append_row(table, slot, sweep->target);
}

void afm_sweep_end(afm_table *table) { table->owned->sweep = 0; }

void afm_sweep_settle(afm_table *table, int32_t saved) {
  const uint64_t words = words_of(table->slot_count);
  if (!saved)
    for (uint64_t i = 0; i < words; i++) table->changed[i] |= table->captured[i];
  memset(table->captured, 0, words * 8);
}
