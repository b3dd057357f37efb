#pragma once
// A fixed piece of work that no change of the product touches, so that figures can be compared between machines.

#include <stdint.h>

/// A mixture of what learning and serving are made of: multiply-adds in the first-level cache, dependent hashing with
/// branches, and scattered reads and writes in a table larger than the second-level cache, a third of the time each.
/// `table` has `CALIBRATION_TABLE` words. The result depends on all of the work, so that none can be left out.
uint64_t calibration_round(uint64_t *table);

enum { CALIBRATION_TABLE = 1 << 21 };
