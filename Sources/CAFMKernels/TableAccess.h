#pragma once
// How a slot of the table is found, read and written; shared by Table.c (one feature) and TableEvent.c (an event's).
//
// Who may read what: a scorer reads tags, weights, hashes, versions and embeddings, so the owner writes those with
// relaxed atomic 8-byte stores between two changes of the bucket's version (odd, then even), and a scorer that saw the
// version change reads again. Accumulators and last-seen share words with nothing a scorer looks at, or are ignored by
// it. The owner reads its own table plainly: nobody else writes.
#include "TableChanges.h"

#include <sched.h>
#include <string.h>

// Slots and rows are accessed as 8-byte words here and as what they are elsewhere.
typedef uint64_t aliased_word __attribute__((may_alias));
static inline void store8(void *place, uint64_t word) {
  __atomic_store_n((aliased_word *)place, word, __ATOMIC_RELAXED);
}
static inline uint64_t load8(const void *place) {
  return __atomic_load_n((const aliased_word *)place, __ATOMIC_RELAXED);
}

// The finalizer of splitmix64: whatever the hash's quality, every bit of the result depends on all of it.
static inline uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

static inline uint32_t tag_of(uint64_t hash) {
  const uint32_t tag = (uint32_t)(hash ^ (hash >> 32));
  return tag ? tag : 1;
}

/// The first slots of a feature's two candidate buckets, which differ.
static inline void candidates(const afm_table *table, uint64_t hash, uint64_t buckets[2]) {
  const uint64_t mask = table->slot_count / 4 - 1, m = mixed(hash);
  const uint64_t a = m & mask, b = (m >> 32) & mask;
  buckets[0] = a * 4;
  buckets[1] = (a == b ? b ^ 1 : b) * 4;
}

/// The row of a slot: v [stride], then its accumulators [stride].
static inline float *row_of(const afm_table *table, uint64_t slot) {
  return table->rows + slot * 2 * (uint64_t)table->stride;
}

static inline uint32_t tag_at(const afm_table *table, uint64_t slot) {
  return __atomic_load_n(&table->slots[slot].tag, __ATOMIC_RELAXED);
}

/// Which of the eight candidate slots hold the tag: bits 0 to 3 for the first bucket's, 4 to 7 for the second's. All
/// are compared, since a branch on where a feature happens to be would be predicted wrongly every other time.
static inline uint32_t tag_matches(const afm_table *table, const uint64_t buckets[2], uint32_t tag) {
  uint32_t matches = 0;
  for (uint32_t i = 0; i < 4; i++) matches |= (uint32_t)(tag_at(table, buckets[0] + i) == tag) << i;
  for (uint32_t i = 0; i < 4; i++) matches |= (uint32_t)(tag_at(table, buckets[1] + i) == tag) << (4 + i);
  return matches;
}

static inline uint64_t slot_of_match(const uint64_t buckets[2], uint32_t matches) {
  const uint32_t first = (uint32_t)__builtin_ctz(matches);
  return buckets[first / 4] + first % 4;
}

/// The slot of a feature, or -1, as it is at this moment.
static inline int64_t find(const afm_table *table, uint64_t hash) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  for (uint32_t matches = tag_matches(table, buckets, tag_of(hash)); matches; matches &= matches - 1) {
    const uint64_t slot = slot_of_match(buckets, matches);
    if (load8(&table->hashes[slot]) == hash) return (int64_t)slot;
  }
  return -1;
}

// The release fence keeps the odd version ahead of the data, the release store the data ahead of the even version.
static inline void begin_writing(afm_table *table, uint64_t slot) {
  uint32_t *version = table->versions + slot / 4;
  __atomic_store_n(version, *version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void end_writing(afm_table *table, uint64_t slot) {
  uint32_t *version = table->versions + slot / 4;
  __atomic_store_n(version, *version + 1, __ATOMIC_RELEASE);
}

static inline void store_slot(afm_table *table, uint64_t slot, afm_slot value) {
  uint64_t words[2];
  memcpy(words, &value, sizeof value);
  store8(&table->slots[slot].tag, words[0]);
  store8(&table->slots[slot].accumulator, words[1]);
}

static inline void store_numbers(float *target, const float *row, int32_t k) {
  int32_t d = 0;
  for (; d + 2 <= k; d += 2) {
    uint64_t word;
    memcpy(&word, row + d, sizeof word);
    store8(target + d, word);
  }
  if (d < k) {
    const float last[2] = {row[d], 0};
    uint64_t word;
    memcpy(&word, last, sizeof word);
    store8(target + d, word);
  }
}

static inline void load_numbers(float *row, const float *source, int32_t k) {
  int32_t d = 0;
  for (; d + 2 <= k; d += 2) {
    const uint64_t pair = load8(source + d);
    memcpy(row + d, &pair, sizeof pair);
  }
  if (d < k) {
    const uint64_t pair = load8(source + d);
    memcpy(row + d, &pair, sizeof(float));
  }
}

/// Writes all of a slot and its row. Every change of a feature goes through here.
static inline void write_row(afm_table *table, uint64_t slot, uint64_t hash, afm_slot value, const float *row,
                             const float *row_accumulators, int32_t k) {
  float *target = row_of(table, slot);
  note_change(table, slot);
  begin_writing(table, slot);
  store8(&table->hashes[slot], hash);
  store_slot(table, slot, value);
  store_numbers(target, row, k);
  end_writing(table, slot);
  memcpy(target + table->stride, row_accumulators, sizeof(float) * (uint64_t)k);
}

/// Copies a feature's weight and row from its bucket; 1 found, 0 not here, all of one version of the bucket.
static inline int32_t gather_from(const afm_table *table, uint64_t bucket, uint32_t tag, uint64_t hash, float *weight,
                                  float *row) {
  const uint32_t *version = table->versions + bucket / 4;
  for (uint32_t attempts = 0;; attempts++) {
    const uint32_t before = __atomic_load_n(version, __ATOMIC_ACQUIRE);
    if ((before & 1) == 0) {
      int32_t found = 0;
      for (uint64_t slot = bucket; slot < bucket + 4 && !found; slot++) {
        const uint64_t word = load8(&table->slots[slot].tag);
        afm_slot seen;
        memcpy(&seen, &word, sizeof word);
        if (seen.tag != tag || load8(&table->hashes[slot]) != hash) continue;
        found = 1;
        *weight = seen.weight;
        load_numbers(row, row_of(table, slot), table->k);
      }
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      if (__atomic_load_n(version, __ATOMIC_RELAXED) == before) return found;
    }
    // The owner writes for some 20 ns, unless it lost its core meanwhile.
    if (attempts >= 64) sched_yield();
  }
}

static inline int32_t gather(const afm_table *table, uint64_t hash, float *weight, float *row) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  const uint32_t tag = tag_of(hash);
  return gather_from(table, buckets[0], tag, hash, weight, row) ||
         gather_from(table, buckets[1], tag, hash, weight, row);
}
