#pragma once
// Copying the rows of one moment out of a table that goes on changing. All of it is for the owner.
#include "CAFMRows.h"

/// The state of a copy that is being taken.
typedef struct afm_sweep {
  afm_row_columns *target;  ///< where rows go; has room for the features of an event while one is learned
  uint64_t next_word;       ///< the first word of `unsaved` that may have a bit set
  uint64_t remaining;       ///< rows that are still to be copied
  uint64_t forced;          ///< rows that were copied since they were about to change
  int32_t lost_row;         ///< a row had to be copied and there was no room: the copy is worthless
} afm_sweep;

/// How many rows changed since the last sweep began, or since the changes were forgotten.
uint64_t afm_table_changed_count(const afm_table *table);

/// Forgets which rows changed: the table is as it was saved.
void afm_table_forget_changes(afm_table *table);

/// Fixes the rows of this moment: from now on a row is copied before it changes. What changed up to now is kept apart
/// until `afm_sweep_settle`.
///
/// - only_changed: whether the rows that changed since the last sweep are meant, or all `claimed` ones.
void afm_sweep_begin(afm_table *table, afm_sweep *sweep, int32_t only_changed, uint64_t claimed);

/// Copies the next rows, at most `maximum` and no more than there is room for; looks at a bounded number of slots. How
/// many it copied.
int64_t afm_sweep_advance(afm_table *table, afm_sweep *sweep, int64_t maximum);

/// Ends the copying; rows may change again without being copied.
void afm_sweep_end(afm_table *table);

/// Decides what becomes of the changes up to the last beginning: where they were saved they are forgotten, where not
/// they count as changed since.
void afm_sweep_settle(afm_table *table, int32_t saved);

/// Copies a row that is about to change. `note_first_change` calls it where the row's bit says that it
/// was not copied yet.
void afm_sweep_save(afm_table *table, uint64_t slot);
