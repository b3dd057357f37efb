#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A node of a tree of wanted paths: the root is the document's object, its children wanted members, and so on. The
// children of a node stand together.
typedef struct {
  const uint8_t *key;
  uint32_t key_length;
  int32_t slot;  // where the value's place goes; -1 for a node that only has children
  uint32_t first_child;
  uint32_t child_count;
  uint64_t seen;  // the number of the walk that met this member last
} afm_json_wanted;

// The keys that documents had, in their order: what is expected of the next one. Belongs to one tree.
typedef struct afm_json_keys afm_json_keys;

// Returns NULL where there is no memory.
afm_json_keys *afm_json_keys_create(void);
void afm_json_keys_destroy(afm_json_keys *keys);

// Scratch memory of selections, reused from document to document.
typedef struct afm_json_selector afm_json_selector;

// Returns NULL where there is no memory.
afm_json_selector *afm_json_selector_create(size_t maximum_bytes, size_t maximum_depth);
void afm_json_selector_destroy(afm_json_selector *selector);

// Validates a document whole and keeps the values of wanted members alone.
//
// False says nothing about the document but that it was not taken here: it is to be parsed whole. True: it is an object
// that afm_json_parse takes too, and places[slot] is 0 or leads to the wanted value on `afm_json_selected_tape`, which
// has the layout of `afm_json_tape` and the values that `afm_json_parse` gives. Of repeated keys the first counts.
// `keys` goes with `nodes`. `walk` must differ from that of every earlier call with them; `places` has to be zeroed by the caller.
bool afm_json_select(afm_json_selector *selector, const uint8_t *text, size_t length, afm_json_wanted *nodes,
                     size_t node_count, afm_json_keys *keys, uint64_t walk, uint32_t *places);
const uint64_t *afm_json_selected_tape(const afm_json_selector *selector);
const uint8_t *afm_json_selected_strings(const afm_json_selector *selector);

#ifdef __cplusplus
}
#endif
