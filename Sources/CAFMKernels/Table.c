// The table's memory, and the steps that concern one feature. Who may read what stands in TableAccess.h.
#define _GNU_SOURCE
#include "TableAccess.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

// Small tables are rounded to this; larger ones to huge pages' size, which the system is advised to use.
enum { SMALL_PAGE = 4096, HUGE_PAGE = 2 << 20 };

static uint64_t rounded(uint64_t bytes) {
  const uint64_t page = bytes >= 4 * (uint64_t)HUGE_PAGE ? HUGE_PAGE : SMALL_PAGE;
  return (bytes + page - 1) / page * page;
}

// What older headers do not name; older systems (before Linux 5.14) answer EINVAL.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

// Features are scattered over all of a table, so that a few hundred of them touch every huge page of it. The system
// clears each at its first touch, which takes milliseconds where it must get it from its own host first: here it holds
// up nobody. In steps, so that nobody else who maps memory waits for long.
static int make_present(uint8_t *memory, uint64_t bytes) {
  for (uint64_t at = 0; at < bytes; at += HUGE_PAGE) {
    const uint64_t step = bytes - at < HUGE_PAGE ? bytes - at : HUGE_PAGE;
    if (madvise(memory + at, step, MADV_POPULATE_WRITE) == 0) continue;
    if (errno != EINVAL) return errno;
    for (uint64_t page = 0; page < step; page += SMALL_PAGE) *(volatile uint8_t *)(memory + at + page) = 0;
  }
  return 0;
}

static int32_t stride_of(int32_t k) { return (k + 1) / 2 * 2; }

uint64_t afm_table_bytes(uint64_t slot_count, int32_t k) {
  const uint64_t bits = 3 * 8 * words_of(slot_count);
  const uint64_t row = 2 * sizeof(float) * (uint64_t)stride_of(k);
  return rounded(slot_count * (sizeof(afm_bucket) / AFM_BUCKET_SLOTS + row) + bits);
}

int afm_table_create(afm_table *table, uint64_t slot_count, int32_t k) {
  memset(table, 0, sizeof *table);
  const uint64_t bytes = afm_table_bytes(slot_count, k);
  uint8_t *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return errno;
  // Lines of its own: what other threads write must not take it from the owner, who looks at it for every feature.
  afm_owned *owned = aligned_alloc(LINE, (sizeof *owned + LINE - 1) / LINE * LINE);
  if (!owned) {
    munmap(memory, bytes);
    return ENOMEM;
  }
  memset(owned, 0, sizeof *owned);
  if (bytes >= 4 * (uint64_t)HUGE_PAGE) madvise(memory, bytes, MADV_HUGEPAGE);
  const int problem = make_present(memory, bytes);
  if (problem) {
    free(owned);
    munmap(memory, bytes);
    return problem;
  }
  table->slot_count = slot_count;
  table->bytes = bytes;
  table->k = k;
  table->stride = stride_of(k);
  table->buckets = (afm_bucket *)memory;
  memory += slot_count / AFM_BUCKET_SLOTS * sizeof(afm_bucket);
  table->rows = (float *)memory;
  memory += slot_count * 2 * sizeof(float) * (uint64_t)table->stride;
  table->changed = (uint64_t *)memory;
  table->captured = table->changed + words_of(slot_count);
  table->unsaved = table->captured + words_of(slot_count);
  table->owned = owned;
  return 0;
}

// While memory is unmapped every thread that needs a new page waits: with pieces of this size, not for long.
#define UNMAPPED_AT_ONCE (UINT64_C(16) << 20)

static void unmap(uint8_t *memory, uint64_t bytes) {
  while (bytes > 0) {
    uint64_t step = bytes < UNMAPPED_AT_ONCE ? bytes : UNMAPPED_AT_ONCE;
    munmap(memory, step);
    memory += step;
    bytes -= step;
  }
}

void afm_table_destroy(afm_table *table) {
  if (table->buckets) unmap((uint8_t *)table->buckets, table->bytes);
  free(table->owned);
  memset(table, 0, sizeof *table);
}

void afm_table_candidates(const afm_table *table, uint64_t hash, uint64_t *first, uint64_t *second) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  *first = buckets[0];
  *second = buckets[1];
}

int64_t afm_table_find(const afm_table *table, uint64_t hash) { return find(table, hash); }

static int is_reserved(int64_t slot, const int64_t *reserved, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (reserved[i] == slot) return 1;
  return 0;
}

int64_t afm_table_place(const afm_table *table, uint64_t hash, const int64_t *reserved, int32_t reserved_count) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  int64_t vacant[2] = {-1, -1}, oldest = -1;
  int32_t vacancies[2] = {0, 0};
  for (int b = 0; b < 2; b++) {
    for (uint64_t slot = buckets[b]; slot < buckets[b] + 4; slot++) {
      if (is_reserved((int64_t)slot, reserved, reserved_count)) continue;
      if (afm_table_slot(table, slot)->tag == 0) {
        if (vacancies[b]++ == 0) vacant[b] = (int64_t)slot;
      } else if (oldest < 0 || afm_table_slot(table, slot)->last_seen < afm_table_slot(table, (uint64_t)oldest)->last_seen) {
        oldest = (int64_t)slot;
      }
    }
  }
  if (vacancies[0] + vacancies[1] == 0) return oldest;
  return vacancies[0] >= vacancies[1] ? vacant[0] : vacant[1];
}

void afm_table_publish(afm_table *table, uint64_t slot, uint64_t hash, float weight, float accumulator,
                       uint32_t last_seen, const float *row, const float *row_accumulators) {
  write_row(table, slot, hash, (afm_slot){tag_of(hash), weight, accumulator, last_seen}, row, row_accumulators,
            table->k);
}

int32_t afm_table_gather(const afm_table *table, uint64_t hash, float *weight, float *row) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  return gather(table, buckets, hash, weight, row);
}

void afm_table_prefetch(const afm_table *table, uint64_t hash) {
  uint64_t buckets[2];
  candidates(table, hash, buckets);
  prefetch_bucket(table, buckets[0]);
  prefetch_bucket(table, buckets[1]);
}
