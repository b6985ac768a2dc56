/* config.h -- the settings: one table (config.def), read from built-in defaults, a file, the
 * environment and options, later ones winning (room core). */
#ifndef SKUA_CORE_CONFIG_H
#define SKUA_CORE_CONFIG_H

#include "core/buffer.h"

enum { SKUAI_CONFIG_TEXT_SIZE = 1024 };

typedef enum skuai_config_kind {
    SKUAI_CONFIG_INTEGER,
    SKUAI_CONFIG_NUMBER,
    SKUAI_CONFIG_TEXT,
    SKUAI_CONFIG_CHOICE,
    SKUAI_CONFIG_FLAG,
    SKUAI_CONFIG_DURATION,
    SKUAI_CONFIG_BYTES
} skuai_config_kind;

typedef enum skuai_config_origin {
    SKUAI_ORIGIN_DEFAULT,
    SKUAI_ORIGIN_FILE,
    SKUAI_ORIGIN_ENVIRONMENT,
    SKUAI_ORIGIN_OPTION
} skuai_config_origin;

/* Keys in the order of the table: SKUAI_CONFIG_KEY_horizon, ... */
typedef enum skuai_config_key {
#define CONFIG(key, kind, fallback, least, most, unit, choices, verbs, help) SKUAI_CONFIG_KEY_##key,
#include "core/config.def"
#undef CONFIG
    SKUAI_CONFIG_KEYS
} skuai_config_key;

typedef struct skuai_config_entry {
    const char *key, *fallback;
    skuai_config_kind kind;
    double least, most;
    const char *unit, *choices, *verbs, *help;
} skuai_config_entry;

/* The settings as they stand. Every kind but TEXT and CHOICE has its value in `number`. */
typedef struct skuai_config {
    struct {
        char text[SKUAI_CONFIG_TEXT_SIZE]; /* as it was given */
        double number;
        skuai_config_origin origin;
    } value[SKUAI_CONFIG_KEYS];
} skuai_config;

const skuai_config_entry *skuai_config_entry_at(skuai_config_key key);
const char *skuai_config_origin_name(skuai_config_origin origin); /* "default", "file", ... */

/* Whether a setting belongs to a verb. */
bool skuai_config_concerns(skuai_config_key key, const char *verb);

/* Every setting at its default. */
void skuai_config_init(skuai_config *config);

/* Set one, by its name ("time_zone" or "time-zone"). SKUA_ECONFIG: unknown key (the nearest one is
 * named), not of its kind, out of range, no such choice; config is then unchanged. */
SKUA_MUST_USE skua_status skuai_config_set(skuai_config *config, const char *name, const char *text,
                                           skuai_config_origin origin, skua_error *err);

/* Take what SKUA_<KEY> says for every key. */
SKUA_MUST_USE skua_status skuai_config_environment(skuai_config *config, skua_error *err);

static inline const char *skuai_config_text(const skuai_config *config, skuai_config_key key) {
    return config->value[key].text;
}
static inline double skuai_config_number(const skuai_config *config, skuai_config_key key) {
    return config->value[key].number;
}
static inline int64_t skuai_config_integer(const skuai_config *config, skuai_config_key key) {
    return (int64_t)config->value[key].number;
}
static inline bool skuai_config_flag(const skuai_config *config, skuai_config_key key) {
    return config->value[key].number != 0;
}

/* The nearest of n words to `word` by edit distance, NULL when none is near. For "did you mean". */
const char *skuai_nearest_word(const char *word, const char *const *words, size_t n);

#endif
