#include "nn/optimiser.h"

#include "nn/kernel.h"

#include <math.h>
#include <string.h>

enum { PIECE = 16384 };

static skua_status config_check(const skuai_nn_optimiser_config *c, skua_error *err) {
    const struct {
        const char *name;
        double value, below; /* 0 <= value < below */
    } limits[] = {{"rate", c->rate, INFINITY},
                  {"beta1", c->beta1, 1},
                  {"beta2", c->beta2, 1},
                  {"epsilon", c->epsilon, INFINITY},
                  {"weight_decay", c->weight_decay, INFINITY},
                  {"clip_norm", c->clip_norm, INFINITY},
                  {"ema_decay", c->ema_decay, 1},
                  {"final_share", c->final_share, INFINITY}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (!(limits[i].value >= 0 && limits[i].value < limits[i].below))
            return skuai_error_set(err, SKUA_EINVAL, "optimiser: %s = %g: need 0 <= %s < %g",
                                   limits[i].name, limits[i].value, limits[i].name,
                                   limits[i].below);
    }
    return SKUA_OK;
}

skua_status skuai_nn_optimiser_new(skuai_nn_parameters *parameters,
                                   const skuai_nn_optimiser_config *config,
                                   skuai_nn_optimiser **optimiser, skua_error *err) {
    SKUA_TRY(config_check(config, err));
    SKUA_TRY(skuai_nn_parameters_train(parameters, err));
    skuai_nn_optimiser *o = skuai_zero(1, sizeof *o);
    if (!o) return skuai_error_memory(err, "an optimiser");
    o->config = *config;
    o->parameters = parameters;
    o->moment1 = skuai_zero(parameters->size, sizeof *o->moment1);
    o->moment2 = skuai_zero(parameters->size, sizeof *o->moment2);
    if (config->ema_decay > 0) o->ema = skuai_new(parameters->size, sizeof *o->ema);
    if (!o->moment1 || !o->moment2 || (config->ema_decay > 0 && !o->ema)) {
        skuai_nn_optimiser_free(o);
        return skuai_error_memory(err, "an optimiser");
    }
    if (o->ema) skuai_kernel_copy(parameters->value, o->ema, parameters->size);
    *optimiser = o;
    return SKUA_OK;
}

void skuai_nn_optimiser_free(skuai_nn_optimiser *optimiser) {
    if (!optimiser) return;
    skuai_free(optimiser->moment1);
    skuai_free(optimiser->moment2);
    skuai_free(optimiser->ema);
    skuai_free(optimiser);
}

double skuai_nn_optimiser_rate(const skuai_nn_optimiser_config *config, size_t step) {
    const double pi = 3.14159265358979323846;
    if (step < config->warmup_steps)
        return config->rate * (double)(step + 1) / (double)config->warmup_steps;
    if (config->total_steps <= config->warmup_steps) return config->rate;
    double done = (double)(step - config->warmup_steps) /
                  (double)(config->total_steps - config->warmup_steps);
    if (done > 1) done = 1;
    double share = config->final_share + (1 - config->final_share) * (1 + cos(pi * done)) / 2;
    return config->rate * share;
}

typedef struct step_job {
    skuai_nn_optimiser *o;
    skuai_adam adam;
    double pull;  /* 1 - rate * weight decay, where it pulls */
    double *sums; /* [pieces] squares */
} step_job;

static skua_status squares_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const step_job *j = argument;
    const skuai_nn_parameters *p = j->o->parameters;
    size_t at = i * PIECE, n = p->size - at < PIECE ? p->size - at : PIECE;
    skuai_kernel_dot(p->gradient + at, p->gradient + at, n, &j->sums[i]);
    return SKUA_OK;
}

