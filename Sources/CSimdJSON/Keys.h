#pragma once
// What is remembered of the keys of earlier documents.
//
// Producers write their keys in one order most of the time. The key that is expected is compared with the text as it
// stands, so that the way on is known without a search for its end. An expectation that fails costs a search, and
// nothing else depends on it.
#include "Scanning.h"
#include "Selection.h"

namespace scanning {

// The parent of keys that nobody wants: those within a member that is not wanted itself.
constexpr uint32_t NOWHERE = UINT32_MAX;

struct Key {
  Bytes text[2];     // with its quotes; zeros behind them
  uint32_t length;   // with its quotes
  uint32_t parent;   // the node whose member it is
  uint32_t node;     // its own; 0 where nobody wants it
  uint8_t next;      // the slot of the key that came after it, in the same object
  uint8_t first;     // the slot of the first key of the object that is its value
};

constexpr size_t SLOTS = 128;
// Stands for keys that are too long to be remembered; never equal to one.
constexpr uint8_t UNKNOWN = SLOTS - 1;
// The predecessor of a document's first key.
constexpr uint8_t ROOT = SLOTS - 2;

// Ones for as many bytes as are asked for, from place 32 - count on.
extern const uint8_t ONES[64];

static inline bool begins_with(const uint8_t *p, const Key &key) {
  const uint8_t *mask = ONES + 32 - key.length;
  Bytes other = (load(p) ^ key.text[0]) & load(mask);
  if (key.length > sizeof(Bytes)) { other |= (load(p + 16) ^ key.text[1]) & load(mask + 16); }
  return bits((Bytes)(other == 0)) == 0xFFFF;
}

// Finds out about a key that was not expected. Returns the place behind its closing quote.
const uint8_t *look_up(afm_json_keys &keys, const afm_json_wanted *nodes, const uint8_t *p, uint32_t parent,
                       uint8_t &expected, uint8_t &slot, uint32_t &node);

}  // namespace scanning

struct afm_json_keys {
  scanning::Key slots[scanning::SLOTS];
};

namespace scanning {

// Takes a member's key and colon, and leads to its value.
//
// `expected` is where the slot of the key that is expected stands, and where another is noted.
static inline const uint8_t *take_key(afm_json_keys &keys, const afm_json_wanted *nodes, const uint8_t *p,
                                      uint32_t parent, uint8_t &expected, uint8_t &slot, uint32_t &node) {
  slot = expected;
  const Key &key = keys.slots[slot];
  if (key.parent == parent && begins_with(p, key)) {
    p += key.length;
    node = key.node;
  } else {
    p = look_up(keys, nodes, p, parent, expected, slot, node);
    if (p == nullptr) { return nullptr; }
  }
  p = blank(p);
  return *p == ':' ? blank(p + 1) : nullptr;
}

// Takes an array or object that nobody wants, opens at `p` and nests at most `levels` deep; `owner` is the slot of its
// key.
const uint8_t *skip_container(afm_json_keys &keys, const uint8_t *p, size_t levels, uint8_t owner);

}  // namespace scanning
