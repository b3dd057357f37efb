#include "Selection.h"

#include "Keys.h"

#include <charconv>
#include <cstdlib>
#include <new>
#include <simdjson.h>

using namespace scanning;

// The longest text that is taken here; what is longer takes the time of its parsing anyway.
static constexpr size_t MAXIMUM_BYTES = 1 << 15;

// `strings` holds a copy of the text, PADDING zero bytes and behind them strings that do not stand in the text as they
// are: at most the text's length, and 4 bytes of length for each, which had two quotes and a comma. `tape` has two
// words for every slot and for every element of an array, which has a byte and a comma.
struct afm_json_selector {
  size_t maximum_bytes;
  size_t maximum_depth;
  uint8_t *strings = nullptr;
  uint64_t *tape = nullptr;
  size_t tape_words = 0;

  ~afm_json_selector() {
    std::free(strings);
    std::free(tape);
  }
};

namespace {

struct Walk {
  uint8_t *text;
  uint64_t *tape;
  uint32_t used;   // words of the tape
  uint8_t *spare;  // where the next string that is not in the text goes
  afm_json_wanted *nodes;
  afm_json_keys *keys;
  uint32_t *places;
  uint64_t number;
  size_t maximum_depth;

  void put(char tag, uint64_t payload) { tape[used++] = static_cast<uint64_t>(static_cast<uint8_t>(tag)) << 56 | payload; }
};

constexpr double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

uint64_t digits_of(const uint8_t *p, const uint8_t *end, uint64_t value) {
  for (; p < end; ++p) { value = value * 10 + static_cast<uint64_t>(*p - '0'); }
  return value;
}

const uint8_t *take_number(Walk &walk, const uint8_t *p) {
  Number number;
  const uint8_t *end = scan_number(p, number);
  if (end == nullptr) { return nullptr; }
  uint64_t whole = digits_of(number.digits, number.whole_end, 0);
  if (number.whole_end == end) {
    bool is_signed = whole <= static_cast<uint64_t>(INT64_MAX);
    walk.put(is_signed ? 'l' : 'u', 0);
    walk.tape[walk.used++] = number.is_negative ? 0 - whole : whole;
    return end;
  }
  double value;
  size_t count = static_cast<size_t>(end - number.digits) - 1;
  uint64_t mantissa = count <= 18 && !number.has_exponent ? digits_of(number.whole_end + 1, end, whole) : UINT64_MAX;
  if (mantissa <= 1ull << 53) {
    // Both are exact, so that the quotient is the nearest double.
    value = static_cast<double>(mantissa) / POWERS[end - number.whole_end - 1];
    value = number.is_negative ? -value : value;
  } else {
    const char *first = reinterpret_cast<const char *>(p);
    const char *last = reinterpret_cast<const char *>(end);
    std::from_chars_result result = std::from_chars(first, last, value);
    if (result.ec != std::errc() || result.ptr != last) { return nullptr; }
  }
  walk.put('d', 0);
  std::memcpy(&walk.tape[walk.used++], &value, sizeof value);
  return end;
}

void put_string(Walk &walk, uint8_t *content, size_t length) {
  uint32_t prefix = static_cast<uint32_t>(length);
  std::memcpy(content - sizeof prefix, &prefix, sizeof prefix);
  walk.put('"', static_cast<uint64_t>(content - sizeof prefix - walk.text));
}

// A string of a member: its length is written over the end of its key and the colon, which have been read. An element
// has another element before it, so that it has to be copied.
const uint8_t *take_string(Walk &walk, const uint8_t *content, bool is_member) {
  const uint8_t *end = end_of_plain(content);
  size_t length = static_cast<size_t>(end - content);
  if (is_member && *end == '"') {
    put_string(walk, walk.text + (content - walk.text), length);
    return end + 1;
  }
  uint8_t *copy = walk.spare + sizeof(uint32_t);
  uint8_t *copy_end = copy + length;
  std::memcpy(copy, content, length);
  end = *end == '"' ? end + 1 : scan_escaped(end, &copy_end);
  if (end == nullptr) { return nullptr; }
  walk.spare = copy_end;
  put_string(walk, copy, static_cast<size_t>(copy_end - copy));
  return end;
}

const uint8_t *take_scalar(Walk &walk, const uint8_t *p, bool is_member) {
  if (*p == '"') { return take_string(walk, p + 1, is_member); }
  if (*p == '-' || static_cast<uint8_t>(*p - '0') <= 9) { return take_number(walk, p); }
  const uint8_t *end = scan_word(p);
  if (end != nullptr) { walk.put(static_cast<char>(*p), 0); }
  return end;
}

// An array of scalars; the first word leads behind the last, as on simdjson's tape.
const uint8_t *take_array(Walk &walk, const uint8_t *p) {
  uint32_t start = walk.used;
  walk.put('[', 0);
  p = blank(p + 1);
  if (*p != ']') {
    for (;;) {
      p = take_scalar(walk, p, false);
      if (p == nullptr) { return nullptr; }
      p = blank(p);
      if (*p == ']') { break; }
      if (*p != ',') { return nullptr; }
      p = blank(p + 1);
    }
  }
  walk.put(']', start);
  walk.tape[start] |= walk.used;
  return p + 1;
}

const uint8_t *take_object(Walk &walk, const uint8_t *p, uint32_t parent, uint8_t owner, size_t depth);

const uint8_t *skip_value(Walk &walk, const uint8_t *p, uint8_t owner, size_t depth) {
  if (*p != '{' && *p != '[') { return skip_scalar(p); }
  return skip_container(*walk.keys, p, walk.maximum_depth - depth, owner);
}

// The value of a wanted member of an object at a depth; `owner` is the slot of its key.
const uint8_t *take_member(Walk &walk, const uint8_t *p, uint32_t node, uint8_t owner, size_t depth) {
  int32_t slot = walk.nodes[node].slot;
  if (*p == '{') {
    // An object is no value of a field: whoever wants it so is told by the whole document's way.
    return slot >= 0 ? nullptr : take_object(walk, p, node, owner, depth + 1);
  }
  if (slot < 0) { return skip_value(walk, p, owner, depth); }
  walk.places[slot] = walk.used;
  if (*p != '[') { return take_scalar(walk, p, true); }
  return depth < walk.maximum_depth ? take_array(walk, p) : nullptr;
}

const uint8_t *take_object(Walk &walk, const uint8_t *p, uint32_t parent, uint8_t owner, size_t depth) {
  if (depth > walk.maximum_depth) { return nullptr; }
  afm_json_keys &keys = *walk.keys;
  p = blank(p + 1);
  if (*p == '}') { return p + 1; }
  uint8_t *expected = &keys.slots[owner].first;
  for (;;) {
    uint8_t slot;
    uint32_t node;
    p = take_key(keys, walk.nodes, p, parent, *expected, slot, node);
    if (p == nullptr) { return nullptr; }
    expected = &keys.slots[slot].next;
    if (node != 0 && walk.nodes[node].seen != walk.number) {
      walk.nodes[node].seen = walk.number;
      p = take_member(walk, p, node, slot, depth);
    } else {
      p = skip_value(walk, p, slot, depth);
    }
    if (p == nullptr) { return nullptr; }
    p = blank(p);
    if (*p == '}') { return p + 1; }
    if (*p != ',') { return nullptr; }
    p = blank(p + 1);
  }
}

// Copies the text with its padding; whether it is ASCII alone.
bool copy(uint8_t *out, const uint8_t *text, size_t length) {
  Bytes all = {};
  size_t position = 0;
  for (; position + sizeof(Bytes) <= length; position += sizeof(Bytes)) {
    Bytes bytes = load(text + position);
    all |= bytes;
    std::memcpy(out + position, &bytes, sizeof bytes);
  }
  Bytes last = {};
  std::memcpy(&last, text + position, length - position);
  all |= last;
  std::memset(out + position, 0, sizeof last + PADDING);
  std::memcpy(out + position, &last, sizeof last);
  return bits((Bytes)(all > 0x7F)) == 0;
}

bool make_room(afm_json_selector &selector, size_t words) {
  if (selector.strings == nullptr) {
    selector.strings = static_cast<uint8_t *>(std::malloc(4 * MAXIMUM_BYTES + 2 * PADDING));
  }
  if (selector.tape_words < words) {
    std::free(selector.tape);
    selector.tape = static_cast<uint64_t *>(std::malloc(words * sizeof(uint64_t)));
    selector.tape_words = selector.tape == nullptr ? 0 : words;
  }
  return selector.strings != nullptr && selector.tape != nullptr;
}

}  // namespace

