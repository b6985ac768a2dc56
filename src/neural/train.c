#include "neural/train.h"

#include "neural/demand_file.h"
#include "neural/gradient_tree.h"
#include "neural/trial.h"
#include "nn/adapter.h"

#include <math.h>
#include <string.h>

#define CHECKPOINT_FORMAT "skua training checkpoint 1"

enum { MEAN_STEPS = 20 };

typedef struct run {
    skuai_demand *net;
    const skuai_train_config *config;
    const skuai_context *context;
    skuai_context quiet; /* the same without deadline and cancel: a step that was begun is finished,
                            or a checkpoint would hold half of it */
    skuai_nn_parameters *trained; /* the net's, or its adapters' */
    skuai_nn_optimiser *optimiser;
    skuai_tape *tape, *teaching; /* teaching: the teacher's passes */
    skuai_batch_reader reader;
    skuai_real *best; /* [trained] weights of the best validation, or NULL */
    double best_loss;
    double losses[MEAN_STEPS];
    size_t n_losses;
    size_t pieces;                 /* of a step */
    double *piece_losses;          /* [pieces] of this step */
    skuai_gradient_tree gradients; /* of this rank's pieces */
} run;

/* -- Shapes ------------------------------------------------------------------------------------ */

/* Patches of context and of horizon of a step: the whole, a half, a quarter ... of them; the
 * shorter the more often, as short histories are the common ones and cost less. */
static size_t halvings(skuai_random *random, const double *shares, size_t n) {
    double u = skuai_random_uniform(random);
    size_t k = 0;
    while (k + 1 < n && u >= shares[k])
        u -= shares[k++];
    return k;
}

static void shape_of(const run *r, uint64_t step, size_t *past, size_t *future) {
    *past = r->net->config.window.context;
    *future = r->config->future;
    if (!r->config->vary_context) return;
    skuai_random random;
    skuai_random_split(&random, r->config->seed ^ 0xC0A7U, step);
    static const double pasts[] = {0.15, 0.25, 0.3, 0}, futures[] = {0.25, 0.35, 0};
    *past >>= halvings(&random, pasts, sizeof pasts / sizeof *pasts);
    *future >>= halvings(&random, futures, sizeof futures / sizeof *futures);
    if (*past == 0) *past = 1;
    if (*future == 0) *future = 1;
}

/* -- Checkpoints ------------------------------------------------------------------------------ */

/* Settings that decide what a step does; a checkpoint of others is refused. */
static skua_status settings_text(const run *r, skuai_buffer *out, skua_error *err) {
    const skuai_train_config *c = r->config;
    const skuai_nn_optimiser_config *o = &r->optimiser->config;
    SKUA_TRY(skuai_demand_config_text(&r->net->config, out, err));
    skuai_buffer_format(out, " %llu %zu %zu %.17g %.17g %.17g %.17g %zu %zu %d",
                        (unsigned long long)c->seed, c->batch, c->future, c->auxiliary, o->rate,
                        o->weight_decay, o->ema_decay, o->warmup_steps, o->total_steps,
                        c->vary_context);
    /* what came later is told only where it is used, so that older checkpoints stay good */
    if (c->attack.epsilon > 0)
        skuai_buffer_format(out, " attack %.17g %zu", c->attack.epsilon, c->attack.steps);
    if (c->teacher) skuai_buffer_format(out, " teacher %.17g", c->teacher_weight);
    if (c->pieces > 1) skuai_buffer_format(out, " pieces %zu", c->pieces);
    const skuai_window_augmentation *a = &c->augmentation;
    skuai_buffer_format(out, " windows %.17g %.17g %.17g %.17g %.17g %.17g %.17g", a->jitter,
                        a->scaling, a->drop, a->mask, a->damage, a->slice, a->mix);
    if (c->rank > 0) skuai_buffer_format(out, " adapters %zu %.17g", c->rank, c->alpha);
    return skuai_buffer_check(out, err);
}

