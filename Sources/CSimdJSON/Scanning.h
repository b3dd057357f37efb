#pragma once
// The scanning of JSON text that is followed by PADDING zero bytes.
//
// Every function takes a place within the text or at its end and reads at most 16 bytes from a place that it has reached
// by accepted bytes. None accepts a zero byte, so none goes past the end. NULL means: not taken here.
#include <cstdint>
#include <cstring>

namespace scanning {

constexpr size_t PADDING = 64;

typedef uint8_t Bytes __attribute__((vector_size(16)));

// A bit for each byte of a mask whose bytes are all ones or all zeros.
static inline uint32_t bits(Bytes mask) {
#ifdef __SSE2__
  typedef char Characters __attribute__((vector_size(16)));
  return static_cast<uint32_t>(__builtin_ia32_pmovmskb128((Characters)mask));
#else
  typedef bool Flags __attribute__((ext_vector_type(16)));
  Flags flags = __builtin_convertvector(mask, Flags);
  uint16_t result;
  std::memcpy(&result, &flags, sizeof result);
  return result;
#endif
}

static inline Bytes load(const uint8_t *p) {
  Bytes bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

static inline uint64_t load64(const uint8_t *p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The first byte that is no blank.
static inline const uint8_t *blank(const uint8_t *p) {
  if (*p > ' ') { return p; }
  while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') { ++p; }
  return p;
}

// The first quote, backslash or control character.
static inline const uint8_t *end_of_plain(const uint8_t *p) {
  for (;;) {
    Bytes bytes = load(p);
    uint32_t special = bits((Bytes)((bytes == '"') | (bytes == '\\') | (bytes < 0x20)));
    if (special != 0) { return p + __builtin_ctz(special); }
    p += sizeof(Bytes);
  }
}

// A number's parts, none of which has been read yet.
struct Number {
  const uint8_t *digits;  // of the whole part
  const uint8_t *whole_end;
  bool is_negative;
  bool has_exponent;
};

// Takes any number that is surely finite and, where whole, fits into 64 bits.
const uint8_t *scan_any_number(const uint8_t *p, Number &number);

// 19 digits always fit into an unsigned integer, 18 into a negative one; no zero stands in front.
static inline bool is_whole_part(const Number &number) {
  size_t count = static_cast<size_t>(number.whole_end - number.digits);
  return count > 0 && count <= (number.is_negative ? 18u : 19u) && (*number.digits != '0' || count == 1);
}

// The same as `scan_any_number`, at once for digits with at most a point between them, up to 31 bytes: its end is known
// before its parts are, so that what comes behind it need not wait for them.
static inline const uint8_t *scan_number(const uint8_t *p, Number &number) {
  Bytes low = load(p);
  Bytes high = load(p + sizeof(Bytes));
  uint32_t ends = bits((Bytes)((low == ',') | (low == '}') | (low == ']') | (low <= ' '))) |
                  bits((Bytes)((high == ',') | (high == '}') | (high == ']') | (high <= ' '))) << sizeof(Bytes);
  if (ends == 0) { return scan_any_number(p, number); }
  uint32_t length = static_cast<uint32_t>(__builtin_ctz(ends));
  uint32_t digits = bits((Bytes)((low - '0') <= 9)) | bits((Bytes)((high - '0') <= 9)) << sizeof(Bytes);
  uint32_t others = ~digits & ((1u << length) - 1);
  number.is_negative = *p == '-';
  number.has_exponent = false;
  number.digits = p + number.is_negative;
  others &= ~static_cast<uint32_t>(number.is_negative);
  number.whole_end = p + length;
  if (others != 0) {
    number.whole_end = p + __builtin_ctz(others);
    bool is_only_a_point = (others & (others - 1)) == 0 && *number.whole_end == '.';
    if (!is_only_a_point) { return scan_any_number(p, number); }
    if (number.whole_end + 1 == p + length) { return nullptr; }
  }
  return is_whole_part(number) ? p + length : nullptr;
}

// 'true', 'false' or 'null'; what follows is looked at by whoever goes on.
static inline const uint8_t *scan_word(const uint8_t *p) {
  if (std::memcmp(p, "true", 4) == 0 || std::memcmp(p, "null", 4) == 0) { return p + 4; }
  return std::memcmp(p, "false", 5) == 0 ? p + 5 : nullptr;
}

// Takes the rest of a string from its first backslash on, up to and with its closing quote, and writes it without
// escapes where `out` is given; `out` moves to the end of what was written.
const uint8_t *scan_escaped(const uint8_t *p, uint8_t **out);

static inline const uint8_t *skip_string(const uint8_t *content) {
  const uint8_t *p = end_of_plain(content);
  if (*p == '"') { return p + 1; }
  return *p == '\\' ? scan_escaped(p, nullptr) : nullptr;
}

static inline const uint8_t *skip_scalar(const uint8_t *p) {
  if (*p == '"') { return skip_string(p + 1); }
  if (*p == '-' || static_cast<uint8_t>(*p - '0') <= 9) {
    Number number;
    return scan_number(p, number);
  }
  return scan_word(p);
}

}  // namespace scanning
