/*
 * The directory of configuration: dockscale.ini, and services.d with one file a service. A file is
 * judged alone, without the labels that may complete it: what it says has to make sense by itself,
 * and only a value that is missing may still come from a label.
 */
#include "check.h"
#include "reader.h"
#include "schedules.h"
#include "value.h"

#include <dockscale/base/mem.h>
#include <dockscale/conf/load.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SERVICES_MAX 512

/* Behind a path there must be room for the line's number in struct assignment. */
#define PATH_BYTES_MAX (CONFIG_TEXT_MAX - 16)

static void check_timezone(
	const struct givens *givens, const struct daemon_config *daemon, struct report *report)
{
	char text[GIVEN_TEXT];
	struct err err;

	given_name(givens, option_find(OPTION_DAEMON, "daemon", "timezone"), text);
	if (value_zone_check(daemon->timezone, &err) < 0)
		report_add(report, "%s: %s", text, err.msg);
}

static void daemon_from_text(const char *path, const char *text, size_t length,
	struct daemon_config *daemon, struct report *report)
{
	struct assignments assignments = { 0 };
	struct givens givens = { .container = "" };

	reader_parse(path, text, length, &assignments, report);
	given_take_file(&givens, OPTION_DAEMON, assignments.items, assignments.count, report);
	memset(daemon, 0, sizeof(*daemon));
	given_apply(&givens, OPTION_DAEMON, daemon, report);
	check_timezone(&givens, daemon, report);
	free(assignments.items);
}

static void load_daemon(const char *directory, struct daemon_config *daemon, struct report *report)
{
	cleanup_str struct str path = { 0 };
	cleanup_free char *text = NULL;
	size_t length = 0;
	struct err err;
	int r;

	str_appendf(&path, "%s/dockscale.ini", directory);
	r = reader_load(str_text(&path), &text, &length, &err);
	if (r == ERR_NOT_FOUND)
		return; /* the defaults */
	if (r < 0)
		report_add(report, "%s", err.msg);
	else
		daemon_from_text(str_text(&path), text, length, daemon, report);
}

/* The file's own name without .ini; may be no name for a service. */
static void name_by_file(struct service_file *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *base = slash != NULL ? slash + 1 : file->path;
	size_t length = strlen(base);

	if (length > 4 && strcmp(base + length - 4, ".ini") == 0)
		length -= 4;
	if (length < sizeof(file->name))
		(void)snprintf(file->name, sizeof(file->name), "%.*s", (int)length, base);
	else
		(void)mem_strcpy(file->name, sizeof(file->name), "(too long)"); /* not valid */
}

static void name_by_key(struct service_file *file)
{
	for (size_t i = 0; i < file->n_assignments; i++)
		if (strcmp(file->assignments[i].section, "service") == 0 &&
			strcmp(file->assignments[i].key, "name") == 0 &&
			config_name_valid(file->assignments[i].value))
			(void)mem_strcpy(
				file->name, sizeof(file->name), file->assignments[i].value);
}

static void judge_service(
	const struct service_file *file, const struct daemon_config *daemon, struct report *report)
{
	cleanup_free struct service_config *service = mem_zero(1, sizeof(*service));
	cleanup_free struct given_schedules *schedules = mem_zero(1, sizeof(*schedules));
	struct givens givens = { .container = "" };

	if (!config_name_valid(file->name))
		report_add(report,
			"%s: the file's name is no name for a service: rename it, or set name in "
			"[service]",
			file->path);
	given_take_file(&givens, OPTION_SERVICE, file->assignments, file->n_assignments, report);
	schedules_take_file(schedules, file->assignments, file->n_assignments, report);
	given_apply(&givens, OPTION_SERVICE, service, report);
	schedules_apply(schedules, service, report);
	schedules_check_zones(schedules, service, report);
	(void)mem_strcpy(service->name, sizeof(service->name), file->name);
	/* Values that could not be read hold defaults: what they would do together says nothing. */
	if (report->count == 0)
		check_service(&(struct check){ .givens = &givens,
				      .source = file->path,
				      .labels_follow = given_is_allowed(daemon, "haproxy") },
			service, report);
}