static skua_status checkpoint_write(const run *r, skua_error *err) {
    if (skuai_ranks_rank(r->config->ranks) > 0) return SKUA_OK;
    const skuai_nn_optimiser *o = r->optimiser;
    size_t n = r->trained->size;
    skuai_buffer settings, step;
    skuai_buffer_init(&settings, 1 << 16);
    skuai_buffer_init(&step, 256);
    skua_status status = settings_text(r, &settings, err);
    skuai_buffer_format(&step, "%zu %.17g", o->step, r->best_loss);
    const skuai_safetensors_pair texts[] = {{"format", CHECKPOINT_FORMAT},
                                            {"settings", skuai_buffer_view(&settings)},
                                            {"step", skuai_buffer_view(&step)}};
    skuai_safetensors_array arrays[5];
    size_t count = 0;
    const struct {
        const char *name;
        const float *values;
    } blocks[] = {{"value", r->trained->value},
                  {"moment1", o->moment1},
                  {"moment2", o->moment2},
                  {"ema", o->ema},
                  {"best", r->best}};
    for (size_t k = 0; k < 5; k++) {
        if (!blocks[k].values) continue;
        arrays[count++] = (skuai_safetensors_array){
            .name = blocks[k].name, .rank = 1, .shape = {n}, .values = blocks[k].values};
    }
    if (status == SKUA_OK)
        status = skuai_safetensors_write(r->config->checkpoint, texts, 3, arrays, count, err);
    skuai_buffer_clear(&settings);
    skuai_buffer_clear(&step);
    return status;
}

/* step and best loss from "12 0.5". */
static bool parse_step(const char *text, size_t *step, double *best) {
    size_t s = 0;
    const char *c = text ? text : "";
    if (*c < '0' || *c > '9') return false;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (s > SIZE_MAX / 100) return false;
        s = s * 10 + (size_t)(*c - '0');
    }
    if (*c != ' ') return false;
    c++;
    *best = skuai_text_number(c);
    if (!isfinite(*best)) *best = INFINITY; /* none yet */
    *step = s;
    return true;
}

static skua_status checkpoint_load(run *r, skuai_safetensors *file, skua_error *err) {
    skuai_nn_optimiser *o = r->optimiser;
    size_t n = r->trained->size, step;
    double best;
    const char *format = skuai_safetensors_text(file, "format");
    const char *settings = skuai_safetensors_text(file, "settings");
    skuai_buffer mine;
    skuai_buffer_init(&mine, 1 << 16);
    skua_status status = settings_text(r, &mine, err);
    size_t last =
        o->config.total_steps > r->config->steps ? o->config.total_steps : r->config->steps;
    if (status == SKUA_OK &&
        (!format || strcmp(format, CHECKPOINT_FORMAT) != 0 || !settings ||
         strcmp(settings, skuai_buffer_view(&mine)) != 0 ||
         !parse_step(skuai_safetensors_text(file, "step"), &step, &best) || step > last))
        status = skuai_error_set(err, SKUA_EDATA,
                                 "%s is not a checkpoint of this net with these settings",
                                 r->config->checkpoint);
    skuai_buffer_clear(&mine);
    if (status != SKUA_OK) return status;
    /* into fresh blocks first: a broken file leaves the net as it was */
    skuai_real *blocks[5] = {0},
               *into[5] = {r->trained->value, o->moment1, o->moment2, o->ema, r->best};
    static const char *const names[] = {"value", "moment1", "moment2", "ema", "best"};
    for (size_t k = 0; k < 5 && status == SKUA_OK; k++) {
        if (!into[k]) continue;
        blocks[k] = skuai_new(n, sizeof **blocks);
        status = blocks[k] ? skuai_safetensors_read(file, names[k], n, blocks[k], err)
                           : skuai_error_memory(err, "a checkpoint");
    }
    for (size_t k = 0; k < 5; k++) {
        if (status == SKUA_OK && into[k]) memcpy(into[k], blocks[k], n * sizeof **blocks);
        skuai_free(blocks[k]);
    }
    if (status != SKUA_OK) return status;
    o->step = step;
    r->best_loss = best;
    return SKUA_OK;
}

