#pragma once
// What Swift's Glibc module lacks, or imports in a shape Swift cannot use.
#include <poll.h>
#include <stdint.h>

/// The credentials of a connected Unix socket's peer; returns 0, or the errno.
int afm_peer_credentials(int descriptor, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// Names the calling thread (at most 15 bytes) and sets its nice value where that is not 0; a refusal is ignored.
void afm_describe_thread(const char *name, int32_t nice);

/// Connects to the Unix socket at a path (at most 107 bytes); returns the descriptor, or minus the errno. With
/// `nonblocking` the call does not wait for a full backlog and the descriptor stays non-blocking.
int afm_unix_connect(const char *path, int nonblocking);

/// poll(2) with a timeout in nanoseconds; returns how many entries have events, 0 where the time has passed or a signal
/// came, or minus the errno.
int afm_poll(struct pollfd *entries, unsigned long count, uint64_t nanoseconds);

/// How many nanoseconds late the kernel may end the calling thread's waits to save wake-ups (50,000 unless told
/// otherwise); a refusal is ignored.
void afm_set_timer_slack(unsigned long nanoseconds);

/// How many arenas the C library allocates from, unless MALLOC_ARENA_MAX says so; to be called before any thread is
/// begun.
void afm_limit_arenas(int count);
