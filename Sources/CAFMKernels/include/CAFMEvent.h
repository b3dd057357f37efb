#pragma once
// One event's forward and backward pass, and the optimiser.
//
// Every array of floats is 64-byte aligned and padded with zeros to a multiple of 16, as are the rows of every matrix.
// A matrix "in panels" [rows][columns] stands in panels of 16 columns, one behind the other: its element (r, c) is at
// c / 16 * 16 * rows + 16 * r + c % 16.
#include <stdint.h>

/// Where each dense parameter begins in the flat array of parameters (in floats); gradient and accumulators have the
/// same layout. A part that the model does not have begins at -1.
typedef struct afm_layout {
  int32_t k;                     ///< embedding size; 0 for a linear model
  int32_t t;                     ///< attention size; 0 without attention
  int32_t k_padded, t_padded;    ///< the same, rounded up to multiples of 16
  int32_t bias;                  ///< w0, alone in its 16 floats
  int32_t output;                ///< p [k_padded]
  int32_t attention_bias;        ///< b [t_padded]
  int32_t attention_output;      ///< h [t_padded]
  int32_t projection_transposed; ///< W transposed, [k][t_padded] in panels
  int32_t field_pairs;           ///< r, field_pair_count numbers: fields a <= b at b(b+1)/2 + a
  int32_t field_pair_weights;    ///< m, the same number of numbers in the same order; like r behind all else
  int32_t field_pair_count;
  int32_t count;                 ///< floats in all, a multiple of 16
  int32_t scales_by_pairs;       ///< s is the number of pairs, rather than 1
} afm_layout;

/// The scratch of one event: its features, its pairs, and what the passes leave behind.
typedef struct afm_event {
  int32_t feature_count, feature_capacity;
  int32_t pair_count, pair_capacity;

  // For each feature.
  float *x;               ///< x_i
  float *weight;          ///< w_i
  float *rows;            ///< v_i [features][k_padded]
  float *weight_gradient; ///< dL/dw_i
  float *row_gradient;    ///< dL/dv_i [features][k_padded]
  uint16_t *field;
  uint16_t *paired_field; ///< what `field` was when the pairs were last formed; null to form them anew every time

  // For each pair.
  int32_t *first, *second; ///< positions of the two features
  int32_t *field_pair;     ///< index into r and m
  float *pair_x;           ///< x_i x_j
  float *z;                ///< (v_i * v_j) x_i x_j, [pairs][k_padded] in panels
  /// relu(W z + b), [pairs][t_padded] in panels; the backward pass puts the gradient before relu there
  float *u;
  float *score;            ///< what the softmax is taken of; the backward pass puts its gradient there
  float *attention;        ///< a, sums to one; ones without attention
  float *multiplier;       ///< m of the pair's fields; the backward pass puts its gradient there. Unused without m
  float *scaled;           ///< s a m
  float *projected;        ///< (p * kept) . z

  // For the event.
  int32_t paired_features; ///< how many features that was of, or -1
  int32_t paired_count;    ///< how many pairs they made
  const float *kept;      ///< what dropout multiplies the pooled vector by [k_padded], or null
  float *output_kept;     ///< p * kept [k_padded]
  float *pooled_gradient; ///< dL/d(sum s a m z) [k_padded]
  double bias_and_linear; ///< w0 + sum w_i x_i
  double interaction;     ///< sum of s a m (p . z)
  float exponential_sum;  ///< sum over pairs of e^(score - greatest), 0 without attention
  float exponential_moment; ///< sum over pairs of e^(score - greatest) (score - greatest)
  float raw;              ///< y
} afm_event;

/// What some pairs of an event add up to. Without attention every exponential is 1.
typedef struct afm_pair_sums {
  int32_t pairs;
  float greatest;      ///< the greatest of their scores; 0 without pairs and without attention
  double exponentials; ///< sum of e^(score - greatest)
  double weighted;     ///< sum of e^(score - greatest) m (p . z)
} afm_pair_sums;

