#include "CSimdJSON.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <simdjson.h>

namespace dom = simdjson::dom;

// `text` holds `text_capacity` bytes and SIMDJSON_PADDING more, so that the parser may read past the end of a document.
struct afm_json_parser {
  dom::parser parser;
  uint8_t *text = nullptr;
  size_t text_capacity = 0;
  size_t maximum_bytes;
  size_t maximum_depth;

  afm_json_parser(size_t maximum_bytes, size_t maximum_depth) noexcept
      : parser(maximum_bytes), maximum_bytes(maximum_bytes), maximum_depth(maximum_depth) {}
  ~afm_json_parser() { std::free(text); }

  // Doubles the buffers, so that a stream of slowly growing documents does not allocate for each of them.
  bool make_room(size_t length) noexcept {
    if (length <= text_capacity) { return true; }
    size_t capacity = text_capacity == 0 ? 4096 : text_capacity;
    while (capacity < length) { capacity *= 2; }
    uint8_t *grown = static_cast<uint8_t *>(std::realloc(text, capacity + simdjson::SIMDJSON_PADDING));
    if (grown == nullptr) { return false; }
    text = grown;
    if (parser.doc.allocate(capacity) != simdjson::SUCCESS) { return false; }
    if (parser.allocate(capacity, maximum_depth) != simdjson::SUCCESS) { return false; }
    text_capacity = capacity;
    return true;
  }
};

static afm_json_status status_of(simdjson::error_code code) noexcept {
  switch (code) {
    case simdjson::SUCCESS: return AFM_JSON_OK;
    case simdjson::EMPTY: return AFM_JSON_EMPTY;
    case simdjson::UTF8_ERROR: return AFM_JSON_INVALID_UTF8;
    case simdjson::DEPTH_ERROR: return AFM_JSON_TOO_DEEP;
    case simdjson::CAPACITY: return AFM_JSON_TOO_LARGE;
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE: return AFM_JSON_BAD_NUMBER;
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS:
    case simdjson::UNCLOSED_STRING: return AFM_JSON_BAD_STRING;
    case simdjson::MEMALLOC: return AFM_JSON_NO_MEMORY;
    default: return AFM_JSON_BAD_TEXT;
  }
}

extern "C" {

afm_json_parser *afm_json_parser_create(size_t maximum_bytes, size_t maximum_depth) {
  // The tape addresses strings and braces with 32 bits.
  size_t most = simdjson::SIMDJSON_MAXSIZE_BYTES / 4;
  return new (std::nothrow) afm_json_parser(maximum_bytes < most ? maximum_bytes : most, maximum_depth);
}

void afm_json_parser_destroy(afm_json_parser *parser) { delete parser; }

afm_json_status afm_json_parse(afm_json_parser *parser, const uint8_t *text, size_t length) {
  if (length > parser->maximum_bytes) { return AFM_JSON_TOO_LARGE; }
  // A byte order mark says nothing in UTF-8.
  if (length >= 3 && std::memcmp(text, "\xEF\xBB\xBF", 3) == 0) { text += 3; length -= 3; }
  if (length == 0) { return AFM_JSON_EMPTY; }
  if (!parser->make_room(length)) { return AFM_JSON_NO_MEMORY; }
  std::memcpy(parser->text, text, length);
  std::memset(parser->text + length, ' ', simdjson::SIMDJSON_PADDING);
  return status_of(parser->parser.parse(parser->text, length, false).error());
}

const uint64_t *afm_json_tape(const afm_json_parser *parser) { return parser->parser.doc.tape.get(); }

const uint8_t *afm_json_strings(const afm_json_parser *parser) { return parser->parser.doc.string_buf.get(); }

const char *afm_json_library_version(void) { return SIMDJSON_STRINGIFY(SIMDJSON_VERSION); }

size_t afm_shortest_scientific(double value, char *out) {
  if (!std::isfinite(value)) { return 0; }
  std::to_chars_result result = std::to_chars(out, out + 32, value, std::chars_format::scientific);
  return result.ec == std::errc() ? static_cast<size_t>(result.ptr - out) : 0;
}

}  // extern "C"
