/* New panels from old ones: other values, more periods, sums. */
#include "panel/panel_owner.h"

#include <math.h>
#include <string.h>

skua_status skuai_panel_with(const skuai_panel *panel, size_t dynamic, const double *values,
                             skuai_panel **result, skua_error *err) {
    bool is_target = dynamic == SKUAI_PANEL_TARGET, is_available = dynamic == SKUAI_PANEL_AVAILABLE;
    if (!is_target && !is_available && dynamic >= panel->n_dynamic)
        return skuai_error_set(err, SKUA_ERANGE, "covariate %zu of %zu", dynamic, panel->n_dynamic);
    skuai_panel *made = skuai_panel_make(panel);
    void *block =
        made ? skuai_new(panel->n_rows, is_target ? sizeof(double) : sizeof(float)) : NULL;
    skuai_dynamic *columns =
        made ? skuai_panel_take(made, panel->n_dynamic, sizeof *columns) : NULL;
    if (!made || !block || !columns || skuai_panel_adopt(made, block, err) != SKUA_OK) {
        skuai_free(block);
        skuai_panel_free(made);
        return skuai_error_memory(err, "changed values of a panel");
    }
    if (is_target) {
        memcpy(block, values, panel->n_rows * sizeof(double));
        made->target = block;
    } else {
        for (size_t r = 0; r < panel->n_rows; r++)
            ((float *)block)[r] = (float)values[r];
    }
    if (is_available) {
        made->available = block;
    } else if (!is_target) {
        memcpy(columns, panel->dynamic, panel->n_dynamic * sizeof *columns);
        columns[dynamic].values = block;
        made->dynamic = columns;
    }
    *result = made;
    return SKUA_OK;
}

skua_status skuai_panel_with_vectors(const skuai_panel *panel, size_t modality, const float *values,
                                     skuai_panel **result, skua_error *err) {
    if (modality >= panel->n_vectors)
        return skuai_error_set(err, SKUA_ERANGE, "modality %zu of %zu", modality, panel->n_vectors);
    size_t n = panel->n_base * panel->vectors[modality].width;
    skuai_panel *made = skuai_panel_make(panel);
    float *block = made ? skuai_new(n, sizeof *block) : NULL;
    skuai_vectors *vectors =
        made ? skuai_panel_take(made, panel->n_vectors + panel->n_alternatives, sizeof *vectors)
             : NULL;
    if (!made || !block || !vectors || skuai_panel_adopt(made, block, err) != SKUA_OK) {
        skuai_free(block);
        skuai_panel_free(made);
        return skuai_error_memory(err, "changed vectors of a panel");
    }
    memcpy(block, values, n * sizeof *block);
    memcpy(vectors, panel->vectors, (panel->n_vectors + panel->n_alternatives) * sizeof *vectors);
    vectors[modality].values = block;
    made->vectors = vectors;
    *result = made;
    return SKUA_OK;
}

/* Rows of the series of a view, one behind the other, of a column of elements of `size`. */
static void gather(const skuai_panel *view, const void *column, size_t size, void *out) {
    for (size_t s = 0; s < view->n_series; s++) {
        size_t n = view->length[s] + view->future[s];
        if (n) memcpy(out, (const char *)column + view->row[s] * size, n * size);
        out = (char *)out + n * size;
    }
}

skua_status skuai_panel_extract(const skuai_panel *panel, const size_t *series, size_t n,
                                skuai_panel **result, skua_error *err) {
    skuai_panel *view = NULL;
    SKUA_TRY(skuai_panel_subset(panel, series, n, &view, err));
    skuai_panel *made = skuai_panel_make(view);
    size_t rows = 0, *row = made ? skuai_panel_take(made, n + 1, sizeof *row) : NULL;
    for (size_t s = 0; s < n && row; s++) {
        row[s] = rows;
        rows += view->length[s] + view->future[s];
    }
    double *target = skuai_new(rows + 1, sizeof *target);
    float *floats = skuai_new((panel->n_dynamic + 1) * (rows + 1), sizeof *floats);
    skuai_dynamic *dynamic =
        made ? skuai_panel_take(made, panel->n_dynamic + 1, sizeof *dynamic) : NULL;
    /* a new panel owns no block yet, so it has room for both */
    if (!made || !row || !target || !floats || !dynamic ||
        skuai_panel_adopt(made, target, err) != SKUA_OK ||
        skuai_panel_adopt(made, floats, err) != SKUA_OK) {
        skuai_free(target);
        skuai_free(floats);
        skuai_panel_free(made);
        skuai_panel_free(view);
        return skuai_error_memory(err, "some series of a panel");
    }
    gather(view, view->target, sizeof *target, target);
    for (size_t k = 0; k < panel->n_dynamic; k++) {
        dynamic[k] = view->dynamic[k];
        dynamic[k].values = floats + k * rows;
        gather(view, view->dynamic[k].values, sizeof *floats, floats + k * rows);
    }
    if (view->available) {
        made->available = floats + panel->n_dynamic * rows;
        gather(view, view->available, sizeof *floats, floats + panel->n_dynamic * rows);
    }
    made->target = target;
    made->dynamic = dynamic;
    made->row = row;
    made->n_rows = rows;
    skuai_panel_free(view);
    *result = made;
    return SKUA_OK;
}

