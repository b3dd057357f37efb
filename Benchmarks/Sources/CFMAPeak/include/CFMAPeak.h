#pragma once
// The most fused multiply-adds one core can do, for each width of vector.
#include <stdint.h>

/// Floating-point operations (two a multiply-add) of so many rounds of independent multiply-adds in the registers of
/// 4 (NEON), 8 (AVX2) or 16 (AVX-512) lanes; 0 where this core has none of that width.
uint64_t fma_peak(int lanes, uint64_t rounds);
