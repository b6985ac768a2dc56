#include "neural/prune.h"

#include "neural/demand_part.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
    const skuai_prune_config *config;
    skuai_train_source source;
    void *user;
    const skuai_context *context;
    skuai_batch_reader reader;
    skuai_tape *tape;
} work;

/* -- Calibration ------------------------------------------------------------------------------ */

/* Every calibration batch through the net: its mean loss, and after each pass with gradients `seen`
 * (NULL: no gradients). */
static skua_status calibrate(work *w, const skuai_demand *net,
                             void (*seen)(void *user, const skuai_demand *net), void *user,
                             double *loss, skua_error *err) {
    const skuai_prune_config *c = w->config;
    double sum = 0;
    for (size_t done = 0; done < c->windows; done += c->batch) {
        size_t n = c->windows - done < c->batch ? c->windows - done : c->batch;
        skuai_window_batch batch;
        SKUA_TRY(skuai_context_check(w->context, err));
        SKUA_TRY(skuai_batch_reader_read(&w->reader, w->source, w->user, done, n,
                                         net->config.window.context, c->future, NULL, &batch, err));
        skuai_tape_begin(w->tape, seen ? SKUAI_TAPE_GRADIENT : SKUAI_TAPE_INFER, 0);
        skuai_tensor *out = skuai_demand_run(w->tape, net, &batch, SKUAI_DEMAND_ALL);
        skuai_tensor *l = skuai_demand_loss(w->tape, net, &batch, out, 0, NULL);
        if (seen) {
            skuai_nn_parameters_zero(net->parameters);
            SKUA_TRY(skuai_tape_backward(w->tape, l, err));
            seen(user, net);
        }
        SKUA_TRY(skuai_tape_status(w->tape, err));
        if (l) sum += (double)n * (double)l->value[0];
    }
    *loss = sum / (double)c->windows;
    return SKUA_OK;
}

/* -- Importances ------------------------------------------------------------------------------ */

typedef struct importances {
    double *head[SKUAI_NN_LAYERS_MOST], *unit[SKUAI_NN_LAYERS_MOST];
    const skuai_real *factor; /* of the products: the gradient, or NULL: the weights themselves */
} importances;

/* Add |sum over the columns of a run of W times the factor| to each run's importance. */
static void add_gates(const skuai_nn_parameters *p, size_t id, const skuai_real *factor,
                      size_t n_runs, double *importance) {
    const skuai_nn_parameter *q = &p->table[id];
    size_t run = q->shape[1] / n_runs;
    const skuai_real *w = p->value + q->offset, *g = (factor ? factor : p->value) + q->offset;
    for (size_t i = 0; i < n_runs; i++) {
        double sum = 0;
        for (size_t row = 0; row < q->shape[0]; row++)
            for (size_t k = i * run; k < (i + 1) * run; k++)
                sum += (double)w[row * q->shape[1] + k] * (double)g[row * q->shape[1] + k];
        importance[i] += fabs(sum);
    }
}

static void add_importances(void *user, const skuai_demand *net) {
    importances *to = user;
    for (size_t l = 0; l < net->config.layers; l++) {
        const skuai_nn_block *b = &net->encoder.blocks[l];
        add_gates(net->parameters, b->out_weight, to->factor, b->config.heads, to->head[l]);
        add_gates(net->parameters, b->down_weight, to->factor, b->config.hidden, to->unit[l]);
    }
}

/* -- What goes -------------------------------------------------------------------------------- */

/* A head, or a group of hidden units of a layer. */
typedef struct candidate {
    double value;          /* importance a weight saved */
    size_t layer, saved;   /* weights */
    const size_t *members; /* units of the group; NULL: a head */
    size_t n, head;
} candidate;

static int by_value(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->value < y->value || x->value > y->value) return x->value < y->value ? -1 : 1;
    if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
    return x->head < y->head ? -1 : x->head > y->head;
}

typedef struct ranked {
    double importance;
    size_t unit;
} ranked;

static int by_importance(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->importance < y->importance || x->importance > y->importance)
        return x->importance < y->importance ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

typedef struct choice {
    skuai_arena *arena;
    candidate *items;
    size_t n;
} choice;

