#include "neural/pretrain.h"

#include "core/json.h"
#include "core/yaml_file.h"
#include "neural/panel_source.h"

#include <math.h>
#include <string.h>

const skuai_pretrain_recipe skuai_pretrain_default = {
    .net = {.kind = SKUAI_DEMAND_TRANSFORMER,
            .window = {.patch = 8, .context = 64},
            .width = 192,
            .heads = 6,
            .layers = 5,
            .hidden = 768},
    .train = {.steps = 32000,
              .batch = 32,
              .future = 13,
              .optimiser = {.rate = 1.2e-3,
                            .beta1 = 0.9,
                            .beta2 = 0.98,
                            .epsilon = 1e-8,
                            .weight_decay = 0.01,
                            .clip_norm = 1,
                            .ema_decay = 0.999,
                            .warmup_steps = 600,
                            .final_share = 0.02},
              .augmentation = {.jitter = 0.01, .scaling = 0.1, .drop = 0.1, .mask = 0.15},
              .attack = {.steps = 1},
              .auxiliary = 0.2,
              .vary_context = true,
              .validate_every = 1000,
              .validation = 512,
              .checkpoint_seconds = 60,
              .seed = 1},
    .series = {.weight = {0.15, 0.4, 0.2, 0.25, 0},
               .frequency = {0.08, 0.27, 0.22, 0.23, 0.1, 0.06, 0.04},
               .shortest = 20,
               .longest = 640}};

/* -- Recipe ----------------------------------------------------------------------------------- */

typedef struct entry {
    const char *path;
    size_t *size;   /* a whole number, or */
    double *number; /* any */
    double low, high;
} entry;

static skua_status read_number(const skuai_yaml *node, const char *path, const entry *e,
                               skua_error *err) {
    const char *text = skuai_yaml_text(node, node->kind == SKUAI_YAML_TEXT ? "nothing" : "...");
    double v = skuai_text_number(text);
    bool whole = e->size || strcmp(e->path, "train.seed") == 0;
    if (!(v >= e->low && v <= e->high) || (whole && v != floor(v)))
        return skuai_error_set(err, SKUA_ECONFIG, "%s:%zu: %s = %s: need a%s number from %g to %g",
                               path, node->line, e->path, text, whole ? " whole" : "", e->low,
                               e->high);
    if (e->size)
        *e->size = (size_t)v;
    else
        *e->number = v;
    return SKUA_OK;
}

static skua_status read_kind(const skuai_yaml *node, const char *path, skuai_demand_kind *kind,
                             skua_error *err) {
    const char *text = skuai_yaml_text(node, "");
    if (strcmp(text, "transformer") != 0 && strcmp(text, "gru") != 0)
        return skuai_error_set(err, SKUA_ECONFIG, "%s:%zu: net.kind = %s: need transformer or gru",
                               path, node->line, text);
    *kind = strcmp(text, "gru") == 0 ? SKUAI_DEMAND_GRU : SKUAI_DEMAND_TRANSFORMER;
    return SKUA_OK;
}

