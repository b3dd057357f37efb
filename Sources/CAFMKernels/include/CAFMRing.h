#pragma once
// A ring of copies of the dense parameters: one owner publishes, any number of scorers copy the newest.
#include <stdint.h>

enum { AFM_RING_SLOTS = 8 };

/// The ring; made by afm_ring_create, its inside is known to CAFMRing.c alone.
typedef struct afm_ring afm_ring;

/// A ring for copies of `count` floats (an even number), or null without memory.
afm_ring *afm_ring_create(int64_t count);
void afm_ring_destroy(afm_ring *ring);
uint64_t afm_ring_bytes(int64_t count);

/// Writes the next slot of the ring, then makes it the newest. For the owner.
void afm_ring_publish(afm_ring *ring, const float *parameters, uint64_t event_number);

/// How many times the ring was published; changes exactly when there is something newer. For any thread.
uint64_t afm_ring_generation(const afm_ring *ring);

/// Copies the newest complete slot and gives its event number; `generation` becomes the one that was copied. Copies
/// nothing where `generation` already is the newest. For any thread.
void afm_ring_copy(const afm_ring *ring, float *parameters, uint64_t *event_number, uint64_t *generation);
