/* ranking.h -- how good a list of items was (room recommend). Full ranking: a list is the best of
 * all items, none sampled. */
#ifndef SKUA_RECOMMEND_RANKING_H
#define SKUA_RECOMMEND_RANKING_H

#include "recommend/item_links.h"

enum { SKUAI_RANKING_MOST = 100 }; /* items of a list at most */

typedef struct skuai_ranking {
    double ndcg10, ndcg20; /* sum over hits 1 / log2(1 + rank) over that of the best list */
    double hit10, hit20;   /* any hit at all */
} skuai_ranking;

/* list [n], n <= SKUAI_RANKING_MOST, best first; targets [m] ascending, m >= 1. */
skuai_ranking skuai_ranking_score(const int32_t *list, size_t n, const int32_t *targets, size_t m);

/* Novelty of a list: mean of log2(users / users with the item), in bits (Zhou et al. 2010). */
double skuai_ranking_novelty(const skuai_interactions *interactions, const int32_t *list, size_t n);
/* How alike two items are: the cosine of their users where one is among the other's neighbours
 * (item_links.h), else 0. */
double skuai_ranking_likeness(const skuai_item_links *neighbours, int32_t a, int32_t b);
/* Diversity: 1 - mean likeness over the pairs of a list (Ziegler et al. 2005). */
double skuai_ranking_diversity(const skuai_item_links *neighbours, const int32_t *list, size_t n);

#endif
