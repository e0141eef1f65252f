#!/usr/bin/env bash
# Includes go down the floors or stay level, never up; adapters do not know one another; a library
# from outside is used on the floors that it was let into.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

check() {
  local files
  mapfile -t files < <(lint_files "$1" 'src/*.[ch]' 'include/dockscale/*.[ch]')
  [ ${#files[@]} -gt 0 ] || return 0
  (cd "$1" && awk '
  BEGIN {
    n = split("base core conf port engine io adapter app", name, " ")
    for (i = 1; i <= n; i++) height[name[i]] = i
    outside["uv.h"] = outside["curl/curl.h"] = outside["microhttpd.h"] = "io adapter app"
    outside["sqlite3.h"] = "io"
    outside["cjson/cJSON.h"] = outside["cJSON.h"] = "adapter app"
    outside["ini.h"] = "conf"
    outside["libcgroup.h"] = "adapter"
  }
  function wrong(what) { print FILENAME ":" FNR ": " what }
  # "docker" of src/adapter/docker/x.c, src/adapter/docker.c and dockscale/adapter/docker.h
  function room(path,   part, k) {
    k = split(path, part, "/")
    for (i = 1; i < k; i++)
      if (part[i] == "adapter") { sub(/\.[ch]$/, "", part[i + 1]); return part[i + 1] }
    return ""
  }
  FNR == 1 {
    split(FILENAME, part, "/")
    here = part[1] == "src" ? part[2] : part[3]
    folder = FILENAME; sub(/[^\/]*$/, "", folder)
    if (!(here in height)) wrong("floor " here " is not one of ours")
  }
  /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target); sub(/[>"].*$/, "", target)
    if (target ~ /\.\.\//) { wrong("include by .. instead of by name: " target); next }
    if (target ~ /^dockscale\//) { split(target, part, "/"); there = part[2] }
    else {
      split(target, part, "/")
      there = (part[1] in height) ? part[1] : ""
    }
    if (target in outside) {
      if (index(" " outside[target] " ", " " here " ") == 0)
        wrong("<" target "> is for " outside[target] ", not for " here)
      next
    }
    if (there == "") next # the C library, or beside this file
    if (!(there in height)) wrong("include of the unknown floor " there ": " target)
    else if (height[there] > height[here])
      wrong(here " includes " there ", which is above it: " target)
    else if (here == "io" && there != "io" && there != "base")
      wrong("io is mechanisms without domain words, it may include base only: " target)
    else if (here == "adapter" && there == "adapter" && room(FILENAME) != room(target))
      wrong("adapter " room(FILENAME) " includes adapter " room(target) ": " target)
  }' "${files[@]}")
}

lint_finds src/core/x.c <<<'#include <dockscale/engine/engine.h>'
lint_finds src/base/x.c <<<'#include "core/window.h"'
lint_finds src/io/x.c <<<'#include <dockscale/port/event.h>'
lint_finds src/engine/x.c <<<'#include <dockscale/io/loop.h>'
lint_finds src/engine/x.c <<<'#include <uv.h>'
lint_finds src/adapter/docker/x.c <<<'#include <dockscale/adapter/haproxy.h>'
lint_finds src/adapter/docker/x.c <<<'#include "../haproxy/talk.h"'
lint_finds src/attic/x.c <<<'#include <stdio.h>'
lint_finds include/dockscale/core/x.h <<<'#include <dockscale/conf/config.h>'
lint_passes src/adapter/docker/x.c <<<'#include <dockscale/adapter/docker.h>
#include <dockscale/io/http.h>
#include <dockscale/engine/engine.h>
#include <uv.h>
#include <string.h>
#include "request.h"'
lint_tree
