// Faults of a disk, and sudden deaths, for a program that knows nothing of it.
//
//     cc -shared -fPIC -O2 -o faults.so faults.c -ldl -lpthread
//     AFM_FAULTS=/tmp/faults LD_PRELOAD=$PWD/faults.so afmd --config afmd.yaml
//
// The file that AFM_FAULTS names is the control. It is looked at before every call, so a fault can be armed and disarmed
// while the program runs: write another file and rename it over this one. Without the file, or with an empty one, every
// call goes through. Each line is a rule:
//
//     CALLS PATTERN N ACTION [ARGUMENT] [xTIMES]
//
//     pwrite,write */journal/* 3 error ENOSPC     the third write below journal fails
//     fsync *lineage.log 1 error EIO x2           the next two syncs of lineage.log fail
//     fsync *lineage.log 1 lose                   it fails, and what was written since the last sync is zeros
//     pwrite *model.safetensors 5 short 10        only 10 bytes are written, and the call says so
//     pwrite *model.safetensors 5 lie 1           the last byte is not written, and the call says it was
//     mkdir,rename,pwrite,fsync */state/* 7 kill  SIGKILL instead of the seventh of these calls; kill-after: behind it
//     fsync * 1 slow 500 x0                       every sync takes 500 ms longer (x0: for ever)
//
// CALLS are of open, creating (an open that may make a file), write, pwrite, fsync, fdatasync, rename, ftruncate, mkdir,
// unlink, rmdir, or all; PATTERN is a shell's (fnmatch, where * also matches /) for the whole path, of a rename either
// one's. N counts the matching calls since the rule was read; TIMES is how many from the Nth on are concerned (1).
// What a rule did is appended to the control's name with .log behind it: time, call, action and path.
//
// The program must be linked dynamically with glibc. Calls that glibc makes for itself (stdio's) go by unseen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum call { OPEN, CREATING, WRITE, PWRITE, FSYNC, FDATASYNC, RENAME, FTRUNCATE, MKDIR, UNLINK, RMDIR, CALLS };
static const char *const call_names[CALLS] = {"open",   "creating",  "write", "pwrite", "fsync", "fdatasync",
                                              "rename", "ftruncate", "mkdir", "unlink", "rmdir"};
enum action { NOTHING, FAIL, LOSE, SHORT, LIE, KILL, KILL_AFTER, SLOW };
static const char *const action_names[] = {"nothing", "error", "lose", "short", "lie", "kill", "kill-after", "slow"};

struct rule {
  unsigned calls;
  char pattern[PATH_MAX];
  long nth, times, seen;
  enum action action;
  long argument;
};

// Everything below is guarded by `lock`, except `control`, which never changes after the start.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *control;
static struct rule rules[8];
static int rule_count;
static struct { dev_t device; ino_t file; struct timespec time; off_t size; } read_from;
// Where the bytes begin that were written to a file since its last sync.
static struct { dev_t device; ino_t file; off_t from; } unsynced[256];
static unsigned next_unsynced;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("AFM_FAULTS");
  if (path && *path) control = strdup(path);
}

static int error_number(const char *name) {
  static const struct { const char *name; int code; } known[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EDQUOT", EDQUOT}, {"EROFS", EROFS},
    {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"EINTR", EINTR},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, name) == 0) return known[i].code;
  return atoi(name) ? atoi(name) : EIO;
}

static void parse(char *line) {
  char *rest = NULL, *calls = strtok_r(line, " \t", &rest), *pattern = strtok_r(NULL, " \t", &rest);
  char *nth = strtok_r(NULL, " \t", &rest), *action = strtok_r(NULL, " \t", &rest);
  if (!action || *calls == '#' || rule_count == sizeof rules / sizeof *rules) return;
  struct rule *rule = &rules[rule_count];
  memset(rule, 0, sizeof *rule);
  char *names = NULL;
  for (char *name = strtok_r(calls, ",", &names); name; name = strtok_r(NULL, ",", &names))
    for (int call = 0; call < CALLS; call++)
      if (strcmp(name, "all") == 0 || strcmp(name, call_names[call]) == 0) rule->calls |= 1u << call;
  snprintf(rule->pattern, sizeof rule->pattern, "%s", pattern);
  rule->nth = atol(nth);
  rule->times = 1;
  for (int i = FAIL; i <= SLOW; i++)
    if (strcmp(action, action_names[i]) == 0) rule->action = i;
  for (char *word = strtok_r(NULL, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
    if (*word == 'x') rule->times = atol(word + 1);
    else rule->argument = rule->action == FAIL ? error_number(word) : atol(word);
  }
  if (rule->action == FAIL && rule->argument == 0) rule->argument = EIO;
  rule_count++;
}

// Reads the rules where the control is another file than before.
static void refresh(void) {
  struct stat now;
  if (syscall(SYS_newfstatat, AT_FDCWD, control, &now, 0) != 0) {
    rule_count = 0;
    memset(&read_from, 0, sizeof read_from);
    return;
  }
  if (now.st_dev == read_from.device && now.st_ino == read_from.file && now.st_size == read_from.size &&
      now.st_mtim.tv_sec == read_from.time.tv_sec && now.st_mtim.tv_nsec == read_from.time.tv_nsec)
    return;
  read_from.device = now.st_dev;
  read_from.file = now.st_ino;
  read_from.size = now.st_size;
  read_from.time = now.st_mtim;
  rule_count = 0;
  char text[8192];
  int file = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  long count = syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  if (count <= 0) return;
  text[count] = 0;
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) parse(line);
}

