/*
 * What a policy that tunes itself has learned, as lines of text in the record of what was learned: bytes
 * as hexadecimal digits, so many a line.
 */
#include "memory.h"

#include <dockscale/base/mem.h>

#include <string.h>

#define KEY        "tuned="
#define LINE_BYTES ((size_t)384)

static const char digits[] = "0123456789abcdef";

void memory_write_tuned(const struct auto_policy *policy, struct str *out)
{
	size_t size = auto_saved_size();
	cleanup_free uint8_t *bytes = mem_zero(size, 1);
	char line[2 * LINE_BYTES];

	auto_save(policy, bytes);
	for (size_t at = 0; at < size; at += LINE_BYTES) {
		size_t n = size - at < LINE_BYTES ? size - at : LINE_BYTES;

		for (size_t i = 0; i < n; i++) {
			line[2 * i] = digits[bytes[at + i] >> 4];
			line[2 * i + 1] = digits[bytes[at + i] & 0xf];
		}
		str_append(out, KEY);
		str_append_bytes(out, line, 2 * n);
		str_append_char(out, '\n');
	}
}

static int digit_of(char c)
{
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* Adds the bytes of a line; false when they are none, or too many. */
static bool add_line(const char *text, uint8_t *bytes, size_t *count)
{
	for (; *text != '\0'; text += 2) {
		int high = digit_of(text[0]);
		int low = high >= 0 ? digit_of(text[1]) : -1;

		if (low < 0 || *count == AUTO_SAVED_MAX)
			return false;
		bytes[(*count)++] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool memory_read_tuned(const char *text, size_t length, struct auto_policy *policy)
{
	struct lines lines = { .text = text, .length = length };
	cleanup_free uint8_t *bytes = mem_zero(AUTO_SAVED_MAX, 1);
	size_t count = 0;
	struct err ignored;

	while (memory_next_line(&lines, &ignored) == 0)
		if (strncmp(lines.line, KEY, strlen(KEY)) == 0 &&
			!add_line(lines.line + strlen(KEY), bytes, &count))
			return false;
	return auto_restore(policy, bytes, count);
}
