/* panel.h -- many series on one regular grid, in memory (room panel).
 *
 * A panel is immutable once built and reference-counted: views (cut-off, subset, shard) share the
 * memory of the panel that they were made from, so a backtest copies nothing. All arrays are
 * readable directly, for speed; nobody writes through them.
 *
 * Layout. Series s has `length[s]` observed periods, the first at period `start[s]` of the grid,
 * and `future[s]` further periods for which known-ahead covariates exist. Its rows lie one behind
 * the other in every row array, beginning at `row[s]`: row r = row[s] + t is period start[s] + t,
 * for t in [0, length[s] + future[s]). The target is meaningful only for t < length[s]; what lies
 * behind is hidden from a model that keeps to `length` (views that cut off the past of a backtest
 * rely on it), and skuai_panel_actual gives it to those who score. Past-only covariates likewise.
 *
 * Legend: s series, t time inside a series, r row, k covariate. */
#ifndef SKUA_PANEL_PANEL_H
#define SKUA_PANEL_PANEL_H

#include "core/alloc.h"
#include "core/period.h"

typedef enum skuai_known { SKUAI_KNOWN_PAST, SKUAI_KNOWN_AHEAD } skuai_known;

/* A covariate that changes with time. */
typedef struct skuai_dynamic {
    const char *name;    /* "price", "promotion", "temperature", ... */
    skuai_known known;   /* whether its future is known at the origin */
    const float *values; /* [n_rows], NaN where missing */
} skuai_dynamic;

/* A covariate of a series: a category (code of a level) or a number. */
typedef struct skuai_static {
    const char *name;          /* "item", "channel", "category1", "brand", ... */
    size_t n_levels;           /* 0: a number */
    const char *const *levels; /* [n_levels] names of the levels, or NULL for a number */
    const int32_t *codes;      /* [n_base] level of each base series, -1 unknown; NULL: number */
    const double *values;      /* [n_base] NaN unknown; NULL: category */
} skuai_static;

/* Vectors of one modality, for statics of series (items). */
typedef struct skuai_vectors {
    const char *modality; /* "text", "image", ... */
    size_t width;         /* values a vector */
    const float *values;  /* [n_base, width], a row of NaN where a series has none */
} skuai_vectors;

/* How an item goes with another (the graph of items): bought together, or instead of one another.
 */
typedef enum skuai_link_kind { SKUAI_LINK_COMPLEMENT, SKUAI_LINK_SUBSTITUTE } skuai_link_kind;

typedef struct skuai_item_tie {
    int32_t item, other; /* levels of the static "item" */
    skuai_link_kind kind;
    double strength; /* > 0; how sure the tie is, for choosing among several */
} skuai_item_tie;

typedef struct skuai_panel {
    skuai_grid grid;
    int season;        /* main season in periods, >= 1 */
    bool counts;       /* every observed target is a whole number >= 0 */
    bool non_negative; /* every observed target is >= 0: forecasts are kept >= 0 */
    size_t n_series;   /* S */

    const char *const *names; /* [n_base] "item" or "item/channel", unique */
    const size_t *base;       /* [S] index of each series in the arrays marked [n_base] */
    size_t n_base;

    const int64_t *start; /* [S] first observed period */
    const size_t *row;    /* [S] first row */
    const size_t *length; /* [S] observed periods, 0 allowed: a series without history */
    const size_t *future; /* [S] periods behind them with known-ahead covariates */

    size_t n_rows;
    const double *target;   /* [n_rows] units; NaN missing */
    const float *available; /* [n_rows] share of the period it could be bought, 0..1; NULL: all 1 */

    size_t n_dynamic;
    const skuai_dynamic *dynamic; /* [n_dynamic] */
    size_t n_static;
    const skuai_static *statics; /* [n_static] */
    size_t n_vectors;
    const skuai_vectors *vectors; /* [n_vectors + n_alternatives] */
    size_t n_alternatives; /* vectors of the same modalities by other encoders, "text/minilm", which
                              no model reads before skuai_panel_choose_vectors puts one in place */

    /* Of series without history, both NULL where nobody knows. */
    const int64_t *launch; /* [n_base] period from which it can be bought; INT64_MIN unknown */
    const char *const *replaces; /* [n_base] the item that it succeeds; NULL none */

    size_t n_ties;
    const skuai_item_tie *ties; /* [n_ties] the graph of items */

    /* The panel of which this one holds a part of the series, so that a series' neighbours are
     * there although nobody asks for their forecasts; NULL: this one. It may reach further than
     * this one: what came behind the end of the series that are looked at is not to be read. */
    const struct skuai_panel *around;

    struct skuai_panel_owner *owner; /* memory and references; private to panel.c */
} skuai_panel;

