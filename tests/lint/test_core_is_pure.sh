#!/usr/bin/env bash
# core is arithmetic: its plain objects need maths, mem*, and the pure parsers of base, and nothing
# else. It is compiled here by itself, without sanitizers, fortification and stack protector, so
# that the answer does not depend on how BUILD was configured; BUILD only names the compiler.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

build=${1:-$LINT_ROOT/build}
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt" 2>/dev/null | head -n 1)
compiler=${compiler:-cc}

maths='ceil floor round trunc lround llround fabs fmin fmax fmod sqrt cbrt exp exp2 expm1 log log2
  log10 log1p pow tanh hypot'
memory='memcpy memmove memset memcmp'

# compile TREE: every source of core as an object of its own in $LINT_TEMP/objects
compile() {
  local source
  rm -rf "$LINT_TEMP/objects"
  mkdir -p "$LINT_TEMP/objects"
  while IFS= read -r source; do
    "$compiler" -std=gnu11 -O2 -fno-pic -fno-stack-protector -U_FORTIFY_SOURCE -D_GNU_SOURCE \
      -I"$1/include" -I"$1/src" -c "$1/$source" -o "$LINT_TEMP/objects/${source//\//_}.o" \
      2>>"$LINT_TEMP/objects/errors" || return 1
  done < <(lint_files "$1" 'src/core/*.c')
}

# symbols NM-OPTION: those of all objects, once each
symbols() {
  nm "$1" --format=posix "$LINT_TEMP"/objects/*.o | awk 'NF > 1 { print $1 }' | sort -u
}

check() {
  local symbol allowed
  compile "$1" || { sed 's/^/src\/core: /' "$LINT_TEMP/objects/errors"; return 0; }
  allowed=$(tr -s ' \n' '\n' <<<"$maths $memory"; symbols --defined-only)
  for symbol in $(symbols --undefined-only); do
    case $symbol in parse_* | format_* | _GLOBAL_OFFSET_TABLE_) continue ;; esac
    grep -qxF "$symbol" <<<"$allowed" || echo "src/core: needs $symbol"
  done
}

lint_finds src/core/x.c <<<'#include <stdio.h>
void x(void) { puts("pure?"); }'
lint_finds src/core/x.c <<<'#include <stdlib.h>
void *x(void) { return malloc(8); }'
lint_finds src/core/x.c <<<'#include <time.h>
long x(void) { return time(0); }'
lint_finds src/core/x.c <<<'this is not C'
lint_passes src/core/x.c <<<'#include <math.h>
int parse_x(const char *text);
static double half(double x) { return exp(x) / 2; }
double y(double x, const char *text) { return half(x) + pow(x, x) + parse_x(text); }'
lint_tree
