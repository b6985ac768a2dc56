#include "core/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const skuai_config_entry entries[SKUAI_CONFIG_KEYS] = {
#define CONFIG(key, kind, fallback, least, most, unit, choices, verbs, help)                       \
    {#key, fallback, SKUAI_CONFIG_##kind, least, most, unit, choices, verbs, help},
#include "core/config.def"
#undef CONFIG
};

const skuai_config_entry *skuai_config_entry_at(skuai_config_key key) {
    return &entries[key];
}

const char *skuai_config_origin_name(skuai_config_origin origin) {
    static const char *const names[] = {"default", "file", "environment", "option"};
    return names[origin];
}

/* Whether a list with the given separator holds a word. */
static bool list_holds(const char *list, char separator, const char *word) {
    size_t n = strlen(word);
    for (const char *p = list; *p;) {
        const char *end = strchr(p, separator);
        size_t length = end ? (size_t)(end - p) : strlen(p);
        if (length == n && strncmp(p, word, n) == 0) return true;
        p += length + (end ? 1 : 0);
    }
    return false;
}

bool skuai_config_concerns(skuai_config_key key, const char *verb) {
    return strcmp(entries[key].verbs, "*") == 0 || list_holds(entries[key].verbs, ' ', verb);
}

/* -- Nearest word (Levenshtein) --------------------------------------------------------------- */

enum { WORD_MOST = 64 };

static size_t edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b), row[WORD_MOST + 1];
    if (n > WORD_MOST || m > WORD_MOST) return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = step < change ? step : change;
        }
    }
    return row[m];
}

const char *skuai_nearest_word(const char *word, const char *const *words, size_t n) {
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(word, words[i]);
        if (distance < least) {
            least = distance;
            nearest = words[i];
        }
    }
    return nearest;
}

/* -- Values ----------------------------------------------------------------------------------- */

/* A number with an optional unit out of `units`, each followed by its factor. */
typedef struct unit_factor {
    const char *unit;
    double factor;
} unit_factor;

static bool parse_number(const char *text, const unit_factor *units, double *number) {
    char *end;
    double x = strtod(text, &end);
    if (end == text || !isfinite(x)) return false;
    if (*end == '\0') {
        *number = x;
        return true;
    }
    for (; units && units->unit; units++)
        if (strcasecmp(end, units->unit) == 0) {
            *number = x * units->factor;
            return true;
        }
    return false;
}

static const unit_factor durations[] = {{"ms", 1e-3}, {"s", 1},     {"m", 60}, {"min", 60},
                                        {"h", 3600},  {"d", 86400}, {NULL, 0}};
static const unit_factor bytes[] = {{"K", 1024.0},  {"M", 1048576.0},  {"G", 1073741824.0},
                                    {"KB", 1024.0}, {"MB", 1048576.0}, {"GB", 1073741824.0},
                                    {NULL, 0}};

static bool parse_flag(const char *text, double *number) {
    if (strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcasecmp(text, "yes") == 0 ||
        strcasecmp(text, "on") == 0) {
        *number = 1;
        return true;
    }
    *number = 0;
    return strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0 ||
           strcasecmp(text, "no") == 0 || strcasecmp(text, "off") == 0;
}

static skua_status parse_value(const skuai_config_entry *e, const char *text, double *number,
                               skua_error *err) {
    const char *wanted = "a number";
    bool good = true;
    *number = 0;
    switch (e->kind) {
    case SKUAI_CONFIG_TEXT:
        return SKUA_OK;
    case SKUAI_CONFIG_CHOICE:
        if (list_holds(e->choices, '|', text)) return SKUA_OK;
        return skuai_error_set(err, SKUA_ECONFIG, "%s = '%s': need one of %s", e->key, text,
                               e->choices);
    case SKUAI_CONFIG_FLAG:
        good = parse_flag(text, number);
        wanted = "true or false";
        break;
    case SKUAI_CONFIG_INTEGER:
        good = parse_number(text, NULL, number) && *number == floor(*number);
        wanted = "a whole number";
        break;
    case SKUAI_CONFIG_NUMBER:
        good = parse_number(text, NULL, number);
        break;
    case SKUAI_CONFIG_DURATION:
        good = parse_number(text, durations, number);
        wanted = "a time, as 90s, 10m or 2h";
        break;
    case SKUAI_CONFIG_BYTES:
        good = parse_number(text, bytes, number);
        wanted = "a size, as 512M or 2G";
        break;
    }
    if (!good)
        return skuai_error_set(err, SKUA_ECONFIG, "%s = '%s': need %s", e->key, text, wanted);
    if (e->kind != SKUAI_CONFIG_FLAG && !(*number >= e->least && *number <= e->most))
        return skuai_error_set(err, SKUA_ECONFIG, "%s = %s: need %g to %g%s%s", e->key, text,
                               e->least, e->most, *e->unit ? " " : "", e->unit);
    return SKUA_OK;
}

static size_t find_key(const char *name) {
    char key[WORD_MOST];
    size_t n = strlen(name);
    if (n >= sizeof key) return SKUAI_CONFIG_KEYS;
    for (size_t i = 0; i <= n; i++)
        key[i] = (char)(name[i] == '-' ? '_' : name[i]);
    for (size_t k = 0; k < SKUAI_CONFIG_KEYS; k++)
        if (strcmp(entries[k].key, key) == 0) return k;
    return SKUAI_CONFIG_KEYS;
}

skua_status skuai_config_set(skuai_config *config, const char *name, const char *text,
                             skuai_config_origin origin, skua_error *err) {
    size_t k = find_key(name);
    if (k == SKUAI_CONFIG_KEYS) {
        const char *words[SKUAI_CONFIG_KEYS];
        for (size_t i = 0; i < SKUAI_CONFIG_KEYS; i++)
            words[i] = entries[i].key;
        const char *near = skuai_nearest_word(name, words, SKUAI_CONFIG_KEYS);
        return skuai_error_set(err, SKUA_ECONFIG, "unknown setting '%s'%s%s%s", name,
                               near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (strlen(text) >= SKUAI_CONFIG_TEXT_SIZE)
        return skuai_error_set(err, SKUA_ECONFIG, "%s: longer than %d bytes", name,
                               SKUAI_CONFIG_TEXT_SIZE - 1);
    double number;
    SKUA_TRY(parse_value(&entries[k], text, &number, err));
    memcpy(config->value[k].text, text, strlen(text) + 1);
    config->value[k].number = number;
    config->value[k].origin = origin;
    return SKUA_OK;
}

void skuai_config_init(skuai_config *config) {
    memset(config, 0, sizeof *config);
    for (size_t k = 0; k < SKUAI_CONFIG_KEYS; k++) {
        const char *text = entries[k].fallback;
        memcpy(config->value[k].text, text, strlen(text) + 1);
        (void)parse_value(&entries[k], text, &config->value[k].number, NULL);
        config->value[k].origin = SKUAI_ORIGIN_DEFAULT;
    }
}

skua_status skuai_config_environment(skuai_config *config, skua_error *err) {
    for (size_t k = 0; k < SKUAI_CONFIG_KEYS; k++) {
        char name[WORD_MOST + 8] = "SKUA_";
        size_t n = strlen(name);
        for (const char *p = entries[k].key; *p; p++)
            name[n++] = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
        name[n] = '\0';
        const char *text = getenv(name);
        if (text && *text)
            SKUA_TRY(skuai_config_set(config, entries[k].key, text, SKUAI_ORIGIN_ENVIRONMENT, err));
    }
    return SKUA_OK;
}
