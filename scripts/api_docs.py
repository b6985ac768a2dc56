#!/usr/bin/env python3
"""docs/API.md out of src/serve/openapi.json, and a look at whether the description and the table of
routes name the same. `api_docs.py` prints the page; `--check` exits 1 when something is behind."""
import json
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
api = json.loads((root / "src/serve/openapi.json").read_text())


def resolve(x):
    while "$ref" in x:
        at = api
        for part in x["$ref"][2:].split("/"):
            at = at[part]
        x = at
    return x


def kind(schema):
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{kind(schema['items'])}]"
    t = schema.get("type", "")
    return " or ".join(t) if isinstance(t, list) else t


def page():
    out = ["# The API of `skua serve`", "",
           "Made from [src/serve/openapi.json](../src/serve/openapi.json) by `scripts/api_docs.py`; the service gives that file out as `/openapi.json`.", "",
           api["info"]["description"], "",
           "Every refusal is JSON: `code` (a short name that stays), `message` and `remedy` (in the language of Accept-Language: en, zh), `where`.", ""]
    for tag in api["tags"]:
        out += [f"## {tag['description']}", "", "| request | what | takes | gives |", "| --- | --- | --- | --- |"]
        for path, operations in api["paths"].items():
            for method, o in operations.items():
                if tag["name"] not in o["tags"]:
                    continue
                takes = [f"`{p['name']}` {kind(p['schema'])}" for p in map(resolve, o.get("parameters", [])) if p["in"] == "query"]
                takes += [kind(c["schema"]) for c in o.get("requestBody", {}).get("content", {}).values()]
                gives = [f"{status} " + ", ".join(kind(c["schema"]) if "$ref" in c["schema"] else media for media, c in r.get("content", {}).items())
                         for status, r in o["responses"].items() if status[0] == "2"]
                out.append(f"| `{method.upper()} {path}` | {o['summary']} | {'; '.join(takes)} | {'; '.join(gives)} |")
        out.append("")
    out += ["## Documents", ""]
    for name, schema in sorted(api["components"]["schemas"].items()):
        if "properties" not in schema:
            continue
        out += [f"**{name}**" + (f": {schema['description']}" if "description" in schema else ""), ""]
        for member, s in schema["properties"].items():
            optional = "" if member in schema.get("required", []) else ", may be absent"
            out.append(f"- `{member}` {kind(s)}{optional}" + (f": {s['description']}" if "description" in s else ""))
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def routes_of_the_code():
    text = (root / "src/serve/route.c").read_text()
    found = set()
    for method, pattern in re.findall(r'\{\s*"\w+",\s*"(\w+)",\s*((?:SHOP)?\s*(?:"[^"]*")?)', text):
        pattern = re.sub(r"\s+", "", pattern).replace("SHOP", "v1/shops/$").replace('"', "")
        if pattern and not pattern.startswith(("assets", "favicon")):
            found.add((method, "/" + pattern))
    return found


def main():
    if "--check" not in sys.argv:
        print(page(), end="")
        return 0
    described = {(m.upper(), re.sub(r"\{\w+\}", "$", p)) for p, ops in api["paths"].items() for m in ops}
    wrong = [f"openapi.json lacks {m} {p}" for m, p in sorted(routes_of_the_code() - described)]
    wrong += [f"route.c lacks {m} {p}" for m, p in sorted(described - routes_of_the_code())]
    if (root / "docs/API.md").read_text() != page():
        wrong.append("docs/API.md is behind openapi.json: scripts/api_docs.py >docs/API.md")
    print("\n".join(wrong) if wrong else f"api: {len(described)} operations, described as they are")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
