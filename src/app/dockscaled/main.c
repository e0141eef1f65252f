/*
 * The daemon's command line. It stays in the foreground and logs to standard error: starting,
 * watching and keeping the log is the service manager's work.
 */
#include "choice.h"

#include <dockscale/app/daemon.h>
#include <dockscale/app/files.h>
#include <dockscale/base/mem.h>

#include <malloc.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_PROBLEM = 1, EXIT_USAGE = 2 };

static int print_help(void)
{
	cleanup_str struct str text = { 0 };
	size_t n = 0;
	const struct argument *arguments = choice_arguments(&n);

	str_append(&text, "dockscaled scales labelled containers with the load they bear.\n\n"
			  "usage: dockscaled [OPTIONS]\n\n");
	arguments_print(arguments, n, &text);
	str_append(&text,
		"\nSIGHUP reads the configuration anew, SIGTERM ends the daemon; replicas "
		"stay.\nExit status: 0 done, 1 a problem, 2 usage.\n");
	(void)fputs(str_text(&text), stdout);
	return EXIT_DONE;
}

static int check(const struct choice *choice)
{
	cleanup_free struct config_problems *problems = mem_zero(1, sizeof(*problems));
	struct files_options options = { .directory = choice->config };
	struct config *config = NULL;
	struct err err;
	int r = files_load(&options, &config, problems, &err);

	for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++)
		(void)fprintf(stderr, "%s\n", problems->items[i].text);
	if (r < 0)
		(void)fprintf(stderr, "dockscaled: %s\n", err.msg);
	config_free(config);
	return r < 0 || problems->count > 0 ? EXIT_PROBLEM : EXIT_DONE;
}

static int run(const struct choice *choice)
{
	struct daemon_options options = { choice->config, choice->dry_run };
	struct err err;

	/* One arena: name resolution runs in threads, and each would keep one of its own. Large
	 * texts (a listing of many containers) go back to the system when they are freed. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 64 * 1024);
	if (daemon_run(&options, &err) == 0)
		return EXIT_DONE;
	(void)fprintf(stderr, "dockscaled: %s\n", err.msg);
	return EXIT_PROBLEM;
}

int main(int argc, char **argv)
{
	struct choice choice = { .config = DOCKSCALE_SYSCONFDIR };
	struct arguments_rest rest = { .count = 0 };
	size_t n = 0;
	const struct argument *arguments = choice_arguments(&n);
	struct err err;

	(void)argc;
	if (arguments_parse(arguments, n, &choice, argv + 1, &rest, &err) < 0) {
		(void)fprintf(stderr, "dockscaled: %s\n", err.msg);
		return EXIT_USAGE;
	}
	if (choice.help)
		return print_help();
	if (rest.count > 0) {
		(void)fprintf(
			stderr, "dockscaled: '%s' is not expected: see --help\n", rest.items[0]);
		return EXIT_USAGE;
	}
	if (choice.version) {
		(void)puts("dockscaled " DOCKSCALE_VERSION);
		return EXIT_DONE;
	}
	return choice.check ? check(&choice) : run(&choice);
}
