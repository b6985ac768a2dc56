#include "shop/text_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

void skuai_text_rows_clear(skuai_text_rows *rows) {
    skuai_table_free(rows->table);
    skuai_store_close(rows->store);
    skuai_arena_free(rows->arena);
    *rows = (skuai_text_rows){0};
}

/* -- The file --------------------------------------------------------------------------------- */

static bool is_parquet(const char *path) {
    size_t n = strlen(path);
    return n > 8 && strcasecmp(path + n - 8, ".parquet") == 0;
}

/* The file as the table skuai_rows with a running number. */
static skua_status load_file(const skua_shop *shop, const char *path, skuai_text_rows *rows,
                             skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_store_open_options options = {.threads = context.threads,
                                        .memory_limit = context.memory_limit};
    skuai_buffer sql;
    if (access(path, R_OK) != 0)
        return skuai_error_set(err, errno == ENOENT ? SKUA_ENOTFOUND : SKUA_EIO, "%s: %s", path,
                               strerror(errno));
    rows->arena = skuai_arena_new(0);
    if (!rows->arena) return skuai_error_memory(err, "texts");
    SKUA_TRY(skuai_store_open_scratch(&options, &rows->store, err));
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "CREATE TABLE skuai_rows AS SELECT * FROM ");
    (void)skuai_buffer_text(&sql, is_parquet(path) ? "read_parquet(" : "read_csv(");
    skuai_sql_text(&sql, path);
    /* a number that is a label keeps its digits; nothing is guessed from the first rows */
    (void)skuai_buffer_text(&sql, is_parquet(path) ? ")" : ", all_varchar = true, header = true)");
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) {
        status = skuai_store_execute(rows->store, skuai_buffer_view(&sql), err);
        if (status != SKUA_OK && status != SKUA_ENOMEM) /* what DuckDB says of the file */
            status = skuai_error_set(err, SKUA_EDATA, "%s: %s", path, err ? err->message : "");
    }
    skuai_buffer_clear(&sql);
    return status;
}

/* Every column of the list is there; else those that are, in the sentence. */
static skua_status check_column(skuai_store *store, const char *path, const char *name,
                                const char *option, skua_error *err) {
    skuai_value which = skuai_value_text(name);
    skuai_table *table = NULL;
    double found = 0;
    SKUA_TRY(skuai_store_number(store,
                                "SELECT count(*) FROM information_schema.columns WHERE table_name "
                                "= 'skuai_rows' AND column_name = $1",
                                &which, 1, &found, NULL, err));
    if (found > 0) return SKUA_OK;
    SKUA_TRY(skuai_store_query(store,
                               "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) "
                               "FROM information_schema.columns WHERE table_name = 'skuai_rows'",
                               NULL, 0, &table, err));
    skua_status status = skuai_error_set(
        err, SKUA_EDATA, "%s: no column '%.80s' (--%s); there are: %.300s", path, name, option,
        table->n_rows && table->columns[0].texts[0] ? table->columns[0].texts[0] : "none");
    skuai_table_free(table);
    return status;
}

/* "trim(concat_ws(' ', a, b))" of the columns of the setting text. */
static skua_status words_sql(const skua_shop *shop, const char *path, skuai_store *store,
                             skuai_buffer *sql, skua_error *err) {
    const char *list = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_text);
    (void)skuai_buffer_text(sql, "trim(concat_ws(' '");
    while (*list) {
        char name[256];
        size_t n = strcspn(list, ",");
        if (n == 0 || n >= sizeof name)
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "text: a list of columns, as "
                                   "title,description");
        memcpy(name, list, n);
        name[n] = '\0';
        list += n + (list[n] == ',');
        SKUA_TRY(check_column(store, path, name, "text", err));
        (void)skuai_buffer_text(sql, ", ");
        skuai_sql_identifier(sql, name);
    }
    (void)skuai_buffer_text(sql, "))");
    return SKUA_OK;
}

