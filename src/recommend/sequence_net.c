#include "recommend/sequence_net.h"

#include "core/alloc.h"
#include "core/random.h"
#include "math/matrix.h"
#include "nn/loss.h"
#include "nn/optimiser.h"
#include "recommend/sequence_build.h"

#include <math.h>
#include <string.h>

enum {
    AGES = 12,   /* octaves of days since the purchase day before; 0: the first */
    DRAWS = 24,  /* targets of a sequence a step */
    TRIES = 4,   /* to draw a purchase from a day */
    MEAN_OF = 50 /* steps in `loss` */
};
static const double OWN_LEFT_OUT = 0.1, AT_DAY_END = 0.75, ROTARY = 10000;

/* -- The net ----------------------------------------------------------------------------------- */

static skua_status check(const skuai_sequence_options *o, skua_error *err) {
    const struct {
        const char *name;
        size_t value, least, most;
    } rules[] = {{"width", o->width, 2, 1024},     {"layers", o->layers, 1, SKUAI_NN_LAYERS_MOST},
                 {"heads", o->heads, 1, 64},       {"length", o->length, 1, 4096},
                 {"steps", o->steps, 1, 1 << 24},  {"batch", o->batch, 1, 4096},
                 {"sample", o->sample, 1, 1 << 20}};
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
        if (rules[k].value < rules[k].least || rules[k].value > rules[k].most)
            return skuai_error_set(err, SKUA_EINVAL, "sequence net: %s = %zu: need %zu to %zu",
                                   rules[k].name, rules[k].value, rules[k].least, rules[k].most);
    if (o->width % (2 * o->heads) != 0)
        return skuai_error_set(err, SKUA_EINVAL,
                               "sequence net: width = %zu: need a multiple of twice the %zu heads",
                               o->width, o->heads);
    if (!(o->dropout >= 0 && o->dropout < 1) || !(o->rate > 0) || !(o->weight_decay >= 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "sequence net: dropout %g, rate %g, weight decay %g: need [0, 1), "
                               "above 0, and 0 or more",
                               o->dropout, o->rate, o->weight_decay);
    return SKUA_OK;
}

/* Parameters; those of items only for training: afterwards `vectors` holds what they give. */
skua_status skuai_sequence_build(const skuai_sequence_options *o, size_t n_items, bool train,
                                 uint64_t seed, skuai_sequence_net **made, skua_error *err) {
    SKUA_TRY(check(o, err));
    skuai_sequence_net *net = skuai_zero(1, sizeof *net);
    if (!net) return skuai_error_memory(err, "a sequence net");
    skuai_nn_encoder_config config = SKUAI_NN_ENCODER_DEFAULT;
    config.layers = o->layers;
    config.block.width = o->width;
    config.block.heads = o->heads;
    config.block.causal = true;
    config.block.rotary_base = ROTARY;
    config.block.dropout = config.block.attention_dropout = o->dropout;
    net->options = *o;
    net->options.content = NULL;
    net->n_items = n_items;
    net->items = net->content = SIZE_MAX;
    net->loss = (double)NAN;
    net->parameters = skuai_nn_parameters_new();
    net->vectors = skuai_zero(n_items * o->width, sizeof *net->vectors);
    skua_status status =
        net->parameters && net->vectors ? SKUA_OK : skuai_error_memory(err, "a sequence net");
    if (status == SKUA_OK) {
        double scale = 0.4 / sqrt((double)o->width);
        skuai_nn_encoder_add(net->parameters, "encoder", &config, &net->encoder);
        net->ages = skuai_nn_parameters_add(net->parameters, "ages.weight", 2,
                                            (size_t[]){AGES, o->width}, SKUAI_INIT_NORMAL, scale);
        if (train)
            net->items =
                skuai_nn_parameters_add(net->parameters, "items.weight", 2,
                                        (size_t[]){n_items, o->width}, SKUAI_INIT_NORMAL, scale);
        if (train && o->content)
            net->content = skuai_nn_parameters_add(net->parameters, "content.weight", 2,
                                                   (size_t[]){o->width, o->n_content},
                                                   SKUAI_INIT_NORMAL, scale);
        status = skuai_nn_parameters_finish(net->parameters, seed, err);
    }
    if (status != SKUA_OK) {
        skuai_sequence_free(net);
        return status;
    }
    *made = net;
    return SKUA_OK;
}

void skuai_sequence_free(skuai_sequence_net *net) {
    if (!net) return;
    skuai_nn_parameters_free(net->parameters);
    skuai_free(net->vectors);
    skuai_free(net);
}

static int32_t age_of(int32_t days) {
    int32_t octave = 0;
    while (octave + 1 < AGES && days > 0)
        days >>= 1, octave++;
    return octave;
}

/* Tokens of rows: the number of their day with purchases, and the octave of the gap before it. */
static void read_days(const int32_t *days, size_t n, int32_t *positions, int32_t *ages) {
    for (size_t k = 0; k < n; k++) {
        bool same = k > 0 && days[k] == days[k - 1];
        positions[k] = k == 0 ? 0 : positions[k - 1] + !same;
        ages[k] = k == 0 ? 0 : same ? ages[k - 1] : age_of(days[k] - days[k - 1]);
    }
}

/* The states [B * S, D] behind the tokens x [B, S, D]. */
static skuai_tensor *run_net(skuai_tape *tape, const skuai_sequence_net *net, skuai_tensor *x,
                             const int32_t *positions, const int32_t *ages, size_t b, size_t s) {
    size_t d = net->options.width;
    skuai_nn_block_inputs inputs = {.positions = positions};
    skuai_tensor *age = skuai_nn_embedding(
        tape, skuai_tape_parameter(tape, net->parameters, net->ages), ages, 2, (size_t[]){b, s});
    x = skuai_nn_scale(tape, x, sqrt((double)d), 0);
    x = skuai_nn_dropout(tape, skuai_nn_add(tape, x, age), net->options.dropout);
    x = skuai_nn_encoder_run(tape, net->parameters, &net->encoder, x, &inputs);
    return skuai_nn_reshape(tape, x, 2, (size_t[]){b * s, d});
}

/* -- Batches ----------------------------------------------------------------------------------- */

typedef struct training {
    const skuai_interactions *x;
    const skuai_sequence_options *o;
    skuai_sequence_net *net;
    skuai_tape *tape;
    skuai_random random;
    size_t *users; /* with two days and more */
    size_t n_users;
    int32_t *bought; /* [n_bought] items that somebody bought */
    int32_t *place;  /* [n_items] in bought, -1: none */
    size_t n_bought;
    bool whole;     /* the loss is over all of them */
    size_t n_rows;  /* item vectors of a step */
    int32_t *ids;   /* [n_rows] whose they are */
    float *gate;    /* [n_rows] */
    float *content; /* [n_rows, n_content] */
    size_t *tokens; /* [batch * length] rows of the vectors; SKUAI_ROW_NONE: padding */
    int32_t *positions, *ages, *days; /* likewise */
    size_t *states;                   /* [batch * DRAWS] rows of the states */
    size_t *targets;                  /* likewise: rows of the vectors */
    int32_t *classes;                 /* likewise: -1: nothing was drawn */
    float *ones;                      /* [width] */
} training;

static void training_clear(training *t) {
    skuai_tape_free(t->tape);
    skuai_free(t->users);
    skuai_free(t->bought);
    skuai_free(t->place);
    skuai_free(t->ids);
    skuai_free(t->gate);
    skuai_free(t->content);
    skuai_free(t->tokens);
    skuai_free(t->positions);
    skuai_free(t->ages);
    skuai_free(t->days);
    skuai_free(t->states);
    skuai_free(t->targets);
    skuai_free(t->classes);
    skuai_free(t->ones);
}

static void list_users_and_items(training *t) {
    const skuai_interactions *x = t->x;
    for (size_t u = 0; u < x->n_users; u++) {
        size_t from = x->user_rows[u], to = x->user_rows[u + 1];
        if (to > from && x->days[from] < x->days[to - 1]) t->users[t->n_users++] = u;
    }
    for (size_t i = 0; i < x->n_items; i++) {
        t->place[i] = -1;
        if (x->item_rows[i + 1] == x->item_rows[i]) continue;
        t->place[i] = (int32_t)t->n_bought;
        t->bought[t->n_bought++] = (int32_t)i;
    }
}

static skua_status training_new(training *t, skua_error *err) {
    const skuai_sequence_options *o = t->o;
    size_t tokens = o->batch * o->length, draws = o->batch * DRAWS;
    t->users = skuai_new(t->x->n_users + 1, sizeof *t->users);
    t->bought = skuai_new(t->x->n_items + 1, sizeof *t->bought);
    t->place = skuai_new(t->x->n_items + 1, sizeof *t->place);
    if (!t->users || !t->bought || !t->place) return skuai_error_memory(err, "a sequence net");
    list_users_and_items(t);
    if (t->n_users == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no user came on two days: nothing to learn an order from");
    t->whole = t->n_bought <= o->sample;
    t->n_rows = t->whole ? t->n_bought : o->sample + tokens + draws;
    t->ids = skuai_new(t->n_rows, sizeof *t->ids);
    t->gate = skuai_new(t->n_rows, sizeof *t->gate);
    t->content = o->content ? skuai_new(t->n_rows * o->n_content, sizeof *t->content) : NULL;
    t->tokens = skuai_new(tokens, sizeof *t->tokens);
    t->positions = skuai_new(tokens, sizeof *t->positions);
    t->ages = skuai_new(tokens, sizeof *t->ages);
    t->days = skuai_new(o->length, sizeof *t->days);
    t->states = skuai_new(draws, sizeof *t->states);
    t->targets = skuai_new(draws, sizeof *t->targets);
    t->classes = skuai_new(draws, sizeof *t->classes);
    t->ones = skuai_new(o->width, sizeof *t->ones);
    if (!t->ids || !t->gate || (o->content && !t->content) || !t->tokens || !t->positions ||
        !t->ages || !t->days || !t->states || !t->targets || !t->classes || !t->ones)
        return skuai_error_memory(err, "a sequence net");
    for (size_t k = 0; k < o->width; k++)
        t->ones[k] = 1;
    return SKUA_OK;
}

/* The row of an item's vector: its place, or the next of those behind the drawn items. */
static size_t row_of(training *t, int32_t item, size_t next) {
    if (t->whole) return (size_t)t->place[item];
    t->ids[next] = item;
    return next;
}

/* A purchase of the day that begins in row `from`; -1: none was hit. */
static int32_t draw_purchase(training *t, size_t from, size_t end) {
    const skuai_interactions *x = t->x;
    size_t to = from;
    while (to < end && x->days[to] == x->days[from])
        to++;
    for (int k = 0; k < TRIES && to > from; k++) {
        size_t r = from + skuai_random_index(&t->random, to - from);
        if (!x->has_purchases || x->weights[r] >= 1) return x->items[r];
    }
    return -1;
}

/* Sequence b of the batch: a user, and where his window ends. */
static void fill_sequence(training *t, size_t b) {
    const skuai_interactions *x = t->x;
    size_t u = t->users[skuai_random_index(&t->random, t->n_users)], length = t->o->length;
    size_t first = x->user_rows[u], end = x->user_rows[u + 1], last = end;
    while (x->days[last - 1] == x->days[end - 1]) /* rows of the last day are targets alone */
        last--;
    size_t to = last; /* one in two windows ends there, the others anywhere a whole one fits */
    if (last - first > length && skuai_random_uniform(&t->random) < 0.5)
        to = first + length + skuai_random_index(&t->random, last - first - length + 1);
    size_t from = to - first > length ? to - length : first, n = to - from;
    int32_t *positions = t->positions + b * length, *ages = t->ages + b * length;
    for (size_t k = 0; k < length; k++) {
        size_t at = b * length + k;
        positions[k] = ages[k] = 0;
        if (!t->whole) t->ids[t->o->sample + at] = t->bought[0];
        t->tokens[at] = k < n ? row_of(t, x->items[from + k], t->o->sample + at) : SKUAI_ROW_NONE;
    }
    read_days(x->days + from, n, positions, ages);
    for (size_t k = 0; k < DRAWS; k++) {
        size_t at = b * DRAWS + k, r = from + skuai_random_index(&t->random, n), next = r + 1;
        while (next < end && x->days[next] == x->days[r])
            next++;
        if (skuai_random_uniform(&t->random) < AT_DAY_END) r = (next < to ? next : to) - 1;
        int32_t item = draw_purchase(t, next, end);
        size_t row = t->o->sample + t->o->batch * length + at;
        t->states[at] = b * length + (r - from);
        t->targets[at] = row_of(t, item >= 0 ? item : t->bought[0], row);
        t->classes[at] = item < 0 ? -1 : t->whole ? (int32_t)t->targets[at] : 0;
    }
}

static void fill_batch(training *t) {
    size_t c = t->o->n_content;
    for (size_t b = 0; b < t->o->batch; b++)
        fill_sequence(t, b);
    size_t drawn = t->whole ? t->n_bought : t->o->sample;
    for (size_t k = 0; k < drawn; k++)
        t->ids[k] = t->bought[t->whole ? k : skuai_random_index(&t->random, t->n_bought)];
    for (size_t k = 0; k < t->n_rows; k++) {
        t->gate[k] = t->content && skuai_random_uniform(&t->random) < OWN_LEFT_OUT ? 0 : 1;
        if (t->content)
            memcpy(t->content + k * c, t->o->content + (size_t)t->ids[k] * c,
                   c * sizeof *t->content);
    }
}

/* -- Training ---------------------------------------------------------------------------------- */

static skuai_tensor *item_vectors(training *t) {
    const skuai_nn_parameters *p = t->net->parameters;
    skuai_tensor *own = skuai_nn_embedding(t->tape, skuai_tape_parameter(t->tape, p, t->net->items),
                                           t->ids, 1, (size_t[]){t->n_rows});
    own = skuai_nn_scale_rows(t->tape, own, t->gate, NULL);
    if (!t->content) return own;
    skuai_tensor *content =
        skuai_tape_input(t->tape, t->content, 2, (size_t[]){t->n_rows, t->o->n_content});
    return skuai_nn_linear_add(t->tape, content, skuai_tape_parameter(t->tape, p, t->net->content),
                               NULL, own);
}

/* The target first, then the drawn items, which stand for n / sample each. */
static skuai_tensor *sampled_logits(training *t, skuai_tensor *vectors, skuai_tensor *states) {
    size_t n = t->o->batch * DRAWS, d = t->o->width;
    skuai_tensor *own = skuai_nn_gather_rows(t->tape, vectors, t->targets, n);
    skuai_tensor *ones = skuai_tape_input(t->tape, t->ones, 2, (size_t[]){1, d});
    own = skuai_nn_linear(t->tape, skuai_nn_multiply(t->tape, states, own), ones, NULL);
    skuai_tensor *drawn = skuai_nn_slice(t->tape, vectors, 0, 0, t->o->sample);
    drawn = skuai_nn_scale(t->tape, skuai_nn_linear(t->tape, states, drawn, NULL), 1,
                           log((double)t->n_bought / (double)t->o->sample));
    skuai_tensor *parts[] = {own, drawn};
    return skuai_nn_concat(t->tape, parts, 2, 1);
}

static skua_status step(training *t, skuai_nn_optimiser *optimiser, const skuai_context *quiet,
                        uint64_t seed, double *loss, skua_error *err) {
    size_t b = t->o->batch, s = t->o->length, d = t->o->width;
    fill_batch(t);
    skuai_tape_begin(t->tape, SKUAI_TAPE_TRAIN, seed);
    skuai_tensor *vectors = item_vectors(t);
    skuai_tensor *x = skuai_nn_gather_rows(t->tape, vectors, t->tokens, b * s);
    x = skuai_nn_reshape(t->tape, x, 3, (size_t[]){b, s, d});
    x = run_net(t->tape, t->net, x, t->positions, t->ages, b, s);
    x = skuai_nn_gather_rows(t->tape, x, t->states, b * DRAWS);
    x = t->whole ? skuai_nn_linear(t->tape, x, vectors, NULL) : sampled_logits(t, vectors, x);
    skuai_tensor *sum = skuai_nn_cross_entropy(t->tape, x, t->classes, -1, NULL);
    SKUA_TRY(skuai_tape_backward(t->tape, sum, err));
    *loss = (double)sum->value[0];
    skuai_nn_step done;
    return skuai_nn_optimiser_step(optimiser, quiet, 1, &done, err);
}

/* vector = own embedding, where somebody bought it, + W content */
static skua_status fill_vectors(training *t, skua_error *err) {
    skuai_sequence_net *net = t->net;
    size_t d = t->o->width, n = net->n_items, c = t->o->n_content;
    const float *own = skuai_nn_parameters_value(net->parameters, net->items);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d && t->place[i] >= 0; k++)
            net->vectors[i * d + k] = own[i * d + k];
    if (!t->o->content) return SKUA_OK;
    return skuai_matrix_multiply(
        &(skuai_matrix_call){.b_transposed = true,
                             .m = n,
                             .n = d,
                             .k = c,
                             .lda = c,
                             .ldb = c,
                             .ldc = d,
                             .alpha = 1,
                             .beta = 1},
        t->o->content, skuai_nn_parameters_value(net->parameters, net->content), net->vectors, err);
}

static skua_status run_steps(training *t, const skuai_context *context,
                             skuai_nn_optimiser *optimiser, skua_error *err) {
    const skuai_sequence_options *o = t->o;
    uint64_t seed = context ? context->seed : 1;
    skuai_context quiet = context ? *context : SKUAI_CONTEXT_DEFAULT;
    quiet.deadline = 0;
    quiet.cancel = NULL;
    quiet.progress = NULL;
    t->tape = skuai_tape_new(&quiet);
    if (!t->tape) return skuai_error_memory(err, "a sequence net");
    double sum = 0, parts = 0;
    for (size_t k = 0; k < o->steps; k++) {
        double loss = 0;
        skua_error own = {0};
        skua_status status = skuai_context_check(context, &own);
        if (status == SKUA_EDEADLINE) break;
        if (status != SKUA_OK && err) *err = own;
        SKUA_TRY(status);
        skuai_random_split(&t->random, seed ^ 0x5A5EC, k);
        SKUA_TRY(step(t, optimiser, &quiet, seed * 0x9E3779B97F4A7C15U + k, &loss, err));
        double keep = parts < MEAN_OF ? 1 : 1 - 1.0 / MEAN_OF;
        sum = keep * sum + loss;
        parts = keep * parts + 1;
        if (k % 10 == 0) skuai_context_trace(context, "sequence-loss", (int64_t)k, loss);
        skuai_context_progress(context, "sequences", (double)(k + 1), (double)o->steps);
    }
    t->net->loss = parts > 0 ? sum / parts : (double)NAN;
    return SKUA_OK;
}

skua_status skuai_sequence_train(const skuai_interactions *x, const skuai_sequence_options *o,
                                 const skuai_context *context, skuai_sequence_net **made,
                                 skua_error *err) {
    training t = {.x = x, .o = o};
    skuai_nn_optimiser *optimiser = NULL;
    skuai_nn_optimiser_config config = SKUAI_NN_OPTIMISER_DEFAULT;
    config.rate = o->rate;
    config.weight_decay = o->weight_decay;
    config.beta2 = 0.98;
    config.warmup_steps = o->steps / 20;
    config.total_steps = o->steps;
    config.final_share = 0.05;
    skua_status status =
        skuai_sequence_build(o, x->n_items, true, context ? context->seed : 1, &t.net, err);
    if (status == SKUA_OK) status = training_new(&t, err);
    if (status == SKUA_OK)
        status = skuai_nn_optimiser_new(t.net->parameters, &config, &optimiser, err);
    if (status == SKUA_OK) status = run_steps(&t, context, optimiser, err);
    if (status == SKUA_OK) status = fill_vectors(&t, err);
    skuai_nn_optimiser_free(optimiser);
    training_clear(&t);
    if (status != SKUA_OK) {
        skuai_sequence_free(t.net);
        return status;
    }
    *made = t.net;
    return SKUA_OK;
}

/* -- Reading a past ---------------------------------------------------------------------------- */

struct skuai_sequence_reader {
    const skuai_sequence_net *net;
    skuai_tape *tape;
    float *x;                  /* [length, width] */
    int32_t *positions, *ages; /* [length] */
};

skua_status skuai_sequence_reader_new(const skuai_sequence_net *net, skuai_sequence_reader **made,
                                      skua_error *err) {
    static const skuai_context alone = {.seed = 1, .threads = 1};
    size_t length = net->options.length;
    skuai_sequence_reader *r = skuai_zero(1, sizeof *r);
    if (!r) return skuai_error_memory(err, "a reader");
    r->net = net;
    r->tape = skuai_tape_new(&alone);
    r->x = skuai_new(length * net->options.width, sizeof *r->x);
    r->positions = skuai_new(length, sizeof *r->positions);
    r->ages = skuai_new(length, sizeof *r->ages);
    if (!r->tape || !r->x || !r->positions || !r->ages) {
        skuai_sequence_reader_free(r);
        return skuai_error_memory(err, "a reader");
    }
    *made = r;
    return SKUA_OK;
}

void skuai_sequence_reader_free(skuai_sequence_reader *r) {
    if (!r) return;
    skuai_tape_free(r->tape);
    skuai_free(r->x);
    skuai_free(r->positions);
    skuai_free(r->ages);
    skuai_free(r);
}

static void softmax(float *x, size_t n) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, (double)x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp((double)x[i] - most);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(exp((double)x[i] - most) / sum);
}

