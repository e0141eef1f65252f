/* FNV-1a, 64 bits: tells texts apart, and keeps nobody from making two that are alike. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN      0xcbf29ce484222325ULL
#define HASH_TEXT_BYTES 17 /* 16 hex digits and NUL */

/* @hash (HASH_BEGIN at first) with @size more bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);
/* As hash_bytes(); the end of @text counts too, so that "a" "bc" is not "ab" "c". */
uint64_t hash_text(uint64_t hash, const char *text);
void hash_format(uint64_t hash, char ret_text[static HASH_TEXT_BYTES]);