static void column_sql(skuai_buffer *sql, const char *name, const char *as) {
    (void)skuai_buffer_text(sql, ", trim(CAST(");
    if (*name)
        skuai_sql_identifier(sql, name);
    else
        (void)skuai_buffer_text(sql, "NULL");
    (void)skuai_buffer_format(sql, " AS VARCHAR)) AS %s", as);
}

skua_status skuai_text_rows_read_texts(const skua_shop *shop, const char *path,
                                       skuai_text_rows *rows, skua_error *err) {
    skuai_buffer sql;
    SKUA_TRY(load_file(shop, path, rows, err));
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "SELECT ");
    skua_status status = words_sql(shop, path, rows->store, &sql, err);
    (void)skuai_buffer_text(&sql, " AS words FROM skuai_rows");
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK)
        status =
            skuai_store_query(rows->store, skuai_buffer_view(&sql), NULL, 0, &rows->table, err);
    skuai_buffer_clear(&sql);
    SKUA_TRY(status);
    rows->n = rows->table->n_rows;
    rows->texts = skuai_arena_take(rows->arena, rows->n + 1, sizeof *rows->texts);
    rows->sizes = skuai_arena_take(rows->arena, rows->n + 1, sizeof *rows->sizes);
    if (!rows->texts || !rows->sizes) return skuai_error_memory(err, "texts");
    for (size_t i = 0; i < rows->n; i++) {
        const char *text = rows->table->columns[0].texts[i];
        rows->texts[i] = text ? text : "";
        rows->sizes[i] = strlen(rows->texts[i]);
    }
    return SKUA_OK;
}

static skua_status query(const skua_shop *shop, const char *path, skuai_text_rows *rows,
                         skua_error *err) {
    const char *label = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_label);
    const char *split = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_split);
    skuai_buffer sql;
    SKUA_TRY(check_column(rows->store, path, label, "label", err));
    if (*split) SKUA_TRY(check_column(rows->store, path, split, "split", err));
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "SELECT ");
    skua_status status = words_sql(shop, path, rows->store, &sql, err);
    (void)skuai_buffer_text(&sql, " AS words");
    column_sql(&sql, label, "label");
    column_sql(&sql, split, "part");
    (void)skuai_buffer_text(&sql, " FROM skuai_rows");
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK)
        status =
            skuai_store_query(rows->store, skuai_buffer_view(&sql), NULL, 0, &rows->table, err);
    skuai_buffer_clear(&sql);
    return status;
}

/* -- Parts ------------------------------------------------------------------------------------ */

static skua_status part_of_name(const char *path, const char *name, size_t row,
                                skuai_text_part *part, skua_error *err) {
    static const struct {
        const char *name;
        skuai_text_part part;
    } known[] = {{"train", SKUAI_TEXT_TRAIN}, {"training", SKUAI_TEXT_TRAIN},
                 {"dev", SKUAI_TEXT_DEV},     {"val", SKUAI_TEXT_DEV},
                 {"valid", SKUAI_TEXT_DEV},   {"validation", SKUAI_TEXT_DEV},
                 {"test", SKUAI_TEXT_TEST}};
    for (size_t i = 0; name && i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(name, known[i].name) != 0) continue;
        *part = known[i].part;
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_EDATA,
                           "%s: row %zu: the split is '%.60s': need train, dev or test", path,
                           row + 1, name ? name : "");
}

/* A number in [0, 1) of seed and text: splitmix64's finish of FNV-1a. */
static double share_of(uint64_t seed, const char *text) {
    uint64_t h = 0xCBF29CE484222325u ^ (seed * 0x9E3779B97F4A7C15u);
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001B3u;
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    return (double)((h ^ (h >> 31)) >> 11) * 0x1p-53;
}

