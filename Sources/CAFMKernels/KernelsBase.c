// What every x86-64 can run: no fused multiply-add, so its bits differ from the others'.
#include "include/CAFMEvent.h"

#if defined(__x86_64__)
#define AFM_FUNCTION
#define AFM_FUSED 0
#define AFM_SPECIALISED 0
#define AFM_TILE 6
#define AFM_KERNELS afm_kernels_base
#define AFM_NAME "base"
#pragma STDC FP_CONTRACT OFF
#include "Body/vectors.inc"
#include "Body/kernels.inc"
#endif
