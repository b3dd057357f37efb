#pragma once
// What Swift's Glibc module lacks.

/// Lets a thread run on the cores from `first` to before `end` only; returns 0, or the errno.
int benchmark_pin(int thread, int first, int end);
