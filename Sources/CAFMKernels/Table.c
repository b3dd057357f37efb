// Who may read what: a scorer reads tags, weights, hashes, versions and embeddings, so the owner writes those with
// relaxed atomic 8-byte stores between two changes of the bucket's version (odd, then even), and a scorer that saw the
// version change reads again. Accumulators and last-seen share words with nothing a scorer looks at, or are ignored by
// it. The owner reads its own table plainly: nobody else writes.
#define _GNU_SOURCE
#include "include/CAFMTable.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

// Small tables are rounded to this; larger ones to huge pages' size, which the system is advised to use.
enum { SMALL_PAGE = 4096, HUGE_PAGE = 2 << 20 };

static uint64_t rounded(uint64_t bytes) {
  const uint64_t page = bytes >= 4 * (uint64_t)HUGE_PAGE ? HUGE_PAGE : SMALL_PAGE;
  return (bytes + page - 1) / page * page;
}

static int32_t stride_of(int32_t k) { return (k + 1) / 2 * 2; }

uint64_t afm_table_bytes(uint64_t slot_count, int32_t k) {
  return rounded(slot_count * (sizeof(afm_slot) + 8 + 2 * sizeof(float) * (uint64_t)stride_of(k)) + slot_count);
}

int afm_table_create(afm_table *table, uint64_t slot_count, int32_t k) {
  memset(table, 0, sizeof *table);
  const uint64_t bytes = afm_table_bytes(slot_count, k);
  uint8_t *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return errno;
  if (bytes >= 4 * (uint64_t)HUGE_PAGE) madvise(memory, bytes, MADV_HUGEPAGE);
  table->slot_count = slot_count;
  table->bytes = bytes;
  table->k = k;
  table->stride = stride_of(k);
  table->slots = (afm_slot *)memory;
  memory += slot_count * sizeof(afm_slot);
  table->rows = (float *)memory;
  memory += slot_count * 2 * sizeof(float) * (uint64_t)table->stride;
  table->hashes = (uint64_t *)memory;
  memory += slot_count * 8;
  table->versions = (uint32_t *)memory;
  return 0;
}

void afm_table_destroy(afm_table *table) {
  if (table->slots) munmap(table->slots, table->bytes);
  memset(table, 0, sizeof *table);
}

// The finalizer of splitmix64: whatever the hash's quality, every bit of the result depends on all of it.
static uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

static uint32_t tag_of(uint64_t hash) {
  const uint32_t tag = (uint32_t)(hash ^ (hash >> 32));
  return tag ? tag : 1;
}

void afm_table_candidates(const afm_table *table, uint64_t hash, uint64_t *first, uint64_t *second) {
  const uint64_t mask = table->slot_count / 4 - 1, m = mixed(hash);
  const uint64_t a = m & mask, b = (m >> 32) & mask;
  *first = a * 4;
  *second = (a == b ? b ^ 1 : b) * 4;
}

static int64_t find_in(const afm_table *table, uint64_t bucket, uint32_t tag, uint64_t hash) {
  for (uint64_t slot = bucket; slot < bucket + 4; slot++)
    if (table->slots[slot].tag == tag && table->hashes[slot] == hash) return (int64_t)slot;
  return -1;
}

int64_t afm_table_find(const afm_table *table, uint64_t hash) {
  uint64_t first, second;
  afm_table_candidates(table, hash, &first, &second);
  const uint32_t tag = tag_of(hash);
  const int64_t found = find_in(table, first, tag, hash);
  return found >= 0 ? found : find_in(table, second, tag, hash);
}

static int is_reserved(int64_t slot, const int64_t *reserved, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (reserved[i] == slot) return 1;
  return 0;
}

int64_t afm_table_place(const afm_table *table, uint64_t hash, const int64_t *reserved, int32_t reserved_count) {
  uint64_t buckets[2];
  afm_table_candidates(table, hash, &buckets[0], &buckets[1]);
  int64_t vacant[2] = {-1, -1}, oldest = -1;
  int32_t vacancies[2] = {0, 0};
  for (int b = 0; b < 2; b++) {
    for (uint64_t slot = buckets[b]; slot < buckets[b] + 4; slot++) {
      if (is_reserved((int64_t)slot, reserved, reserved_count)) continue;
      if (table->slots[slot].tag == 0) {
        if (vacancies[b]++ == 0) vacant[b] = (int64_t)slot;
      } else if (oldest < 0 || table->slots[slot].last_seen < table->slots[oldest].last_seen) {
        oldest = (int64_t)slot;
      }
    }
  }
  if (vacancies[0] + vacancies[1] == 0) return oldest;
  return vacancies[0] >= vacancies[1] ? vacant[0] : vacant[1];
}

