/*
 * The log is for the operator at three in the morning: one line an event, what changed, from,
 * to, because; keys that stay the same, so that a script can read them. This is the one place
 * below io that reads the wall clock, and only to stamp the line.
 */
#include <dockscale/base/log.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	int fd;
	enum log_level level;
	enum log_format format;
} sink = { STDERR_FILENO, LOG_LEVEL_INFO, LOG_FORMAT_TEXT };

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = { "debug", "info", "warning", "error" };

	return names[level];
}

void log_setup(int fd, enum log_level level, enum log_format format)
{
	sink.fd = fd;
	sink.level = level;
	sink.format = format;
}

static void append_time(struct str *out, usec_t wall)
{
	time_t seconds = (time_t)(wall / USEC_PER_SEC);
	struct tm parts;
	char text[32];

	(void)gmtime_r(&seconds, &parts);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	str_appendf(out, "%s.%03dZ", text, (int)(wall % USEC_PER_SEC / USEC_PER_MSEC));
}

/* Would @text end the line, move the cursor of who reads it, or not be text at all? Bytes past
 * ASCII may, so they are quoted too: str_append_json() knows which of them are text. */
static bool needs_quotes(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7F)
			return true;
	return false;
}

static void append_field_text(struct str *out, const struct log_field *field)
{
	str_appendf(out, " %s=", field->key);
	if (field->value[0] == '\0' || strpbrk(field->value, " \"=\\") != NULL ||
		needs_quotes(field->value))
		str_append_json(out, field->value);
	else
		str_append(out, field->value);
}

static void append_field_json(struct str *out, const struct log_field *field)
{
	str_append(out, ",");
	str_append_json(out, field->key);
	str_append(out, ":");
	str_append_json(out, field->value);
}

void log_format_line(struct str *out, enum log_format format, enum log_level level, usec_t wall,
	const char *message, const struct log_field *fields, size_t n_fields)
{
	bool json = format == LOG_FORMAT_JSON;

	if (json)
		str_append(out, "{\"time\":\"");
	append_time(out, wall);
	if (json) {
		str_appendf(out, "\",\"level\":\"%s\",\"message\":", log_level_name(level));
		str_append_json(out, message);
	} else {
		str_appendf(out, " %-7s ", log_level_name(level));
		if (needs_quotes(message))
			str_append_json(out, message);
		else
			str_append(out, message);
	}
	for (size_t i = 0; i < n_fields; i++) {
		if (fields[i].value == NULL)
			continue;
		if (json)
			append_field_json(out, &fields[i]);
		else
			append_field_text(out, &fields[i]);
	}
	str_append(out, json ? "}\n" : "\n");
}

static void write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a log that cannot be written has nowhere to say so */
		text += n;
		length -= (size_t)n;
	}
}

void log_write(
	enum log_level level, const char *message, const struct log_field *fields, size_t n_fields)
{
	cleanup_str struct str line = { 0 };
	struct timespec now;

	if (level < sink.level)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	log_format_line(&line, sink.format, level,
		(usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000, message, fields, n_fields);
	write_all(sink.fd, line.data, line.length);
}
