// Which kernels this machine can run, and the two steps that are the same for all.
#include "include/CAFMEvent.h"

#include <string.h>

extern const afm_kernels afm_kernels_scalar;
#if defined(__x86_64__)
extern const afm_kernels afm_kernels_base, afm_kernels_v3, afm_kernels_v4;
#elif defined(__aarch64__)
extern const afm_kernels afm_kernels_neon;
#endif

const afm_kernels *afm_kernels_named(const char *name) {
  if (strcmp(name, "scalar") == 0) return &afm_kernels_scalar;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (strcmp(name, "base") == 0) return &afm_kernels_base;
  if (strcmp(name, "v3") == 0 && __builtin_cpu_supports("x86-64-v3")) return &afm_kernels_v3;
  if (strcmp(name, "v4") == 0 && __builtin_cpu_supports("x86-64-v4")) return &afm_kernels_v4;
#elif defined(__aarch64__)
  if (strcmp(name, "neon") == 0) return &afm_kernels_neon;
#endif
  return 0;
}

const afm_kernels *afm_kernels_best(void) {
  static const char *const best_first[] = {"v4", "v3", "neon", "base"};
  for (unsigned i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    const afm_kernels *found = afm_kernels_named(best_first[i]);
    if (found) return found;
  }
  return &afm_kernels_scalar;
}

// Whether the features are of the fields that the pairs at hand were formed of: in most streams every event's are.
static int is_paired(const afm_event *event) {
  return event->paired_field && event->paired_features == event->feature_count &&
         memcmp(event->paired_field, event->field, sizeof(uint16_t) * (uint64_t)event->feature_count) == 0;
}

// Makes the features i and j, of these fields, the n-th pair.
static inline void set_pair(afm_event *event, int64_t n, int32_t i, int32_t j, uint32_t first, uint32_t second) {
  const uint32_t low = first < second ? first : second, high = first < second ? second : first;
  event->first[n] = i;
  event->second[n] = j;
  event->field_pair[n] = (int32_t)(high * (high + 1) / 2 + low);
}

static void pair(afm_event *event, const uint8_t *within) {
  const int32_t features = event->feature_count;
  int32_t n = 0;
  for (int32_t i = 0; i < features; i++) {
    const uint32_t first = event->field[i];
    for (int32_t j = i + 1; j < features && n < event->pair_capacity; j++) {
      const uint32_t second = event->field[j];
      if (first == second && !within[first]) continue;
      set_pair(event, n, i, j, first, second);
      n++;
    }
  }
  event->paired_count = n;
  if (!event->paired_field) return;
  event->paired_features = features;
  memcpy(event->paired_field, event->field, sizeof(uint16_t) * (uint64_t)features);
}

void afm_form_pairs(afm_event *event, const uint8_t *within) {
  if (event->pair_capacity > 0 && !is_paired(event)) pair(event, within);
  const int32_t pairs = event->paired_count, *first = event->first, *second = event->second;
  const float *x = event->x;
  float *pair_x = event->pair_x;
  for (int32_t n = 0; n < pairs; n++) pair_x[n] = x[first[n]] * x[second[n]];
  event->pair_count = pairs;
  for (int32_t i = event->feature_count; i % 16 != 0; i++) event->x[i] = event->weight[i] = 0;
}

int64_t afm_form_candidate_pairs(afm_event *event, const uint8_t *within, int32_t context_count) {
  int64_t n = 0;
  for (int32_t j = context_count; j < event->feature_count; j++) {
    const uint32_t second = event->field[j];
    for (int32_t i = 0; i < j; i++) {
      const uint32_t first = event->field[i];
      if (first == second && !within[first]) continue;
      if (n < event->pair_capacity) {
        set_pair(event, n, i, j, first, second);
        event->pair_x[n] = event->x[i] * event->x[j];
      }
      n++;
    }
  }
  event->pair_count = n < event->pair_capacity ? (int32_t)n : event->pair_capacity;
  event->paired_features = -1;
  return n;
}

typedef float four __attribute__((ext_vector_type(4)));

/// Four rows of four, transposed; rows are 16 floats apart.
static inline void transpose_four(float *to, const float *from) {
  const four a = *(const four *)from, b = *(const four *)(from + 16);
  const four c = *(const four *)(from + 32), d = *(const four *)(from + 48);
  const four low = __builtin_shufflevector(a, b, 0, 4, 1, 5), low2 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const four high = __builtin_shufflevector(a, b, 2, 6, 3, 7), high2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(four *)to = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
  *(four *)(to + 16) = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
  *(four *)(to + 32) = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
  *(four *)(to + 48) = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
}

void afm_transpose(float *projection, const float *transposed, const afm_layout *layout) {
  const int64_t k = layout->k, t = layout->t;
  for (int64_t l = 0; l < t; l += 4)
    for (int64_t d = 0; d < k; d += 4) {
      float *to = projection + d / 16 * 16 * t + 16 * l + d % 16;
      const float *from = transposed + l / 16 * 16 * k + 16 * d + l % 16;
      if (l + 4 <= t && d + 4 <= k) {
        transpose_four(to, from);
      } else {
        for (int64_t i = 0; i < 4 && l + i < t; i++)
          for (int64_t j = 0; j < 4 && d + j < k; j++) to[16 * i + j] = from[16 * j + i];
      }
    }
}