extern "C" {

afm_json_selector *afm_json_selector_create(size_t maximum_bytes, size_t maximum_depth) {
  afm_json_selector *selector = new (std::nothrow) afm_json_selector;
  if (selector == nullptr) { return nullptr; }
  selector->maximum_bytes = maximum_bytes < MAXIMUM_BYTES ? maximum_bytes : MAXIMUM_BYTES;
  selector->maximum_depth = maximum_depth;
  return selector;
}

void afm_json_selector_destroy(afm_json_selector *selector) { delete selector; }

bool afm_json_select(afm_json_selector *selector, const uint8_t *text, size_t length, afm_json_wanted *nodes,
                     size_t node_count, afm_json_keys *keys, uint64_t number, uint32_t *places) {
  if (length == 0 || length > selector->maximum_bytes) { return false; }
  if (!make_room(*selector, MAXIMUM_BYTES + 2 * node_count + 8)) { return false; }
  uint8_t *copied = selector->strings;
  if (!copy(copied, text, length) && !simdjson::validate_utf8(reinterpret_cast<const char *>(text), length)) {
    return false;
  }
  // A place of 0 means that nothing was found.
  Walk walk = {copied, selector->tape, 1, copied + length + PADDING, nodes, keys, places, number,
               selector->maximum_depth};
  const uint8_t *p = blank(copied);
  if (*p != '{') { return false; }
  p = take_object(walk, p, 0, ROOT, 1);
  return p != nullptr && blank(p) == copied + length;
}

const uint64_t *afm_json_selected_tape(const afm_json_selector *selector) { return selector->tape; }

const uint8_t *afm_json_selected_strings(const afm_json_selector *selector) { return selector->strings; }

}  // extern "C"
