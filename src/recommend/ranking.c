#include "recommend/ranking.h"

#include <math.h>
#include <stdlib.h>

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

skuai_ranking skuai_ranking_score(const int32_t *list, size_t n, const int32_t *targets, size_t m) {
    skuai_ranking r = {0};
    double best10 = 0, best20 = 0;
    for (size_t k = 0; k < 20; k++) {
        double gain = 1 / log2((double)k + 2);
        if (k < m) {
            best20 += gain;
            if (k < 10) best10 += gain;
        }
        if (k >= n || !bsearch(&list[k], targets, m, sizeof *targets, by_number)) continue;
        r.ndcg20 += gain;
        r.hit20 = 1;
        if (k < 10) r.ndcg10 += gain, r.hit10 = 1;
    }
    r.ndcg10 /= best10;
    r.ndcg20 /= best20;
    return r;
}

double skuai_ranking_novelty(const skuai_interactions *x, const int32_t *list, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        double visits = (double)(x->item_rows[list[k] + 1] - x->item_rows[list[k]]);
        sum += log2((double)x->n_users / fmax(1, visits));
    }
    return n > 0 ? sum / (double)n : 0;
}

static double link_of(const skuai_item_links *links, int32_t a, int32_t b) {
    size_t from = links->rows[a], to = links->rows[a + 1];
    const int32_t *at = bsearch(&b, links->to + from, to - from, sizeof b, by_number);
    return at ? (double)links->weights[at - links->to] : 0;
}

double skuai_ranking_likeness(const skuai_item_links *links, int32_t a, int32_t b) {
    return fmin(1, fmax(link_of(links, a, b), link_of(links, b, a)));
}

double skuai_ranking_diversity(const skuai_item_links *links, const int32_t *list, size_t n) {
    double sum = 0, pairs = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < k; l++) {
            sum += skuai_ranking_likeness(links, list[k], list[l]);
            pairs++;
        }
    return pairs > 0 ? 1 - sum / pairs : 0;
}
