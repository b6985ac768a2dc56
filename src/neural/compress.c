#include "neural/compress.h"

#include "neural/demand_graph.h"
#include "neural/demand_part.h"
#include "neural/panel_source.h"

#include <string.h>

enum { HEAL_STEPS = 500, TEACH_STEPS = 4000, SYNTHETIC_SLOTS = 3 };
#define HEAL_RATE  3e-4
#define TEACH_RATE 1e-3

const skuai_compress_config skuai_compress_default = {
    .prune = {.rounds = 4, .group = 8, .windows = 256, .batch = 8, .future = 8},
    .train = {.steps = SKUAI_COMPRESS_STEPS_AUTO,
              .batch = 32,
              .future = 8,
              .optimiser = {.beta1 = 0.9,
                            .beta2 = 0.98,
                            .epsilon = 1e-8,
                            .weight_decay = 0.01,
                            .clip_norm = 1,
                            .ema_decay = 0.99,
                            .final_share = 0.02},
              .augmentation = {.jitter = 0.01, .scaling = 0.1, .drop = 0.1, .mask = 0.1},
              .auxiliary = 0.2,
              .attack = {.steps = 1},
              .teacher_weight = 0.5,
              .alpha = 16,
              .vary_context = true,
              .validation = 256,
              .checkpoint_seconds = 60,
              .seed = 1},
    .series = {.weight = {0.15, 0.4, 0.2, 0.25, 0},
               .frequency = {0.08, 0.27, 0.22, 0.23, 0.1, 0.06, 0.04},
               .shortest = 20},
    .real = 0.5,
    .trial = 256};

/* -- Windows ---------------------------------------------------------------------------------- */

typedef struct windows {
    skuai_synthetic_config series;
    double real;
    uint64_t seed;
    skuai_panel_source *sources; /* [n] those that have a series to train on */
    size_t n;
} windows;

static void windows_clear(windows *w) {
    for (size_t i = 0; i < w->n; i++)
        skuai_panel_source_clear(&w->sources[i]);
    skuai_free(w->sources);
    *w = (windows){0};
}

static skua_status windows_init(windows *w, const skuai_demand *net, const skuai_compress_config *c,
                                const skuai_panel *const *panels, size_t n, skua_error *err) {
    const skuai_window_config *window = &net->config.window;
    size_t hold = c->train.future * window->patch;
    *w = (windows){.series = c->series, .real = c->real, .seed = c->train.seed};
    w->series.panels = panels, w->series.n_panels = n;
    if (n == 0) return SKUA_OK;
    w->sources = skuai_zero(n, sizeof *w->sources);
    if (!w->sources) return skuai_error_memory(err, "training windows");
    for (size_t i = 0; i < n; i++) {
        skuai_panel_source source;
        skua_status status = skuai_panel_source_init(&source, panels[i], window->neighbours, hold,
                                                     c->train.seed, err);
        if (status != SKUA_OK) {
            windows_clear(w);
            return status;
        }
        if (source.n > 0)
            w->sources[w->n++] = source;
        else
            skuai_panel_source_clear(&source);
    }
    return SKUA_OK;
}

static skua_status synthetic(const windows *w, uint64_t seed, uint64_t index, size_t past,
                             size_t future, skuai_arena *arena, skuai_window_series *series,
                             skua_error *err) {
    skuai_synthetic *drawn = skuai_arena_take(arena, 1, sizeof *drawn);
    if (!drawn) return skuai_error_memory(err, "a synthetic series");
    skuai_synthetic_config config = w->series;
    config.longest = past + future > config.shortest ? past + future : config.shortest;
    SKUA_TRY(skuai_synthetic_draw(&config, seed, index, arena, drawn, err));
    size_t most = drawn->length / 2 < future ? drawn->length / 2 : future;
    *series = skuai_window_of_synthetic(drawn, most ? most : 1);
    return SKUA_OK;
}

static skua_status training_window(void *user, uint64_t index, size_t past, size_t future,
                                   skuai_arena *arena, skuai_window_series *series,
                                   skua_error *err) {
    const windows *w = user;
    skuai_random random;
    skuai_random_split(&random, w->seed ^ 0xC0DEU, index);
    if (w->n > 0 && skuai_random_uniform(&random) < w->real)
        return skuai_panel_source_window(&w->sources[skuai_random_index(&random, w->n)], index,
                                         past, future, arena, series, err);
    return synthetic(w, w->seed, index, past, future, arena, series, err);
}

static skua_status trial_window(void *user, uint64_t index, size_t past, size_t future,
                                skuai_arena *arena, skuai_window_series *series, skua_error *err) {
    const windows *w = user;
    if (w->n > 0)
        return skuai_panel_source_last(&w->sources[index % w->n], index / w->n, past, future, arena,
                                       series, err);
    return synthetic(w, ~w->seed, index, past, future, arena, series, err);
}

static size_t trial_size(const windows *w, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->sources[i].n;
    return n > 0 && n < most ? n : most;
}

/* -- The small net ---------------------------------------------------------------------------- */

