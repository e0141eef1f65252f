#!/usr/bin/env bash
# .clang-format decides how the C looks.
set -euo pipefail
. "$(dirname "$0")/../lib/lint.sh"

check() {
  local files
  mapfile -t files < <(lint_files "$1" 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]')
  [ ${#files[@]} -gt 0 ] || return 0
  (cd "$1" && clang-format --style="file:$LINT_ROOT/.clang-format" --dry-run "${files[@]}" 2>&1) |
    grep -E '^[^ ]+:[0-9]+:[0-9]+: ' || true
}

lint_finds src/x.c <<<'int x( void ){return 1;}'
lint_passes src/x.c <<'EOC'
int x(void)
{
	return 1;
}
EOC
lint_tree
