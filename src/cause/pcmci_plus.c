/* PCMCI+, Runge 2020: algorithm 2 (links within a period, all tests given the lagged parents), then
 * colliders by majority and Meek's rules. */
#include "cause/pcmci_work.h"

#include <math.h>
#include <string.h>

/* What the middle k of an open triple i (at a lag) - k - j is. */
enum { TRIPLE_NONE, TRIPLE_COLLIDER, TRIPLE_CHAIN, TRIPLE_UNCLEAR };

typedef struct plus {
    pcmci *m;
    size_t n, lags;
    double *value, *p;
    bool *link;
    unsigned char *lag0;
} plus;

static size_t at_of(const plus *g, size_t i, size_t j, size_t lag) {
    return (i * g->n + j) * (g->lags + 1) + lag;
}

/* Test of (i, lag) and j given chosen neighbours [n_chosen] and the lagged parents of both. */
static double test(plus *g, size_t i, size_t lag, size_t j, const size_t *chosen, size_t n_chosen,
                   double *p) {
    pcmci *m = g->m;
    size_t n = skuai_pcmci_conditions(m, i, lag, j);
    for (size_t k = 0; k < n_chosen; k++)
        m->conditions[n++] = (node){chosen[k], 0};
    double r = skuai_pcmci_independence(m, (node){i, lag}, (node){j, 0}, m->conditions, n, p);
    return isnan(r) ? 0 : r;
}

/* Neighbours of j within the period but i (SIZE_MAX: all), the strongest first. */
static size_t neighbours(const plus *g, const bool *link, size_t j, size_t i, size_t *near) {
    size_t n = 0;
    for (size_t k = 0; k < g->n; k++) {
        size_t at = at_of(g, k, j, 0), place = n;
        if (k == j || k == i || !link[at]) continue;
        while (place > 0 && g->m->weight[at_of(g, near[place - 1], j, 0)] < g->m->weight[at]) {
            near[place] = near[place - 1];
            place--;
        }
        near[place] = k;
        n++;
    }
    return n;
}

/* The next choice of `size` of n, in order; false when there is none. */
static bool next_choice(size_t *choice, size_t size, size_t n) {
    for (size_t k = size; k-- > 0;) {
        if (choice[k] == n - size + k) continue;
        choice[k]++;
        for (size_t q = k + 1; q < size; q++)
            choice[q] = choice[q - 1] + 1;
        return true;
    }
    return false;
}

/* -- Which links there are ----------------------------------------------------------------------
 */

static void begin(plus *g) {
    pcmci *m = g->m;
    size_t cells = g->n * g->n * (g->lags + 1);
    memset(g->link, 0, cells * sizeof *g->link);
    memset(g->lag0, SKUAI_LAG0_OPEN, g->n * g->n);
    for (size_t c = 0; c < cells; c++)
        m->weight[c] = INFINITY, g->value[c] = 0, g->p[c] = c % (g->lags + 1) ? m->dropped_p[c] : 0;
    for (size_t j = 0; j < g->n; j++) {
        for (size_t i = 0; i < g->n; i++) {
            bool to = !skuai_pcmci_forbidden(m, i, j, 0), from = !skuai_pcmci_forbidden(m, j, i, 0);
            g->link[at_of(g, i, j, 0)] = i != j && (to || from);
            if (i == j || !(to || from)) g->p[at_of(g, i, j, 0)] = 1;
            if (to && !from) g->lag0[i * g->n + j] = SKUAI_LAG0_FORWARD;
            if (from && !to) g->lag0[i * g->n + j] = SKUAI_LAG0_BACKWARD;
            for (size_t lag = 1; lag <= g->lags; lag++) {
                size_t at = at_of(g, i, j, lag);
                g->value[at] = m->dropped_value[at];
                if (skuai_pcmci_forbidden(m, i, j, lag)) g->p[at] = 1;
            }
        }
        for (size_t k = 0; k < m->n_parents[j]; k++) {
            node from = m->parents[j * g->n * g->lags + k].at;
            size_t at = at_of(g, from.variable, j, from.lag);
            g->link[at] = true;
            g->value[at] = g->p[at] = 0;
        }
    }
}

