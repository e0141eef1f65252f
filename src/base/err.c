/*
 * The error value of the whole house. A failing call fills it once with what went wrong,
 * where, and the cure; callers that know more wrap it. It never allocates, so that even an
 * error about memory can be told. It is not a log: whoever handles the error decides that.
 */
#include <dockscale/base/err.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	err->code = code;
	va_start(args, format);
	(void)vsnprintf(err->msg, sizeof(err->msg), format, args);
	va_end(args);
	return code;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char inner[sizeof(err->msg)];
	va_list args;
	int n;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(args, format);
	n = vsnprintf(err->msg, sizeof(err->msg), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", inner);
	return err->code;
}

static int code_of_errno(int errnum)
{
	switch (errnum) {
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case ENOENT:
		return ERR_NOT_FOUND;
	case ECONNREFUSED:
		return ERR_UNREACHABLE;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	default:
		return ERR_SYSTEM;
	}
}

int err_errno(struct err *err, int errnum, const char *format, ...)
{
	va_list args;
	int n;

	err->code = code_of_errno(errnum);
	va_start(args, format);
	n = vsnprintf(err->msg, sizeof(err->msg), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(
			err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", strerror(errnum));
	return err->code;
}

const char *err_code_name(int code)
{
	static const char *const names[] = { "none", "invalid", "not-found", "conflict", "refused",
		"unreachable", "timeout", "limit", "denied", "unsupported", "remote", "system" };
	int n_names = (int)(sizeof(names) / sizeof(names[0]));

	return code <= 0 && code > -n_names ? names[-code] : "unknown";
}
