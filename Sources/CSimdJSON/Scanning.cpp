#include "Scanning.h"

namespace scanning {

// The value of four hexadecimal digits, or a number over 0xFFFF.
static uint32_t hexadecimal(const uint8_t *p) {
  uint32_t value = 0;
  for (int index = 0; index < 4; ++index) {
    uint8_t digit = static_cast<uint8_t>(p[index] - '0');
    uint8_t letter = static_cast<uint8_t>((p[index] | 0x20) - 'a');
    if (digit > 9 && letter > 5) { return UINT32_MAX; }
    value = value << 4 | (digit <= 9 ? digit : letter + 10u);
  }
  return value;
}

static uint8_t *write_utf8(uint32_t code, uint8_t *out) {
  if (code < 0x80) {
    *out++ = static_cast<uint8_t>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<uint8_t>(0xC0 | code >> 6);
    *out++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = static_cast<uint8_t>(0xE0 | code >> 12);
    *out++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
  } else {
    *out++ = static_cast<uint8_t>(0xF0 | code >> 18);
    *out++ = static_cast<uint8_t>(0x80 | (code >> 12 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3F));
    *out++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
  }
  return out;
}

// The four digits behind `\u` at `p`, and those of a second half; surrogates that are no pair are not taken here.
static const uint8_t *scan_unicode(const uint8_t *p, uint32_t &code) {
  code = hexadecimal(p + 2);
  if (code > 0xFFFF) { return nullptr; }
  if (code < 0xD800 || code > 0xDFFF) { return p + 6; }
  if (code > 0xDBFF || p[6] != '\\' || p[7] != 'u') { return nullptr; }
  uint32_t second = hexadecimal(p + 8);
  if (second < 0xDC00 || second > 0xDFFF) { return nullptr; }
  code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
  return p + 12;
}

const uint8_t *scan_escaped(const uint8_t *p, uint8_t **out) {
  for (;;) {
    if (*p == '"') { return p + 1; }
    if (*p != '\\') { return nullptr; }
    uint32_t code;
    switch (p[1]) {
      case '"': case '\\': case '/': code = p[1]; break;
      case 'b': code = '\b'; break;
      case 'f': code = '\f'; break;
      case 'n': code = '\n'; break;
      case 'r': code = '\r'; break;
      case 't': code = '\t'; break;
      case 'u': code = UINT32_MAX; break;
      default: return nullptr;
    }
    p = code == UINT32_MAX ? scan_unicode(p, code) : p + 2;
    if (p == nullptr) { return nullptr; }
    const uint8_t *plain = p;
    p = end_of_plain(p);
    if (out != nullptr) {
      *out = write_utf8(code, *out);
      std::memcpy(*out, plain, static_cast<size_t>(p - plain));
      *out += p - plain;
    }
  }
}

// The first byte that is no digit.
static const uint8_t *end_of_digits(const uint8_t *p) {
  while (static_cast<uint8_t>(*p - '0') <= 9) { ++p; }
  return p;
}

const uint8_t *scan_any_number(const uint8_t *p, Number &number) {
  number.is_negative = *p == '-';
  number.has_exponent = false;
  p += number.is_negative;
  number.digits = p;
  p = end_of_digits(p);
  number.whole_end = p;
  if (!is_whole_part(number)) { return nullptr; }
  if (*p == '.') {
    const uint8_t *fraction = p + 1;
    p = end_of_digits(fraction);
    if (p == fraction) { return nullptr; }
  }
  if ((*p | 0x20) == 'e') {
    number.has_exponent = true;
    ++p;
    if (*p == '+' || *p == '-') { ++p; }
    const uint8_t *exponent = p;
    p = end_of_digits(exponent);
    // 10^19 x 10^99 is finite.
    if (p == exponent || p - exponent > 2) { return nullptr; }
  }
  return p;
}

}  // namespace scanning
