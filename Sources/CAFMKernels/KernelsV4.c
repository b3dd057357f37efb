// x86-64-v4: AVX-512. Without min_vector_width the compiler keeps to 256 bits.
#include "include/CAFMEvent.h"

#if defined(__x86_64__)
#define AFM_FUNCTION __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define AFM_FUSED 1
#define AFM_SPECIALISED 1
#define AFM_TILE 12
#define AFM_KERNELS afm_kernels_v4
#define AFM_NAME "v4"
#include "Body/vectors.inc"
#include "Body/kernels.inc"
#endif
