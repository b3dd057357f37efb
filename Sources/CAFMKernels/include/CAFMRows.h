#pragma once
// Rows of the table as columns: what snapshots are written from and read into.
#include "CAFMTable.h"

/// Rows as columns of `capacity` entries each, of which the first `count` are rows.
typedef struct afm_row_columns {
  uint64_t *slot;
  uint64_t *hash;
  uint32_t *last_seen;
  float *weight;
  float *accumulator;            ///< Adagrad's sum for w
  float *embedding;              ///< v [capacity][k]
  float *embedding_accumulator;  ///< Adagrad's sums for v [capacity][k]
  int64_t count;
  int64_t capacity;
} afm_row_columns;

/// Appends the claimed rows from slot `next` on, in slot order, until there are no more, the columns are full or
/// `maximum` rows were copied; the first slot that was not looked at. For the owner.
uint64_t afm_rows_copy(const afm_table *table, uint64_t next, int64_t maximum, afm_row_columns *columns);

/// Puts rows into their own slots of a table that no scorer reads yet; `claimed` grows by their number. A row whose slot
/// was filled before the last `afm_rows_restore_older` is left out.
///
/// -1, or the first row that cannot be where it says: outside the feature's buckets, in a slot that is taken, or twice.
int64_t afm_rows_restore(afm_table *table, const afm_row_columns *columns, uint64_t *claimed);

/// Says that the rows that follow are older than those restored so far, which hide them.
void afm_rows_restore_older(afm_table *table);

/// Whether all numbers are finite; with `not_negative` also at least 0.
int32_t afm_rows_are_finite(const float *numbers, int64_t count, int32_t not_negative);
