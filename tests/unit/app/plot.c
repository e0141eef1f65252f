/* Plots: what is in them, that they fit, and that the picture is well-formed whatever the names. */
#include "unit/test.h"

#include <dockscale/app/plot.h>
#include <dockscale/base/mem.h>

#include <ctype.h>

#define SECONDS 7200

struct drawing {
	float load[SECONDS];
	uint16_t replicas[SECONDS];
	struct plot plot;
};

/* An hour of 2 and one of 8, met by 4. */
static struct drawing *drawing_new(const char *name)
{
	struct drawing *drawing = mem_zero(1, sizeof(*drawing));

	for (size_t t = 0; t < SECONDS; t++) {
		drawing->load[t] = t < 3600 ? 1 : 4;
		drawing->replicas[t] = 4;
	}
	drawing->plot = (struct plot){
		.title = "a <load> & \"more\"",
		.load = drawing->load,
		.load_scale = 2,
		.seconds = SECONDS,
		.lines = { { name, drawing->replicas, 10 } },
		.n_lines = 1,
	};
	return drawing;
}

/* Is each element closed in order, each attribute quoted, each & the beginning of a reference? Of
 * documents without comments and declarations. */
static bool is_well_formed(const char *text)
{
	char open[16][16];
	size_t depth = 0;
	bool closed_all = false;

	while (*text != '\0') {
		char name[16] = "";
		bool end = text[0] == '<' && text[1] == '/';
		size_t n = 0;

		if (*text == '&' && (text[1] != '#' || strchr(text, ';') == NULL))
			return false;
		if (*text == '>')
			return false;
		if (*text++ != '<') {
			if (closed_all && !isspace((unsigned char)text[-1]))
				return false;
			continue;
		}
		text += end;
		while (isalpha((unsigned char)*text) && n + 1 < sizeof(name))
			name[n++] = *text++;
		if (n == 0 || closed_all)
			return false;
		if (!end)
			(void)strcpy(open[depth++], name);
		else if (depth == 0 || strcmp(open[--depth], name) != 0)
			return false;
		while (*text != '\0' && *text != '>') {
			char quote = *text++;

			if (quote == '<')
				return false;
			if (quote == '/' && *text == '>') {
				depth--;
				break;
			}
			if (quote != '\'')
				continue;
			text += strcspn(text, "'<");
			if (*text++ != '\'')
				return false;
		}
		if (*text++ != '>')
			return false;
		closed_all = depth == 0;
	}
	return closed_all;
}

static void what_is_not_well_formed_is_found(void **state)
{
	(void)state;
	assert_true(is_well_formed("<a b='1'><c/>x &#60;</a>\n"));
	assert_false(is_well_formed("<a><c></a>"));
	assert_false(is_well_formed("<a>x & y</a>"));
	assert_false(is_well_formed("<a b='1></a>"));
	assert_false(is_well_formed("<a></a><b/>"));
	assert_false(is_well_formed("<a>"));
}

static void a_picture_is_well_formed_whatever_the_names(void **state)
{
	struct drawing *drawing = drawing_new("</text>'\"&\x01\xff.ini");
	cleanup_str struct str text = { 0 };

	(void)state;
	plot_svg(&drawing->plot, &text);
	assert_true(is_well_formed(str_text(&text)));
	assert_non_null(strstr(str_text(&text), "a &#60;load&#62; &#38; &#34;more&#34;"));
	assert_non_null(strstr(str_text(&text), ", limit 10"));
	assert_non_null(strstr(str_text(&text), ">1h<"));
	assert_null(strstr(str_text(&text), "nan"));
	free(drawing);
}

static void a_panel_shows_the_load_and_where_replicas_are_missing(void **state)
{
	struct drawing *drawing = drawing_new("web");
	cleanup_str struct str text = { 0 };

	(void)state;
	plot_text(&drawing->plot, 26, true, &text); /* 20 columns, a unit a row */
	assert_string_equal(str_text(&text),
		"\nweb: replicas =, load in replicas :, too few #, limit 10 -\n"
		"  10 |--------------------\n"
		"     |\n"
		"     |          ::::::::::\n"
		"   7 |          ::::::::::\n"
		"     |          ::::::::::\n"
		"     |          ::::::::::\n"
		"   4 |==========##########\n"
		"     |          ::::::::::\n"
		"     |::::::::::::::::::::\n"
		"   1 |::::::::::::::::::::\n"
		"     +--------------------\n"
		"      0         1h\n");
	free(drawing);
}

static void a_panel_is_no_wider_than_asked(void **state)
{
	struct drawing *drawing = drawing_new("web");
	cleanup_str struct str text = { 0 };
	const char *line;

	(void)state;
	plot_text(&drawing->plot, 40, true, &text);
	line = strchr(str_text(&text) + 1, '\n') + 1; /* below the words */
	for (; *line != '\0'; line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") <= 40);
	free(drawing);
}

static void a_second_alone_can_be_drawn(void **state)
{
	struct drawing *drawing = drawing_new("web");
	cleanup_str struct str text = { 0 };

	(void)state;
	drawing->plot.seconds = 1;
	drawing->load[0] = 0;
	drawing->replicas[0] = 0;
	plot_text(&drawing->plot, 80, false, &text);
	plot_svg(&drawing->plot, &text);
	assert_null(strstr(str_text(&text), "nan"));
	free(drawing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_well_formed_is_found),
		cmocka_unit_test(a_picture_is_well_formed_whatever_the_names),
		cmocka_unit_test(a_panel_shows_the_load_and_where_replicas_are_missing),
		cmocka_unit_test(a_panel_is_no_wider_than_asked),
		cmocka_unit_test(a_second_alone_can_be_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
