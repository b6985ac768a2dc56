#include "clean/finding.h"

#include <stdio.h>
#include <string.h>

static const struct kind {
    const char *name, *about;
    skuai_finding_status status;
} kinds[SKUAI_FINDING_KINDS] = {
#define SKUAI_FINDING_ROW(name, text, status, about) {text, about, SKUAI_FINDING_##status},
    SKUAI_FINDING_MAP(SKUAI_FINDING_ROW)
#undef SKUAI_FINDING_ROW
};

static const char *const statuses[] = {"proposed", "applied", "rejected"};

const char *skuai_finding_name(skuai_finding_kind kind) {
    return kinds[kind].name;
}

const char *skuai_finding_about(skuai_finding_kind kind) {
    return kinds[kind].about;
}

const char *skuai_finding_status_name(skuai_finding_status status) {
    return statuses[status];
}

bool skuai_finding_parse(const char *name, skuai_finding_kind *kind) {
    for (int k = 0; k < SKUAI_FINDING_KINDS; k++)
        if (strcmp(kinds[k].name, name) == 0) {
            *kind = (skuai_finding_kind)k;
            return true;
        }
    return false;
}

bool skuai_finding_status_parse(const char *name, skuai_finding_status *status) {
    for (int k = 0; k <= SKUAI_FINDING_REJECTED; k++)
        if (strcmp(statuses[k], name) == 0) {
            *status = (skuai_finding_status)k;
            return true;
        }
    return false;
}

skua_status skuai_findings_init(skuai_findings *list, skua_error *err) {
    *list = (skuai_findings){.arena = skuai_arena_new(0)};
    return list->arena ? SKUA_OK : skuai_error_memory(err, "findings");
}

void skuai_findings_clear(skuai_findings *list) {
    skuai_arena_free(list->arena);
    skuai_free(list->items);
    *list = (skuai_findings){0};
}

static const char *keep(skuai_findings *list, const char *text) {
    return text && *text ? skuai_arena_text(list->arena, text, strlen(text)) : "";
}

skua_status skuai_findings_add(skuai_findings *list, const skuai_finding *finding,
                               skua_error *err) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        skuai_finding *items = skuai_resize(list->items, capacity, sizeof *items);
        if (!items) return skuai_error_memory(err, "findings");
        list->items = items;
        list->capacity = capacity;
    }
    skuai_finding f = *finding;
    f.status = kinds[f.kind].status;
    f.row = keep(list, finding->row);
    f.item = keep(list, finding->item);
    f.channel = keep(list, finding->channel);
    f.before = keep(list, finding->before);
    f.after = keep(list, finding->after);
    f.why = keep(list, finding->why);
    if (!f.row || !f.item || !f.channel || !f.before || !f.after || !f.why)
        return skuai_error_memory(err, "findings");
    list->items[list->n++] = f;
    return SKUA_OK;
}

const char *skuai_findings_text(skuai_findings *list, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0) return NULL;
    size_t size = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    while (size > 0 && (size_t)n >= sizeof text && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--; /* not inside a character */
    return skuai_arena_text(list->arena, text, size);
}

size_t skuai_findings_count(const skuai_findings *list, skuai_finding_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += list->items[i].kind == kind;
    return n;
}
