// The owner writes slot after slot, each under a version (odd while written), and counts what it published; a scorer
// copies the newest and copies again if the owner came round the whole ring meanwhile. All accesses are atomic.
#include "include/CAFMRing.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint64_t version;
  uint64_t event_number;
  uint64_t *words;
} ring_slot;

struct afm_ring {
  uint64_t generation;
  int64_t words;
  uint64_t *memory;
  ring_slot slots[AFM_RING_SLOTS];
};

// Slots begin on cache lines of their own.
static uint64_t slot_words(int64_t count) { return ((uint64_t)count / 2 + 7) / 8 * 8; }

uint64_t afm_ring_bytes(int64_t count) { return sizeof(afm_ring) + slot_words(count) * 8 * AFM_RING_SLOTS; }

afm_ring *afm_ring_create(int64_t count) {
  afm_ring *ring = calloc(1, sizeof *ring);
  if (!ring) return 0;
  ring->words = count / 2;
  ring->memory = aligned_alloc(64, slot_words(count) * 8 * AFM_RING_SLOTS);
  if (!ring->memory) {
    free(ring);
    return 0;
  }
  memset(ring->memory, 0, slot_words(count) * 8 * AFM_RING_SLOTS);
  for (int i = 0; i < AFM_RING_SLOTS; i++) ring->slots[i].words = ring->memory + (uint64_t)i * slot_words(count);
  return ring;
}

void afm_ring_destroy(afm_ring *ring) {
  if (!ring) return;
  free(ring->memory);
  free(ring);
}

void afm_ring_publish(afm_ring *ring, const float *parameters, uint64_t event_number) {
  // Copied, since the words that are stored might be these numbers as far as the compiler knows.
  const int64_t count = ring->words;
  const uint64_t next = ring->generation + 1;
  ring_slot *slot = ring->slots + next % AFM_RING_SLOTS;
  __atomic_store_n(&slot->version, slot->version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  __atomic_store_n(&slot->event_number, event_number, __ATOMIC_RELAXED);
  uint64_t *const words = slot->words;
#pragma clang loop unroll_count(8)
  for (int64_t i = 0; i < count; i++) {
    uint64_t word;
    memcpy(&word, parameters + 2 * i, sizeof word);
    __atomic_store_n(words + i, word, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&slot->version, slot->version + 1, __ATOMIC_RELEASE);
  __atomic_store_n(&ring->generation, next, __ATOMIC_RELEASE);
}

uint64_t afm_ring_generation(const afm_ring *ring) { return __atomic_load_n(&ring->generation, __ATOMIC_ACQUIRE); }

void afm_ring_copy(const afm_ring *ring, float *parameters, uint64_t *event_number, uint64_t *generation) {
  for (uint32_t attempts = 0;; attempts++) {
    const uint64_t newest = afm_ring_generation(ring);
    if (newest == *generation) return;
    const ring_slot *slot = ring->slots + newest % AFM_RING_SLOTS;
    const uint64_t before = __atomic_load_n(&slot->version, __ATOMIC_ACQUIRE);
    if ((before & 1) == 0) {
      const uint64_t number = __atomic_load_n(&slot->event_number, __ATOMIC_RELAXED);
      const int64_t count = ring->words;
      const uint64_t *const words = slot->words;
#pragma clang loop unroll_count(8)
      for (int64_t i = 0; i < count; i++) {
        const uint64_t word = __atomic_load_n(words + i, __ATOMIC_RELAXED);
        memcpy(parameters + 2 * i, &word, sizeof word);
      }
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      if (__atomic_load_n(&slot->version, __ATOMIC_RELAXED) == before) {
        *event_number = number;
        *generation = newest;
        return;
      }
    }
    if (attempts >= 64) sched_yield();
  }
}