static skua_status recipe_read(const skuai_yaml *yaml, const char *path, skuai_pretrain_recipe *r,
                               skua_error *err) {
    skuai_train_config *t = &r->train;
    skuai_window_augmentation *a = &t->augmentation;
    skuai_nn_optimiser_config *o = &t->optimiser;
    double *w = r->series.weight, *f = r->series.frequency, seed = (double)t->seed;
    const entry entries[] = {
        {"net.width", &r->net.width, NULL, 8, 4096},
        {"net.heads", &r->net.heads, NULL, 1, 256},
        {"net.layers", &r->net.layers, NULL, 1, SKUAI_NN_LAYERS_MOST},
        {"net.hidden", &r->net.hidden, NULL, 0, 65536},
        {"net.patch", &r->net.window.patch, NULL, 1, 64},
        {"net.context", &r->net.window.context, NULL, 1, 4096},
        {"net.dropout", NULL, &r->net.dropout, 0, 0.9},
        {"train.steps", &t->steps, NULL, 1, 1e9},
        {"train.batch", &t->batch, NULL, 1, 65536},
        {"train.pieces", &t->pieces, NULL, 0, 65536},
        {"train.future", &t->future, NULL, 1, 1024},
        {"train.rate", NULL, &o->rate, 0, 1},
        {"train.warmup", &o->warmup_steps, NULL, 0, 1e9},
        {"train.final_share", NULL, &o->final_share, 0, 1},
        {"train.weight_decay", NULL, &o->weight_decay, 0, 1},
        {"train.ema", NULL, &o->ema_decay, 0, 0.999999},
        {"train.auxiliary", NULL, &t->auxiliary, 0, 100},
        {"train.jitter", NULL, &a->jitter, 0, 10},
        {"train.scaling", NULL, &a->scaling, 0, 10},
        {"train.drop", NULL, &a->drop, 0, 1},
        {"train.mask", NULL, &a->mask, 0, 0.9},
        {"train.damage", NULL, &a->damage, 0, 1},
        {"train.slice", NULL, &a->slice, 0, 1},
        {"train.mix", NULL, &a->mix, 0, 1},
        {"train.adversarial", NULL, &t->attack.epsilon, 0, 10},
        {"train.adversarial_steps", &t->attack.steps, NULL, 1, 100},
        {"train.validate_every", &t->validate_every, NULL, 0, 1e9},
        {"train.validation", &t->validation, NULL, 0, 1e6},
        {"train.checkpoint_seconds", NULL, &t->checkpoint_seconds, 0, 1e6},
        {"train.seed", NULL, &seed, 0, 9e15},
        {"series.kernel", NULL, &w[SKUAI_SYNTHETIC_KERNEL], 0, 1e6},
        {"series.retail", NULL, &w[SKUAI_SYNTHETIC_RETAIL], 0, 1e6},
        {"series.process", NULL, &w[SKUAI_SYNTHETIC_PROCESS], 0, 1e6},
        {"series.short", NULL, &w[SKUAI_SYNTHETIC_SHORT], 0, 1e6},
        {"series.mixture", NULL, &w[SKUAI_SYNTHETIC_MIXTURE], 0, 1e6},
        {"series.real", NULL, &r->real, 0, 1e6},
        {"series.hour", NULL, &f[SKUAI_FREQUENCY_HOUR], 0, 1e6},
        {"series.day", NULL, &f[SKUAI_FREQUENCY_DAY], 0, 1e6},
        {"series.week", NULL, &f[SKUAI_FREQUENCY_WEEK], 0, 1e6},
        {"series.month", NULL, &f[SKUAI_FREQUENCY_MONTH], 0, 1e6},
        {"series.quarter", NULL, &f[SKUAI_FREQUENCY_QUARTER], 0, 1e6},
        {"series.year", NULL, &f[SKUAI_FREQUENCY_YEAR], 0, 1e6},
        {"series.retail_month", NULL, &f[SKUAI_FREQUENCY_RETAIL_MONTH], 0, 1e6},
        {"series.shortest", &r->series.shortest, NULL, 8, 1e6}};
    if (yaml->kind != SKUAI_YAML_MAP)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "%s:%zu: not a recipe: need net, train or series with keys", path,
                               yaml->line);
    for (const skuai_yaml *part = yaml->first; part; part = part->next) {
        if (!part->first || part->kind != SKUAI_YAML_MAP)
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "%s:%zu: %s: need keys and values below net, train or series",
                                   path, part->line, part->key);
        for (const skuai_yaml *node = part->first; node; node = node->next) {
            size_t n = strlen(part->key), k = 0, count = sizeof entries / sizeof *entries;
            if (strcmp(part->key, "net") == 0 && strcmp(node->key, "kind") == 0) {
                SKUA_TRY(read_kind(node, path, &r->net.kind, err));
                continue;
            }
            while (k < count &&
                   !(strncmp(entries[k].path, part->key, n) == 0 && entries[k].path[n] == '.' &&
                     strcmp(entries[k].path + n + 1, node->key) == 0))
                k++;
            if (k == count)
                return skuai_error_set(err, SKUA_ECONFIG, "%s:%zu: unknown key %s.%s", path,
                                       node->line, part->key, node->key);
            SKUA_TRY(read_number(node, path, &entries[k], err));
        }
    }
    t->seed = (uint64_t)seed;
    return SKUA_OK;
}

skua_status skuai_pretrain_recipe_load(const char *path, skuai_pretrain_recipe *recipe,
                                       skua_error *err) {
    skuai_yaml *yaml;
    SKUA_TRY(skuai_yaml_load(path, &yaml, err));
    skuai_pretrain_recipe read = *recipe;
    skua_status status = recipe_read(yaml, path, &read, err);
    skuai_yaml_free(yaml);
    if (status == SKUA_OK) *recipe = read;
    return status;
}

enum { SYNTHETIC_SLOTS = 3 };

/* -- Windows ---------------------------------------------------------------------------------- */

typedef struct mixture {
    skuai_synthetic_config series;
    double real;                 /* probability of a window of a panel as it is */
    skuai_panel_source *sources; /* [n_sources] */
    size_t n_sources;
    uint64_t seed;
} mixture;

