#define _GNU_SOURCE
#include "CAffinity.h"

#include <errno.h>
#include <sched.h>

int benchmark_pin(int thread, int first, int end) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (int core = first; core < end; core++) CPU_SET(core, &cores);
  return sched_setaffinity(thread, sizeof cores, &cores) == 0 ? 0 : errno;
}