skua_status skuai_panel_keep(const skuai_panel *panel,
                             bool (*keeps)(void *user, const char *name, bool vectors), void *user,
                             skuai_panel **result, skua_error *err) {
    skuai_panel *made = skuai_panel_make(panel);
    if (!made) return skuai_error_memory(err, "a panel");
    skuai_dynamic *dynamic = skuai_panel_take(made, panel->n_dynamic + 1, sizeof *dynamic);
    skuai_static *statics = skuai_panel_take(made, panel->n_static + 1, sizeof *statics);
    skuai_vectors *vectors = skuai_panel_take(made, panel->n_vectors + 1, sizeof *vectors);
    if (!dynamic || !statics || !vectors) {
        skuai_panel_free(made);
        return skuai_error_memory(err, "a panel");
    }
    made->n_dynamic = made->n_static = made->n_vectors = made->n_alternatives = 0;
    for (size_t k = 0; k < panel->n_dynamic; k++)
        if (keeps(user, panel->dynamic[k].name, false))
            dynamic[made->n_dynamic++] = panel->dynamic[k];
    for (size_t k = 0; k < panel->n_static; k++)
        if (keeps(user, panel->statics[k].name, false))
            statics[made->n_static++] = panel->statics[k];
    for (size_t k = 0; k < panel->n_vectors; k++)
        if (keeps(user, panel->vectors[k].modality, true))
            vectors[made->n_vectors++] = panel->vectors[k];
    made->dynamic = dynamic;
    made->statics = statics;
    made->vectors = vectors;
    *result = made;
    return SKUA_OK;
}

skua_status skuai_panel_choose_vectors(const skuai_panel *panel, const char *name,
                                       skuai_panel **result, skua_error *err) {
    size_t n = panel->n_vectors + panel->n_alternatives, k = 0;
    bool none = strcmp(name, "none") == 0;
    while (!none && k < n && strcmp(panel->vectors[k].modality, name) != 0)
        k++;
    if (!none && k == n)
        return skuai_error_set(err, SKUA_ERANGE, "no vectors '%.60s' of the items: skua embed",
                               name);
    skuai_panel *made = skuai_panel_make(panel);
    if (!made) return skuai_error_memory(err, "a panel");
    made->vectors = none ? NULL : panel->vectors + k;
    made->n_vectors = none ? 0 : 1;
    made->n_alternatives = 0;
    *result = made;
    return SKUA_OK;
}

/* Copy of the statics of the series of `panel`, in its order, into a builder. */
static skua_status copy_statics(const skuai_panel *panel, skuai_panel_builder *builder,
                                skua_error *err) {
    size_t n = panel->n_series;
    const char **texts = skuai_new(n, sizeof *texts);
    double *numbers = skuai_new(n, sizeof *numbers);
    skua_status status = SKUA_OK;
    if (!texts || !numbers) status = skuai_error_memory(err, "a panel");
    for (size_t k = 0; k < panel->n_static && status == SKUA_OK; k++) {
        const skuai_static *x = &panel->statics[k];
        for (size_t s = 0; s < n; s++) {
            if (x->codes) {
                int32_t code = x->codes[panel->base[s]];
                texts[s] = code < 0 ? NULL : x->levels[code];
            } else {
                numbers[s] = x->values[panel->base[s]];
            }
        }
        status = x->codes ? skuai_panel_builder_category(builder, x->name, texts, err)
                          : skuai_panel_builder_number(builder, x->name, numbers, err);
    }
    skuai_free(texts);
    skuai_free(numbers);
    for (size_t k = 0; k < panel->n_vectors + panel->n_alternatives && status == SKUA_OK; k++) {
        const skuai_vectors *v = &panel->vectors[k];
        float *values = skuai_new(n, v->width * sizeof *values);
        if (!values) return skuai_error_memory(err, "vectors");
        for (size_t s = 0; s < n; s++)
            memcpy(values + s * v->width, v->values + panel->base[s] * v->width,
                   v->width * sizeof *values);
        status = k < panel->n_vectors
                     ? skuai_panel_builder_vectors(builder, v->modality, v->width, values, err)
                     : skuai_panel_builder_alternative(builder, v->modality, v->width, values, err);
        skuai_free(values);
    }
    return status;
}