static skua_status window(void *user, uint64_t index, size_t past, size_t future,
                          skuai_arena *arena, skuai_window_series *series, skua_error *err) {
    const mixture *m = user;
    skuai_random random;
    skuai_random_split(&random, m->seed ^ 0xA11CEU, index);
    if (m->n_sources && skuai_random_uniform(&random) < m->real) {
        skuai_panel_source *source = &m->sources[skuai_random_index(&random, m->n_sources)];
        if (source->n > 0)
            return skuai_panel_source_window(source, index, past, future, arena, series, err);
    }
    skuai_synthetic *drawn = skuai_arena_take(arena, 1, sizeof *drawn);
    if (!drawn) return skuai_error_memory(err, "a synthetic series");
    skuai_synthetic_config config = m->series;
    config.longest = past + future > config.shortest ? past + future : config.shortest;
    SKUA_TRY(skuai_synthetic_draw(&config, m->seed, index, arena, drawn, err));
    /* short series are asked for less, so that some history is left */
    size_t most = drawn->length / 2 < future ? drawn->length / 2 : future;
    size_t horizon = 1 + skuai_random_index(&random, most ? most : 1);
    if (skuai_random_uniform(&random) < 0.5) horizon = most ? most : 1;
    *series = skuai_window_of_synthetic(drawn, horizon);
    return SKUA_OK;
}

static skua_status sources_new(const skuai_panel *const *panels, size_t n, double mix,
                               uint64_t seed, mixture *m, skua_error *err) {
    m->sources = skuai_zero(n, sizeof *m->sources);
    if (!m->sources) return skuai_error_memory(err, "training windows");
    for (; m->n_sources < n; m->n_sources++) {
        SKUA_TRY(skuai_panel_source_init(&m->sources[m->n_sources], panels[m->n_sources], 0, 0,
                                         seed, err));
        m->sources[m->n_sources].mix = mix;
    }
    return SKUA_OK;
}

/* The net that training begins with. */
static skua_status first_net(const skuai_pretrain_recipe *recipe, skuai_demand **net,
                             skua_error *err) {
    const skuai_demand_config *want = &recipe->net;
    if (!recipe->from) return skuai_demand_new(want, recipe->train.seed, net, err);
    skuai_demand *made;
    SKUA_TRY(skuai_demand_load(recipe->from, &made, err));
    const skuai_demand_config *c = &made->config;
    if (c->kind == want->kind && c->width == want->width && c->heads == want->heads &&
        c->layers == want->layers && c->hidden == want->hidden &&
        c->window.patch == want->window.patch && c->window.context == want->window.context) {
        made->config.dropout = want->dropout;
        *net = made;
        return SKUA_OK;
    }
    skua_status status = skuai_error_set(
        err, SKUA_ECONFIG,
        "%s has %zu layers of width %zu, %zu heads, %zu hidden units, patches of %zu, %zu of them; "
        "write its numbers into the recipe's net, or train a new one",
        recipe->from, c->layers, c->width, c->heads, c->hidden, c->window.patch, c->window.context);
    skuai_demand_free(made);
    return status;
}

skua_status skuai_pretrain_run(const skuai_pretrain_recipe *recipe,
                               const skuai_panel *const *panels, size_t n_panels,
                               const skuai_panel *validation, const skuai_context *context,
                               skuai_demand **net, skuai_train_result *result, skua_error *err) {
    double kinds = 0;
    for (size_t k = 0; k < SKUAI_SYNTHETIC_KINDS; k++)
        kinds += recipe->series.weight[k];
    if (n_panels == 0 && (recipe->real > 0 || recipe->series.weight[SKUAI_SYNTHETIC_MIXTURE] > 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "series.real or series.mixture has weight, but no shop is named "
                               "behind the recipe");
    mixture m = {.series = recipe->series,
                 .seed = recipe->train.seed,
                 .real = recipe->real > 0 ? recipe->real / (kinds + recipe->real) : 0};
    m.series.panels = panels, m.series.n_panels = n_panels;
    mixture held = m;
    held.seed = ~recipe->train.seed, held.real = 0;
    skuai_panel_source ends = {0};
    skuai_train_config train = recipe->train;
    train.vary_context = recipe->net.kind == SKUAI_DEMAND_TRANSFORMER;
    skuai_demand *made = NULL;
    skua_status status = sources_new(panels, n_panels, train.augmentation.mix, m.seed, &m, err);
    if (status == SKUA_OK && validation) {
        status = skuai_panel_source_init(&ends, validation, 0,
                                         train.future * recipe->net.window.patch, m.seed, err);
        if (ends.n < train.validation) train.validation = ends.n;
    }
    if (status == SKUA_OK) status = first_net(recipe, &made, err);
    if (status == SKUA_OK)
        status =
            skuai_train_run(made, &train, window, &m, validation ? skuai_panel_source_last : window,
                            validation ? (void *)&ends : (void *)&held, context, result, err);
    for (size_t k = 0; k < m.n_sources; k++)
        skuai_panel_source_clear(&m.sources[k]);
    skuai_free(m.sources);
    skuai_panel_source_clear(&ends);
    /* synthetic series have a price, promotions and events alone */
    if (status == SKUA_OK && m.real <= 0) skuai_demand_ignore_slots(made, SYNTHETIC_SLOTS);
    if (status != SKUA_OK) {
        skuai_demand_free(made);
        return status;
    }
    *net = made;
    return SKUA_OK;
}
