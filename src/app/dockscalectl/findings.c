/*
 * A finding is one line: verdict, what was looked at, what was seen; and below it the cure, ready
 * to paste where that is possible.
 */
#include "findings.h"

#include "ctl.h"

#include <dockscale/app/json.h>
#include <dockscale/app/show.h>

#include <stdarg.h>
#include <stdio.h>

static const char *const verdict_names[] = { "ok", "warn", "fail" };

void findings_add(struct findings *findings, const struct finding *finding, const char *format, ...)
{
	cleanup_str struct str seen = { 0 };
	va_list args;

	va_start(args, format);
	str_vappendf(&seen, format, args);
	va_end(args);
	json_begin(&findings->json, NULL, '{');
	json_text(&findings->json, "verdict", verdict_names[finding->verdict]);
	json_text(&findings->json, "what", finding->what);
	json_text(&findings->json, "seen", str_text(&seen));
	json_text_or_null(&findings->json, "cure", finding->cure != NULL ? finding->cure : "");
	json_end(&findings->json, '}');
	if (seen.data != NULL)
		show_clean_text(seen.data);
	str_appendf(&findings->text, "%-5s %s: %s\n", verdict_names[finding->verdict],
		finding->what, str_text(&seen));
	if (finding->cure != NULL)
		str_appendf(&findings->text, "      -> %s\n", finding->cure);
	if (finding->verdict > findings->worst)
		findings->worst = finding->verdict;
}

int findings_print(const struct findings *findings, bool json)
{
	if (json)
		(void)printf("{\"verdict\":\"%s\",\"findings\":[%s]}\n",
			verdict_names[findings->worst], str_text(&findings->json));
	else
		(void)fputs(str_text(&findings->text), stdout);
	return findings->worst == VERDICT_FAIL ? CTL_PROBLEM : CTL_DONE;
}

void findings_finish(struct findings *findings)
{
	str_finish(&findings->text);
	str_finish(&findings->json);
}
