#include "automl/search.h"

#include <math.h>
#include <string.h>

typedef struct searcher {
    const skuai_search_options *o;
    skuai_search_judge judge;
    void *user;
    const skuai_context *context;
    skuai_search *search;
    skuai_random random;
    size_t next_warm, next_family;
} searcher;

void skuai_search_clear(skuai_search *search) {
    skuai_free(search->trials);
    *search = (skuai_search){0};
}

/* -- What to try next -------------------------------------------------------------------------- */

/* The best trial that stands on `rungs` windows, its rank among all that reached them, and how many
 * went further. SIZE_MAX: none stands there. */
static size_t best_standing(const skuai_search *found, size_t rungs, size_t *reached, size_t *ahead,
                            size_t *further) {
    size_t best = SIZE_MAX;
    *reached = *ahead = *further = 0;
    for (size_t i = 0; i < found->n_trials; i++) {
        const skuai_trial *t = &found->trials[i];
        *reached += t->n_rungs >= rungs;
        *further += t->n_rungs > rungs;
        if (t->n_rungs != rungs || isinf(t->loss[rungs - 1])) continue;
        if (best == SIZE_MAX || t->loss[rungs - 1] < found->trials[best].loss[rungs - 1]) best = i;
    }
    for (size_t i = 0; i < found->n_trials && best != SIZE_MAX; i++)
        *ahead += found->trials[i].n_rungs >= rungs &&
                  found->trials[i].loss[rungs - 1] < found->trials[best].loss[rungs - 1];
    return best;
}

/* A trial that goes on to its next window: it belongs to the best 1 / eta there, and either fewer
 * than that share went further or it is better than all of them. The highest rung first; SIZE_MAX:
 * none. */
static size_t to_promote(const searcher *s) {
    for (size_t rungs = s->o->rungs - 1; rungs >= 1; rungs--) {
        size_t reached, ahead, further;
        size_t best = best_standing(s->search, rungs, &reached, &ahead, &further);
        size_t room = reached / s->o->eta;
        if (room == 0 && s->search->n_trials >= s->o->trials) room = 1; /* few trials */
        if (best != SIZE_MAX && ahead < room && (further < room || ahead == 0)) return best;
    }
    return SIZE_MAX;
}

static bool was_tried(const searcher *s, const char *specification) {
    for (size_t i = 0; i < s->search->n_trials; i++)
        if (strcmp(s->search->trials[i].specification, specification) == 0) return true;
    return false;
}

/* The family that gets the next trial: each in turn for two rounds, then by the rank of its best
 * trial so far, better ones more often. */
static size_t choose_family(searcher *s) {
    size_t F = s->o->n_families, turn = s->next_family++;
    if (turn < 2 * F || turn % 4 == 3) return turn % F;
    double best = (double)INFINITY;
    size_t family = turn % F;
    for (size_t i = 0; i < s->search->n_trials; i++) {
        const skuai_trial *t = &s->search->trials[i];
        if (t->family != SIZE_MAX && t->loss[0] < best) best = t->loss[0], family = t->family;
    }
    if (turn % 4 != 2) return family;
    double second = (double)INFINITY; /* the runner-up gets a quarter */
    size_t other = family;
    for (size_t i = 0; i < s->search->n_trials; i++) {
        const skuai_trial *t = &s->search->trials[i];
        if (t->family != SIZE_MAX && t->family != family && t->loss[0] < second)
            second = t->loss[0], other = t->family;
    }
    return other;
}

/* Fill in a new trial; false: nothing new was found. */
static bool propose(searcher *s, skuai_trial *t) {
    const skuai_search_options *o = s->o;
    while (s->next_warm < o->n_warm) {
        const char *text = o->warm[s->next_warm++];
        if (strlen(text) >= sizeof t->specification || was_tried(s, text)) continue;
        *t = (skuai_trial){.family = SIZE_MAX};
        memcpy(t->specification, text, strlen(text) + 1);
        return true;
    }
    for (int attempt = 0; attempt < 50 && o->n_families > 0; attempt++) {
        *t = (skuai_trial){.family = choose_family(s)};
        const skuai_search_family *family = &o->families[t->family];
        skuai_search_propose(family, t->family, s->search->trials, s->search->n_trials, &s->random,
                             t->x);
        skuai_search_specify(family, t->x, t->specification);
        if (!was_tried(s, t->specification)) return true;
    }
    return false;
}