static skua_status part_of(const skua_shop *shop, const char *path, const skuai_table *t, size_t i,
                           skuai_text_part *part, skua_error *err) {
    if (*skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_split))
        return part_of_name(path, t->columns[2].texts[i], i, part, err);
    double dev = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_dev_share);
    double test = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_test_share);
    uint64_t seed = (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed);
    double u = share_of(seed, t->columns[0].texts[i]);
    *part = u < test ? SKUAI_TEXT_TEST : u < test + dev ? SKUAI_TEXT_DEV : SKUAI_TEXT_TRAIN;
    return SKUA_OK;
}

static bool is_given(const char *text) {
    return text && *text;
}

/* Rows with words and a label, part by part. */
static skua_status sort_parts(const skua_shop *shop, const char *path, skuai_text_rows *rows,
                              skua_error *err) {
    const skuai_table *t = rows->table;
    unsigned char *parts = skuai_arena_take(rows->arena, t->n_rows + 1, 1);
    size_t room = t->n_rows + 1, at[SKUAI_TEXT_PARTS] = {0};
    rows->texts = skuai_arena_take(rows->arena, room, sizeof *rows->texts);
    rows->sizes = skuai_arena_take(rows->arena, room, sizeof *rows->sizes);
    rows->labels = skuai_arena_take(rows->arena, room, sizeof *rows->labels);
    if (!parts || !rows->texts || !rows->sizes || !rows->labels)
        return skuai_error_memory(err, "texts");
    for (size_t i = 0; i < t->n_rows; i++) {
        skuai_text_part part = SKUAI_TEXT_PARTS;
        if (is_given(t->columns[0].texts[i]) && is_given(t->columns[1].texts[i])) {
            SKUA_TRY(part_of(shop, path, t, i, &part, err));
            rows->from[part + 1]++;
            rows->n++;
        }
        parts[i] = (unsigned char)part;
    }
    for (size_t p = 0; p < SKUAI_TEXT_PARTS; p++) {
        at[p] = rows->from[p];
        rows->from[p + 1] += rows->from[p];
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        if (parts[i] == SKUAI_TEXT_PARTS) continue;
        size_t to = at[parts[i]]++;
        rows->texts[to] = t->columns[0].texts[i];
        rows->sizes[to] = strlen(rows->texts[to]);
        rows->labels[to] = t->columns[1].texts[i];
    }
    rows->left_out = t->n_rows - rows->n;
    if (rows->from[1] > 0) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "%s: no row of the training part has words and a label",
                           path);
}

/* -- Labels ----------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static skua_status name_classes(const char *path, skuai_text_rows *rows, skua_error *err) {
    const char **sorted = skuai_arena_take(rows->arena, rows->n, sizeof *sorted);
    rows->classes = skuai_arena_take(rows->arena, rows->n, sizeof *rows->classes);
    if (!sorted || !rows->classes) return skuai_error_memory(err, "labels");
    memcpy(sorted, rows->labels, rows->n * sizeof *sorted);
    qsort(sorted, rows->n, sizeof *sorted, by_text);
    for (size_t i = 0; i < rows->n; i++)
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0) sorted[rows->n_classes++] = sorted[i];
    rows->names = sorted;
    if (rows->n_classes < 2 || rows->n_classes > SKUAI_TEXT_CLASSES_MOST)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: the labels are %zu different texts: need 2 to %d (a number is "
                               "learnt with --task demand or regression)",
                               path, rows->n_classes, (int)SKUAI_TEXT_CLASSES_MOST);
    for (size_t i = 0; i < rows->n; i++) {
        const char **found =
            bsearch(&rows->labels[i], sorted, rows->n_classes, sizeof *sorted, by_text);
        rows->classes[i] = (int32_t)(found - sorted);
    }
    return SKUA_OK;
}

static skua_status read_values(const char *path, bool log_of, skuai_text_rows *rows,
                               skua_error *err) {
    rows->values = skuai_arena_take(rows->arena, rows->n, sizeof *rows->values);
    if (!rows->values) return skuai_error_memory(err, "labels");
    for (size_t i = 0; i < rows->n; i++) {
        double v = skuai_text_number(rows->labels[i]);
        if (!isfinite(v) || (log_of && !(v > -1)))
            return skuai_error_set(err, SKUA_EDATA, "%s: the label '%.60s' is no number%s", path,
                                   rows->labels[i], log_of ? " over -1 (--log)" : "");
        rows->values[i] = v;
    }
    return SKUA_OK;
}

static skua_status edges_of(size_t bins, skuai_text_rows *rows, skua_error *err) {
    size_t n = rows->from[1];
    double *sorted = skuai_arena_take(rows->arena, n, sizeof *sorted);
    rows->edges = skuai_arena_take(rows->arena, bins, sizeof *rows->edges);
    if (!sorted || !rows->edges) return skuai_error_memory(err, "labels");
    memcpy(sorted, rows->values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t k = 1; k < bins; k++) {
        size_t rank = (k * n + bins - 1) / bins; /* the least value that k / bins do not pass */
        double edge = sorted[rank ? rank - 1 : 0];
        bool fresh = rows->n_edges == 0 || edge > rows->edges[rows->n_edges - 1];
        if (fresh && edge < sorted[n - 1]) rows->edges[rows->n_edges++] = edge;
    }
    return SKUA_OK;
}

