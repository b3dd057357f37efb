#define _GNU_SOURCE
#include "CSystem.h"
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int afm_peer_credentials(int descriptor, int32_t *pid, uint32_t *uid, uint32_t *gid) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return errno;
  *pid = credentials.pid;
  *uid = credentials.uid;
  *gid = credentials.gid;
  return 0;
}

void afm_describe_thread(const char *name, int32_t nice) {
  pthread_setname_np(pthread_self(), name);
  // Linux keeps a nice value for each thread.
  if (nice != 0) (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice);
}

int afm_unix_connect(const char *path, int nonblocking) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, path, length);
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
  if (descriptor < 0) return -errno;
  int result;
  do {
    result = connect(descriptor, (struct sockaddr *)&address, sizeof address);
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    int error = errno;
    (void)close(descriptor);
    return -error;
  }
  return descriptor;
}

int afm_poll(struct pollfd *entries, unsigned long count, uint64_t nanoseconds) {
  struct timespec timeout = {.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)};
  int ready = ppoll(entries, count, &timeout, NULL);
  if (ready >= 0) return ready;
  return errno == EINTR ? 0 : -errno;
}

void afm_limit_arenas(int count) {
  // Whoever sets glibc's own variable has decided.
  if (!getenv("MALLOC_ARENA_MAX")) (void)mallopt(M_ARENA_MAX, count);
}

void afm_set_timer_slack(unsigned long nanoseconds) {
  (void)prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0);
}