/* -- Reading ---------------------------------------------------------------------------------- */

static inline const double *skuai_panel_target(const skuai_panel *panel, size_t s) {
    return panel->target + panel->row[s];
}
static inline const char *skuai_panel_name(const skuai_panel *panel, size_t s) {
    return panel->names[panel->base[s]];
}
/* First period of series s that a forecast covers. */
static inline int64_t skuai_panel_end(const skuai_panel *panel, size_t s) {
    return panel->start[s] + (int64_t)panel->length[s];
}
/* Periods from the end of series s to its launch, when it has no history and a launch ahead; else
 * 0. */
size_t skuai_panel_wait(const skuai_panel *panel, size_t s);
/* Index of a dynamic covariate or a static by name; SIZE_MAX when there is none. */
size_t skuai_panel_dynamic_find(const skuai_panel *panel, const char *name);
size_t skuai_panel_static_find(const skuai_panel *panel, const char *name);

/* What really came in the h-th period (0 first) behind the end of series s in a view made by
 * skuai_panel_cut: NaN when unknown or missing. Only for scoring. */
double skuai_panel_actual(const skuai_panel *panel, size_t s, size_t h);

/* -- Building --------------------------------------------------------------------------------- */

typedef struct skuai_panel_builder skuai_panel_builder;

/* A builder of an empty panel on a grid. season 0: the grid's own. NULL when out of memory. */
SKUA_MUST_USE skuai_panel_builder *skuai_panel_builder_new(const skuai_grid *grid, int season);
void skuai_panel_builder_free(skuai_panel_builder *builder); /* NULL allowed */

/* Declare a dynamic covariate (before the first series); its index is returned in order. */
SKUA_MUST_USE skua_status skuai_panel_builder_dynamic(skuai_panel_builder *builder,
                                                      const char *name, skuai_known known,
                                                      skua_error *err);

/* Add a series; texts and arrays are copied.
 *   target    [length]            units, NaN missing
 *   available [length] or NULL    0..1
 *   dynamic   [n_dynamic][length + future] or NULL entries: all NaN */
SKUA_MUST_USE skua_status skuai_panel_builder_series(skuai_panel_builder *builder, const char *name,
                                                     int64_t start, size_t length, size_t future,
                                                     const double *target, const float *available,
                                                     const float *const *dynamic, skua_error *err);

/* Attach a static covariate after all series were added: texts [S] (NULL entries unknown; levels
 * are the distinct texts, sorted) or numbers [S]. */
SKUA_MUST_USE skua_status skuai_panel_builder_category(skuai_panel_builder *builder,
                                                       const char *name, const char *const *texts,
                                                       skua_error *err);
SKUA_MUST_USE skua_status skuai_panel_builder_number(skuai_panel_builder *builder, const char *name,
                                                     const double *values, skua_error *err);
SKUA_MUST_USE skua_status skuai_panel_builder_vectors(skuai_panel_builder *builder,
                                                      const char *modality, size_t width,
                                                      const float *values, skua_error *err);
/* Vectors of another encoder, after those of every modality's own. */
SKUA_MUST_USE skua_status skuai_panel_builder_alternative(skuai_panel_builder *builder,
                                                          const char *name, size_t width,
                                                          const float *values, skua_error *err);

/* What is known of the arrival of the series, both [S]: period of launch (INT64_MIN unknown) and
 * item replaced (NULL none; copied). */
SKUA_MUST_USE skua_status skuai_panel_builder_arrivals(skuai_panel_builder *builder,
                                                       const int64_t *launch,
                                                       const char *const *replaces,
                                                       skua_error *err);

/* The graph of items, after the category "item": ties of which both items have series are kept,
 * the others left out. */
typedef struct skuai_named_tie {
    const char *item, *other;
    skuai_link_kind kind;
    double strength;
} skuai_named_tie;
SKUA_MUST_USE skua_status skuai_panel_builder_ties(skuai_panel_builder *builder,
                                                   const skuai_named_tie *ties, size_t n,
                                                   skua_error *err);

/* Finish: *panel is owned by the caller; the builder is empty afterwards and must still be freed.
 * SKUA_EDATA: an infinite target, or available outside 0..1. */
SKUA_MUST_USE skua_status skuai_panel_builder_finish(skuai_panel_builder *builder,
                                                     skuai_panel **panel, skua_error *err);