/* Launches and predecessors of the series of `panel`, in its order, into a builder. */
static skua_status copy_arrivals(const skuai_panel *panel, skuai_panel_builder *builder,
                                 skua_error *err) {
    size_t n = panel->n_series;
    if (!panel->launch) return SKUA_OK;
    int64_t *launch = skuai_new(n, sizeof *launch);
    const char **replaces = skuai_new(n, sizeof *replaces);
    skua_status status = launch && replaces ? SKUA_OK : skuai_error_memory(err, "a panel");
    for (size_t s = 0; s < n && status == SKUA_OK; s++) {
        launch[s] = panel->launch[panel->base[s]];
        replaces[s] = panel->replaces[panel->base[s]];
    }
    if (status == SKUA_OK) status = skuai_panel_builder_arrivals(builder, launch, replaces, err);
    skuai_free(launch);
    skuai_free(replaces);
    return status;
}

/* The graph of items of `panel` into a builder that has its statics. */
static skua_status copy_ties(const skuai_panel *panel, skuai_panel_builder *builder,
                             skua_error *err) {
    size_t item = skuai_panel_static_find(panel, "item");
    if (panel->n_ties == 0 || item == SIZE_MAX || !panel->statics[item].codes) return SKUA_OK;
    const char *const *levels = panel->statics[item].levels;
    skuai_named_tie *ties = skuai_new(panel->n_ties, sizeof *ties);
    if (!ties) return skuai_error_memory(err, "the graph of items");
    for (size_t k = 0; k < panel->n_ties; k++) {
        const skuai_item_tie *t = &panel->ties[k];
        ties[k] = (skuai_named_tie){levels[t->item], levels[t->other], t->kind, t->strength};
    }
    skua_status status = skuai_panel_builder_ties(builder, ties, panel->n_ties, err);
    skuai_free(ties);
    return status;
}

/* One series with `periods` more observed values, through scratch arrays long enough for it. */
static skua_status append_series(const skuai_panel *panel, size_t s, size_t periods,
                                 const double *more, double *y, float *available, float *x,
                                 skuai_panel_builder *builder, skua_error *err) {
    size_t n = panel->length[s], r0 = panel->row[s];
    size_t future = panel->future[s] > periods ? panel->future[s] - periods : 0;
    size_t rows = n + periods + future, old_rows = n + panel->future[s];
    memcpy(y, panel->target + r0, n * sizeof *y);
    memcpy(y + n, more, periods * sizeof *y);
    for (size_t t = 0; t < n + periods; t++)
        available[t] = panel->available && t < old_rows ? panel->available[r0 + t] : 1;
    const float *columns[SKUAI_PANEL_BLOCKS];
    for (size_t k = 0; k < panel->n_dynamic; k++) {
        float *column = x + k * rows;
        for (size_t t = 0; t < rows; t++)
            column[t] = t < old_rows ? panel->dynamic[k].values[r0 + t] : NAN;
        columns[k] = column;
    }
    return skuai_panel_builder_series(builder, skuai_panel_name(panel, s), panel->start[s],
                                      n + periods, future, y, panel->available ? available : NULL,
                                      columns, err);
}

skua_status skuai_panel_append(const skuai_panel *panel, size_t periods, const double *target,
                               skuai_panel **result, skua_error *err) {
    size_t longest = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] + panel->future[s] > longest)
            longest = panel->length[s] + panel->future[s];
    longest += periods;
    skua_status status = SKUA_ENOMEM;
    skuai_panel_builder *builder = skuai_panel_builder_new(&panel->grid, panel->season);
    double *y = skuai_new(longest, sizeof *y);
    float *available = skuai_new(longest, sizeof *available);
    float *x = skuai_new(longest, (panel->n_dynamic + 1) * sizeof *x);
    if (!builder || !y || !available || !x) {
        status = skuai_error_memory(err, "a longer panel");
        goto out;
    }
    for (size_t k = 0; k < panel->n_dynamic; k++)
        SKUA_TRY_OUT(skuai_panel_builder_dynamic(builder, panel->dynamic[k].name,
                                                 panel->dynamic[k].known, err));
    for (size_t s = 0; s < panel->n_series; s++)
        SKUA_TRY_OUT(
            append_series(panel, s, periods, target + s * periods, y, available, x, builder, err));
    SKUA_TRY_OUT(copy_statics(panel, builder, err));
    SKUA_TRY_OUT(copy_arrivals(panel, builder, err));
    SKUA_TRY_OUT(copy_ties(panel, builder, err));
    status = skuai_panel_builder_finish(builder, result, err);
