// x86-64-v3: AVX2 and fused multiply-add.
#include "include/CAFMEvent.h"

#if defined(__x86_64__)
#define AFM_FUNCTION __attribute__((target("arch=x86-64-v3")))
#define AFM_FUSED 1
#define AFM_SPECIALISED 1
#define AFM_TILE 6
#define AFM_KERNELS afm_kernels_v3
#define AFM_NAME "v3"
#include "Body/vectors.inc"
#include "Body/kernels.inc"
#endif