void skuai_panel_free(skuai_panel *panel);                /* drops one reference; NULL allowed */
skuai_panel *skuai_panel_share(const skuai_panel *panel); /* one reference more */

/* -- Views (all O(S), sharing rows) ------------------------------------------------------------ */

/* The panel as it was `periods` periods before its end: the last `periods` of every series become
 * its future. A series shorter than that has length 0. */
SKUA_MUST_USE skua_status skuai_panel_cut(const skuai_panel *panel, size_t periods,
                                          skuai_panel **view, skua_error *err);
/* The panel as of an origin: every period >= origin becomes future. Series that start at or after
 * the origin have length 0 (a cold start) and keep start = origin. */
SKUA_MUST_USE skua_status skuai_panel_cut_at(const skuai_panel *panel, int64_t origin,
                                             skuai_panel **view, skua_error *err);
/* Only the last `periods` of every series' history. */
SKUA_MUST_USE skua_status skuai_panel_last(const skuai_panel *panel, size_t periods,
                                           skuai_panel **view, skua_error *err);
/* The series whose indices are given, in that order. */
SKUA_MUST_USE skua_status skuai_panel_subset(const skuai_panel *panel, const size_t *series,
                                             size_t n, skuai_panel **view, skua_error *err);
/* Part `part` of `parts` of the series, contiguous, sizes equal within one. */
SKUA_MUST_USE skua_status skuai_panel_shard(const skuai_panel *panel, size_t part, size_t parts,
                                            skuai_panel **view, skua_error *err);

/* -- New panels ---------------------------------------------------------------------------------
 */

/* Columns of skuai_panel_with beside the dynamic covariates. */
#define SKUAI_PANEL_TARGET    SIZE_MAX
#define SKUAI_PANEL_AVAILABLE (SIZE_MAX - 1)

/* The same panel with other values of one column: a dynamic covariate, the target (cleaned demand)
 * or what was available (1 where the panel had none). Only that column is copied. values [n_rows]
 * in this panel's rows. SKUA_ERANGE: no such covariate. */
SKUA_MUST_USE skua_status skuai_panel_with(const skuai_panel *panel, size_t dynamic,
                                           const double *values, skuai_panel **result,
                                           skua_error *err);

/* The same panel with other vectors of a modality, values [n_base, width] (copied). SKUA_ERANGE: no
 * such modality. */
SKUA_MUST_USE skua_status skuai_panel_with_vectors(const skuai_panel *panel, size_t modality,
                                                   const float *values, skuai_panel **result,
                                                   skua_error *err);

/* The series whose indices are given, as skuai_panel_subset, with rows of their own: what
 * skuai_panel_with changes afterwards is copied for them alone. O(their rows). */
SKUA_MUST_USE skua_status skuai_panel_extract(const skuai_panel *panel, const size_t *series,
                                              size_t n, skuai_panel **result, skua_error *err);

/* The same panel with those covariates, statics and vectors alone of which `keeps` says so, by name
 * (vectors: by modality); alternatives are left out, all else is shared. */
SKUA_MUST_USE skua_status skuai_panel_keep(const skuai_panel *panel,
                                           bool (*keeps)(void *user, const char *name,
                                                         bool vectors),
                                           void *user, skuai_panel **result, skua_error *err);

/* The same panel with these vectors alone, a modality's or an alternative, by name; "none": without
 * any. SKUA_ERANGE: there are none of that name. */
SKUA_MUST_USE skua_status skuai_panel_choose_vectors(const skuai_panel *panel, const char *name,
                                                     skuai_panel **result, skua_error *err);

/* The panel with `periods` more observed periods a series: target [S, periods], rows s major. The
 * rows of the future that they cover keep their covariates. */
SKUA_MUST_USE skua_status skuai_panel_append(const skuai_panel *panel, size_t periods,
                                             const double *target, skuai_panel **result,
                                             skua_error *err);

/* For skuai_panel_aggregate: no category, one sum of everything, named "total". */
#define SKUAI_PANEL_ALL SIZE_MAX

/* Sums by the levels of a static category: series g of the result is the sum of the series with
 * level g (missing values count as absent, a period with none observed is missing); group [S] out
 * (caller's, may be NULL) is the sparse summing matrix: the level of each series, -1 none.
 * O(rows + levels). */
SKUA_MUST_USE skua_status skuai_panel_aggregate(const skuai_panel *panel, size_t category,
                                                int32_t *group, skuai_panel **result,
                                                skua_error *err);

#endif
