#include "neural/demand_part.h"

#include <string.h>

static size_t count(const bool *keep, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        kept += !keep || keep[i] ? 1 : 0;
    return kept;
}

static size_t head_width(const skuai_nn_block_config *c) {
    return c->head_width ? c->head_width : c->width / c->heads;
}

static void config_of(const skuai_demand *net, const skuai_demand_part_of *keep,
                      skuai_demand_config *c) {
    *c = net->config;
    memset(c->layer_heads, 0, sizeof c->layer_heads);
    memset(c->layer_hidden, 0, sizeof c->layer_hidden);
    c->layers = 0;
    for (size_t l = 0; l < net->config.layers; l++) {
        const skuai_nn_block_config *b = &net->encoder.blocks[l].config;
        if (!keep->layer[l]) continue;
        c->head_width = head_width(b);
        c->layer_heads[c->layers] = count(keep->head[l], b->heads);
        c->layer_hidden[c->layers] = count(keep->unit[l], b->hidden);
        c->layers++;
    }
}

/* Parameters go from number `old` of one net to number `new` of the other. */
typedef struct copying {
    const skuai_nn_parameters *from;
    skuai_nn_parameters *to;
} copying;

static void copy_all(const copying *c, size_t old, size_t new) {
    if (old == SIZE_MAX) return;
    memcpy(skuai_nn_parameters_value(c->to, new), skuai_nn_parameters_value(c->from, old),
           c->from->table[old].size * sizeof(skuai_real));
}

/* Runs of elements of row-major [n_runs, run], those kept, one behind the other. */
static skuai_real *copy_runs(const skuai_real *from, const bool *keep, size_t n_runs, size_t run,
                             skuai_real *to) {
    for (size_t i = 0; i < n_runs; i++) {
        if (keep && !keep[i]) continue;
        memcpy(to, from + i * run, run * sizeof *to);
        to += run;
    }
    return to;
}

/* Rows, in `parts` blocks (queries, keys, values) of n_runs runs of rows each. */
static void copy_rows(const copying *c, size_t old, size_t new, size_t parts, const bool *keep,
                      size_t n_runs) {
    if (old == SIZE_MAX) return;
    size_t part = c->from->table[old].size / parts;
    const skuai_real *from = skuai_nn_parameters_value(c->from, old);
    skuai_real *to = skuai_nn_parameters_value(c->to, new);
    for (size_t k = 0; k < parts; k++)
        to = copy_runs(from + k * part, keep, n_runs, part / n_runs, to);
}

static void copy_columns(const copying *c, size_t old, size_t new, const bool *keep,
                         size_t n_runs) {
    const skuai_nn_parameter *p = &c->from->table[old];
    const skuai_real *from = skuai_nn_parameters_value(c->from, old);
    skuai_real *to = skuai_nn_parameters_value(c->to, new);
    for (size_t row = 0; row < p->shape[0]; row++)
        to = copy_runs(from + row * p->shape[1], keep, n_runs, p->shape[1] / n_runs, to);
}

static void copy_block(const copying *c, const skuai_nn_block *old, const skuai_nn_block *new,
                       const bool *head, const bool *unit) {
    size_t heads = old->config.heads, units = old->config.hidden;
    copy_all(c, old->norm1_weight, new->norm1_weight);
    copy_all(c, old->norm1_bias, new->norm1_bias);
    copy_rows(c, old->qkv_weight, new->qkv_weight, 3, head, heads);
    copy_rows(c, old->qkv_bias, new->qkv_bias, 3, head, heads);
    copy_columns(c, old->out_weight, new->out_weight, head, heads);
    copy_all(c, old->out_bias, new->out_bias);
    copy_all(c, old->norm2_weight, new->norm2_weight);
    copy_all(c, old->norm2_bias, new->norm2_bias);
    copy_rows(c, old->in_weight, new->in_weight, 1, unit, units);
    copy_rows(c, old->in_bias, new->in_bias, 1, unit, units);
    copy_columns(c, old->down_weight, new->down_weight, unit, units);
    copy_all(c, old->down_bias, new->down_bias);
}

static void copy_dense(const copying *c, const skuai_nn_dense *old, const skuai_nn_dense *new) {
    copy_all(c, old->weight, new->weight);
    copy_all(c, old->bias, new->bias);
}

static void copy_graph(const copying *c, const skuai_demand_graph *old,
                       const skuai_demand_graph *new) {
    copy_dense(c, &old->source, &new->source);
    for (size_t r = 0; r < SKUAI_RELATIONS; r++) {
        copy_all(c, old->target_score[r], new->target_score[r]);
        copy_all(c, old->source_score[r], new->source_score[r]);
        copy_dense(c, &old->out[r], &new->out[r]);
    }
}

skua_status skuai_demand_part_new(const skuai_demand *net, const skuai_demand_part_of *keep,
                                  skuai_demand **part, skua_error *err) {
    skuai_demand_config config;
    if (net->config.kind != SKUAI_DEMAND_TRANSFORMER)
        return skuai_error_set(err, SKUA_EINVAL, "only a transformer has heads and layers to go");
    config_of(net, keep, &config);
    for (size_t l = 0; l < config.layers; l++)
        if (!config.layer_heads[l] || !config.layer_hidden[l])
            return skuai_error_set(err, SKUA_EINVAL, "nothing is left of a layer");
    skuai_demand *made;
    SKUA_TRY(skuai_demand_new(&config, 0, &made, err));
    const copying c = {.from = net->parameters, .to = made->parameters};
    const skuai_nn_dense *old[] = {&net->in,   &net->in_out,   &net->in_skip,  &net->side,
                                   &net->head, &net->head_out, &net->head_skip};
    const skuai_nn_dense *new[] = {&made->in,   &made->in_out,   &made->in_skip,  &made->side,
                                   &made->head, &made->head_out, &made->head_skip};
    for (size_t k = 0; k < sizeof old / sizeof *old; k++)
        copy_dense(&c, old[k], new[k]);
    if (config.window.neighbours > 0) copy_graph(&c, &net->graph, &made->graph);
    copy_all(&c, net->encoder.final_weight, made->encoder.final_weight);
    copy_all(&c, net->encoder.final_bias, made->encoder.final_bias);
    for (size_t l = 0, to = 0; l < net->config.layers; l++) {
        if (!keep->layer[l]) continue;
        copy_block(&c, &net->encoder.blocks[l], &made->encoder.blocks[to++], keep->head[l],
                   keep->unit[l]);
    }
    *part = made;
    return SKUA_OK;
}

/* Parameters of the same name. */
static void copy_named(const skuai_demand *net, skuai_demand *made) {
    const copying c = {.from = net->parameters, .to = made->parameters};
    for (size_t i = 0; i < c.to->count; i++)
        copy_all(&c, skuai_nn_parameters_find(c.from, c.to->table[i].name), i);
}

skua_status skuai_demand_with_neighbours(const skuai_demand *net, size_t neighbours, uint64_t seed,
                                         skuai_demand **made, skua_error *err) {
    skuai_demand_config config = net->config;
    skuai_demand *wide;
    config.window.neighbours = neighbours;
    SKUA_TRY(skuai_demand_new(&config, seed, &wide, err));
    copy_named(net, wide);
    *made = wide;
    return SKUA_OK;
}

skua_status skuai_demand_copy(const skuai_demand *net, skuai_demand **copy, skua_error *err) {
    skuai_demand *made;
    SKUA_TRY(skuai_demand_new(&net->config, 0, &made, err));
    memcpy(made->parameters->value, net->parameters->value,
           net->parameters->size * sizeof *made->parameters->value);
    *copy = made;
    return SKUA_OK;
}