static skua_status checkpoint_read(run *r, skua_error *err) {
    if (!r->config->checkpoint || skuai_ranks_rank(r->config->ranks) > 0) return SKUA_OK;
    skuai_safetensors *file;
    skua_status status = skuai_safetensors_open(r->config->checkpoint, &file, err);
    if (status == SKUA_ENOTFOUND) {
        skuai_error_clear(err);
        return SKUA_OK;
    }
    if (status == SKUA_OK) {
        status = checkpoint_load(r, file, err);
        skuai_safetensors_close(file);
    }
    if (status == SKUA_EDATA && err) {
        skua_error why = *err;
        return skuai_error_set(err, status,
                               "%s; remove it to begin anew, or go on with the settings it was "
                               "written with",
                               why.message);
    }
    if (status == SKUA_OK)
        skuai_context_log(r->context, SKUAI_LOG_INFO, "training goes on from step %zu of %s",
                          r->optimiser->step, r->config->checkpoint);
    return status;
}

/* Every rank begins with what rank 0 has: hosts need not share the checkpoint's folder. */
static skua_status share_state(run *r, skua_error *err) {
    const skuai_ranks *ranks = r->config->ranks;
    skuai_nn_optimiser *o = r->optimiser;
    skuai_nn_parameters *all = r->net->parameters;
    skuai_real *blocks[] = {r->trained->value, o->moment1, o->moment2, o->ema, r->best};
    SKUA_TRY(skuai_ranks_broadcast(ranks, &o->step, sizeof o->step, err));
    SKUA_TRY(skuai_ranks_broadcast(ranks, &r->best_loss, sizeof r->best_loss, err));
    SKUA_TRY(skuai_ranks_broadcast(ranks, all->value, all->size * sizeof *all->value, err));
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
        if (blocks[k])
            SKUA_TRY(
                skuai_ranks_broadcast(ranks, blocks[k], r->trained->size * sizeof **blocks, err));
    return SKUA_OK;
}

/* -- Steps ------------------------------------------------------------------------------------ */

/* (1 - w) of the loss on what came, w of the distance to the teacher's quantiles: the mean square
 * over the horizon and the levels, which is the squared Wasserstein distance of the two forecasts
 * on the grid of levels. */
static skuai_tensor *taught_loss(run *r, const skuai_window_batch *batch, skuai_tensor *out,
                                 skuai_tensor *loss) {
    const skuai_train_config *c = r->config;
    skuai_tape_begin(r->teaching, SKUAI_TAPE_INFER, 0);
    const skuai_tensor *wanted = skuai_demand_run(r->teaching, c->teacher, batch, SKUAI_DEMAND_ALL);
    skuai_real *weight = skuai_tape_take(r->tape, out ? out->size : 1, sizeof *weight);
    if (!wanted || !weight || !out) {
        skua_error err = {0};
        skua_status status = skuai_tape_status(r->teaching, &err);
        return status == SKUA_OK ? NULL : skuai_tape_fail(r->tape, status, "%s", err.message);
    }
    size_t tokens = batch->past + batch->future, row = batch->config.patch * SKUAI_DEMAND_LEVELS;
    for (size_t i = 0; i < out->size; i++)
        weight[i] = i / row % tokens >= batch->past && batch->known[i / row / tokens] ? 1 : 0;
    skuai_tensor *gap = skuai_nn_squared_loss(r->tape, out, wanted->value, weight);
    double w = c->teacher_weight;
    return skuai_nn_loss_sum(r->tape, (skuai_tensor *[]){loss, gap}, (double[]){1 - w, w}, 2);
}

/* A pass forward and backward; gradients are added. tokens: the batch's, or a variable made of
 * them. *horizon out: the loss on the horizon alone. */
static skua_status pass(run *r, const skuai_window_batch *batch, bool variable, uint64_t seed,
                        const skuai_real **gradient, double *horizon, skua_error *err) {
    const skuai_train_config *c = r->config;
    const size_t shape[] = {batch->n, batch->past + batch->future, batch->features};
    skuai_tape_begin(r->tape, SKUAI_TAPE_TRAIN, seed);
    skuai_tensor *tokens = variable ? skuai_tape_variable(r->tape, batch->tokens, 3, shape)
                                    : skuai_tape_input(r->tape, batch->tokens, 3, shape);
    skuai_tensor *out = skuai_demand_run_on(r->tape, r->net, batch, tokens, SKUAI_DEMAND_ALL);
    skuai_tensor *ahead = NULL;
    skuai_tensor *loss = skuai_demand_loss(r->tape, r->net, batch, out, c->auxiliary, &ahead);
    if (c->teacher) loss = taught_loss(r, batch, out, loss);
    SKUA_TRY(skuai_tape_backward(r->tape, loss, err));
    if (horizon) *horizon = (double)ahead->value[0]; /* as validation counts it */
    if (gradient) *gradient = tokens->gradient;
    return SKUA_OK;
}