// Slots and rows are accessed as 8-byte words here and as what they are elsewhere.
typedef uint64_t aliased_word __attribute__((may_alias));
static inline void store8(void *place, uint64_t word) {
  __atomic_store_n((aliased_word *)place, word, __ATOMIC_RELAXED);
}
static inline uint64_t load8(const void *place) {
  return __atomic_load_n((const aliased_word *)place, __ATOMIC_RELAXED);
}

// The release fence keeps the odd version ahead of the data, the release store the data ahead of the even version.
static void begin_writing(afm_table *table, uint64_t slot) {
  uint32_t *version = table->versions + slot / 4;
  __atomic_store_n(version, *version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
}

static void end_writing(afm_table *table, uint64_t slot) {
  uint32_t *version = table->versions + slot / 4;
  __atomic_store_n(version, *version + 1, __ATOMIC_RELEASE);
}

static void store_slot(afm_table *table, uint64_t slot, afm_slot value) {
  uint64_t words[2];
  memcpy(words, &value, sizeof value);
  store8(&table->slots[slot].tag, words[0]);
  store8(&table->slots[slot].accumulator, words[1]);
}

void afm_table_publish(afm_table *table, uint64_t slot, uint64_t hash, float weight, float accumulator,
                       uint32_t last_seen, const float *row, const float *row_accumulators) {
  float *target = table->rows + slot * 2 * (uint64_t)table->stride;
  begin_writing(table, slot);
  store8(&table->hashes[slot], hash);
  store_slot(table, slot, (afm_slot){tag_of(hash), weight, accumulator, last_seen});
  int32_t d = 0;
  for (; d + 2 <= table->k; d += 2) {
    uint64_t word;
    memcpy(&word, row + d, sizeof word);
    store8(target + d, word);
  }
  if (d < table->k) {
    const float last[2] = {row[d], 0};
    uint64_t word;
    memcpy(&word, last, sizeof word);
    store8(target + d, word);
  }
  end_writing(table, slot);
  memcpy(target + table->stride, row_accumulators, sizeof(float) * (uint64_t)table->k);
}

void afm_table_clear(afm_table *table, uint64_t slot) {
  begin_writing(table, slot);
  store_slot(table, slot, (afm_slot){0, 0, 0, 0});
  end_writing(table, slot);
}

// 1 found, 0 not here, all of one version of the bucket.
static int32_t gather_from(const afm_table *table, uint64_t bucket, uint32_t tag, uint64_t hash, float *weight,
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
        const float *source = table->rows + slot * 2 * (uint64_t)table->stride;
        int32_t d = 0;
        for (; d + 2 <= table->k; d += 2) {
          const uint64_t pair = load8(source + d);
          memcpy(row + d, &pair, sizeof pair);
        }
        if (d < table->k) {
          const uint64_t pair = load8(source + d);
          memcpy(row + d, &pair, sizeof(float));
        }
      }
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      if (__atomic_load_n(version, __ATOMIC_RELAXED) == before) return found;
    }
    // The owner writes for some 20 ns, unless it lost its core meanwhile.
    if (attempts >= 64) sched_yield();
  }
}

int32_t afm_table_gather(const afm_table *table, uint64_t hash, float *weight, float *row) {
  uint64_t first, second;
  afm_table_candidates(table, hash, &first, &second);
  const uint32_t tag = tag_of(hash);
  return gather_from(table, first, tag, hash, weight, row) || gather_from(table, second, tag, hash, weight, row);
}

void afm_table_prefetch(const afm_table *table, uint64_t hash) {
  uint64_t first, second;
  afm_table_candidates(table, hash, &first, &second);
  __builtin_prefetch(table->slots + first);
  __builtin_prefetch(table->slots + second);
}
