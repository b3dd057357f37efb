#pragma once
// Counts allocations by taking the place of glibc's allocation functions in the program that links this target.
#include <stdint.h>

/// How often the calling thread has asked for memory: malloc, calloc, realloc, memalign, aligned_alloc, posix_memalign,
/// and with them C++'s new and Swift's allocations.
uint64_t allocation_count(void);
