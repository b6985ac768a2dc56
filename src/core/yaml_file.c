#include "core/yaml_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define YAML_LIMIT ((size_t)1 << 20)
#define YAML_DEPTH 64

typedef struct yaml_reader {
    yaml_parser_t parser;
    skuai_arena *arena;
    const char *origin;
    skua_error *err;
} yaml_reader;

static skua_status fail_at(const yaml_reader *reader, const yaml_mark_t *mark, const char *what) {
    return skuai_error_set(reader->err, SKUA_ECONFIG, "%s:%zu:%zu: %s", reader->origin,
                           mark->line + 1, mark->column + 1, what);
}

static skua_status next_event(yaml_reader *reader, yaml_event_t *event) {
    if (yaml_parser_parse(&reader->parser, event)) return SKUA_OK;
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) return skuai_error_memory(reader->err, "a YAML file");
    const yaml_mark_t *mark = &parser->problem_mark;
    return fail_at(reader, mark, parser->problem ? parser->problem : "not readable as YAML");
}

static skuai_yaml *node_new(yaml_reader *reader, skuai_yaml_kind kind, const yaml_event_t *event) {
    skuai_yaml *node = skuai_arena_take_zero(reader->arena, 1, sizeof *node);
    if (!node) return NULL;
    node->kind = kind;
    node->line = event->start_mark.line + 1;
    if (kind == SKUAI_YAML_TEXT) {
        const char *value = (const char *)event->data.scalar.value;
        size_t n = event->data.scalar.length;
        bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        if (plain && ((n == 1 && *value == '~') || (n == 4 && memcmp(value, "null", 4) == 0)))
            n = 0;
        node->text = skuai_arena_text(reader->arena, value, n);
        if (!node->text) return NULL;
    }
    return node;
}

static skua_status read_value(yaml_reader *reader, yaml_event_t *event, int depth,
                              skuai_yaml **node);

static const skuai_yaml *child_named(const skuai_yaml *node, const char *key, size_t n) {
    for (const skuai_yaml *child = node->first; child; child = child->next)
        if (child->key && strlen(child->key) == n && memcmp(child->key, key, n) == 0) return child;
    return NULL;
}

/* The key of a mapping's next entry into *key, or NULL at its end. */
static skua_status read_key(yaml_reader *reader, const skuai_yaml *map, char **key) {
    yaml_event_t event;
    SKUA_TRY(next_event(reader, &event));
    skua_status status = SKUA_OK;
    *key = NULL;
    if (event.type == YAML_SCALAR_EVENT) {
        const char *text = (const char *)event.data.scalar.value;
        size_t n = event.data.scalar.length;
        if (child_named(map, text, n))
            status = fail_at(reader, &event.start_mark, "this key was given before");
        else if (!(*key = skuai_arena_text(reader->arena, text, n)))
            status = skuai_error_memory(reader->err, "a YAML file");
    } else if (event.type != YAML_MAPPING_END_EVENT) {
        status = fail_at(reader, &event.start_mark, "a key must be a plain text");
    }
    yaml_event_delete(&event);
    return status;
}

