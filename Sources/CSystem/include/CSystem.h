#pragma once
// What Swift's Glibc module lacks, or imports in a shape Swift cannot use.
#include <stdint.h>

/// The credentials of a connected Unix socket's peer; returns 0, or the errno.
int afm_peer_credentials(int descriptor, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// Names the calling thread (at most 15 bytes) and sets its nice value where that is not 0; a refusal is ignored.
void afm_describe_thread(const char *name, int32_t nice);

/// Connects to the Unix socket at a path (at most 107 bytes); returns the descriptor, or minus the errno. With
/// `nonblocking` the call does not wait for a full backlog and the descriptor stays non-blocking.
int afm_unix_connect(const char *path, int nonblocking);