static void service_from_text(const char *text, size_t length, const struct daemon_config *daemon,
	struct service_file *file, struct report *report)
{
	struct assignments assignments = { 0 };

	reader_parse(file->path, text, length, &assignments, report);
	file->assignments = assignments.items;
	file->n_assignments = assignments.count;
	name_by_key(file);
	judge_service(file, daemon, report);
}

static void load_service(const char *path, const struct daemon_config *daemon,
	struct service_file *file, struct config_problems *problems)
{
	cleanup_free char *text = NULL;
	struct report report = { .service = file->name, .problems = problems };
	size_t first = problems->count;
	size_t length = 0;
	struct err err;

	*file = (struct service_file){ 0 };
	if (mem_strcpy(file->path, PATH_BYTES_MAX, path) != 0)
		report_add(&report, "%s...: the path is longer than %d bytes", file->path,
			PATH_BYTES_MAX - 1);
	name_by_file(file);
	if (report.count == 0 && reader_load(path, &text, &length, &err) < 0)
		report_add(&report, "%s", err.msg);
	if (report.count == 0)
		service_from_text(text, length, daemon, file, &report);
	file->broken = report.count > 0;
	/* Its name may have been found behind the first problems. */
	for (size_t i = first; i < problems->count && i < CONFIG_PROBLEMS_MAX; i++)
		(void)mem_strcpy(problems->items[i].service, CONFIG_NAME_MAX, file->name);
}

/* services.d/?*.ini; hidden files are an editor's. */
static int is_service_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 &&
	       strcmp(entry->d_name + length - 4, ".ini") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* alphasort() would follow the locale */
}

static void add_service(struct config *config, const char *path, struct config_problems *problems)
{
	struct service_file *file = &config->files[config->n_files];

	load_service(path, &config->daemon, file, problems);
	if (config_name_valid(file->name))
		config->n_files++;
	else
		free(file->assignments); /* told; nobody could call it by a name */
}

static int load_services(const char *directory, struct config *config,
	struct config_problems *problems, struct err *err)
{
	cleanup_str struct str path = { 0 };
	struct dirent **entries = NULL;
	int n;

	str_appendf(&path, "%s/services.d", directory);
	n = scandir(str_text(&path), &entries, is_service_file, compare_names);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return err_errno(err, errno, "%s", str_text(&path));
	config->files = mem_zero((size_t)n, sizeof(*config->files));
	for (int i = 0; i < n; i++) {
		str_clear(&path);
		str_appendf(&path, "%s/services.d/%s", directory, entries[i]->d_name);
		if (i < SERVICES_MAX)
			add_service(config, str_text(&path), problems);
		free(entries[i]);
	}
	free(entries);
	if (n > SERVICES_MAX)
		return err_set(err, ERR_LIMIT, "%s/services.d has %d service files: %d is the most",
			directory, n, SERVICES_MAX);
	return 0;
}

/* Two files of one name: which one is meant is not ours to guess. */
static void check_names(struct config *config, struct config_problems *problems)
{
	for (size_t i = 0; i < config->n_files; i++) {
		for (size_t k = 0; k < i; k++) {
			struct report report = {
				.service = config->files[i].name,
				.problems = problems,
			};

			if (strcmp(config->files[i].name, config->files[k].name) != 0)
				continue;
			report_add(&report,
				"%s and %s are both for service %s: remove one, or set another "
				"name in its [service]",
				config->files[k].path, config->files[i].path,
				config->files[i].name);
			config->files[i].broken = true;
			config->files[k].broken = true;
			break;
		}
	}
}

