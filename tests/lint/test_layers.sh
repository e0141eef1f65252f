#!/usr/bin/env bash
# The engine and the Docker adapter have layers. A room of the engine includes the header of its own
# layer or of a lower one; in both, calls go down or stay level, and those that stay level make no
# circle.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

layers='
fleet fleet note rate series reason address memory_text memory_values memory_learned memory_tuned
judge readings sick hand guard room zones slow_start replacement victim
decide decide schedule host overload memory memory_recall
steer replica replace warm converge release orphan health
take life adopt answer membership command configure
step service engine snapshot'

# each behind a name for its layer
docker_layers='
text jsontext faults ends sole
clone clone template images templates remark
spec spec
inspect inspect
request request
link entries link
watch watch
jobs jobs
create create
intents intents
runtime runtime'

# words TREE FOLDER: "has ROOM FUNCTION" of each function that a room has for others, and "says ROOM
# WORD" of each word in its functions, which may be a call
words() {
  local file
  while IFS= read -r file; do
    lint_code "$1/$file" | awk -v room="$(basename "$file" .c)" '
      /^[a-z]/ && /\(/ && !/;/ {
        head = $0; sub(/\(.*/, "", head); sub(/^.*[ *]/, "", head)
        hidden = /^static/
      }
      /^\{/ { body = 1; if (head != "" && !hidden) print "has", room, head }
      /^\}/ { body = 0; head = "" }
      body {
        rest = $0
        while (match(rest, /[a-z_][a-z0-9_]*/)) {
          word = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
          if (!((room, word) in seen)) print "says", room, word
          seen[room, word] = 1
        }
      }'
  done < <(lint_files "$1" "$2/*.c")
}

# calls TREE FOLDER: "ROOM ROOM FUNCTION", from whom to whom by what
calls() {
  words "$1" "$2" | sort | awk '
    $1 == "has" { home[$3] = $2 }
    $1 == "says" && ($3 in home) && home[$3] != $2 { print $2, home[$3], $3 }'
}

# check_calls TREE FOLDER LAYERS
check_calls() {
  calls "$1" "$2" | awk -v folder="$2" -v layers="$3" '
    BEGIN {
      n = split(layers, line, "\n")
      for (i = 1; i <= n; i++)
        for (k = split(line[i], word, " "); k > 1; k--) height[word[k]] = i
    }
    !height[$1] { print folder "/" $1 ".c: has no layer" }
    height[$2] > height[$1] { print folder "/" $1 ".c: calls " $3 " of " $2 ".c, which is above it" }'
}

check_circles() {
  calls "$1" "$2" | awk '{ print $1, $2 }' | sort -u | { tsort 2>&1 >/dev/null || true; } |
    sed -n "s|^tsort: \\([a-z_]*\\)\$|$2/\\1.c: is in a circle of calls|p"
}

check_includes() {
  local files
  mapfile -t files < <(lint_files "$1" 'src/engine/*.[ch]')
  [ ${#files[@]} -gt 0 ] || return 0
  (cd "$1" && awk -v layers="$layers" '
    BEGIN {
      n = split(layers, line, "\n")
      for (i = 1; i <= n; i++) {
        k = split(line[i], word, " ")
        if (k > 0) head[word[1] ".h"] = i
        for (; k > 1; k--) height[word[k] ".c"] = i
      }
      head["memory.h"] = head["fleet.h"]
    }
    FNR == 1 {
      name = FILENAME; sub(/^.*\//, "", name)
      here = name ~ /\.h$/ ? head[name] : height[name]
      if (!here) print FILENAME ":1: has no layer"
    }
    /^#include "/ {
      split($0, part, "\"")
      if (!(part[2] in head)) print FILENAME ":" FNR ": \"" part[2] "\" has no layer"
      else if (head[part[2]] > here) print FILENAME ":" FNR ": includes " part[2] ", which is above it"
    }' "${files[@]}")
}

check() {
  check_includes "$1"
  check_calls "$1" src/engine "$layers"
  check_circles "$1" src/engine
  check_calls "$1" src/adapter/docker "$docker_layers"
  check_circles "$1" src/adapter/docker
}

# finds_in_two FOLDER FILE TEXT FILE TEXT: whether something is found in two rooms together
finds_in_two() {
  rm -rf "${LINT_TEMP:?}/tree"
  mkdir -p "$LINT_TEMP/tree/$1"
  printf '%s\n' "$3" >"$LINT_TEMP/tree/$1/$2"
  printf '%s\n' "$5" >"$LINT_TEMP/tree/$1/$4"
  check "$LINT_TEMP/tree" >"$LINT_TEMP/found"
  [ -s "$LINT_TEMP/found" ]
}

lint_finds src/engine/attic.c <<<'/* x */'
lint_finds src/engine/sick.c <<<'#include "steer.h"'
lint_finds src/engine/judge.h <<<'#include "decide.h"'
lint_finds src/engine/memory.h <<<'#include "judge.h"'
lint_finds src/engine/sick.c <<<'#include "attic.h"'
lint_passes src/engine/warm.c <<<'#include "steer.h"
#include "memory.h"'
called='int %s(void)\n{\n\treturn 1;\n}'
calling='static int %s(int x)\n{\n\treturn %s(x);\n}'
# shellcheck disable=SC2059 # the formats are above
{
  up=$(printf "$calling" x warm_step) above=$(printf "$called" warm_step)
  finds_in_two src/engine sick.c "$up" warm.c "$above" || { echo "self-check: a call upward was not found"; exit 1; }
  finds_in_two src/engine health.c "$up" warm.c "$above" && { echo "self-check: a level call was found"; exit 1; }
  there=$(printf "$called\n$calling" warm_step x health_step)
  back=$(printf "$called\n$calling" health_step x warm_step)
  finds_in_two src/engine health.c "$back" warm.c "$there" || { echo "self-check: a circle was not found"; exit 1; }
  finds_in_two src/adapter/docker link.c "$up" watch.c "$above" ||
    { echo "self-check: a call upward in the adapter was not found"; exit 1; }
  finds_in_two src/adapter/docker attic.c "$up" watch.c "$above" ||
    { echo "self-check: a room without a layer was not found"; exit 1; }
}
[ "$(calls "$LINT_ROOT" src/engine | wc -l)" -gt 100 ] || { echo "self-check: few calls are seen"; exit 1; }
[ "$(calls "$LINT_ROOT" src/adapter/docker | wc -l)" -gt 40 ] || { echo "self-check: few calls are seen"; exit 1; }
lint_tree