out:
    skuai_free(x);
    skuai_free(available);
    skuai_free(y);
    skuai_panel_builder_free(builder);
    return status;
}

/* -- Aggregation ------------------------------------------------------------------------------ */

/* Add series s to sums that begin at period `from`. */
static void add_to_sum(const skuai_panel *panel, size_t s, int64_t from, double *sum) {
    const double *y = skuai_panel_target(panel, s);
    size_t shift = (size_t)(panel->start[s] - from);
    for (size_t t = 0; t < panel->length[s]; t++)
        if (!isnan(y[t])) sum[shift + t] = isnan(sum[shift + t]) ? y[t] : sum[shift + t] + y[t];
}

/* Series by group: those of group g are order[begin[g]] ... order[begin[g + 1] - 1]. */
typedef struct grouping {
    size_t n_groups;
    size_t *begin; /* [n_groups + 1] */
    size_t *order; /* [S] at most */
} grouping;

/* The group of a series; -1: none. */
static int32_t group_of(const skuai_panel *panel, const skuai_static *category, size_t s) {
    return category ? category->codes[panel->base[s]] : 0;
}

static skua_status grouping_new(const skuai_panel *panel, const skuai_static *category,
                                grouping *result, skua_error *err) {
    size_t n = category ? category->n_levels : 1;
    size_t *begin = skuai_zero(n + 2, sizeof *begin);
    size_t *order = skuai_new(panel->n_series, sizeof *order);
    if (!begin || !order) {
        skuai_free(begin);
        skuai_free(order);
        return skuai_error_memory(err, "sums");
    }
    for (size_t s = 0; s < panel->n_series; s++)
        if (group_of(panel, category, s) >= 0) begin[group_of(panel, category, s) + 2]++;
    for (size_t g = 0; g < n; g++)
        begin[g + 2] += begin[g + 1];
    for (size_t s = 0; s < panel->n_series; s++)
        if (group_of(panel, category, s) >= 0) order[begin[group_of(panel, category, s) + 1]++] = s;
    *result = (grouping){n, begin, order};
    return SKUA_OK;
}

static skua_status sum_group(const skuai_panel *panel, const grouping *groups, size_t g,
                             const char *name, double **sum, size_t *capacity,
                             skuai_panel_builder *builder, skua_error *err) {
    int64_t from = INT64_MAX, to = INT64_MIN;
    for (size_t i = groups->begin[g]; i < groups->begin[g + 1]; i++) {
        size_t s = groups->order[i];
        if (panel->length[s] == 0) continue;
        if (panel->start[s] < from) from = panel->start[s];
        if (skuai_panel_end(panel, s) > to) to = skuai_panel_end(panel, s);
    }
    size_t n = from < to ? (size_t)(to - from) : 0;
    if (!*sum || n > *capacity) {
        double *grown = skuai_resize(*sum, n, sizeof *grown);
        if (!grown) return skuai_error_memory(err, "sums");
        *sum = grown;
        *capacity = n;
    }
    for (size_t t = 0; t < n; t++)
        (*sum)[t] = (double)NAN;
    for (size_t i = groups->begin[g]; i < groups->begin[g + 1]; i++)
        if (panel->length[groups->order[i]] > 0) add_to_sum(panel, groups->order[i], from, *sum);
    return skuai_panel_builder_series(builder, name, n ? from : 0, n, 0, *sum, NULL, NULL, err);
}

skua_status skuai_panel_aggregate(const skuai_panel *panel, size_t category, int32_t *group,
                                  skuai_panel **result, skua_error *err) {
    bool all = category == SKUAI_PANEL_ALL;
    if (!all && (category >= panel->n_static || !panel->statics[category].codes))
        return skuai_error_set(err, SKUA_EINVAL, "static %zu is no category", category);
    const skuai_static *x = all ? NULL : &panel->statics[category];
    skuai_panel_builder *builder = skuai_panel_builder_new(&panel->grid, panel->season);
    double *sum = NULL;
    size_t capacity = 0;
    grouping groups = {0};
    skua_status status = builder ? SKUA_OK : skuai_error_memory(err, "sums");
    if (status == SKUA_OK) status = grouping_new(panel, x, &groups, err);
    for (size_t g = 0; status == SKUA_OK && g < groups.n_groups; g++)
        status = sum_group(panel, &groups, g, all ? "total" : x->levels[g], &sum, &capacity,
                           builder, err);
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, result, err);
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK && group; s++)
        group[s] = group_of(panel, x, s);
    skuai_free(groups.begin);
    skuai_free(groups.order);
    skuai_free(sum);
    skuai_panel_builder_free(builder);
    return status;
}
