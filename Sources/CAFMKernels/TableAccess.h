#pragma once
// How a slot of the table is found, read and written; shared by Table.c (one feature), TableEvent.c (an event's),
// TableRows.c (saved rows) and TableSweep.c (rows to be saved).
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
  return __atomic_load_n(&afm_table_slot(table, slot)->tag, __ATOMIC_RELAXED);
}

enum { LINE = 64 };

/// Asks for both lines of the bucket that begins with a slot.
static inline void prefetch_bucket(const afm_table *table, uint64_t first) {
  const char *bucket = (const char *)(table->buckets + first / AFM_BUCKET_SLOTS);
  __builtin_prefetch(bucket);
  __builtin_prefetch(bucket + LINE);
}

/// Asks for a row of up to four lines; the processor itself follows longer ones.
static inline void prefetch_row(const afm_table *table, uint64_t slot, int32_t with_sums) {
  const int64_t bytes = (int64_t)sizeof(float) * table->stride * (with_sums ? 2 : 1);
  const char *row = (const char *)row_of(table, slot);
  for (int64_t at = 0; at < bytes && at < 4 * LINE; at += LINE) __builtin_prefetch(row + at);
}

/// Which of a bucket's four slots hold the tag, a bit for each.
static inline uint32_t tag_matches(const afm_table *table, uint64_t bucket, uint32_t tag) {
  uint32_t matches = 0;
  for (uint32_t i = 0; i < AFM_BUCKET_SLOTS; i++) matches |= (uint32_t)(tag_at(table, bucket + i) == tag) << i;
  return matches;
}

/// The first slot with a feature's tag, or -1.
static inline int64_t slot_with_tag(const afm_table *table, const uint64_t buckets[2], uint32_t tag) {
  for (int b = 0; b < 2; b++) {
    const uint32_t matches = tag_matches(table, buckets[b], tag);
    if (matches) return (int64_t)(buckets[b] + (uint32_t)__builtin_ctz(matches));
  }
  return -1;
}

/// The slot of a feature, or -1, as it is at this moment.
static inline int64_t find_in(const afm_table *table, const uint64_t buckets[2], uint64_t hash) {
  for (int b = 0; b < 2; b++) {
    for (uint32_t matches = tag_matches(table, buckets[b], tag_of(hash)); matches; matches &= matches - 1) {
      const uint64_t slot = buckets[b] + (uint32_t)__builtin_ctz(matches);
      if (load8(afm_table_hash(table, slot)) == hash) return (int64_t)slot;
    }
  }
  return -1;
}

static inline int64_t find(const afm_table *table, uint64_t hash) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  return find_in(table, buckets, hash);
}

static inline uint32_t *version_of(const afm_table *table, uint64_t slot) {
  return &table->buckets[slot / AFM_BUCKET_SLOTS].version;
}