/* Test one link given every choice of `size` neighbours of j; whether there were so many. */
static bool test_link(plus *g, size_t i, size_t lag, size_t j, size_t size) {
    pcmci *m = g->m;
    size_t *near = m->near, *choice = m->near + g->n, at = at_of(g, i, j, lag);
    size_t n = neighbours(g, m->before, j, lag == 0 ? i : SIZE_MAX, near);
    if (n < size) return false;
    for (size_t k = 0; k < size; k++)
        choice[k] = k;
    do {
        double p;
        for (size_t k = 0; k < size; k++)
            m->chosen[k] = near[choice[k]];
        double r = test(g, i, lag, j, m->chosen, size, &p);
        if (fabs(r) < m->weight[at]) m->weight[at] = fabs(r);
        if (p >= g->p[at]) g->p[at] = p, g->value[at] = r;
        if (p <= m->options->alpha) continue;
        g->link[at] = false;
        if (lag == 0) g->link[at_of(g, j, i, 0)] = false;
        break;
    } while (next_choice(choice, size, n));
    return true;
}

static void find_links(plus *g) {
    size_t cells = g->n * g->n * (g->lags + 1);
    bool more = true;
    for (size_t size = 0; more && size < g->n; size++) {
        more = false;
        memcpy(g->m->before, g->link, cells * sizeof *g->link);
        for (size_t j = 0; j < g->n; j++)
            for (size_t i = 0; i < g->n; i++)
                for (size_t lag = 0; lag <= g->lags; lag++)
                    if (g->link[at_of(g, i, j, lag)] && test_link(g, i, lag, j, size)) more = true;
        for (size_t i = 0; i < g->n; i++) /* both ends know of one strength */
            for (size_t j = 0; j < i; j++) {
                double *a = &g->m->weight[at_of(g, i, j, 0)], *b = &g->m->weight[at_of(g, j, i, 0)];
                *a = *b = fmin(*a, *b);
            }
    }
    for (size_t i = 0; i < g->n; i++) /* the weaker of both tests is told */
        for (size_t j = 0; j < i; j++) {
            size_t a = at_of(g, i, j, 0), b = at_of(g, j, i, 0);
            size_t keep = g->p[a] >= g->p[b] ? a : b, other = keep == a ? b : a;
            g->p[other] = g->p[keep];
            g->value[other] = g->value[keep];
        }
}

/* -- Which way ----------------------------------------------------------------------------------
 */

/* Directed from i to j; what was directed the other way becomes a conflict. */
static void direct(plus *g, size_t i, size_t j) {
    unsigned char *there = &g->lag0[i * g->n + j], *back = &g->lag0[j * g->n + i];
    if (*there == SKUAI_LAG0_OPEN)
        *there = SKUAI_LAG0_FORWARD, *back = SKUAI_LAG0_BACKWARD;
    else if (*there == SKUAI_LAG0_BACKWARD)
        *there = *back = SKUAI_LAG0_CONFLICT;
}

static bool forced(const plus *g, size_t i, size_t j) { /* the user said so */
    return skuai_pcmci_forbidden(g->m, j, i, 0) != skuai_pcmci_forbidden(g->m, i, j, 0);
}

/* Over all sets of neighbours of `of` that separate (i, lag) and j: how many, and with k. Sets of
 * neighbours of j count once, with it. */
static void count_sets(plus *g, size_t of, size_t i, size_t lag, size_t j, size_t k, size_t *sets,
                       size_t *with) {
    pcmci *m = g->m;
    size_t *near = m->near, *choice = m->near + g->n;
    size_t n = neighbours(g, g->link, of, SIZE_MAX, near);
    for (size_t size = 0; size <= n; size++) {
        for (size_t q = 0; q < size; q++)
            choice[q] = q;
        do {
            double p;
            bool holds = false, uses_end = false, of_j = of != j;
            for (size_t q = 0; q < size; q++) {
                m->chosen[q] = near[choice[q]];
                holds = holds || m->chosen[q] == k;
                uses_end = uses_end || m->chosen[q] == j || (lag == 0 && m->chosen[q] == i);
                of_j = of_j && g->link[at_of(g, m->chosen[q], j, 0)];
            }
            if (uses_end || of_j) continue;
            (void)test(g, i, lag, j, m->chosen, size, &p);
            if (p <= m->options->alpha) continue;
            ++*sets;
            *with += holds;
        } while (next_choice(choice, size, n));
    }
}

