#include "CAFMKernels.h"
