/* A real HAProxy on loopback with a private configuration, and small replicas behind it. */
#pragma once

#include <dockscale/port/intent.h>

#include <pthread.h>
#include <sys/types.h>

#define WORLD_REPLICAS_MAX 64
#define WORLD_OLD_MAX      32

struct world_replica {
	struct world_haproxy *world;
	int fd;
	unsigned port;
	pthread_t thread;
};

struct world_haproxy {
	char directory[64];
	char socket[96];
	char state_file[96];
	char *backend_lines; /* of backend web */
	unsigned port; /* of the frontend */
	pid_t pid; /* 0: away */
	pid_t old[WORLD_OLD_MAX]; /* processes that a reload has replaced */
	size_t n_old;
	struct world_replica replicas[WORLD_REPLICAS_MAX];
	size_t n_replicas;
	volatile int release; /* sessions that are held may end */
	volatile int held; /* how many are held */
	volatile int sessions; /* how many threads serve one */
};

/* The HAProxy that is tested: $HAPROXY (another version, say), else the machine's. */
const char *world_program(void);

/* Starts an HAProxy whose backend `web` has @backend_lines. Aborts the test when it does not come. */
void world_start(struct world_haproxy *world, const char *backend_lines);
/* Ends everything that was started, by process id, and removes the files. */
void world_finish(struct world_haproxy *world);

void world_away(struct world_haproxy *world, bool away);
void world_reload(struct world_haproxy *world);

/* One line of commands and its whole answer (heap). NULL: nobody answers. */
char *world_ask(const char *socket_path, const char *line);

/* A replica that answers every request with its port; "/hold" waits for world->release. */
void world_add_replica(struct world_haproxy *world, struct member *ret_member);

/* Connects to the frontend and sends a request for @path; the descriptor. */
int world_request(const struct world_haproxy *world, const char *path);
/* Reads the answer, closes; gives the port that it names, 0 when it is no 200. */
unsigned world_answer(int fd);

/* A port of 127.0.0.1 on which nobody listens. */
unsigned world_free_port(void);