static const char *match_of(const struct service_file *file)
{
	const char *match = "";

	for (size_t i = 0; i < file->n_assignments; i++)
		if (strcmp(file->assignments[i].section, "service") == 0 &&
			strcmp(file->assignments[i].key, "match") == 0)
			match = file->assignments[i].value;
	return match;
}

/* Two services that want the same container: the first file has it, as config_select() goes by their
 * order, and the second would wait for it for ever. */
static void check_matches(struct config *config, struct config_problems *problems)
{
	for (size_t i = 0; i < config->n_files; i++) {
		const char *match = match_of(&config->files[i]);

		for (size_t k = 0; k < i; k++) {
			struct report report = {
				.service = config->files[i].name,
				.problems = problems,
			};

			if (match[0] == '\0' || strcmp(match, match_of(&config->files[k])) != 0)
				continue;
			report_add(&report,
				"%s has the same match = %s as %s, which comes first: "
				"change or remove one",
				config->files[i].path, match, config->files[k].path);
			config->files[i].broken = true;
			break;
		}
	}
}

static int check_directory(const char *directory, struct err *err)
{
	struct stat facts;

	if (stat(directory, &facts) < 0)
		return err_errno(err, errno, "%s", directory);
	if (!S_ISDIR(facts.st_mode))
		return err_set(err, ERR_INVALID, "%s is no directory", directory);
	return 0;
}

int config_load(const char *directory, struct config **ret_config, struct config_problems *problems,
	struct err *err)
{
	struct config *config;
	struct report report = { .service = "", .problems = problems, .err = err };
	struct err services_err;
	int r = check_directory(directory, err);

	if (r < 0)
		return r;
	config = config_new();
	load_daemon(directory, &config->daemon, &report);
	/* The services are read even where that failed: whoever corrects wants to know all. */
	r = load_services(directory, config, problems, &services_err);
	if (report.count > 0)
		r = report_result(&report);
	else if (r < 0)
		*err = services_err;
	check_names(config, problems);
	check_matches(config, problems);
	if (r < 0) {
		config_free(config);
		return r;
	}
	*ret_config = config;
	return 0;
}

int config_load_service(const char *path, const struct daemon_config *daemon,
	struct config **ret_config, struct config_problems *problems)
{
	struct config *config = config_new();
	bool right;

	config->daemon = *daemon;
	config->files = mem_zero(1, sizeof(*config->files));
	add_service(config, path, problems);
	right = config->n_files == 1 && !config->files[0].broken;
	if (!right) {
		config_free(config);
		return ERR_INVALID;
	}
	*ret_config = config;
	return 0;
}

static bool has_daemon_section(const struct assignments *assignments)
{
	for (size_t i = 0; i < assignments->count; i++)
		if (strcmp(assignments->items[i].section, "daemon") == 0)
			return true;
	return false;
}

/* Whose file is it? What is wrong with it is not judged yet. */
static bool is_daemons_file(const char *path, const char *text, size_t length)
{
	struct assignments assignments = { 0 };
	struct report ignored = { .service = "" };
	const char *slash = strrchr(path, '/');
	bool daemons;

	reader_parse(path, text, length, &assignments, &ignored);
	daemons = has_daemon_section(&assignments);
	free(assignments.items);
	return daemons || strcmp(slash != NULL ? slash + 1 : path, "dockscale.ini") == 0;
}

int config_check_file(const char *path, struct config_problems *problems)
{
	struct config *config = config_new();
	cleanup_free char *text = NULL;
	struct report report = { .service = "", .problems = problems };
	struct service_file file = { .assignments = NULL };
	size_t length = 0;
	struct err err;

	if (reader_load(path, &text, &length, &err) < 0) {
		report_add(&report, "%s", err.msg);
	} else if (is_daemons_file(path, text, length)) {
		daemon_from_text(path, text, length, &config->daemon, &report);
	} else {
		load_service(path, &config->daemon, &file, problems);
		report.count += file.broken;
	}
	free(file.assignments);
	config_free(config);
	return report_result(&report);
}