static skua_status add_layer(const skuai_demand *net, size_t l, const importances *found,
                             size_t group, choice *to, skua_error *err) {
    const skuai_nn_block_config *c = &net->encoder.blocks[l].config;
    size_t d = c->width, hd = c->head_width ? c->head_width : d / c->heads, n = c->hidden;
    for (size_t h = 0; h < c->heads; h++) {
        size_t saved = hd * (4 * d + 3);
        to->items[to->n++] = (candidate){
            .value = found->head[l][h] / (double)saved, .layer = l, .saved = saved, .head = h};
    }
    ranked *order = skuai_arena_take(to->arena, n, sizeof *order);
    size_t *members = skuai_arena_take(to->arena, n, sizeof *members);
    if (!order || !members) return skuai_error_memory(err, "pruning");
    for (size_t u = 0; u < n; u++)
        order[u] = (ranked){found->unit[l][u], u};
    qsort(order, n, sizeof *order, by_importance);
    for (size_t first = 0; first < n; first += group) {
        candidate made = {.layer = l, .members = members + first, .head = SIZE_MAX};
        for (; made.n < group && first + made.n < n; made.n++) {
            members[first + made.n] = order[first + made.n].unit;
            made.value += order[first + made.n].importance;
        }
        made.saved = made.n * (2 * d + 1);
        made.value /= (double)made.saved;
        to->items[to->n++] = made;
    }
    return SKUA_OK;
}

/* Mark as gone, the least important first, until so many weights are saved. */
static size_t mark(const skuai_demand *net, choice *from, size_t wanted, bool *const *head,
                   bool *const *unit) {
    size_t saved = 0, heads[SKUAI_NN_LAYERS_MOST], units[SKUAI_NN_LAYERS_MOST];
    for (size_t l = 0; l < net->config.layers; l++) {
        heads[l] = net->encoder.blocks[l].config.heads;
        units[l] = net->encoder.blocks[l].config.hidden;
    }
    qsort(from->items, from->n, sizeof *from->items, by_value);
    for (size_t i = 0; i < from->n && saved < wanted; i++) {
        const candidate *c = &from->items[i];
        size_t l = c->layer;
        if (c->members ? units[l] <= c->n : heads[l] == 1) continue; /* something has to stay */
        if (c->members) {
            units[l] -= c->n;
            for (size_t k = 0; k < c->n; k++)
                unit[l][c->members[k]] = false;
        } else {
            heads[l]--;
            head[l][c->head] = false;
        }
        saved += c->saved;
    }
    return saved;
}

static bool *all_true(skuai_arena *arena, size_t n) {
    bool *keep = skuai_arena_take(arena, n, sizeof *keep);
    if (keep) memset(keep, true, n);
    return keep;
}

static skua_status find_importances(work *w, skuai_demand *net, importances *found,
                                    skua_error *err) {
    double loss;
    if (w->config->importance == SKUAI_IMPORTANCE_MAGNITUDE) {
        add_importances(found, net);
        return SKUA_OK;
    }
    SKUA_TRY(skuai_nn_parameters_train(net->parameters, err));
    found->factor = net->parameters->gradient;
    return calibrate(w, net, add_importances, found, &loss, err);
}

/* One round: about `wanted` weights go. Nothing where wanted is 0. */
static skua_status one_round(work *w, skuai_arena *arena, size_t wanted, skuai_demand **net,
                             skua_error *err) {
    skuai_demand *from = *net, *made;
    importances found = {0};
    skuai_demand_part_of keep = {0};
    bool *head[SKUAI_NN_LAYERS_MOST], *unit[SKUAI_NN_LAYERS_MOST];
    choice all = {.arena = arena};
    size_t most = 0;
    if (wanted == 0) return SKUA_OK;
    for (size_t l = 0; l < from->config.layers; l++) {
        const skuai_nn_block_config *c = &from->encoder.blocks[l].config;
        found.head[l] = skuai_arena_take_zero(arena, c->heads, sizeof(double));
        found.unit[l] = skuai_arena_take_zero(arena, c->hidden, sizeof(double));
        keep.head[l] = head[l] = all_true(arena, c->heads);
        keep.unit[l] = unit[l] = all_true(arena, c->hidden);
        keep.layer[l] = true;
        most += c->heads + c->hidden;
        if (!found.head[l] || !found.unit[l] || !head[l] || !unit[l])
            return skuai_error_memory(err, "pruning");
    }
    all.items = skuai_arena_take(arena, most, sizeof *all.items);
    if (!all.items) return skuai_error_memory(err, "pruning");
    SKUA_TRY(find_importances(w, from, &found, err));
    for (size_t l = 0; l < from->config.layers; l++)
        SKUA_TRY(add_layer(from, l, &found, w->config->group, &all, err));
    if (mark(from, &all, wanted, head, unit) < wanted)
        return skuai_error_set(err, SKUA_EINVAL,
                               "share = %g: heads and hidden units cannot give so much; take "
                               "layers too, or a smaller share",
                               w->config->share);
    SKUA_TRY(skuai_demand_part_new(from, &keep, &made, err));
    skuai_demand_free(from);
    *net = made;
    return SKUA_OK;
}

