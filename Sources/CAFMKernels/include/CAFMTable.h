#pragma once
// The embedding table: one owner writes, any number of scorers gather at any time.
#include "CAFMEvent.h"

#include <stdint.h>

/// One place for a feature.
typedef struct afm_slot {
  uint32_t tag;         ///< 0 where the slot is empty; never 0 for a feature
  float weight;         ///< w
  float accumulator;    ///< Adagrad's sum for w; only the owner reads it
  uint32_t last_seen;   ///< events learned / 1024 when the feature was last learned
} afm_slot;

enum { AFM_BUCKET_SLOTS = 4 };

/// Four slots and what belongs to them, in two neighbouring cache lines: to look a feature up is to touch one page.
typedef struct afm_bucket {
  afm_slot slots[AFM_BUCKET_SLOTS];
  uint64_t hashes[AFM_BUCKET_SLOTS];  ///< one for each slot
  uint32_t version;                   ///< odd while the owner writes here
  uint32_t noted;                     ///< the owner's `sweeps`, and a bit for each slot that changed since
  uint32_t unused[6];
} afm_bucket;

/// What the owner alone reads and writes between two events, for snapshots (CAFMSweep.h).
typedef struct afm_owned {
  struct afm_sweep *sweep;  ///< null where none runs
  uint32_t sweeps;          ///< how often `changed` was emptied, in the upper 28 bits
} afm_owned;

/// A table of `slot_count` slots in buckets of four, in one piece of memory. Its fields never change while it lives, so
/// that any thread may read or copy them; what changes stands behind the pointers.
typedef struct afm_table {
  afm_bucket *buckets;
  float *rows;          ///< for each slot v [stride], then its accumulators [stride]
  uint64_t slot_count;  ///< a power of two, at least 8
  uint64_t bytes;       ///< of the whole piece
  int32_t k;            ///< embedding size; may be 0
  int32_t stride;       ///< k rounded up to an even number

  // For snapshots; what they point to is the owner's alone. The first three hold a bit for each slot.
  uint64_t *changed;   ///< since the last sweep began
  uint64_t *captured;  ///< before that, and not known to be saved
  uint64_t *unsaved;   ///< still to be copied by the sweep that runs
  afm_owned *owned;
} afm_table;

/// The slot of that number.
static inline afm_slot *afm_table_slot(const afm_table *table, uint64_t slot) {
  return table->buckets[slot / AFM_BUCKET_SLOTS].slots + slot % AFM_BUCKET_SLOTS;
}

/// The hash of the feature in a slot; means nothing where the slot is empty.
static inline uint64_t *afm_table_hash(const afm_table *table, uint64_t slot) {
  return table->buckets[slot / AFM_BUCKET_SLOTS].hashes + slot % AFM_BUCKET_SLOTS;
}

/// The bytes a table takes.
uint64_t afm_table_bytes(uint64_t slot_count, int32_t k);

/// Maps the memory of an empty table and makes all of it present, so that nobody waits for it later; 0, or the errno.
int afm_table_create(afm_table *table, uint64_t slot_count, int32_t k);
void afm_table_destroy(afm_table *table);

/// The first slots of the two candidate buckets of a feature. They differ.
void afm_table_candidates(const afm_table *table, uint64_t hash, uint64_t *first, uint64_t *second);

/// The slot of a feature, or -1. For the owner.
int64_t afm_table_find(const afm_table *table, uint64_t hash);

/// Where a new feature goes: a free slot of the emptier candidate bucket (the first of two equal ones), else the slot
/// of the eight that was seen longest ago (of equals the first); never one of `reserved`. -1 without room. Writes
/// nothing. For the owner.
int64_t afm_table_place(const afm_table *table, uint64_t hash, const int64_t *reserved, int32_t reserved_count);

/// Writes a feature's hash, tag, weight, last-seen and row, so that a scorer sees all of it or nothing; the
/// accumulators, which no scorer reads, plainly. `row` and `row_accumulators` hold k floats. For the owner.
void afm_table_publish(afm_table *table, uint64_t slot, uint64_t hash, float weight, float accumulator,
                       uint32_t last_seen, const float *row, const float *row_accumulators);

/// Copies the weight and the row of a feature, all of one moment; 0 where it is unknown. For any thread.
int32_t afm_table_gather(const afm_table *table, uint64_t hash, float *weight, float *row);

/// Asks for the memory of a feature's two candidate buckets ahead of use.
void afm_table_prefetch(const afm_table *table, uint64_t hash);

// The same for all features of an event in one call.

/// One feature of an event as it is given; Swift's Feature, field for field.
typedef struct afm_feature {
  uint64_t hash;
  float value;
  uint16_t field;
} afm_feature;

/// What is kept of the features of an event beside the arrays of afm_event, by the same positions.
typedef struct afm_event_rows {
  uint64_t *hashes;
  int32_t *origin;             ///< the feature's position among those given
  uint16_t last_field;         ///< fields beyond it count as it

  // The owner's alone; null for a scorer.
  int64_t *slots;
  float *weight_accumulators;  ///< Adagrad's sums for w
  float *row_accumulators;     ///< Adagrad's sums for v [features][width]
  int32_t width;               ///< k_padded: floats from one row of the event to the next
} afm_event_rows;

/// Appends a feature to the event with the weight, the row and the sums of its slot. For the owner.
void afm_event_load(const afm_table *table, uint64_t slot, const afm_feature *feature, int32_t origin,
                    const afm_event_rows *rows, afm_event *event);

/// Where a feature is looked for. Found out ahead of use in two steps, each of which asks for memory that the next
/// needs; what it says is checked at use, so it may be of any age, or of another feature, but only of the same table.
typedef struct afm_lookup {
  uint64_t hash;
  uint64_t buckets[2];
  int64_t slot;         ///< the first of the eight slots with the feature's tag, or -1
} afm_lookup;

/// Notes which features are to be looked for.
void afm_event_note(const afm_feature *features, int32_t count, afm_lookup *lookups);

/// The first step: computes the candidate buckets of the features that were noted and asks for the tags of the first.
/// For any thread.
void afm_event_look_up(const afm_table *table, afm_lookup *lookups, int32_t count);

/// The second step, once the tags are there: finds the slots by them and asks for the slots' hashes and rows, for the
/// owner with Adagrad's sums. For any thread.
void afm_event_locate(const afm_table *table, afm_lookup *lookups, int32_t count, int32_t with_sums);

/// Empties the event and loads those of its features that the table knows, in order; `given[i]` becomes the slot of the
/// i-th feature, or -1. For the owner.
void afm_event_load_known(const afm_table *table, const afm_feature *features, const afm_lookup *lookups, int32_t count,
                          int64_t *given, const afm_event_rows *rows, afm_event *event);

/// Publishes the weight, the row and the sums of every feature of the event. `claimed` grows by the features whose slot
/// was empty, `evicted` by those whose slot held another. For the owner.
void afm_event_publish(afm_table *table, const afm_event *event, const afm_event_rows *rows, uint32_t last_seen,
                       uint64_t *claimed, uint64_t *evicted);

/// Gathers the weights and rows of those of the features that the table knows behind the features that the event holds,
/// in order, each of one moment. For any thread.
void afm_event_gather(const afm_table *table, const afm_feature *features, const afm_lookup *lookups, int32_t count,
                      const afm_event_rows *rows, afm_event *event);
