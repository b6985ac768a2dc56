#!/usr/bin/env python3
"""Hold the tree to src/rooms.txt: a room includes only itself, the rooms that it names (all of lower
floors), the C library, and the foreign headers that are its own. Prints every breach; exit 1."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
rooms = {}
for line in (root / "src/rooms.txt").read_text().splitlines():
    if line[:1].isdigit():
        floor, room, uses, *foreign = line.split()
        rooms[room] = (int(floor), [] if uses == "-" else uses.split(","), [f for f in foreign if f != "-"])

POSIX = {"unistd.h", "fcntl.h", "glob.h", "dirent.h", "ftw.h", "pthread.h", "dlfcn.h", "strings.h",
         "sched.h", "termios.h", "langinfo.h", "spawn.h", "poll.h", "arpa/inet.h", "netinet/in.h"}
C = {"assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "locale.h", "math.h",
     "setjmp.h", "signal.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h",
     "stdint.h", "stdio.h", "stdlib.h", "string.h", "time.h", "wchar.h", "wctype.h", "skua.h", "immintrin.h"}
breaches, stems = [], {}

for room, (floor, uses, _) in rooms.items():
    for used in uses:
        if used not in rooms or rooms[used][0] >= floor:
            breaches.append(f"src/rooms.txt: {room} (floor {floor}) may not use {used}")
for path in sorted((root / "src").rglob("*.[ch]")):
    relative = path.relative_to(root / "src")
    room = relative.parts[0]
    name = f"src/{relative}"
    if room not in rooms:
        breaches.append(f"{name}: no room '{room}' in src/rooms.txt")
        continue
    other = stems.setdefault(path.name, name)
    if other != name:
        breaches.append(f"{name}: another file is called so: {other}")
    _, uses, foreign = rooms[room]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        header = match.group(2)
        first = header.split("/")[0]
        if match.group(1) == '"':
            if first not in rooms:
                breaches.append(f"{name}:{number}: \"{header}\" does not name a room")
            elif first != room and first not in uses:
                breaches.append(f"{name}:{number}: room {room} may not include {header}")
        elif header in C or header in POSIX or header.startswith("sys/"):
            continue
        elif not any(header.startswith(own) for own in foreign):
            breaches.append(f"{name}:{number}: foreign header {header} has no place in room {room}")
print("\n".join(breaches) if breaches else f"layers: {len(stems)} files keep to the house")
sys.exit(1 if breaches else 0)
