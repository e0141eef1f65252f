/*
 * Text to the configuration of one service: the file's word over the labels' over the defaults.
 */
#include "check.h"
#include "schedules.h"

#include <dockscale/base/mem.h>
#include <dockscale/conf/load.h>

#include <stdio.h>
#include <string.h>

int config_resolve(const struct daemon_config *daemon, const struct service_file *file,
	const char *name, const char *container, const struct label *labels, size_t n_labels,
	struct service_config *ret_service, struct err *err)
{
	struct givens givens = { .container = container };
	struct report report = { .service = name, .err = err };
	cleanup_free struct given_schedules *schedules = mem_zero(1, sizeof(*schedules));
	const struct given_labels said = { daemon, labels, n_labels };
	struct service_config service;
	char source[CONFIG_TEXT_MAX];

	if (file != NULL && file->broken)
		return err_set(
			err, ERR_INVALID, "%s is wrong: see `dockscalectl check`", file->path);
	if (!config_name_valid(name))
		return err_set(err, ERR_INVALID, "'%.64s' is no name for a service", name);
	(void)snprintf(source, sizeof(source), "%s %s",
		container[0] != '\0' ? "container" : "service",
		container[0] != '\0' ? container : name);
	if (file != NULL) {
		given_take_file(
			&givens, OPTION_SERVICE, file->assignments, file->n_assignments, &report);
		schedules_take_file(schedules, file->assignments, file->n_assignments, &report);
	}
	given_take_labels(&givens, &said, &report);
	schedules_take_labels(schedules, container, &said, &report);
	memset(&service, 0, sizeof(service)); /* the padding too: policies are compared by memcmp */
	given_apply(&givens, OPTION_SERVICE, &service, &report);
	schedules_apply(schedules, &service, &report);
	memset(service.name, 0, sizeof(service.name));
	(void)mem_strcpy(service.name, sizeof(service.name), name);
	/* Values that could not be read hold defaults: what they would do together says nothing. */
	if (report.count == 0)
		check_service(&(struct check){ .givens = &givens,
				      .source = file != NULL ? file->path : source },
			&service, &report);
	if (report_result(&report) < 0)
		return err->code;
	memcpy(ret_service, &service, sizeof(service));
	return 0;
}
