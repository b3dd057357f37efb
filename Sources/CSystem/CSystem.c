#define _GNU_SOURCE
#include "CSystem.h"
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