skua_status skuai_sequence_score(skuai_sequence_reader *r, skuai_past past, float *chance,
                                 skua_error *err) {
    const skuai_sequence_net *net = r->net;
    size_t d = net->options.width, n = net->n_items, length = net->options.length;
    size_t from = past.n > length ? past.n - length : 0, s = past.n - from;
    if (s == 0) {
        for (size_t i = 0; i < n; i++)
            chance[i] = 1 / (float)n;
        return SKUA_OK;
    }
    for (size_t k = 0; k < s; k++)
        memcpy(r->x + k * d, net->vectors + (size_t)past.items[from + k] * d, d * sizeof *r->x);
    read_days(past.days + from, s, r->positions, r->ages);
    skuai_tape_begin(r->tape, SKUAI_TAPE_INFER, 0);
    skuai_tensor *x = skuai_tape_input(r->tape, r->x, 3, (size_t[]){1, s, d});
    x = run_net(r->tape, net, x, r->positions, r->ages, 1, s);
    SKUA_TRY(skuai_tape_status(r->tape, err));
    const float *state = x->value + (s - 1) * d;
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t k = 0; k < d; k++)
            sum += state[k] * net->vectors[i * d + k];
        chance[i] = sum;
    }
    softmax(chance, n);
    return SKUA_OK;
}
