#pragma once
// The arithmetic of the model, one body for every instruction set, and the memory that learner and scorers share.
#include "CAFMEvent.h"
#include "CAFMRing.h"
#include "CAFMRows.h"
#include "CAFMSweep.h"
#include "CAFMTable.h"
