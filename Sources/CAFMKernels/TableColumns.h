#pragma once
// How a row of the table becomes an entry in each column.
#include "TableAccess.h"

/// Appends a claimed row; the caller made sure of the room.
static inline void append_row(const afm_table *table, uint64_t slot, afm_row_columns *columns) {
  const int64_t n = columns->count++;
  const afm_slot entry = *afm_table_slot(table, slot);
  const int32_t k = table->k;
  const float *row = row_of(table, slot);
  columns->slot[n] = slot;
  columns->hash[n] = *afm_table_hash(table, slot);
  columns->last_seen[n] = entry.last_seen;
  columns->weight[n] = entry.weight;
  columns->accumulator[n] = entry.accumulator;
  copy_row(columns->embedding + n * k, row, k);
  copy_row(columns->embedding_accumulator + n * k, row + table->stride, k);
}
