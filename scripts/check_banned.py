#!/usr/bin/env python3
"""Calls that the house bans (STYLE.md 2.10), outside the one file that may make them; files past
700 lines; paths of one machine; registry hosts; tasks without an issue. Prints every breach; exit 1."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
BANNED = re.compile(r"(?<![\w.>])(sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atol|atof|rand|srand|"
                    r"exit|_exit|abort|malloc|calloc|realloc|free|printf|vprintf|puts|putchar|"
                    r"system|setlocale|fprintf)\s*\(")
MAY = {  # file or folder -> what it may call
    "src/core/alloc.c": {"malloc", "calloc", "realloc", "free"},
    "src/cli/": {"printf", "puts", "putchar", "fprintf", "exit", "setlocale"},
}
FILE_WRITERS = {"fprintf"}  # to a FILE of one's own is fine: only stdout and stderr are not
LINES_MOST = 700


def code_only(text):
    """The text with comments and string literals blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


breaches = []
for path in sorted((root / "src").rglob("*.[ch]")) + sorted((root / "include").rglob("*.h")):
    name = str(path.relative_to(root))
    text = path.read_text()
    allowed = set().union(*(calls for place, calls in MAY.items() if name.startswith(place)), set())
    code = code_only(text)
    for number, line in enumerate(code.splitlines(), 1):
        for match in BANNED.finditer(line):
            call = match.group(1)
            if call in allowed or (call in FILE_WRITERS and not re.search(r"\b(stdout|stderr)\b", line)):
                continue
            if re.search(r"\(\s*\*\s*$", line[:match.start()]):
                continue
            breaches.append(f"{name}:{number}: {call}() is banned here")
        if re.search(r"\b(stdout|stderr)\b", line) and not name.startswith("src/cli/"):
            breaches.append(f"{name}:{number}: the library neither prints nor talks")
    count = text.count("\n")
    if count > LINES_MOST:
        breaches.append(f"{name}: {count} lines, more than {LINES_MOST}: split it")

listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True).stdout.split("\n")
machine = re.compile(r"(/wor" r"k/|/roo" r"t/|/hom" r"e/|registry\.npmjs|pypi\.or" r"g|deb\.debian\.or" r"g|-Ofas" r"t|-ffast-mat" r"h)")
for name in filter(None, listed):
    path = root / name
    if not path.is_file() or path.suffix in {".png", ".gz", ".parquet"} or name in {"LICENSE"}:
        continue
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if machine.search(line):
            breaches.append(f"{name}:{number}: a machine's path, a registry's host or a banned flag")
        if path.suffix in {".c", ".h"} and re.search(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))", line):
            breaches.append(f"{name}:{number}: a task without an issue number")
print("\n".join(breaches) if breaches else "banned: nothing found")
sys.exit(1 if breaches else 0)