static skua_status student_of(const skuai_demand *net, const skuai_compress_config *c,
                              skuai_demand **student, skua_error *err) {
    const skuai_demand_config *old = &net->config;
    skuai_demand_config new = {.kind = old->kind,
                               .window = old->window,
                               .width = c->width,
                               .heads = 1,
                               .layers = c->layers ? c->layers : (old->layers + 1) / 2,
                               .dropout = old->dropout,
                               .squared = old->squared,
                               .sides = old->sides};
    size_t head = old->head_width ? old->head_width : old->heads ? old->width / old->heads : 2;
    if (new.width == 0) new.width = (old->width / 2 + head - 1) / head *head;
    for (size_t heads = new.width / head; heads > 1 && new.heads == 1; heads--)
        if (new.width % (2 * heads) == 0) new.heads = heads;
    if (new.width % SKUAI_DEMAND_GRAPH_HEADS != 0) new.window.neighbours = 0;
    SKUA_TRY(skuai_demand_new(&new, c->train.seed, student, err));
    return SKUA_OK;
}

static skua_status begin(const skuai_demand *net, const skuai_compress_config *c, windows *w,
                         const skuai_context *context, skuai_demand **small, skua_error *err) {
    bool prunes = c->prune.share > 0 || c->prune.layers > 0;
    if (prunes && (c->width || c->layers))
        return skuai_error_set(err, SKUA_EINVAL,
                               "a net is pruned, or a new one of another width and number of "
                               "layers is taught: not both");
    if (!prunes && !c->distill && (c->width || c->layers))
        return skuai_error_set(err, SKUA_EINVAL,
                               "width and layers are those of a new net that is taught: ask for "
                               "distillation");
    if (prunes) return skuai_prune(net, &c->prune, training_window, w, context, small, err);
    return c->distill ? student_of(net, c, small, err) : skuai_demand_copy(net, small, err);
}

static skua_status train(const skuai_demand *net, const skuai_compress_config *c, windows *w,
                         const skuai_context *context, skuai_demand *small,
                         skuai_train_result *result, skua_error *err) {
    bool prunes = c->prune.share > 0 || c->prune.layers > 0;
    skuai_train_config t = c->train;
    if (t.steps == SKUAI_COMPRESS_STEPS_AUTO) t.steps = prunes ? HEAL_STEPS : TEACH_STEPS;
    if (t.steps == 0 || !(prunes || c->distill)) return SKUA_OK;
    if (!(t.optimiser.rate > 0)) t.optimiser.rate = prunes ? HEAL_RATE : TEACH_RATE;
    t.optimiser.warmup_steps = t.steps / 20;
    if (t.validate_every == 0) t.validate_every = t.steps / 10 ? t.steps / 10 : 1;
    t.validation = trial_size(w, t.validation);
    t.teacher = c->distill ? net : NULL;
    t.vary_context = small->config.kind == SKUAI_DEMAND_TRANSFORMER;
    return skuai_train_run(small, &t, training_window, w, trial_window, w, context, result, err);
}

/* -- All -------------------------------------------------------------------------------------- */

/* Time limits the training alone: without pruning and trials its result is none. */
static skuai_context without_deadline(const skuai_context *context) {
    skuai_context patient = context ? *context : SKUAI_CONTEXT_DEFAULT;
    patient.deadline = 0;
    return patient;
}

skua_status skuai_compress_trial(const skuai_demand *net, const skuai_compress_config *c,
                                 const skuai_panel *const *panels, size_t n_panels,
                                 const skuai_context *context, skuai_trial *trial,
                                 skua_error *err) {
    windows w;
    skuai_trial made = {0};
    skuai_context patient = without_deadline(context);
    SKUA_TRY(windows_init(&w, net, c, panels, n_panels, err));
    skua_status status = skuai_trial_run(&made, net, trial_window, &w, trial_size(&w, c->trial),
                                         c->train.future, &patient, err);
    windows_clear(&w);
    if (status == SKUA_OK) *trial = made;
    return status;
}

skua_status skuai_compress_run(const skuai_demand *net, const skuai_compress_config *c,
                               const skuai_panel *const *panels, size_t n_panels,
                               const skuai_context *context, skuai_demand **small,
                               skuai_compress_result *result, skua_error *err) {
    windows w;
    skuai_compress_result done = {0};
    skuai_demand *made = NULL;
    SKUA_TRY(windows_init(&w, net, c, panels, n_panels, err));
    skuai_context patient = without_deadline(context);
    done.on_panels = w.n > 0;
    done.train.finished = true; /* where there is none */
    skua_status status = begin(net, c, &w, &patient, &made, err);
    if (status == SKUA_OK)
        status = skuai_compress_trial(net, c, panels, n_panels, context, &done.before, err);
    if (status == SKUA_OK) status = train(net, c, &w, context, made, &done.train, err);
    /* a new net without panels: synthetic series have a price, promotions and events alone */
    bool new = c->distill && !(c->prune.share > 0 || c->prune.layers > 0);
    if (status == SKUA_OK && new &&w.n == 0) skuai_demand_ignore_slots(made, SYNTHETIC_SLOTS);
    if (status == SKUA_OK)
        status = skuai_compress_trial(made, c, panels, n_panels, context, &done.after, err);
    windows_clear(&w);
    if (status != SKUA_OK) {
        skuai_demand_free(made);
        return status;
    }
    *small = made;
    *result = done;
    return SKUA_OK;
}
