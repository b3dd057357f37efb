#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A reused simdjson DOM parser behind C functions that never throw.
//
// After a successful parse, `afm_json_tape` and `afm_json_strings` are simdjson's tape and string buffer for the
// document (their layout is simdjson's doc/tape.md). Both stay valid until the next parse or the parser's end, and no
// parse leaves a caller's bytes referenced: the text is copied into the parser's own padded buffer.
typedef struct afm_json_parser afm_json_parser;

// Why a text was refused. The numbers are ours, so that another release of simdjson cannot shift them.
typedef enum {
  AFM_JSON_OK = 0,
  AFM_JSON_EMPTY = 1,         // no value in the text
  AFM_JSON_INVALID_UTF8 = 2,  // not valid UTF-8
  AFM_JSON_TOO_DEEP = 3,      // nested deeper than the parser's limit
  AFM_JSON_TOO_LARGE = 4,     // longer than the parser's limit
  AFM_JSON_BAD_NUMBER = 5,    // not a JSON number, or one that no 64-bit type holds
  AFM_JSON_BAD_STRING = 6,    // bad escape, raw control character or unclosed string
  AFM_JSON_BAD_TEXT = 7,      // any other break of the grammar
  AFM_JSON_NO_MEMORY = 8      // the parser could not grow
} afm_json_status;

// Returns NULL where there is no memory.
afm_json_parser *afm_json_parser_create(size_t maximum_bytes, size_t maximum_depth);
void afm_json_parser_destroy(afm_json_parser *parser);

// Parses `length` bytes; `text` may be NULL only where `length` is 0.
afm_json_status afm_json_parse(afm_json_parser *parser, const uint8_t *text, size_t length);
const uint64_t *afm_json_tape(const afm_json_parser *parser);
const uint8_t *afm_json_strings(const afm_json_parser *parser);

// The release of the library that is linked, such as "3.0.1".
const char *afm_json_library_version(void);

// Writes the fewest decimal digits that read back to the same finite double, as `D.DDDDe+XX` (C++17's scientific
// std::to_chars), into `out` of at least 32 bytes. Returns the number of bytes written, 0 for an infinity or NaN.
size_t afm_shortest_scientific(double value, char *out);

#ifdef __cplusplus
}
#endif