/* Every open triple (i, lag) - k - j: what its middle is, by the majority of separating sets. */
static void judge_triples(plus *g) {
    size_t n = g->n;
    memset(g->m->triples, TRIPLE_NONE, n * n * (g->lags + 1) * n);
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++)
                for (size_t lag = 0; lag <= g->lags; lag++) {
                    size_t sets = 0, with = 0;
                    if (j == k || !g->link[at_of(g, k, j, 0)] || !g->link[at_of(g, i, k, lag)] ||
                        g->link[at_of(g, i, j, lag)] || (lag == 0 && (i == j || i == k || i > j)))
                        continue;
                    if (lag > 0 && forced(g, k, j)) continue; /* nothing to be told */
                    count_sets(g, j, i, lag, j, k, &sets, &with);
                    if (lag == 0) count_sets(g, i, i, lag, j, k, &sets, &with);
                    unsigned char judged = sets == 0 || 2 * with == sets ? TRIPLE_UNCLEAR
                                           : 2 * with < sets             ? TRIPLE_COLLIDER
                                                                         : TRIPLE_CHAIN;
                    g->m->triples[at_of(g, i, j, lag) * n + k] = judged;
                    if (lag == 0) g->m->triples[at_of(g, j, i, 0) * n + k] = judged;
                }
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++)
                for (size_t lag = 0; lag <= g->lags; lag++) {
                    if (g->m->triples[at_of(g, i, j, lag) * n + k] != TRIPLE_COLLIDER) continue;
                    if (!forced(g, j, k)) direct(g, j, k);
                    if (lag == 0 && !forced(g, i, k)) direct(g, i, k);
                }
}

static bool open_link(const plus *g, size_t i, size_t j) {
    return i != j && g->link[at_of(g, i, j, 0)] && g->lag0[i * g->n + j] == SKUAI_LAG0_OPEN;
}

static bool goes(const plus *g, size_t i, size_t j) {
    return i != j && g->link[at_of(g, i, j, 0)] && g->lag0[i * g->n + j] == SKUAI_LAG0_FORWARD;
}

/* Whether k - j (open) must go to j: (i, lag) -> k, i and j not linked, k no collider. */
static bool rule_away(const plus *g, size_t k, size_t j) {
    for (size_t i = 0; i < g->n; i++)
        for (size_t lag = 0; lag <= g->lags; lag++) {
            bool drives = lag == 0 ? goes(g, i, k) : g->link[at_of(g, i, k, lag)];
            if (drives && !(lag == 0 && i == j) && !g->link[at_of(g, i, j, lag)] &&
                g->m->triples[at_of(g, i, j, lag) * g->n + k] == TRIPLE_CHAIN)
                return true;
        }
    return false;
}

/* i -> k -> j: else a circle. */
static bool rule_circle(const plus *g, size_t i, size_t j) {
    for (size_t k = 0; k < g->n; k++)
        if (goes(g, i, k) && goes(g, k, j)) return true;
    return false;
}

/* i - k -> j and i - l -> j, k and l not linked, i no collider of theirs. */
static bool rule_two(const plus *g, size_t i, size_t j) {
    for (size_t k = 0; k < g->n; k++)
        for (size_t l = 0; l < k; l++)
            if (open_link(g, i, k) && goes(g, k, j) && open_link(g, i, l) && goes(g, l, j) &&
                !g->link[at_of(g, k, l, 0)] &&
                g->m->triples[at_of(g, k, l, 0) * g->n + i] == TRIPLE_CHAIN)
                return true;
    return false;
}

static void follow(plus *g) {
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < g->n; i++)
            for (size_t j = 0; j < g->n; j++) {
                if (!open_link(g, i, j)) continue;
                if (!rule_away(g, i, j) && !rule_circle(g, i, j) && !rule_two(g, i, j)) continue;
                direct(g, i, j);
                changed = true;
            }
    }
}

void skuai_pcmci_plus(pcmci *m, double *value, double *p, bool *link, unsigned char *lag0) {
    plus g = {m, m->n, m->options->lags, value, p, link, lag0};
    begin(&g);
    find_links(&g);
    judge_triples(&g);
    follow(&g);
    for (size_t i = 0; i < g.n; i++)
        for (size_t j = 0; j < g.n; j++)
            if (!link[at_of(&g, i, j, 0)]) lag0[i * g.n + j] = SKUAI_LAG0_OPEN;
}