/* A second half of the gradient from inputs moved against the net (attack.h). The first pass gave
 * the inputs' gradient; those that follow are for the inputs alone, the last one trains. */
static skua_status adversarial(run *r, skuai_window_batch *batch, uint64_t seed,
                               const skuai_real *gradient, skua_error *err) {
    const skuai_attack *a = &r->config->attack;
    skuai_real *kept = r->trained->gradient;
    float *origin = skuai_arena_take(r->reader.arena, skuai_attack_size(batch), sizeof *origin);
    if (!origin) return skuai_error_memory(err, "an attack");
    skuai_attack_begin(batch, origin);
    for (size_t i = 0; i < a->steps; i++) {
        if (i > 0) {
            r->trained->gradient = NULL; /* weights are constants */
            skua_status status = pass(r, batch, true, seed, &gradient, NULL, err);
            r->trained->gradient = kept;
            SKUA_TRY(status);
        }
        skuai_attack_step(a, batch, origin, gradient);
    }
    return pass(r, batch, false, seed, NULL, NULL, err);
}

/* The gradient of piece i of step k, added to the trained parameters'. */
static skua_status piece(run *r, uint64_t k, size_t i, skuai_train_source source, void *user,
                         skua_error *err) {
    const skuai_train_config *c = r->config;
    uint64_t seed = c->seed * 0x9E3779B97F4A7C15U + k + i * 0xD1B54A32D192ED03U;
    size_t first = c->batch * i / r->pieces, end = c->batch * (i + 1) / r->pieces, past, future;
    skuai_window_batch batch;
    shape_of(r, k, &past, &future);
    SKUA_TRY(skuai_batch_reader_read(&r->reader, source, user, k * c->batch + first, end - first,
                                     past, future, &c->augmentation, &batch, err));
    bool attacked = c->attack.epsilon > 0;
    const skuai_real *gradient = NULL;
    SKUA_TRY(pass(r, &batch, attacked, seed, &gradient, &r->piece_losses[i], err));
    return attacked ? adversarial(r, &batch, seed, gradient, err) : SKUA_OK;
}

/* The gradient and the loss of step k: this rank's pieces, then everybody's. */
static skua_status step_gradient(run *r, uint64_t k, skuai_train_source source, void *user,
                                 double *loss, skua_error *err) {
    const skuai_ranks *ranks = r->config->ranks;
    skuai_nn_parameters *p = r->trained;
    size_t first, end;
    skuai_ranks_share(ranks, r->pieces, &first, &end);
    for (size_t i = first; i < end; i++) {
        SKUA_TRY(piece(r, k, i, source, user, err));
        if (end - first > 1) SKUA_TRY(skuai_gradient_tree_add(&r->gradients, p->gradient, err));
    }
    if (end - first > 1) skuai_gradient_tree_take(&r->gradients, p->gradient);
    SKUA_TRY(skuai_ranks_sum(ranks, p->gradient, p->size, err));
    SKUA_TRY(skuai_ranks_collect(ranks, r->piece_losses, end - first, err));
    *loss = 0;
    for (size_t i = 0; i < r->pieces; i++)
        *loss += r->piece_losses[i] / (double)r->pieces;
    return SKUA_OK;
}

static skua_status step(run *r, skuai_train_source source, void *user, skua_error *err) {
    uint64_t k = r->optimiser->step;
    double value, passes = r->config->attack.epsilon > 0 ? 2 : 1;
    skuai_nn_step done;
    SKUA_TRY(step_gradient(r, k, source, user, &value, err));
    SKUA_TRY(skuai_nn_optimiser_step(r->optimiser, &r->quiet, 1 / (passes * (double)r->pieces),
                                     &done, err));
    r->losses[r->n_losses++ % MEAN_STEPS] = value;
    if (k % 10 == 0) {
        skuai_context_trace(r->context, "train-loss", (int64_t)k, value);
        skuai_context_trace(r->context, "learning-rate", (int64_t)k, done.rate);
    }
    if (!done.applied)
        skuai_context_log(r->context, SKUAI_LOG_WARNING,
                          "step %llu: the gradient was not finite and was left out",
                          (unsigned long long)k);
    return SKUA_OK;
}