static skua_status read_children(yaml_reader *reader, skuai_yaml *parent, int depth) {
    skuai_yaml **link = &parent->first;
    for (;;) {
        char *key = NULL;
        if (parent->kind == SKUAI_YAML_MAP) {
            SKUA_TRY(read_key(reader, parent, &key));
            if (!key) return SKUA_OK;
        }
        yaml_event_t event;
        SKUA_TRY(next_event(reader, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return SKUA_OK;
        }
        skuai_yaml *child;
        SKUA_TRY(read_value(reader, &event, depth, &child));
        child->key = key;
        *link = child;
        link = &child->next;
    }
}

/* The value that begins with event (consumed). */
static skua_status read_value(yaml_reader *reader, yaml_event_t *event, int depth,
                              skuai_yaml **node) {
    skua_status status = SKUA_OK;
    skuai_yaml *made = NULL;
    if (depth >= YAML_DEPTH)
        status = fail_at(reader, &event->start_mark, "nested too deeply");
    else if (event->type == YAML_SCALAR_EVENT)
        made = node_new(reader, SKUAI_YAML_TEXT, event);
    else if (event->type == YAML_MAPPING_START_EVENT)
        made = node_new(reader, SKUAI_YAML_MAP, event);
    else if (event->type == YAML_SEQUENCE_START_EVENT)
        made = node_new(reader, SKUAI_YAML_LIST, event);
    else
        status = fail_at(reader, &event->start_mark, "anchors and aliases are not supported");
    yaml_event_delete(event);
    if (status == SKUA_OK && !made) status = skuai_error_memory(reader->err, "a YAML file");
    if (status == SKUA_OK && made->kind != SKUAI_YAML_TEXT)
        status = read_children(reader, made, depth + 1);
    if (status == SKUA_OK) *node = made;
    return status;
}

static skua_status read_document(yaml_reader *reader, skuai_yaml **node) {
    yaml_event_t event;
    for (;;) { /* stream start, document start */
        SKUA_TRY(next_event(reader, &event));
        if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT) break;
        yaml_event_delete(&event);
    }
    bool empty = event.type == YAML_STREAM_END_EVENT ||
                 (event.type == YAML_SCALAR_EVENT && event.data.scalar.length == 0);
    if (empty) {
        *node = node_new(reader, SKUAI_YAML_MAP, &event);
        bool end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (!*node) return skuai_error_memory(reader->err, "a YAML file");
        if (end) return SKUA_OK;
    } else {
        SKUA_TRY(read_value(reader, &event, 0, node));
    }
    for (bool more = true; more;) {
        SKUA_TRY(next_event(reader, &event));
        more = event.type != YAML_STREAM_END_EVENT;
        skua_status status = SKUA_OK;
        if (more && event.type != YAML_DOCUMENT_END_EVENT)
            status = fail_at(reader, &event.start_mark, "a second document in one file");
        yaml_event_delete(&event);
        SKUA_TRY(status);
    }
    return SKUA_OK;
}

skua_status skuai_yaml_parse(const char *bytes, size_t size, const char *origin, skuai_yaml **yaml,
                             skua_error *err) {
    if (size > YAML_LIMIT) return skuai_error_set(err, SKUA_ELIMIT, "%s: more than 1 MiB", origin);
    yaml_reader reader = {.origin = origin, .err = err, .arena = skuai_arena_new(4096)};
    if (!reader.arena) return skuai_error_memory(err, "a YAML file");
    if (!yaml_parser_initialize(&reader.parser)) {
        skuai_arena_free(reader.arena);
        return skuai_error_memory(err, "a YAML file");
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, size);
    skuai_yaml *node = NULL;
    skua_status status = read_document(&reader, &node);
    yaml_parser_delete(&reader.parser);
    if (status != SKUA_OK) {
        skuai_arena_free(reader.arena);
        return status;
    }
    node->owner = reader.arena;
    *yaml = node;
    return SKUA_OK;
}

skua_status skuai_yaml_load(const char *path, skuai_yaml **yaml, skua_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", path,
                               strerror(errno));
    char *bytes = skuai_new(YAML_LIMIT + 1, 1);
    size_t size = bytes ? fread(bytes, 1, YAML_LIMIT + 1, file) : 0;
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    skua_status status = !bytes   ? skuai_error_memory(err, "a YAML file")
                         : failed ? skuai_error_set(err, SKUA_EIO, "%s: cannot be read", path)
                                  : skuai_yaml_parse(bytes, size, path, yaml, err);
    skuai_free(bytes);
    return status;
}

void skuai_yaml_free(skuai_yaml *yaml) {
    if (yaml) skuai_arena_free(yaml->owner);
}

const skuai_yaml *skuai_yaml_get(const skuai_yaml *node, const char *path) {
    while (node && *path) {
        size_t n = strcspn(path, ".");
        node = node->kind == SKUAI_YAML_MAP ? child_named(node, path, n) : NULL;
        path += n;
        if (*path == '.') path++;
    }
    return node;
}

const char *skuai_yaml_text(const skuai_yaml *node, const char *fallback) {
    return node && node->kind == SKUAI_YAML_TEXT && *node->text ? node->text : fallback;
}

void skuai_yaml_quote(skuai_buffer *buffer, const char *text) {
    (void)skuai_buffer_add(buffer, "\"", 1);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            (void)skuai_buffer_format(buffer, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            (void)skuai_buffer_format(buffer, "\\x%02x", (unsigned)*c);
        else
            (void)skuai_buffer_add(buffer, c, 1);
    }
    (void)skuai_buffer_add(buffer, "\"", 1);
}
