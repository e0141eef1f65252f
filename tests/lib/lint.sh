# shellcheck shell=bash
# The frame of a lint test. A test defines `check TREE`, which prints one line a violation
# ("file:line: what"), and first shows on small trees that it finds what it is for: a check that
# cannot fail proves nothing. Then `lint_tree` runs it over the project.

LINT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LINT_TEMP=$(mktemp -d)
trap 'rm -rf "$LINT_TEMP"' EXIT

# lint_files TREE PATTERN...: paths below TREE, as git knows them where it does
lint_files() {
  local tree=$1
  shift
  if [ -e "$tree/.git" ] && git -C "$tree" rev-parse >/dev/null 2>&1; then
    git -C "$tree" ls-files --cached --others --exclude-standard
  else
    (cd "$tree" && find . -path ./build -prune -o -path ./.git -prune -o -type f -printf '%P\n')
  fi | sort | while IFS= read -r file; do
    [ -f "$tree/$file" ] || continue
    for pattern in "$@"; do
      # shellcheck disable=SC2254 # a pattern is meant
      case $file in $pattern) echo "$file"; break ;; esac
    done
  done
}

# lint_code FILE: C with comments and the inside of strings blanked, line for line
lint_code() {
  awk '
  {
    out = ""
    for (i = 1; i <= length($0); i++) {
      c = substr($0, i, 1); two = substr($0, i, 2)
      if (in_comment) {
        if (two == "*/") { in_comment = 0; i++ }
      } else if (quote != "") {
        if (c == "\\") i++
        else if (c == quote) { quote = ""; out = out c }
      } else if (two == "/*") { in_comment = 1; i++; out = out " " }
      else if (two == "//") break
      else if ((c == "\"" || c == "\047") && $0 !~ /^[ \t]*#[ \t]*include/) { quote = c; out = out c }
      else out = out c
    }
    quote = ""
    print out
  }' "$1"
}

# in_small_tree FILE: a fresh tree that holds FILE with the text of stdin; check() runs over it
in_small_tree() {
  rm -rf "${LINT_TEMP:?}/tree"
  mkdir -p "$LINT_TEMP/tree/$(dirname "$1")"
  cat >"$LINT_TEMP/tree/$1"
  check "$LINT_TEMP/tree" >"$LINT_TEMP/found"
}

lint_finds() {
  in_small_tree "$1"
  [ -s "$LINT_TEMP/found" ] || { echo "self-check: a violation in $1 was not found"; exit 1; }
}

lint_passes() {
  in_small_tree "$1"
  [ ! -s "$LINT_TEMP/found" ] ||
    { echo "self-check: found where nothing is wrong:"; cat "$LINT_TEMP/found"; exit 1; }
}

lint_tree() {
  check "$LINT_ROOT" >"$LINT_TEMP/found"
  if [ -s "$LINT_TEMP/found" ]; then
    cat "$LINT_TEMP/found"
    echo "$(wc -l <"$LINT_TEMP/found") found"
    exit 1
  fi
}