static void tell(enum call call, const struct rule *rule, const char *path) {
  char name[PATH_MAX], text[PATH_MAX + 128];
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  snprintf(name, sizeof name, "%s.log", control);
  int length = snprintf(text, sizeof text, "%02d:%02d:%02d.%03ld %s %s %ld %s\n", parts.tm_hour, parts.tm_min,
                        parts.tm_sec, now.tv_nsec / 1000000, call_names[call], action_names[rule->action],
                        rule->argument, path);
  int file = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return;
  syscall(SYS_write, file, text, length);
  syscall(SYS_close, file);
}

struct verdict { enum action action; long argument; };

static struct verdict judge(enum call call, const char *path, const char *other) {
  struct verdict verdict = {NOTHING, 0};
  if (!control) return verdict;
  int saved = errno;
  pthread_mutex_lock(&lock);
  refresh();
  for (int i = 0; i < rule_count && verdict.action == NOTHING; i++) {
    struct rule *rule = &rules[i];
    if (!(rule->calls & 1u << call)) continue;
    if (fnmatch(rule->pattern, path, 0) != 0 && (!other || fnmatch(rule->pattern, other, 0) != 0)) continue;
    rule->seen++;
    if (rule->seen < rule->nth || (rule->times > 0 && rule->seen >= rule->nth + rule->times)) continue;
    verdict.action = rule->action;
    verdict.argument = rule->argument;
    tell(call, rule, path);
  }
  pthread_mutex_unlock(&lock);
  if (verdict.action == KILL) kill(getpid(), SIGKILL);
  if (verdict.action == SLOW) {
    struct timespec wait = {verdict.argument / 1000, verdict.argument % 1000 * 1000000};
    nanosleep(&wait, NULL);
  }
  errno = saved;
  return verdict;
}

// The call is made, and then the process ends.
static long finish(struct verdict verdict, long result) {
  if (verdict.action == KILL_AFTER) kill(getpid(), SIGKILL);
  return result;
}

static void path_of(int descriptor, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  long count = syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
  path[count > 0 ? count : 0] = 0;
}

static const char *absolute(int directory, const char *path, char *whole, size_t size) {
  if (!path || *path == '/') return path ? path : "";
  char base[PATH_MAX];
  if (directory == AT_FDCWD) {
    if (syscall(SYS_getcwd, base, sizeof base) <= 0) base[0] = 0;
  } else {
    path_of(directory, base, sizeof base);
  }
  snprintf(whole, size, "%s/%s", base, path);
  return whole;
}

static void note_written(int descriptor, off_t from) {
  struct stat file;
  if (!control || from < 0 || fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode)) return;
  pthread_mutex_lock(&lock);
  unsigned place = 0;
  while (place < 256 && !(unsynced[place].file == file.st_ino && unsynced[place].device == file.st_dev)) place++;
  if (place == 256) {
    place = next_unsynced++ % 256;
    unsynced[place].device = file.st_dev;
    unsynced[place].file = file.st_ino;
    unsynced[place].from = from;
  } else if (from < unsynced[place].from) {
    unsynced[place].from = from;
  }
  pthread_mutex_unlock(&lock);
}

// Forgets what was written since the last sync, because it is on the disk, or (`isLost`) turns it into zeros.
static void settle(int descriptor, int isLost) {
  struct stat file;
  if (!control || fstat(descriptor, &file) != 0) return;
  pthread_mutex_lock(&lock);
  for (unsigned place = 0; place < 256; place++) {
    if (unsynced[place].file != file.st_ino || unsynced[place].device != file.st_dev) continue;
    if (isLost && file.st_size > unsynced[place].from)
      fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, unsynced[place].from,
                file.st_size - unsynced[place].from);
    memset(&unsynced[place], 0, sizeof unsynced[place]);
  }
  pthread_mutex_unlock(&lock);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define FAILED(verdict) \
  if ((verdict).action == FAIL || (verdict).action == LOSE) { \
    errno = (verdict).action == LOSE ? EIO : (int)(verdict).argument; \
    return -1; \
  }