/// The kernels of one instruction set.
///
/// All with `fused` set give the same bits: 16 lanes, fused multiply-add, lane l reduced with l+8, then +4, +2, +1.
typedef struct afm_kernels {
  const char *name;
  int32_t fused;
  void (*forward)(const float *parameters, const afm_layout *layout, afm_event *event);
  void (*backward)(const float *parameters, const float *projection, const afm_layout *layout, afm_event *event,
                   float loss_gradient, float *gradient);
  void (*sum_pairs)(const float *parameters, const afm_layout *layout, const afm_event *event, afm_pair_sums *sums);
  float (*step_sum)(const float *gradient, const float *accumulators, int64_t count);
  int32_t (*regularize)(float *gradient, const float *parameters, const float *accumulators, float scale,
                        float twice_lambda, int64_t count);
  void (*adagrad)(float *parameters, float *accumulators, const float *gradient, float rate, float epsilon,
                  int64_t count);
  void (*exponential)(float *results, const float *arguments, int64_t count);
} afm_kernels;

/// The kernels of that name ("scalar", "base", "v3", "v4", "neon"), or null where this machine cannot run them.
const afm_kernels *afm_kernels_named(const char *name);

/// The fastest kernels this machine can run.
const afm_kernels *afm_kernels_best(void);

/// Forms the pairs (0,1), (0,2), ... of the event's features in order, at most `pair_capacity`, leaving out pairs of
/// one field where `within[field]` is 0; fills `pair_x` and `field_pair`, and pads the arrays of features. `within` must
/// be the same at every call for an event.
void afm_form_pairs(afm_event *event, const uint8_t *within);

/// Forms the pairs (i,j) with i < j of which j is at least `context_count`, in the order of j, then i, as far as there
/// is room, and fills what `afm_form_pairs` fills for them. Returns how many there are, room or not.
int64_t afm_form_candidate_pairs(afm_event *event, const uint8_t *within, int32_t context_count);

/// W, [t][k_padded] in panels, from its transpose, [k][t_padded] in panels.
void afm_transpose(float *projection, const float *transposed, const afm_layout *layout);

static inline void afm_forward(const afm_kernels *kernels, const float *parameters, const afm_layout *layout,
                               afm_event *event) {
  kernels->forward(parameters, layout, event);
}

/// What the event's pairs add up to; uses the scratch of the pairs, leaves that of the features alone.
static inline void afm_sum_pairs(const afm_kernels *kernels, const float *parameters, const afm_layout *layout,
                                 const afm_event *event, afm_pair_sums *sums) {
  kernels->sum_pairs(parameters, layout, event, sums);
}

/// The gradients of every parameter of the event, given dL/dy. `gradient` is overwritten but for r and m, to which it
/// adds, so they must be zero before.
static inline void afm_backward(const afm_kernels *kernels, const float *parameters, const float *projection,
                                const afm_layout *layout, afm_event *event, float loss_gradient, float *gradient) {
  kernels->backward(parameters, projection, layout, event, loss_gradient, gradient);
}

/// The sum of g^2 / sqrt(G + g^2), within 1e-5 of it: to the first order, by how much the loss would fall were every
/// parameter moved by Adagrad with rate 1. Not finite where a square is not.
static inline float afm_step_sum(const afm_kernels *kernels, const float *gradient, const float *accumulators,
                                 int64_t count) {
  return kernels->step_sum(gradient, accumulators, count);
}

/// Multiplies the gradient by `scale` and adds 2 lambda theta to it; 1 where every accumulator would stay finite, 0
/// otherwise.
static inline int32_t afm_regularize(const afm_kernels *kernels, float *gradient, const float *parameters,
                                     const float *accumulators, float scale, float twice_lambda, int64_t count) {
  return kernels->regularize(gradient, parameters, accumulators, scale, twice_lambda, count);
}

/// G += g^2; theta -= rate g / (sqrt(G) + epsilon).
static inline void afm_adagrad(const afm_kernels *kernels, float *parameters, float *accumulators,
                               const float *gradient, float rate, float epsilon, int64_t count) {
  kernels->adagrad(parameters, accumulators, gradient, rate, epsilon, count);
}

/// e^x for x up to 88; 0 below -87.
static inline void afm_exponential(const afm_kernels *kernels, float *results, const float *arguments, int64_t count) {
  kernels->exponential(results, arguments, count);
}