/* The layer goes without which the calibration windows' loss is least. */
static skua_status drop_layer(work *w, skuai_demand **net, skua_error *err) {
    skuai_demand *best = NULL;
    double least = INFINITY;
    skua_status status = SKUA_OK;
    for (size_t l = 0; l < (*net)->config.layers && status == SKUA_OK; l++) {
        skuai_demand_part_of keep = {0};
        skuai_demand *without = NULL;
        double loss = INFINITY;
        for (size_t k = 0; k < (*net)->config.layers; k++)
            keep.layer[k] = k != l;
        status = skuai_demand_part_new(*net, &keep, &without, err);
        if (status == SKUA_OK) status = calibrate(w, without, NULL, NULL, &loss, err);
        bool better = status == SKUA_OK && (!best || loss < least);
        skuai_demand_free(better ? best : without);
        if (better) best = without, least = loss;
    }
    if (status != SKUA_OK) {
        skuai_demand_free(best);
        return status;
    }
    if (!best)
        return skuai_error_set(err, SKUA_EDATA,
                               "no layer can go: the loss is not finite without any of them");
    skuai_demand_free(*net);
    *net = best;
    return SKUA_OK;
}

/* -- All -------------------------------------------------------------------------------------- */

static skua_status config_check(const skuai_demand *net, const skuai_prune_config *c,
                                skua_error *err) {
    if (net->config.kind != SKUAI_DEMAND_TRANSFORMER)
        return skuai_error_set(err, SKUA_EINVAL, "only a transformer can be pruned");
    if (!(c->share >= 0 && c->share < 1) || c->rounds < 1 || c->rounds > 64 || c->group < 1 ||
        c->windows < 1 || c->batch < 1 || c->future < 1)
        return skuai_error_set(err, SKUA_EINVAL,
                               "pruning by a share of %g in %zu rounds, %zu windows: need a share "
                               "from 0 to below 1, 1 to 64 rounds, groups, windows and batches of "
                               "at least 1",
                               c->share, c->rounds, c->windows);
    if (c->layers >= net->config.layers)
        return skuai_error_set(err, SKUA_EINVAL, "layers = %zu of %zu: at least one has to be left",
                               c->layers, net->config.layers);
    return SKUA_OK;
}

static skua_status run(work *w, skuai_demand **net, skua_error *err) {
    const skuai_prune_config *c = w->config;
    double whole = (double)skuai_nn_parameters_total((*net)->parameters);
    for (size_t k = 0; k < c->layers; k++)
        SKUA_TRY(drop_layer(w, net, err));
    double left = (double)skuai_nn_parameters_total((*net)->parameters), last = whole - left;
    skua_status status = SKUA_OK;
    for (size_t k = 1; k <= c->rounds && status == SKUA_OK; k++) {
        /* by equal steps from what the layers took to the share */
        double step = (double)k / (double)c->rounds;
        double aim = last + step * fmax(0, c->share * whole - last);
        left = (double)skuai_nn_parameters_total((*net)->parameters);
        double wanted = ceil(aim - (whole - left));
        skuai_arena *arena = skuai_arena_new(0);
        if (!arena) return skuai_error_memory(err, "pruning");
        status = one_round(w, arena, wanted > 0 ? (size_t)wanted : 0, net, err);
        skuai_arena_free(arena);
    }
    return status;
}

skua_status skuai_prune(const skuai_demand *net, const skuai_prune_config *config,
                        skuai_train_source source, void *user, const skuai_context *context,
                        skuai_demand **pruned, skua_error *err) {
    SKUA_TRY(config_check(net, config, err));
    work w = {.config = config, .source = source, .user = user, .context = context};
    skuai_demand *made = NULL;
    w.tape = skuai_tape_new(context);
    skua_status status = w.tape ? SKUA_OK : skuai_error_memory(err, "pruning");
    if (status == SKUA_OK)
        status = skuai_batch_reader_init(&w.reader, &net->config.window, 0, context, err);
    if (status == SKUA_OK) status = skuai_demand_copy(net, &made, err);
    if (status == SKUA_OK) status = run(&w, &made, err);
    skuai_batch_reader_clear(&w.reader);
    skuai_tape_free(w.tape);
    if (status != SKUA_OK) {
        skuai_demand_free(made);
        return status;
    }
    *pruned = made;
    return SKUA_OK;
}
