/* Points of a space: as text, and where the next one should lie. */
#include "automl/search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DRAWS = 8, RANDOM_FIRST = 8 };

/* -- As text ----------------------------------------------------------------------------------- */

static size_t count_choices(const char *choices) {
    size_t n = 1;
    for (; *choices; choices++)
        n += *choices == '|';
    return n;
}

static size_t choice_at(const skuai_search_parameter *p, double x) {
    size_t n = count_choices(p->choices), i = (size_t)(x * (double)n);
    return i < n ? i : n - 1;
}

/* The i-th of "a|b|c": its start, and its length. */
static const char *choice_text(const char *choices, size_t i, size_t *length) {
    for (; i > 0; choices++)
        i -= *choices == '|';
    *length = strcspn(choices, "|");
    return choices;
}

static void append(char *text, const char *name, const char *value, size_t length) {
    size_t n = strlen(text);
    if (length == 0 || n + strlen(name) + length + 3 > SKUAI_SPECIFICATION_SIZE) return;
    (void)snprintf(text + n, SKUAI_SPECIFICATION_SIZE - n, ":%s=%.*s", name, (int)length, value);
}

void skuai_search_specify(const skuai_search_family *family, const double *x, char *text) {
    (void)snprintf(text, SKUAI_SPECIFICATION_SIZE, "%s%s", family->name, family->fixed);
    for (size_t k = 0; k < family->n; k++) {
        const skuai_search_parameter *p = &family->parameters[k];
        char number[32];
        size_t length;
        double value = p->low + x[k] * (p->high - p->low);
        if (p->range == SKUAI_RANGE_CHOICE) {
            const char *choice = choice_text(p->choices, choice_at(p, x[k]), &length);
            append(text, p->name, choice, length);
            continue;
        }
        if (p->range != SKUAI_RANGE_LINEAR) value = p->low * pow(p->high / p->low, x[k]);
        (void)snprintf(number, sizeof number, p->range == SKUAI_RANGE_INTEGER ? "%.0f" : "%.3g",
                       value);
        append(text, p->name, number, strlen(number));
    }
}

/* -- The Parzen estimator ---------------------------------------------------------------------- */

/* Trials of one family split at the best tenth, and two more: values of a parameter in each part.
 */
typedef struct parts {
    const skuai_trial *trial[SKUAI_SEARCH_TRIALS];
    size_t n, good; /* the first `good` are the best */
} parts;

static void split_trials(size_t index, const skuai_trial *trials, size_t n, parts *p) {
    p->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (trials[i].family != index || trials[i].n_rungs == 0) continue;
        size_t j = p->n++;
        for (; j > 0 && p->trial[j - 1]->loss[0] > trials[i].loss[0]; j--)
            p->trial[j] = p->trial[j - 1];
        p->trial[j] = &trials[i];
    }
    p->good = p->n / 10 + 2 < p->n ? p->n / 10 + 2 : p->n;
}

/* Density at x of a mixture of a normal around each value and one part uniform. */
static double density(const skuai_trial *const *trial, size_t n, size_t k, double x) {
    double width = fmax(0.05, 0.3 / sqrt((double)n + 1)), sum = 1;
    for (size_t i = 0; i < n; i++) {
        double z = (x - trial[i]->x[k]) / width;
        sum += exp(-0.5 * z * z) / (width * 2.5066282746310002);
    }
    return sum / ((double)n + 1);
}

/* Share of trials with the same choice, one more counted for each. */
static double frequency(const skuai_search_parameter *p, const skuai_trial *const *trial, size_t n,
                        size_t k, double x) {
    double same = 1;
    for (size_t i = 0; i < n; i++)
        same += choice_at(p, trial[i]->x[k]) == choice_at(p, x);
    return same / ((double)n + (double)count_choices(p->choices));
}

static double draw_near(const parts *p, size_t k, skuai_random *random) {
    size_t i = skuai_random_index(random, p->good + 1);
    if (i == p->good) return skuai_random_uniform(random);
    double width = fmax(0.05, 0.3 / sqrt((double)p->good + 1));
    double x = p->trial[i]->x[k] + width * skuai_random_normal(random);
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

void skuai_search_propose(const skuai_search_family *family, size_t index,
                          const skuai_trial *trials, size_t n, skuai_random *random, double *x) {
    parts p;
    split_trials(index, trials, n, &p);
    for (size_t k = 0; k < family->n; k++) {
        const skuai_search_parameter *parameter = &family->parameters[k];
        bool choice = parameter->range == SKUAI_RANGE_CHOICE;
        double best = -1;
        x[k] = skuai_random_uniform(random);
        if (p.n < RANDOM_FIRST) continue;
        for (int i = 0; i < DRAWS; i++) {
            const skuai_trial *const *bad = p.trial + p.good;
            size_t n_bad = p.n - p.good;
            double at = choice && i % 2 ? skuai_random_uniform(random) : draw_near(&p, k, random);
            double ratio = choice ? frequency(parameter, p.trial, p.good, k, at) /
                                        frequency(parameter, bad, n_bad, k, at)
                                  : density(p.trial, p.good, k, at) / density(bad, n_bad, k, at);
            if (ratio > best) {
                best = ratio;
                x[k] = at;
            }
        }
    }
}