static size_t part(struct verdict verdict, size_t count) {
  if (verdict.action == SHORT) return (size_t)verdict.argument < count ? (size_t)verdict.argument : count;
  if (verdict.action == LIE) return (size_t)verdict.argument < count ? count - (size_t)verdict.argument : 0;
  return count;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (!control) return real(descriptor, bytes, count);
  char path[PATH_MAX];
  path_of(descriptor, path, sizeof path);
  struct verdict verdict = judge(WRITE, path, NULL);
  FAILED(verdict);
  size_t wanted = part(verdict, count);
  ssize_t result = real(descriptor, bytes, wanted);
  if (result > 0) note_written(descriptor, lseek(descriptor, 0, SEEK_CUR) - result);
  if (verdict.action == LIE && result == (ssize_t)wanted) result = count;
  return finish(verdict, result);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  if (!control) return real(descriptor, bytes, count, offset);
  char path[PATH_MAX];
  path_of(descriptor, path, sizeof path);
  struct verdict verdict = judge(PWRITE, path, NULL);
  FAILED(verdict);
  size_t wanted = part(verdict, count);
  ssize_t result = real(descriptor, bytes, wanted, offset);
  if (result > 0) note_written(descriptor, offset);
  if (verdict.action == LIE && result == (ssize_t)wanted) result = count;
  return finish(verdict, result);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

static int sync_with(int (*real)(int), enum call call, int descriptor) {
  if (!control) return real(descriptor);
  char path[PATH_MAX];
  path_of(descriptor, path, sizeof path);
  struct verdict verdict = judge(call, path, NULL);
  if (verdict.action == LOSE) settle(descriptor, 1);
  FAILED(verdict);
  int result = real(descriptor);
  if (result == 0) settle(descriptor, 0);
  return finish(verdict, result);
}

int fsync(int descriptor) {
  REAL(int, "fsync", int);
  return sync_with(real, FSYNC, descriptor);
}

int fdatasync(int descriptor) {
  REAL(int, "fdatasync", int);
  return sync_with(real, FDATASYNC, descriptor);
}

int ftruncate(int descriptor, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  if (!control) return real(descriptor, length);
  char path[PATH_MAX];
  path_of(descriptor, path, sizeof path);
  struct verdict verdict = judge(FTRUNCATE, path, NULL);
  FAILED(verdict);
  return finish(verdict, real(descriptor, length));
}

int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  if (!control) return real(from, to);
  char first[PATH_MAX * 2], second[PATH_MAX * 2];
  struct verdict verdict = judge(RENAME, absolute(AT_FDCWD, from, first, sizeof first),
                                 absolute(AT_FDCWD, to, second, sizeof second));
  FAILED(verdict);
  return finish(verdict, real(from, to));
}

#define PATH_CALL(name, call, declared, types, arguments) \
  int name declared { \
    REAL(int, #name, types); \
    if (!control) return real arguments; \
    char whole[PATH_MAX * 2]; \
    struct verdict verdict = judge(call, absolute(AT_FDCWD, path, whole, sizeof whole), NULL); \
    FAILED(verdict); \
    return finish(verdict, real arguments); \
  }
#define TWO const char *, mode_t
PATH_CALL(mkdir, MKDIR, (const char *path, mode_t mode), TWO, (path, mode))
PATH_CALL(unlink, UNLINK, (const char *path), const char *, (path))
PATH_CALL(rmdir, RMDIR, (const char *path), const char *, (path))

static int open_with(int (*real)(int, const char *, int, ...), int directory, const char *path, int flags, mode_t mode) {
  if (!control) return real(directory, path, flags, mode);
  char whole[PATH_MAX * 2];
  const char *name = absolute(directory, path, whole, sizeof whole);
  struct verdict verdict = judge(OPEN, name, NULL);
  if (verdict.action == NOTHING && flags & O_CREAT) verdict = judge(CREATING, name, NULL);
  FAILED(verdict);
  return finish(verdict, real(directory, path, flags, mode));
}

#define OPENING(name, declared, directory) \
  int name declared { \
    static int (*real)(int, const char *, int, ...); \
    if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat"); \
    mode_t mode = 0; \
    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
      va_list arguments; \
      va_start(arguments, flags); \
      mode = va_arg(arguments, mode_t); \
      va_end(arguments); \
    } \
    return open_with(real, directory, path, flags, mode); \
  }
OPENING(open, (const char *path, int flags, ...), AT_FDCWD)
OPENING(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENING(openat, (int directory, const char *path, int flags, ...), directory)
OPENING(openat64, (int directory, const char *path, int flags, ...), directory)
