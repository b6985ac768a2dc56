/* tag.h -- labels from vectors of texts: from the labels' own names alone, from a few examples a
 * label, and clusters that name themselves (room encode).
 *
 * Without examples an item takes the label whose name's vector is nearest (zero-shot). With few,
 * each label is the mean of its examples and its name, which counts as one more (nearest centroid,
 * Rocchio 1971; prototypes, Snell et al. 2017). With FIVE or more a label on average, ridge
 * regression on the labels' indicators, centred, its penalty chosen by leave-one-out error from the
 * hat matrix (Allen 1974). Vectors are scaled to length 1 first; one that is zero gets no label. */
#ifndef SKUA_ENCODE_TAG_H
#define SKUA_ENCODE_TAG_H

#include "core/alloc.h"
#include "core/context.h"

enum { SKUAI_TAG_RIDGE_FROM = 5 }; /* examples a label on average */

#define SKUAI_TAG_NONE UINT32_MAX

typedef struct skuai_tagger {
    size_t labels, width;
    float *weights; /* [labels, width], owned */
    float *shift;   /* [labels] */
    float *mean;    /* [width] taken off first */
    bool ridge;
} skuai_tagger;

/* names [labels, width]: vectors of the labels' names, zero where a name is unknown; NULL: names do
 * not count. examples [n, width] with their labels [n]; n may be 0. SKUA_EINVAL: neither names nor
 * examples; SKUA_ENOMEM. *tagger is the caller's (_clear). */
SKUA_MUST_USE skua_status skuai_tagger_fit(const float *names, size_t labels, size_t width,
                                           const float *examples, const uint32_t *label_of,
                                           size_t n, skuai_tagger *tagger, skua_error *err);
void skuai_tagger_clear(skuai_tagger *tagger);
/* The label of a vector [width] and its score: a cosine, or the ridge's response; SKUAI_TAG_NONE
 * for a zero vector. */
uint32_t skuai_tagger_label(const skuai_tagger *tagger, const float *vector, double *score);

/* Cut n vectors into k clusters by spherical k-means (Dhillon & Modha 2001) from a k-means++ start;
 * cluster_of [n], SKUAI_TAG_NONE for zero vectors. Fewer clusters come of fewer distinct vectors.
 */
SKUA_MUST_USE skua_status skuai_tag_clusters(const float *vectors, size_t n, size_t width, size_t k,
                                             const skuai_context *context, uint32_t *cluster_of,
                                             skua_error *err);

/* A name for each cluster: its words that weigh most by c-TF-IDF (Grootendorst 2022), the share of
 * a word in a cluster times log(1 + mean words of a cluster / the word's number in all). Words are
 * runs of letters and digits in lower case, three characters or more; of scripts without spaces,
 * pairs of characters. names [k] in the arena, "word word word"; "" for an empty cluster. */
SKUA_MUST_USE skua_status skuai_tag_names(const char *const *texts, const size_t *sizes,
                                          const uint32_t *cluster_of, size_t n, size_t k,
                                          skuai_arena *arena, const char **names, skua_error *err);

#endif
