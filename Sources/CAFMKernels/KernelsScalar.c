// The reference: sixteen lanes one by one, with the C library's correctly rounded fmaf.
#include "include/CAFMEvent.h"

#define AFM_FUNCTION
#define AFM_FUSED 1
#define AFM_SPECIALISED 0
#define AFM_TILE 6
#define AFM_KERNELS afm_kernels_scalar
#define AFM_NAME "scalar"
#include "Body/lanes.inc"
#include "Body/kernels.inc"