// The release fence keeps the odd version ahead of the data, the release store the data ahead of the even version.
static inline void begin_writing(afm_bucket *bucket) {
  __atomic_store_n(&bucket->version, bucket->version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void end_writing(afm_bucket *bucket) {
  __atomic_store_n(&bucket->version, bucket->version + 1, __ATOMIC_RELEASE);
}

static inline void store_slot(afm_slot *slot, afm_slot value) {
  uint64_t words[2];
  memcpy(words, &value, sizeof value);
  store8(&slot->tag, words[0]);
  store8(&slot->accumulator, words[1]);
}

// Always inlined, so that a caller's constant `k` unrolls the loop.
static inline __attribute__((always_inline)) void store_numbers(float *target, const float *row, int32_t k) {
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

static inline __attribute__((always_inline)) void load_numbers(float *row, const float *source, int32_t k) {
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

// The default embedding size is worth a loop of its own.
enum { USUAL_K = 16 };

static inline void store_row(float *target, const float *row, int32_t k) {
  if (k == USUAL_K) {
    store_numbers(target, row, USUAL_K);
  } else {
    store_numbers(target, row, k);
  }
}

static inline void load_row(float *row, const float *source, int32_t k) {
  if (k == USUAL_K) {
    load_numbers(row, source, USUAL_K);
  } else {
    load_numbers(row, source, k);
  }
}

/// Copies what only the owner touches.
static inline void copy_row(float *restrict target, const float *restrict source, int32_t k) {
  if (k == USUAL_K) {
    memcpy(target, source, USUAL_K * sizeof(float));
  } else {
    memcpy(target, source, (uint64_t)k * sizeof(float));
  }
}

/// Writes the slot of a feature that is there and has no row. Tag and weight are one word, so that no version is needed
/// for a scorer to read what belongs together.
static inline void write_weight(afm_table *table, uint64_t slot, afm_slot value) {
  afm_bucket *const bucket = table->buckets + slot / AFM_BUCKET_SLOTS;
  note_change(table, bucket, slot);
  store_slot(bucket->slots + slot % AFM_BUCKET_SLOTS, value);
}

/// Writes all of a slot and its row. Every change of a feature goes through here, or through `write_weight`.
static inline void write_row(afm_table *table, uint64_t slot, uint64_t hash, afm_slot value, const float *row,
                             const float *row_accumulators, int32_t k) {
  afm_bucket *const bucket = table->buckets + slot / AFM_BUCKET_SLOTS;
  note_change(table, bucket, slot);
  begin_writing(bucket);
  store8(bucket->hashes + slot % AFM_BUCKET_SLOTS, hash);
  store_slot(bucket->slots + slot % AFM_BUCKET_SLOTS, value);
  if (k == 0) {
    end_writing(bucket);
    return;
  }
  float *const target = row_of(table, slot);
  const int64_t stride = table->stride;
  store_row(target, row, k);
  end_writing(bucket);
  copy_row(target + stride, row_accumulators, k);
}

/// Copies a slot's weight and row if it holds the feature; 1 found, 0 not here, -1 where the owner wrote meanwhile.
static inline int32_t gather_at(const afm_table *table, uint64_t slot, uint64_t hash, float *weight, float *row) {
  const uint32_t *version = version_of(table, slot);
  const uint32_t before = __atomic_load_n(version, __ATOMIC_ACQUIRE);
  if (before & 1) return -1;
  const uint64_t word = load8(&afm_table_slot(table, slot)->tag);
  afm_slot seen;
  memcpy(&seen, &word, sizeof word);
  const int32_t found = seen.tag == tag_of(hash) && load8(afm_table_hash(table, slot)) == hash;
  if (found) {
    *weight = seen.weight;
    load_row(row, row_of(table, slot), table->k);
  }
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return __atomic_load_n(version, __ATOMIC_RELAXED) == before ? found : -1;
}

/// Copies a feature's weight and row from its bucket; 1 found, 0 not here, all of one version of the bucket.
static inline int32_t gather_from(const afm_table *table, uint64_t bucket, uint64_t hash, float *weight, float *row) {
  const uint32_t *version = version_of(table, bucket);
  for (uint32_t attempts = 0;; attempts++) {
    const uint32_t before = __atomic_load_n(version, __ATOMIC_ACQUIRE);
    if ((before & 1) == 0) {
      int32_t found = 0;
      for (uint64_t slot = bucket; slot < bucket + 4 && found == 0; slot++)
        if (tag_at(table, slot) == tag_of(hash)) found = gather_at(table, slot, hash, weight, row);
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      if (found >= 0 && __atomic_load_n(version, __ATOMIC_RELAXED) == before) return found;
    }
    // The owner writes for some 20 ns, unless it lost its core meanwhile.
    if (attempts >= 64) sched_yield();
  }
}

static inline int32_t gather(const afm_table *table, const uint64_t buckets[2], uint64_t hash, float *weight,
                             float *row) {
  return gather_from(table, buckets[0], hash, weight, row) || gather_from(table, buckets[1], hash, weight, row);
}
