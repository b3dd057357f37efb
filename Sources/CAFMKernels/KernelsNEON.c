// 64-bit ARM: NEON and its fused multiply-add are part of the baseline.
#include "include/CAFMEvent.h"

#if defined(__aarch64__)
#define AFM_FUNCTION
#define AFM_FUSED 1
#define AFM_SPECIALISED 1
#define AFM_TILE 6
#define AFM_KERNELS afm_kernels_neon
#define AFM_NAME "neon"
#include "Body/vectors.inc"
#include "Body/kernels.inc"
#endif
