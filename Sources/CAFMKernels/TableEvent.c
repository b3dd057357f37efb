// The features of an event at once: memory is asked for in all their places before the first is waited for.
#include "TableAccess.h"

enum { LINE = 64 };

static void prefetch_buckets(const afm_table *table, const uint64_t buckets[2]) {
  __builtin_prefetch(table->slots + buckets[0]);
  __builtin_prefetch(table->slots + buckets[1]);
}

// A row of up to four lines; the processor itself follows longer ones.
static void prefetch_row(const afm_table *table, uint64_t slot) {
  const char *row = (const char *)row_of(table, slot);
  const int64_t bytes = (int64_t)sizeof(float) * 2 * table->stride;
  __builtin_prefetch(table->hashes + slot);
  for (int64_t at = 0; at < bytes && at < 4 * LINE; at += LINE) __builtin_prefetch(row + at);
}

void afm_event_prefetch_buckets(const afm_table *table, const afm_feature *features, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    uint64_t buckets[2];
    candidates(table, features[i].hash, buckets);
    prefetch_buckets(table, buckets);
  }
}

void afm_event_prefetch_rows(const afm_table *table, const afm_feature *features, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    uint64_t buckets[2];
    candidates(table, features[i].hash, buckets);
    const uint32_t matches = tag_matches(table, buckets, tag_of(features[i].hash));
    if (matches) prefetch_row(table, slot_of_match(buckets, matches));
  }
}

static void append(const afm_feature *feature, int32_t origin, const afm_event_rows *rows, afm_event *event) {
  const int32_t n = event->feature_count++;
  event->x[n] = feature->value;
  event->field[n] = feature->field < rows->last_field ? feature->field : rows->last_field;
  rows->origin[n] = origin;
  rows->hashes[n] = feature->hash;
}

static void copy_numbers(float *target, const float *source, int32_t k) {
  if (k == 16) {
    memcpy(target, source, 16 * sizeof(float));
  } else {
    memcpy(target, source, sizeof(float) * (uint64_t)k);
  }
}

void afm_event_load(const afm_table *table, uint64_t slot, const afm_feature *feature, int32_t origin,
                    const afm_event_rows *rows, afm_event *event) {
  const int32_t n = event->feature_count;
  const afm_slot *entry = table->slots + slot;
  const float *row = row_of(table, slot);
  event->weight[n] = entry->weight;
  rows->weight_accumulators[n] = entry->accumulator;
  rows->slots[n] = (int64_t)slot;
  copy_numbers(event->rows + (int64_t)n * rows->width, row, table->k);
  copy_numbers(rows->row_accumulators + (int64_t)n * rows->width, row + table->stride, table->k);
  append(feature, origin, rows, event);
}

void afm_event_load_known(const afm_table *table, const afm_feature *features, int32_t count, int64_t *given,
                          const afm_event_rows *rows, afm_event *event) {
  event->feature_count = 0;
  event->pair_count = 0;
  afm_event_prefetch_buckets(table, features, count);
  for (int32_t i = 0; i < count; i++) {
    given[i] = find(table, features[i].hash);
    if (given[i] >= 0) prefetch_row(table, (uint64_t)given[i]);
  }
  for (int32_t i = 0; i < count; i++)
    if (given[i] >= 0) afm_event_load(table, (uint64_t)given[i], features + i, i, rows, event);
}

void afm_event_publish(afm_table *table, const afm_event *event, const afm_event_rows *rows, uint32_t last_seen,
                       uint64_t *claimed, uint64_t *evicted) {
  for (int32_t n = 0; n < event->feature_count; n++) {
    const uint64_t slot = (uint64_t)rows->slots[n], hash = rows->hashes[n];
    if (table->slots[slot].tag == 0) {
      *claimed += 1;
    } else if (table->hashes[slot] != hash) {
      *evicted += 1;
    }
    write_row(table, slot, hash, (afm_slot){tag_of(hash), event->weight[n], rows->weight_accumulators[n], last_seen},
              event->rows + (int64_t)n * rows->width, rows->row_accumulators + (int64_t)n * rows->width, table->k);
  }
}

void afm_event_gather(const afm_table *table, const afm_feature *features, int32_t count, const afm_event_rows *rows,
                      afm_event *event) {
  event->pair_count = 0;
  afm_event_prefetch_buckets(table, features, count);
  if (table->k > 0) afm_event_prefetch_rows(table, features, count);
  for (int32_t i = 0; i < count; i++) {
    const int64_t n = event->feature_count;
    if (gather(table, features[i].hash, event->weight + n, event->rows + n * rows->width))
      append(features + i, i, rows, event);
  }
}
