#include "CFMAPeak.h"

// Twelve accumulators hide the latency of a multiply-add: eight to ten are in flight where two start every cycle.
#define ACCUMULATORS 12

#define PEAK(lanes, attributes)                                                                                        \
  typedef float vector##lanes __attribute__((ext_vector_type(lanes)));                                                 \
  attributes static uint64_t peak##lanes(uint64_t rounds) {                                                            \
    vector##lanes sums[ACCUMULATORS], factor = 0.999f, addend = 0.001f;                                                \
    for (int n = 0; n < ACCUMULATORS; n++) sums[n] = (float)n;                                                         \
    for (uint64_t round = 0; round < rounds; round++) {                                                                \
      _Pragma("clang loop unroll(full)") for (int n = 0; n < ACCUMULATORS; n++) sums[n] =                              \
          __builtin_elementwise_fma(sums[n], factor, addend);                                                          \
    }                                                                                                                  \
    float sum = 0;                                                                                                     \
    for (int n = 0; n < ACCUMULATORS; n++) sum += sums[n].x;                                                           \
    volatile float sink = sum;                                                                                         \
    (void)sink;                                                                                                        \
    return rounds * ACCUMULATORS * 2 * lanes;                                                                          \
  }

#if defined(__x86_64__)
PEAK(8, __attribute__((target("arch=x86-64-v3"))))
PEAK(16, __attribute__((target("arch=x86-64-v4"), min_vector_width(512))))

uint64_t fma_peak(int lanes, uint64_t rounds) {
  __builtin_cpu_init();
  if (lanes == 8 && __builtin_cpu_supports("x86-64-v3")) return peak8(rounds);
  if (lanes == 16 && __builtin_cpu_supports("x86-64-v4")) return peak16(rounds);
  return 0;
}
#elif defined(__aarch64__)
PEAK(4, )

uint64_t fma_peak(int lanes, uint64_t rounds) { return lanes == 4 ? peak4(rounds) : 0; }
#else
uint64_t fma_peak(int lanes, uint64_t rounds) { return 0; }
#endif