static double mean_loss(const run *r) {
    size_t n = r->n_losses < MEAN_STEPS ? r->n_losses : MEAN_STEPS;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += r->losses[i] / (double)n;
    return n ? sum : NAN;
}

/* Batch i of the validation windows; its sums [4]: windows, loss, pinball, units. */
static skua_status validate_batch(run *r, skuai_train_source source, void *user, size_t i,
                                  double *sums, skua_error *err) {
    size_t n = r->config->validation, first = i * r->config->batch, left = n - first;
    skuai_window_batch batch;
    skuai_trial trial = {0};
    SKUA_TRY(skuai_batch_reader_read(
        &r->reader, source, user, first, left < r->config->batch ? left : r->config->batch,
        r->net->config.window.context, r->config->future, NULL, &batch, err));
    SKUA_TRY(skuai_trial_add(&trial, r->tape, r->net, &batch, err));
    sums[0] = (double)trial.windows, sums[1] = trial.loss;
    sums[2] = trial.pinball, sums[3] = trial.units;
    return SKUA_OK;
}

/* All batches, shared by the ranks in turns of one a rank, added in their order. */
static skua_status validate_batches(run *r, skuai_train_source source, void *user,
                                    skuai_trial *trial, skua_error *err) {
    const skuai_ranks *ranks = r->config->ranks;
    size_t size = skuai_ranks_size(ranks), rank = skuai_ranks_rank(ranks);
    size_t batches = (r->config->validation + r->config->batch - 1) / r->config->batch;
    double *sums = skuai_zero(size, 4 * sizeof *sums);
    skua_status status = sums ? SKUA_OK : skuai_error_memory(err, "validation");
    for (size_t i = 0; i < batches && status == SKUA_OK; i += size) {
        memset(sums, 0, size * 4 * sizeof *sums);
        if (i + rank < batches)
            status = validate_batch(r, source, user, i + rank, sums + 4 * rank, err);
        if (status == SKUA_OK) status = skuai_ranks_collect(ranks, sums, 4, err);
        for (size_t k = 0; k < size && status == SKUA_OK; k++) {
            trial->windows += (size_t)sums[4 * k];
            trial->loss += sums[4 * k + 1];
            trial->pinball += sums[4 * k + 2];
            trial->units += sums[4 * k + 3];
        }
    }
    skuai_free(sums);
    return status;
}

static skua_status validate(run *r, skuai_train_source source, void *user, double *result,
                            skua_error *err) {
    *result = NAN;
    if (!source || r->config->validation == 0) return SKUA_OK;
    skuai_trial trial = {0};
    skuai_nn_optimiser_swap(r->optimiser);
    skua_status status = validate_batches(r, source, user, &trial, err);
    skuai_nn_optimiser_swap(r->optimiser);
    if (status == SKUA_OK && trial.windows > 0) {
        *result = skuai_trial_loss(&trial);
        skuai_context_trace(r->context, "validation-loss", (int64_t)r->optimiser->step, *result);
        skuai_context_trace(r->context, "validation-wql", (int64_t)r->optimiser->step,
                            skuai_trial_wql(&trial));
        skuai_context_log(r->context, SKUAI_LOG_INFO,
                          "step %zu of %zu: training loss %.4f, validation loss %.4f, gap %+.4f, "
                          "validation WQL %.4f",
                          r->optimiser->step, r->config->steps, mean_loss(r), *result,
                          *result - mean_loss(r), skuai_trial_wql(&trial));
    }
    return status;
}

static void remember_best(run *r, double loss) {
    if (!r->best || !(loss < r->best_loss)) return;
    r->best_loss = loss;
    const skuai_real *from = r->optimiser->ema ? r->optimiser->ema : r->trained->value;
    memcpy(r->best, from, r->trained->size * sizeof *r->best);
}

