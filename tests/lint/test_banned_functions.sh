#!/usr/bin/env bash
# Functions that cannot be used safely, or that belong to another floor.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

# Without bounds, without error, through a shell, or blocking the loop.
nowhere='strcpy strcat stpcpy sprintf vsprintf gets strtok atoi atol atoll atof alloca system popen
  mktemp tmpnam tempnam rand srand random sleep usleep nanosleep'
# Memory comes from base/mem.h, which ends the program when there is none.
only_mem='malloc calloc realloc reallocarray strdup strndup asprintf vasprintf'
# Time is an argument there, and nothing is asked of the machine.
never_pure='time clock clock_gettime gettimeofday localtime gmtime getenv getrandom printf fprintf
  puts fputs fopen open read write exit abort'
# core has its memory from its callers.
never_core='mem_alloc mem_new mem_resize free'

# calls_of NAMES TREE FILE...: where one of them is called
calls_of() {
  local names=$1 tree=$2 file
  names=$(tr -s ' \n' '|' <<<"$names")
  names=${names%|}
  shift 2
  for file in "$@"; do
    lint_code "$tree/$file" |
      grep -nE "(^|[^A-Za-z0-9_.>])($names)[ \t]*\(" | sed "s|^\([0-9]*\):[ \t]*|$file:\1: |" || true
  done
}

check() {
  local all mem pure core
  mapfile -t all < <(lint_files "$1" 'src/*.[ch]' 'include/*.h')
  mapfile -t mem < <(printf '%s\n' "${all[@]}" | grep -v '/base/mem\.[ch]$')
  mapfile -t pure < <(printf '%s\n' "${all[@]}" | grep -E '/(core|engine)/')
  mapfile -t core < <(printf '%s\n' "${all[@]}" | grep -E '/core/')
  calls_of "$nowhere" "$1" "${all[@]}"
  calls_of "$only_mem" "$1" "${mem[@]}"
  calls_of "$never_pure" "$1" "${pure[@]}"
  calls_of "$never_core" "$1" "${core[@]}"
}

lint_finds src/app/x.c <<<'void x(void) { strcpy(a, b); }'
lint_finds src/app/x.c <<<'	usleep (10);'
lint_finds src/conf/x.c <<<'	char *copy = strdup(text);'
lint_finds src/engine/x.c <<<'	now = time(NULL);'
lint_finds src/core/x.c <<<'	free(state);'
lint_passes src/app/x.c <<<'/* never system("x") */
	str_printf("sprintf(%s)", my_time(now), a.read(b), a->open(c)); // rand()'
lint_passes src/base/mem.c <<<'	void *memory = malloc(size);'
lint_passes src/engine/x.c <<<'	free(fleet);'
lint_tree
