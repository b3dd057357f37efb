#include "Keys.h"

#include <new>

namespace scanning {

const uint8_t ONES[64] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                          0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// The child of a node with this key; 0, the root, where nobody wants it.
static uint32_t child(const afm_json_wanted *nodes, uint32_t parent, const uint8_t *key, size_t length) {
  if (parent == NOWHERE) { return 0; }
  uint32_t end = nodes[parent].first_child + nodes[parent].child_count;
  for (uint32_t node = nodes[parent].first_child; node < end; ++node) {
    if (nodes[node].key_length == length && std::memcmp(nodes[node].key, key, length) == 0) { return node; }
  }
  return 0;
}

const uint8_t *look_up(afm_json_keys &keys, const afm_json_wanted *nodes, const uint8_t *p, uint32_t parent,
                       uint8_t &expected, uint8_t &slot, uint32_t &node) {
  if (*p != '"') { return nullptr; }
  const uint8_t *end = end_of_plain(p + 1);
  // A key with escapes is left to the whole document's way.
  if (*end != '"') { return nullptr; }
  ++end;
  size_t length = static_cast<size_t>(end - p);
  node = child(nodes, parent, p + 1, length - 2);
  slot = UNKNOWN;
  if (length > sizeof(Key::text)) { return end; }
  uint64_t head = load64(p + 1) & (length >= 10 ? UINT64_MAX : (1ull << 8 * (length - 2)) - 1);
  uint64_t mixed = (head ^ parent ^ length << 56) * 0x9E3779B97F4A7C15;
  slot = static_cast<uint8_t>((mixed >> 32) % ROOT);
  // Another key of the same slot is forgotten.
  Key &key = keys.slots[slot];
  std::memset(key.text, 0, sizeof key.text);
  std::memcpy(key.text, p, length);
  key.length = static_cast<uint32_t>(length);
  key.parent = parent;
  key.node = node;
  expected = slot;
  return end;
}

const uint8_t *skip_container(afm_json_keys &keys, const uint8_t *p, size_t levels, uint8_t owner) {
  uint64_t objects = 0;    // a bit for each open container, the innermost lowest: whether it is an object
  uint8_t owners[65];      // of each open container, the slot of the key that came last in it, or of its own key
  uint8_t *expected = nullptr;
  size_t open = 0;
  owners[0] = owner;
  for (;;) {
    // Here a container opens.
    if (open == levels || open == 64) { return nullptr; }
    objects = objects << 1 | (*p == '{');
    expected = &keys.slots[owners[open]].first;
    ++open;
    owners[open] = owners[open - 1];
    p = blank(p + 1);
    bool is_empty = *p == ((objects & 1) != 0 ? '}' : ']');
    for (;;) {
      // Here an element begins, or nothing is left of a container.
      if (!is_empty) {
        if ((objects & 1) != 0) {
          uint32_t node;
          p = take_key(keys, nullptr, p, NOWHERE, *expected, owners[open], node);
          if (p == nullptr) { return nullptr; }
          expected = &keys.slots[owners[open]].next;
        }
        if (*p == '{' || *p == '[') { break; }
        p = skip_scalar(p);
        if (p == nullptr) { return nullptr; }
        p = blank(p);
      }
      is_empty = false;
      // Here a value has ended; its container may end too, and with it others.
      while (*p == ((objects & 1) != 0 ? '}' : ']')) {
        objects >>= 1;
        if (--open == 0) { return p + 1; }
        expected = &keys.slots[owners[open]].next;
        p = blank(p + 1);
      }
      if (*p != ',') { return nullptr; }
      p = blank(p + 1);
    }
  }
}

}  // namespace scanning

extern "C" {

afm_json_keys *afm_json_keys_create(void) {
  afm_json_keys *keys = new (std::nothrow) afm_json_keys();
  if (keys == nullptr) { return nullptr; }
  // No key begins with a zero byte, so that none is equal to a slot that is not in use.
  for (scanning::Key &key : keys->slots) { key.length = 1; }
  return keys;
}

void afm_json_keys_destroy(afm_json_keys *keys) { delete keys; }

}  // extern "C"