/* What the context says, the same on all ranks: clocks differ, and a step is everybody's. */
static skua_status check_together(const run *r, skua_error *err) {
    skua_status own = skuai_context_check(r->context, err);
    int most = (int)own;
    SKUA_TRY(skuai_ranks_most(r->config->ranks, &most, err));
    return most == (int)own ? own
                            : skuai_error_set(err, (skua_status)most, "another rank stopped: %s",
                                              skua_status_text((skua_status)most));
}

static skua_status loop(run *r, skuai_train_source source, void *user,
                        skuai_train_source validation, void *validation_user,
                        skuai_train_result *result, skua_error *err) {
    const skuai_train_config *c = r->config;
    double saved = skuai_clock(), begun = saved;
    double every = c->checkpoint_seconds > 0 ? c->checkpoint_seconds : 60;
    size_t first = r->optimiser->step;
    bool checked = false;
    while (r->optimiser->step < c->steps) {
        skua_status status = check_together(r, err);
        if (status == SKUA_EDEADLINE) {
            skuai_error_clear(err);
            break;
        }
        SKUA_TRY(status);
        SKUA_TRY(step(r, source, user, err));
        size_t k = r->optimiser->step;
        if (k == first + MEAN_STEPS || k == c->steps) {
            if (isnan(result->first_loss)) result->first_loss = mean_loss(r);
        }
        checked = c->validate_every && k % c->validate_every == 0;
        if (checked) {
            SKUA_TRY(validate(r, validation, validation_user, &result->validation, err));
            remember_best(r, result->validation);
        }
        skuai_context_progress(r->context, "train", (double)k, (double)c->steps);
        if (c->checkpoint && skuai_clock() - saved > every) {
            SKUA_TRY(checkpoint_write(r, err));
            saved = skuai_clock();
        }
    }
    double seconds = skuai_clock() - begun;
    result->windows_a_second =
        seconds > 0 ? (double)((r->optimiser->step - first) * c->batch) / seconds : 0;
    if (!checked) {
        SKUA_TRY(validate(r, validation, validation_user, &result->validation, err));
        remember_best(r, result->validation);
    }
    return SKUA_OK;
}

