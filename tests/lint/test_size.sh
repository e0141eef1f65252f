#!/usr/bin/env bash
# A function fits on a screen, a file in a head, and every .c says first what it is for. A test may
# be longer: its cases stand beside one another.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

check() {
  local file files
  mapfile -t files < <(lint_files "$1" 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]')
  for file in "${files[@]}"; do
    awk -v file="$file" '
      FNR == 1 && file ~ /\.c$/ && !/^\/\*/ { print file ":1: opens without a word on what it is for" }
      /^\{/ { start = FNR }
      /^\}/ {
        if (start && FNR - start - 1 > 60 && file !~ /^tests\//)
          print file ":" start ": a function of " FNR - start - 1 " lines (60 is the end)"
        start = 0
      }
      END {
        most = file ~ /^tests\// ? 800 : 600
        if (FNR > most) print file ": " FNR " lines (" most " is the end)"
      }' "$1/$file"
  done
}

repeat() {
  local i
  for ((i = 0; i < $1; i++)); do echo "$2"; done
}

long() {
  printf '/* x */\nint x(void)\n{\n'
  repeat "$1" '	y();'
  printf '}\n'
}

lint_finds src/x.c < <(long 61)
lint_passes src/x.c < <(long 60)
lint_finds src/x.c <<<'int x;'
lint_passes include/x.h <<<'int x;'
lint_finds src/x.c < <(echo '/* x */'; repeat 600 'int x(void);')
lint_passes tests/x.c < <(echo '/* x */'; repeat 600 'int x(void);')
lint_tree
