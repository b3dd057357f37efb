// librdkafka uses C11 threads. ThreadSanitizer knows only POSIX threads and crashes in a thread that it did not see
// begin; so under the sanitizer, and only there, the C11 functions that librdkafka calls are POSIX ones by another name.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "a C11 mutex has room for a POSIX one");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "a C11 condition has room for a POSIX one");

struct beginning {
  thrd_start_t function;
  void *argument;
};

static void *begin(void *opaque) {
  struct beginning beginning = *(struct beginning *)opaque;
  free(opaque);
  return (void *)(intptr_t)beginning.function(beginning.argument);
}

static int answer(int code) {
  switch (code) {
  case 0: return thrd_success;
  case EBUSY: return thrd_busy;
  case ETIMEDOUT: return thrd_timedout;
  case ENOMEM: return thrd_nomem;
  default: return thrd_error;
  }
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
  struct beginning *beginning = malloc(sizeof *beginning);
  if (!beginning) return thrd_nomem;
  beginning->function = function;
  beginning->argument = argument;
  int code = pthread_create(thread, NULL, begin, beginning);
  if (code != 0) free(beginning);
  return answer(code);
}

int thrd_join(thrd_t thread, int *result) {
  void *value = NULL;
  int code = pthread_join(thread, &value);
  if (result) *result = (int)(intptr_t)value;
  return answer(code);
}

int mtx_init(mtx_t *mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  int code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return answer(code);
}

int mtx_lock(mtx_t *mutex) { return answer(pthread_mutex_lock((pthread_mutex_t *)mutex)); }
int mtx_unlock(mtx_t *mutex) { return answer(pthread_mutex_unlock((pthread_mutex_t *)mutex)); }
void mtx_destroy(mtx_t *mutex) { pthread_mutex_destroy((pthread_mutex_t *)mutex); }

int cnd_init(cnd_t *condition) { return answer(pthread_cond_init((pthread_cond_t *)condition, NULL)); }
int cnd_signal(cnd_t *condition) { return answer(pthread_cond_signal((pthread_cond_t *)condition)); }
int cnd_broadcast(cnd_t *condition) { return answer(pthread_cond_broadcast((pthread_cond_t *)condition)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy((pthread_cond_t *)condition); }

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
  return answer(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *deadline) {
  return answer(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, deadline));
}

#endif
#endif
typedef int afm_sanitized_threads_is_not_empty;