static skua_status config_check(const skuai_train_config *c, skua_error *err) {
    if (c->batch < 1 || c->batch > 65536)
        return skuai_error_set(err, SKUA_EINVAL, "batch = %zu: need 1 to 65536", c->batch);
    if (c->future < 1 || c->future > 1024)
        return skuai_error_set(err, SKUA_EINVAL, "future = %zu patches: need 1 to 1024", c->future);
    size_t ranks = skuai_ranks_size(c->ranks), pieces = c->pieces ? c->pieces : ranks;
    if (pieces > c->batch || pieces % ranks != 0)
        return skuai_error_set(err, SKUA_EINVAL,
                               "pieces = %zu of a step of %zu windows on %zu ranks: need a "
                               "multiple of the ranks, and a window a piece",
                               pieces, c->batch, ranks);
    const skuai_window_augmentation *a = &c->augmentation;
    if (!(a->jitter >= 0 && a->scaling >= 0 && a->drop >= 0 && a->drop <= 1 && a->mask >= 0 &&
          a->mask < 1 && a->damage >= 0 && a->damage <= 1 && a->slice >= 0 && a->slice <= 1 &&
          a->mix >= 0 && a->mix <= 1 && c->auxiliary >= 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "augmentation: need jitter, scaling, auxiliary >= 0, drop, "
                               "damage, slice and mix in [0, 1], mask in [0, 1)");
    if (!(c->attack.epsilon >= 0 && c->attack.epsilon <= 10) || c->attack.steps > 100 ||
        (c->attack.epsilon > 0 && c->attack.steps == 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "attack of size %g in %zu steps: need a size from 0 to 10, and 1 to "
                               "100 steps",
                               c->attack.epsilon, c->attack.steps);
    if (c->teacher && !(c->teacher_weight >= 0 && c->teacher_weight <= 1))
        return skuai_error_set(err, SKUA_EINVAL, "teacher_weight = %g: need 0 to 1",
                               c->teacher_weight);
    return SKUA_OK;
}

/* A teacher reads the same batches: its windows must be cut alike. */
static skua_status teacher_check(const skuai_train_config *c, const skuai_demand *net,
                                 skua_error *err) {
    if (!c->teacher) return SKUA_OK;
    const skuai_window_config *a = &c->teacher->config.window, *b = &net->config.window;
    if (a->patch == b->patch && a->context == b->context) return SKUA_OK;
    return skuai_error_set(err, SKUA_EINVAL,
                           "a teacher of %zu patches of %zu periods for a net of %zu of %zu: need "
                           "the same",
                           a->context, a->patch, b->context, b->patch);
}

static skua_status set_up(run *r, skua_error *err) {
    skuai_nn_optimiser_config o = r->config->optimiser;
    if (o.total_steps == 0) o.total_steps = r->config->steps;
    r->trained = r->net->parameters;
    if (r->config->rank > 0) {
        skuai_nn_adapters *adapters;
        SKUA_TRY(skuai_nn_adapters_new(r->net->parameters, r->config->rank, r->config->alpha,
                                       r->config->seed, &adapters, err));
        r->trained = adapters->parameters;
    }
    SKUA_TRY(skuai_nn_optimiser_new(r->trained, &o, &r->optimiser, err));
    r->quiet = r->context ? *r->context : SKUAI_CONTEXT_DEFAULT;
    r->quiet.deadline = 0;
    r->quiet.cancel = NULL;
    r->tape = skuai_tape_new(&r->quiet);
    if (r->config->teacher) r->teaching = skuai_tape_new(&r->quiet);
    if (!r->tape || (r->config->teacher && !r->teaching))
        return skuai_error_memory(err, "training");
    SKUA_TRY(skuai_batch_reader_init(&r->reader, &r->net->config.window, r->config->seed, &r->quiet,
                                     err));
    r->pieces = r->config->pieces ? r->config->pieces : skuai_ranks_size(r->config->ranks);
    r->piece_losses = skuai_zero(r->pieces, sizeof *r->piece_losses);
    if (!r->piece_losses) return skuai_error_memory(err, "training");
    r->gradients.size = r->trained->size;
    if (r->config->keep_best) {
        r->best = skuai_zero(r->trained->size, sizeof *r->best);
        if (!r->best) return skuai_error_memory(err, "training");
    }
    return SKUA_OK;
}

static void tear_down(run *r) {
    skuai_batch_reader_clear(&r->reader);
    skuai_tape_free(r->teaching);
    skuai_tape_free(r->tape);
    skuai_nn_optimiser_free(r->optimiser);
    skuai_free(r->best);
    skuai_free(r->piece_losses);
    skuai_gradient_tree_clear(&r->gradients);
    skuai_nn_adapters_drop(r->net->parameters);
}

skua_status skuai_train_run(skuai_demand *net, const skuai_train_config *config,
                            skuai_train_source source, void *user, skuai_train_source validation,
                            void *validation_user, const skuai_context *context,
                            skuai_train_result *result, skua_error *err) {
    SKUA_TRY(config_check(config, err));
    SKUA_TRY(teacher_check(config, net, err));
    run r = {.net = net, .config = config, .context = context, .best_loss = INFINITY};
    skuai_train_result done = {.first_loss = NAN, .loss = NAN, .validation = NAN, .best = NAN};
    skua_status status = set_up(&r, err);
    if (status == SKUA_OK) status = checkpoint_read(&r, err);
    if (status == SKUA_OK) status = share_state(&r, err);
    if (status == SKUA_OK) status = loop(&r, source, user, validation, validation_user, &done, err);
    if (r.optimiser && config->checkpoint && r.optimiser->step > 0 &&
        (status == SKUA_OK || status == SKUA_ECANCEL)) {
        skua_status written = checkpoint_write(&r, status == SKUA_OK ? err : NULL);
        if (status == SKUA_OK) status = written;
    }
    if (status == SKUA_OK) {
        done.steps = r.optimiser->step;
        done.finished = done.steps >= config->steps;
        done.loss = mean_loss(&r);
        if (isfinite(r.best_loss)) done.best = r.best_loss;
        if (r.best && isfinite(r.best_loss))
            memcpy(r.trained->value, r.best, r.trained->size * sizeof *r.best);
        else
            skuai_nn_optimiser_swap(r.optimiser);
        skuai_nn_adapters_merge(net->parameters);
        if (result) *result = done;
    }
    tear_down(&r);
    return status;
}
