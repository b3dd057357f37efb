// Saved rows: out of a table in slot order, and back into one. While a table is filled nobody else reads it, so rows are
// stored plainly; its bits of changes serve to tell which slots were filled, and which by newer rows.
#include "TableColumns.h"

enum { ROWS_AHEAD = 16 };

uint64_t afm_rows_copy(const afm_table *table, uint64_t next, int64_t maximum, afm_row_columns *columns) {
  for (; next < table->slot_count && maximum > 0 && columns->count < columns->capacity; next++) {
    if (afm_table_slot(table, next)->tag == 0) continue;
    append_row(table, next, columns);
    maximum--;
  }
  return next;
}

static int is_set(const uint64_t *bits, uint64_t slot) { return (int)(bits[slot / 64] >> slot % 64 & 1); }

static void prefetch_places(const afm_table *table, uint64_t slot, uint64_t hash) {
  if (slot >= table->slot_count) return;
  afm_table_prefetch(table, hash);
  prefetch_row(table, slot, 1);
}

int64_t afm_rows_restore(afm_table *table, const afm_row_columns *columns, uint64_t *claimed) {
  const int32_t k = table->k;
  for (int64_t n = 0; n < columns->count; n++) {
    if (n + ROWS_AHEAD < columns->count)
      prefetch_places(table, columns->slot[n + ROWS_AHEAD], columns->hash[n + ROWS_AHEAD]);
    const uint64_t slot = columns->slot[n], hash = columns->hash[n];
    uint64_t buckets[2];
    candidates(table, hash, buckets);
    if (slot >= table->slot_count || (slot / 4 * 4 != buckets[0] && slot / 4 * 4 != buckets[1])) return n;
    if (is_set(table->captured, slot)) continue;
    if (afm_table_slot(table, slot)->tag != 0 || find(table, hash) >= 0) return n;
    float *row = row_of(table, slot);
    *afm_table_slot(table, slot) =
        (afm_slot){tag_of(hash), columns->weight[n], columns->accumulator[n], columns->last_seen[n]};
    *afm_table_hash(table, slot) = hash;
    copy_row(row, columns->embedding + n * k, k);
    copy_row(row + table->stride, columns->embedding_accumulator + n * k, k);
    table->changed[slot / 64] |= (uint64_t)1 << slot % 64;
    ++*claimed;
  }
  return -1;
}

void afm_rows_restore_older(afm_table *table) {
  memcpy(table->captured, table->changed, words_of(table->slot_count) * 8);
}

int32_t afm_rows_are_finite(const float *numbers, int64_t count, int32_t not_negative) {
  // The bits of a number from infinity's on are infinity and NaN and, with the sign among them, what is negative.
  const uint32_t infinity = 0x7F800000u, mask = not_negative ? 0xFFFFFFFFu : 0x7FFFFFFFu;
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, numbers + i, sizeof bits);
    bad |= (uint32_t)((bits & mask) >= infinity) & (uint32_t)(bits != 0x80000000u);
  }
  return !bad;
}