/* "up to 100", "100 to 1000", "over 1000". */
static skua_status name_bins(skuai_text_rows *rows, skua_error *err) {
    rows->n_classes = rows->n_edges + 1;
    rows->names = skuai_arena_take(rows->arena, rows->n_classes, sizeof *rows->names);
    if (!rows->names) return skuai_error_memory(err, "labels");
    for (size_t k = 0; k < rows->n_classes; k++) {
        char low[SKUAI_NUMBER_TEXT_SIZE], high[SKUAI_NUMBER_TEXT_SIZE];
        skuai_buffer name;
        skuai_buffer_init(&name, 256);
        if (k == 0)
            (void)skuai_buffer_format(&name, "up to %s", skuai_number_text(rows->edges[0], high));
        else if (k < rows->n_edges)
            (void)skuai_buffer_format(&name, "%s to %s", skuai_number_text(rows->edges[k - 1], low),
                                      skuai_number_text(rows->edges[k], high));
        else
            (void)skuai_buffer_format(&name, "over %s", skuai_number_text(rows->edges[k - 1], low));
        rows->names[k] = skuai_arena_text(rows->arena, skuai_buffer_view(&name), name.size);
        skuai_buffer_clear(&name);
        if (!rows->names[k]) return skuai_error_memory(err, "labels");
    }
    return SKUA_OK;
}

static skua_status cut_demand(const char *path, size_t bins, skuai_text_rows *rows,
                              skua_error *err) {
    SKUA_TRY(read_values(path, false, rows, err));
    SKUA_TRY(edges_of(bins, rows, err));
    if (rows->n_edges == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: the training part's labels are too alike to be cut into "
                               "classes",
                               path);
    SKUA_TRY(name_bins(rows, err));
    rows->classes = skuai_arena_take(rows->arena, rows->n, sizeof *rows->classes);
    if (!rows->classes) return skuai_error_memory(err, "labels");
    for (size_t i = 0; i < rows->n; i++) {
        size_t k = 0;
        while (k < rows->n_edges && rows->values[i] > rows->edges[k])
            k++;
        rows->classes[i] = (int32_t)k;
    }
    return SKUA_OK;
}

skua_status skuai_text_rows_read(const skua_shop *shop, const char *path, skuai_text_rows *rows,
                                 skua_error *err) {
    const char *task = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_task);
    size_t bins = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_bins);
    bool log_of = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_log);
    SKUA_TRY(load_file(shop, path, rows, err));
    SKUA_TRY(query(shop, path, rows, err));
    SKUA_TRY(sort_parts(shop, path, rows, err));
    if (strcmp(task, "demand") == 0) return cut_demand(path, bins, rows, err);
    if (strcmp(task, "regression") == 0) return read_values(path, log_of, rows, err);
    return name_classes(path, rows, err);
}
