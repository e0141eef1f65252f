#!/usr/bin/env bash
# The project speaks of itself: no path or host of the machine that somebody worked on, no mark of
# unfinished work, no trailing blanks.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

# The brackets keep this file from finding itself.
words='/[w]ork/|/[r]oot/|/[h]ome/[a-z]|/tmp/[w]t/|[s]napshot\.debian|[d]eb\.debian\.org'
words+='|\b[T]ODO\b|\b[F]IXME\b|\b[X]XX\b|\b[H]ACK\b'

check() {
  local file
  lint_files "$1" '*' | while IFS= read -r file; do
    [ "$file" != LICENSE ] || continue
    (cd "$1" && grep -nIHE "$words" "$file" || true)
    case $file in
      tests/data/*) ;; # recorded as they were
      *) (cd "$1" && grep -nIHE '[[:blank:]]+$' "$file" | sed 's/$/<- blanks/' || true) ;;
    esac
  done
}

lint_finds docs/x.md <<<"see /""work/main"
lint_finds src/x.c <<<"/* TO""DO: later */"
lint_finds README.md <<<'blank at the end '
lint_passes docs/x.md <<<'networks and /var/lib/dockscale work.'
lint_tree