/* -- Judging ----------------------------------------------------------------------------------- */

/* Seconds of an evaluation of this trial: what it needed for a window so far, else the longest that
 * one of its family needed; 0: nothing is known. */
static double expected_seconds(const searcher *s, const skuai_trial *trial) {
    double most = 0;
    if (trial->n_rungs > 0) return trial->seconds / (double)trial->n_rungs;
    for (size_t i = 0; i < s->search->n_trials; i++) {
        const skuai_trial *t = &s->search->trials[i];
        if (t->family == trial->family && t->n_rungs > 0)
            most = fmax(most, t->seconds / (double)t->n_rungs);
    }
    return most;
}

static bool may_begin(const searcher *s, const skuai_trial *trial) {
    const skuai_search_options *o = s->o;
    if (o->evaluations && s->search->n_evaluations >= o->evaluations) return false;
    return !(o->deadline > 0) || skuai_clock() + expected_seconds(s, trial) < o->deadline;
}

static skua_status evaluate(searcher *s, skuai_trial *t, skua_error *err) {
    double loss = (double)INFINITY, seconds = 0;
    skua_error why = {0};
    skua_status status = s->judge(s->user, t->specification, t->n_rungs, &loss, &seconds, &why);
    if (status == SKUA_ECANCEL || status == SKUA_ENOMEM) {
        if (err) *err = why;
        return status;
    }
    t->loss[t->n_rungs++] = status == SKUA_OK && isfinite(loss) ? loss : (double)INFINITY;
    t->seconds += seconds;
    s->search->n_evaluations++;
    return SKUA_OK;
}

static bool better(const skuai_trial *a, const skuai_trial *b) {
    double x = 0, y = 0;
    if (a->n_rungs != b->n_rungs) return a->n_rungs > b->n_rungs;
    for (size_t r = 0; r < a->n_rungs; r++)
        x += a->loss[r], y += b->loss[r];
    return x < y;
}

static void sort_trials(skuai_search *search) {
    for (size_t i = 1; i < search->n_trials; i++) {
        skuai_trial t = search->trials[i];
        size_t j = i;
        for (; j > 0 && better(&t, &search->trials[j - 1]); j--)
            search->trials[j] = search->trials[j - 1];
        search->trials[j] = t;
    }
}

static skua_status step(searcher *s, bool *more, skua_error *err) {
    skuai_search *found = s->search;
    size_t which = to_promote(s);
    *more = false;
    if (which != SIZE_MAX) {
        if (!may_begin(s, &found->trials[which])) return SKUA_OK;
        SKUA_TRY(evaluate(s, &found->trials[which], err));
        *more = true;
        return SKUA_OK;
    }
    if (found->n_trials >= s->o->trials) return SKUA_OK;
    skuai_trial *t = &found->trials[found->n_trials];
    if (!propose(s, t) || !may_begin(s, t)) return SKUA_OK;
    SKUA_TRY(evaluate(s, t, err));
    found->n_trials++;
    *more = true;
    return SKUA_OK;
}

skua_status skuai_search_run(const skuai_search_options *options, skuai_search_judge judge,
                             void *user, const skuai_context *context, skuai_search *search,
                             skua_error *err) {
    if (options->rungs < 1 || options->rungs > SKUAI_SEARCH_RUNGS || options->eta < 2 ||
        options->trials > SKUAI_SEARCH_TRIALS)
        return skuai_error_set(err, SKUA_EINVAL, "a search of %zu rungs, %zu trials, eta %zu",
                               options->rungs, options->trials, options->eta);
    searcher *s = skuai_zero(1, sizeof *s);
    skuai_search found = {.trials = skuai_zero(options->trials + 1, sizeof *found.trials)};
    skua_status status = s && found.trials ? SKUA_OK : skuai_error_memory(err, "a search");
    if (status == SKUA_OK) {
        *s = (searcher){
            .o = options, .judge = judge, .user = user, .context = context, .search = &found};
        skuai_random_init(&s->random, options->seed);
    }
    for (bool more = true; more && status == SKUA_OK;) {
        skuai_context_progress(context, "search", (double)found.n_trials, (double)options->trials);
        status = step(s, &more, err);
    }
    skuai_free(s);
    if (status != SKUA_OK) {
        skuai_search_clear(&found);
        return status;
    }
    sort_trials(&found);
    *search = found;
    return SKUA_OK;
}
