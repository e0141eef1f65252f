/* The error value: filled by the call that fails, wrapped with context on the way up. */
#pragma once

#include <stddef.h>

/* Why a call failed. Negative, so that a function may return one directly. */
enum err_code {
	ERR_INVALID = -1, /* the input is wrong: the message says what, where and the cure */
	ERR_NOT_FOUND = -2, /* what was named does not exist */
	ERR_CONFLICT = -3, /* the other side is in a state that forbids it */
	ERR_REFUSED = -4, /* we decline to do it, on purpose */
	ERR_UNREACHABLE = -5, /* nobody answers there */
	ERR_TIMEOUT = -6, /* no answer within the deadline: it may have worked */
	ERR_LIMIT = -7, /* larger than we accept */
	ERR_DENIED = -8, /* no right to do it */
	ERR_UNSUPPORTED = -9, /* this machine or this version cannot do it */
	ERR_REMOTE = -10, /* the other side failed */
	ERR_SYSTEM = -11, /* a system call failed */
};

struct err {
	int code; /* 0, or one of enum err_code */
	char msg[512];
};

/* Fills @err and returns @code, so that a failing call can end with `return err_set(...)`. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message that is there. Returns the code that is there. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As err_set() with ": <strerror(errnum)>" behind it; EACCES and EPERM become ERR_DENIED,
 * ENOENT ERR_NOT_FOUND, ECONNREFUSED ERR_UNREACHABLE, all others ERR_SYSTEM. */
int err_errno(struct err *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "invalid", "timeout", ...: the stable word for logs and JSON. */
const char *err_code_name(int code);
