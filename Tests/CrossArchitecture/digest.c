// Runs every kernel of this machine over the same random events and prints, for each, a digest of all the bits it gave.
// Built and compared by neon.sh; all fused kernels of all machines must print the same digest.
#include "CAFMKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static uint64_t next_random(void) {
  uint64_t x = state += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}
static float random_number(float scale) { return ((int32_t)(next_random() >> 40) - (1 << 23)) * (scale / (1 << 23)); }
static int below(int n) { return (int)(next_random() % (uint64_t)n); }

static int padded(int n) { return (n + 15) / 16 * 16; }
static float *floats(int count) {
  float *memory = aligned_alloc(64, (size_t)padded(count + 16) * 4);
  memset(memory, 0, (size_t)padded(count + 16) * 4);
  return memory;
}

static uint64_t digest;
static void absorb(const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
}

static const float scales[] = {1, 0.1f, 3, 1e-12f, 1e-20f, 30};

static void one_event(const afm_kernels *kernels, int k, int t, int features) {
  const int kp = padded(k), tp = t ? padded(t) : 0, fields = 4, capacity = features * features / 2 + 1;
  afm_layout layout = {.k = k, .t = t, .k_padded = kp, .t_padded = tp, .scales_by_pairs = below(2)};
  int next = 16;
  layout.output = next, next += kp;
  layout.attention_bias = t ? next : -1, next += tp;
  layout.attention_output = t ? next : -1, next += tp;
  layout.projection_transposed = t ? next : -1, next += k * tp;
  layout.field_pairs = t && below(2) ? next : -1, next += 16;
  layout.field_pair_weights = below(2) ? next : -1, next += 16;
  layout.field_pair_count = fields * (fields + 1) / 2;
  layout.count = next;
  float *parameters = floats(next), *accumulators = floats(next), *gradient = floats(next);
  float *projection = floats(t * kp);
  const float scale = scales[below(6)];
  parameters[0] = random_number(1);
  for (int d = 0; d < k; d++) parameters[layout.output + d] = 1 + random_number(0.1f);
  for (int l = 0; l < t; l++) {
    parameters[layout.attention_bias + l] = random_number(0.1f);
    parameters[layout.attention_output + l] = random_number(scale);
    for (int d = 0; d < k; d++) parameters[layout.projection_transposed + l / 16 * 16 * k + 16 * d + l % 16] = random_number(0.3f);
  }
  if (layout.field_pairs >= 0)
    for (int i = 0; i < layout.field_pair_count; i++) parameters[layout.field_pairs + i] = random_number(1);
  if (layout.field_pair_weights >= 0)
    for (int i = 0; i < layout.field_pair_count; i++) parameters[layout.field_pair_weights + i] = 1 + random_number(2);
  for (int i = 0; i < next; i++) accumulators[i] = 0.1f;
  afm_transpose(projection, parameters + (t ? layout.projection_transposed : 0), &layout);

  int32_t *integers = calloc((size_t)capacity * 3, 4);
  uint16_t *field = calloc((size_t)features + 1, 2);
  afm_event event = {.feature_count = features, .feature_capacity = features, .pair_capacity = capacity};
  event.x = floats(features), event.weight = floats(features), event.weight_gradient = floats(features);
  event.rows = floats(features * kp), event.row_gradient = floats(features * kp);
  event.pair_x = floats(capacity), event.score = floats(capacity), event.attention = floats(capacity);
  event.scaled = floats(capacity), event.projected = floats(capacity), event.multiplier = floats(capacity);
  event.z = floats(capacity * kp), event.u = floats(capacity * tp);
  event.output_kept = floats(kp), event.pooled_gradient = floats(kp);
  event.first = integers, event.second = integers + capacity, event.field_pair = integers + 2 * capacity;
  event.field = field;
  float *kept = floats(kp), *row_accumulators = floats(features * kp);
  for (int d = 0; d < k; d++) kept[d] = below(4) ? 4.0f / 3 : 0;
  event.kept = below(2) ? kept : 0;
  for (int i = 0; i < features; i++) {
    event.x[i] = below(5) ? random_number(scale) : 0;
    event.weight[i] = random_number(1);
    field[i] = (uint16_t)below(fields);
    for (int d = 0; d < k; d++) event.rows[i * kp + d] = random_number(scale);
    for (int d = 0; d < kp; d++) row_accumulators[i * kp + d] = 0.1f;
  }
  const uint8_t within[4] = {1, 0, 1, 1};
  for (int context = 0; context <= features; context += 3) {
    afm_pair_sums sums;
    const int64_t count = afm_form_candidate_pairs(&event, within, context);
    afm_sum_pairs(kernels, parameters, &layout, &event, &sums);
    absorb(&count, 8), absorb(&sums, sizeof sums);
  }
  afm_form_pairs(&event, within);
  afm_forward(kernels, parameters, &layout, &event);
  const int pairs = event.pair_count;
  absorb(&event.raw, 4), absorb(&event.exponential_sum, 4), absorb(&event.exponential_moment, 4);
  absorb(event.attention, (size_t)pairs * 4), absorb(event.projected, (size_t)pairs * 4);
  afm_backward(kernels, parameters, projection, &layout, &event, random_number(2), gradient);
  const float step_sums[2] = {afm_step_sum(kernels, gradient, accumulators, next),
                              afm_step_sum(kernels, event.row_gradient, row_accumulators, features * kp)};
  absorb(step_sums, sizeof step_sums);
  int32_t finite = afm_regularize(kernels, gradient, parameters, accumulators, below(2) ? 0.7f : 1, 0.01f, next);
  finite += 2 * afm_regularize(kernels, event.row_gradient, event.rows, row_accumulators, 1, 0, features * kp);
  absorb(&finite, 4);
  absorb(gradient, (size_t)next * 4), absorb(event.weight_gradient, (size_t)features * 4);
  afm_adagrad(kernels, parameters, accumulators, gradient, 0.2f, 1e-8f, next);
  afm_adagrad(kernels, event.rows, row_accumulators, event.row_gradient, 0.2f, 1e-8f, features * kp);
  absorb(parameters, (size_t)next * 4), absorb(accumulators, (size_t)next * 4);
  absorb(event.rows, (size_t)(features * kp) * 4), absorb(row_accumulators, (size_t)(features * kp) * 4);

  float *all[] = {parameters, accumulators, gradient, projection, event.x, event.weight, event.weight_gradient,
                  event.rows, event.row_gradient, event.pair_x, event.score, event.attention, event.scaled,
                  event.multiplier, event.projected, event.z, event.u, event.output_kept, event.pooled_gradient, kept, row_accumulators};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  free(integers), free(field);
}

static void exponentials(const afm_kernels *kernels) {
  float *arguments = floats(1024), *results = floats(1024);
  for (int i = 0; i < 1024; i++) arguments[i] = random_number(89) - (i < 512 ? 0 : 60);
  afm_exponential(kernels, results, arguments, 1024);
  absorb(results, 4096);
  free(arguments), free(results);
}

int main(void) {
  static const char *const names[] = {"scalar", "v3", "v4", "neon"};
  for (int n = 0; n < 4; n++) {
    const afm_kernels *kernels = afm_kernels_named(names[n]);
    if (!kernels) continue;
    digest = 0xCBF29CE484222325u;
    state = 4;
    for (int round = 0; round < 400; round++) {
      const int k = 1 + below(round % 40 == 0 ? 256 : 40), t = below(8) ? 1 + below(round % 40 == 1 ? 256 : 40) : 0;
      one_event(kernels, k, t, below(12));
    }
    exponentials(kernels);
    printf("%s %016llx\n", names[n], (unsigned long long)digest);
  }
  return 0;
}
