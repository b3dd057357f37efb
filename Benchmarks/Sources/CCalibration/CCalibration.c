#include "CCalibration.h"

#include <string.h>

// Plain C that every compiler turns into the same kind of code at every level of optimisation above none: its time
// follows the core and its caches, not the toolchain.

static uint64_t mixed(uint64_t word) {
  word ^= word >> 33;
  word *= 0xff51afd7ed558ccdull;
  word ^= word >> 33;
  word *= 0xc4ceb9fe1a85ec53ull;
  return word ^ word >> 33;
}

static float arithmetic(float *left, float *right) {
  float sums[8] = {0};
  for (int round = 0; round < 1500; round++)
    for (int index = 0; index < 256; index += 8)
      for (int lane = 0; lane < 8; lane++) sums[lane] += left[index + lane] * right[(index + lane + round) & 255];
  float sum = 0;
  for (int lane = 0; lane < 8; lane++) sum += sums[lane];
  return sum;
}

static uint64_t branches(uint64_t seed) {
  uint64_t state = seed, taken = 0;
  for (int round = 0; round < 40000; round++) {
    state = mixed(state + (uint64_t)round);
    if (state & 7) taken += state >> 60;
    else taken ^= state;
  }
  return taken;
}

static uint64_t scattered(uint64_t *table, uint64_t seed) {
  uint64_t sum = 0;
  for (int round = 0; round < 30000; round++) {
    uint64_t *line = table + (mixed(seed + (uint64_t)round) % (CALIBRATION_TABLE / 8)) * 8;
    for (int word = 0; word < 8; word++) sum += line[word];
    line[round & 7] = sum;
  }
  return sum;
}

uint64_t calibration_round(uint64_t *table) {
  float left[256], right[256];
  for (int index = 0; index < 256; index++) {
    left[index] = 1.0f + (float)index / 256;
    right[index] = 1.0f - (float)index / 512;
  }
  float sum = arithmetic(left, right);
  uint32_t bits;
  memcpy(&bits, &sum, sizeof bits);
  uint64_t state = branches(bits);
  return state ^ scattered(table, state | 1);
}