/* The first parameter that ends behind element `at`. */
static size_t parameter_at(const skuai_nn_parameters *p, size_t at) {
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->table[middle].offset + p->table[middle].size <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static skua_status step_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const step_job *j = argument;
    skuai_nn_optimiser *o = j->o;
    const skuai_nn_parameters *p = o->parameters;
    size_t begin = i * PIECE, end = begin + PIECE < p->size ? begin + PIECE : p->size;
    for (size_t k = parameter_at(p, begin); k < p->count && p->table[k].offset < end; k++) {
        const skuai_nn_parameter *t = &p->table[k];
        size_t from = t->offset > begin ? t->offset : begin;
        size_t to = t->offset + t->size < end ? t->offset + t->size : end;
        if (!t->trainable) {
            skuai_kernel_zero(p->gradient + from, to - from);
            continue;
        }
        skuai_adam adam = j->adam;
        adam.decay = (skuai_real)(t->decay ? j->pull : 1);
        skuai_kernel_adam(&adam, p->value + from, p->gradient + from, o->moment1 + from,
                          o->moment2 + from, o->ema ? o->ema + from : NULL, to - from);
    }
    return SKUA_OK;
}

/* The norm of the gradient; NaN or infinite when an element is. */
static skua_status norm_of(step_job *j, const skuai_context *context, double *norm,
                           skua_error *err) {
    size_t pieces = (j->o->parameters->size + PIECE - 1) / PIECE;
    j->sums = skuai_new(pieces, sizeof *j->sums);
    if (!j->sums) return skuai_error_memory(err, "a step");
    skua_status status = skuai_parallel_for(context, NULL, pieces, squares_piece, j, err);
    double sum = 0;
    for (size_t i = 0; status == SKUA_OK && i < pieces; i++)
        sum += j->sums[i];
    skuai_free(j->sums);
    *norm = sqrt(sum);
    return status;
}

skua_status skuai_nn_optimiser_step(skuai_nn_optimiser *optimiser, const skuai_context *context,
                                    double gradient_scale, skuai_nn_step *done, skua_error *err) {
    const skuai_nn_optimiser_config *c = &optimiser->config;
    skuai_nn_parameters *p = optimiser->parameters;
    /* a step that was begun is finished: half of one would be neither the old nor the new net */
    skuai_context whole = context ? *context : SKUAI_CONTEXT_DEFAULT;
    whole.deadline = 0;
    whole.cancel = NULL;
    step_job job = {.o = optimiser};
    double norm;
    SKUA_TRY(norm_of(&job, &whole, &norm, err));
    norm *= fabs(gradient_scale);
    double rate = skuai_nn_optimiser_rate(c, optimiser->step), t = (double)optimiser->step + 1;
    bool applied = isfinite(norm);
    if (applied) {
        double clip = c->clip_norm > 0 && norm > c->clip_norm ? c->clip_norm / norm : 1;
        double correction1 = 1 - pow(c->beta1, t), correction2 = sqrt(1 - pow(c->beta2, t));
        double average = (1 + t) / (10 + t); /* a young average forgets its start sooner */
        job.pull = 1 - rate * c->weight_decay;
        job.adam =
            (skuai_adam){.beta1 = (skuai_real)c->beta1,
                         .beta2 = (skuai_real)c->beta2,
                         .epsilon = (skuai_real)(c->epsilon * correction2),
                         .rate = (skuai_real)(rate * correction2 / correction1),
                         .factor = (skuai_real)(gradient_scale * clip),
                         .average = (skuai_real)(average < c->ema_decay ? average : c->ema_decay)};
        SKUA_TRY(
            skuai_parallel_for(&whole, NULL, (p->size + PIECE - 1) / PIECE, step_piece, &job, err));
    } else {
        skuai_nn_parameters_zero(p);
    }
    optimiser->step++;
    if (done) *done = (skuai_nn_step){.norm = norm, .rate = rate, .applied = applied};
    return SKUA_OK;
}

void skuai_nn_optimiser_swap(skuai_nn_optimiser *optimiser) {
    if (!optimiser->ema) return;
    skuai_nn_parameters *p = optimiser->parameters;
    for (size_t i = 0; i < p->size; i++) {
        skuai_real v = p->value[i];
        p->value[i] = optimiser->ema[i];
        optimiser->ema[i] = v;
    }
}
