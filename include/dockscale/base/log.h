/* One line an event, stable keys, text or JSON. Only the app floor writes above debug. */
#pragma once

#include <dockscale/base/err.h>
#include <dockscale/base/str.h>
#include <dockscale/base/time.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* One "key=value" of a line. A value of NULL leaves the field out. */
struct log_field {
	const char *key;
	const char *value;
};

/* Where and from which level on lines are written. The daemon sets it once at start and at a
 * reload; @fd stays the caller's. Before it, text from info on goes to standard error. */
void log_setup(int fd, enum log_level level, enum log_format format);

/* Formats one line without writing it (the tests' door). @wall in microseconds since 1970. */
void log_format_line(struct str *out, enum log_format format, enum log_level level, usec_t wall,
	const char *message, const struct log_field *fields, size_t n_fields);

/* Writes one line. */
void log_write(
	enum log_level level, const char *message, const struct log_field *fields, size_t n_fields);

/* log_info("replica started", { "service", "web" }, { "replica", name }); */
#define log_fields(...)                                                                            \
	(const struct log_field[]){ __VA_ARGS__ },                                                 \
		sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field)
#define log_debug(message, ...)   log_write(LOG_LEVEL_DEBUG, message, log_fields(__VA_ARGS__))
#define log_info(message, ...)    log_write(LOG_LEVEL_INFO, message, log_fields(__VA_ARGS__))
#define log_warning(message, ...) log_write(LOG_LEVEL_WARNING, message, log_fields(__VA_ARGS__))
#define log_error(message, ...)   log_write(LOG_LEVEL_ERROR, message, log_fields(__VA_ARGS__))

const char *log_level_name(enum log_level level);
