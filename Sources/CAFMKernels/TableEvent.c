// The features of an event, or of a block of events, at once: memory is asked for in all their places before the first
// is waited for.
#include "TableAccess.h"

void afm_event_note(const afm_feature *features, int32_t count, afm_lookup *lookups) {
  for (int32_t i = 0; i < count; i++) lookups[i].hash = features[i].hash;
}

// Of the two lines of each bucket that with the tags of the first one is asked for: there most features are found. The
// hash beside a tag that fits is asked for with the row, in `afm_event_locate`; a feature in its second bucket waits for
// that. Asking for all four lines at once was measured to be slower.
void afm_event_look_up(const afm_table *table, afm_lookup *lookups, int32_t count) {
  const afm_table t = *table;
  for (int32_t i = 0; i < count; i++) {
    afm_lookup *lookup = lookups + i;
    candidates(&t, lookup->hash, lookup->buckets);
    __builtin_prefetch(t.buckets + lookup->buckets[0] / AFM_BUCKET_SLOTS);
  }
}

void afm_event_locate(const afm_table *table, afm_lookup *lookups, int32_t count, int32_t with_sums) {
  const afm_table t = *table;
  for (int32_t i = 0; i < count; i++) {
    afm_lookup *lookup = lookups + i;
    lookup->slot = slot_with_tag(&t, lookup->buckets, tag_of(lookup->hash));
    if (lookup->slot < 0) continue;
    __builtin_prefetch(afm_table_hash(&t, (uint64_t)lookup->slot));
    prefetch_row(&t, (uint64_t)lookup->slot, with_sums);
  }
}

// Where the numbers of features go, copied for the length of a loop: the arrays might hold these very pointers as far
// as the compiler knows, so that it would read them again after every store.
typedef struct {
  float *x, *weight, *rows;
  uint16_t *field;
  uint64_t *hashes;
  int32_t *origin;
  int64_t *slots;
  float *weight_accumulators, *row_accumulators;
  int64_t width;
  uint16_t last_field;
  int32_t count;
} writer;

static inline writer begin(const afm_event *event, const afm_event_rows *rows, int32_t count) {
  return (writer){event->x,
                  event->weight,
                  event->rows,
                  event->field,
                  rows->hashes,
                  rows->origin,
                  rows->slots,
                  rows->weight_accumulators,
                  rows->row_accumulators,
                  rows->width,
                  rows->last_field,
                  count};
}

static inline void append(writer *w, const afm_feature *feature, int32_t origin) {
  const int32_t n = w->count++;
  w->x[n] = feature->value;
  w->field[n] = feature->field < w->last_field ? feature->field : w->last_field;
  w->origin[n] = origin;
  w->hashes[n] = feature->hash;
}

static inline void load(writer *w, const afm_table *table, uint64_t slot, const afm_feature *feature, int32_t origin) {
  const int64_t n = w->count;
  const afm_slot *entry = afm_table_slot(table, slot);
  w->weight[n] = entry->weight;
  w->weight_accumulators[n] = entry->accumulator;
  w->slots[n] = (int64_t)slot;
  if (table->k > 0) {
    const float *row = row_of(table, slot);
    copy_row(w->rows + n * w->width, row, table->k);
    copy_row(w->row_accumulators + n * w->width, row + table->stride, table->k);
  }
  append(w, feature, origin);
}

void afm_event_load(const afm_table *table, uint64_t slot, const afm_feature *feature, int32_t origin,
                    const afm_event_rows *rows, afm_event *event) {
  writer w = begin(event, rows, event->feature_count);
  load(&w, table, slot, feature, origin);
  event->feature_count = w.count;
}

// The slot that was located, if the feature is there now; else it is searched for.
static int64_t known_slot(const afm_table *table, const afm_feature *feature, const afm_lookup *lookup) {
  const int64_t slot = lookup->slot;
  if (lookup->hash == feature->hash) {
    if (slot >= 0 && *afm_table_hash(table, (uint64_t)slot) == feature->hash &&
        afm_table_slot(table, (uint64_t)slot)->tag != 0)
      return slot;
    return find_in(table, lookup->buckets, feature->hash);
  }
  return afm_table_find(table, feature->hash);
}

void afm_event_load_known(const afm_table *table, const afm_feature *features, const afm_lookup *lookups, int32_t count,
                          int64_t *given, const afm_event_rows *rows, afm_event *event) {
  const afm_table t = *table;
  writer w = begin(event, rows, 0);
  for (int32_t i = 0; i < count; i++) {
    given[i] = known_slot(&t, features + i, lookups + i);
    if (given[i] >= 0) load(&w, &t, (uint64_t)given[i], features + i, i);
  }
  event->feature_count = w.count;
  event->pair_count = 0;
}

void afm_event_publish(afm_table *table, const afm_event *event, const afm_event_rows *rows, uint32_t last_seen,
                       uint64_t *claimed, uint64_t *evicted) {
  const writer w = begin(event, rows, event->feature_count);
  const int32_t k = table->k;
  for (int64_t n = 0; n < w.count; n++) {
    const uint64_t slot = (uint64_t)w.slots[n], hash = w.hashes[n];
    const afm_slot value = {tag_of(hash), w.weight[n], w.weight_accumulators[n], last_seen};
    if (afm_table_slot(table, slot)->tag == 0) {
      *claimed += 1;
    } else if (*afm_table_hash(table, slot) != hash) {
      *evicted += 1;
    } else if (k == 0) {
      write_weight(table, slot, value);
      continue;
    }
    write_row(table, slot, hash, value, w.rows + n * w.width, w.row_accumulators + n * w.width, k);
  }
}

static int32_t gather_located(const afm_table *table, uint64_t hash, const afm_lookup *lookup, float *weight,
                              float *row) {
  if (lookup->hash != hash) return afm_table_gather(table, hash, weight, row);
  if (lookup->slot >= 0 && gather_at(table, (uint64_t)lookup->slot, hash, weight, row) == 1) return 1;
  return gather(table, lookup->buckets, hash, weight, row);
}

void afm_event_gather(const afm_table *table, const afm_feature *features, const afm_lookup *lookups, int32_t count,
                      const afm_event_rows *rows, afm_event *event) {
  writer w = begin(event, rows, event->feature_count);
  for (int32_t i = 0; i < count; i++) {
    const int64_t n = w.count;
    if (gather_located(table, features[i].hash, lookups + i, w.weight + n, w.rows + n * w.width))
      append(&w, features + i, i);
  }
  event->feature_count = w.count;
  event->pair_count = 0;
}
