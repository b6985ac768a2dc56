/* text-gain: what a product's words add to its other columns. Five folds hold products out whole;
 * the error is the mean absolute error of log(1 + units), of the median of that. Without text: the
 * price and what else a seller states at the launch; with text: the same and the vectors of the
 * title, by the default encoder learnt on the titles of the training folds (or by a model's
 * folder). Both ways the learners are those that users run, ridge on all columns and boosted trees,
 * averaged with the weight, and at the penalty, that have the least error on a fifth of the
 * training products. taobao  a product's sales a day, from its running count (falls clipped at 0);
 * without text: price, shop wish    units sold in buckets; without text: prices, badges, boosts,
 * shipping, inventory, countries, colour, size; not ratings, which come after sales */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "encode/subword.h"
#include "encode/text_model.h"
#include "learn/learner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5, NUMBERS_MOST = 16, CATEGORIES_MOST = 2, LEVEL_MOST = 4096, PENALTIES = 4 };

typedef struct product {
    char *text;
    double y, numbers[NUMBERS_MOST];
    int category[CATEGORIES_MOST];
    unsigned part; /* of the folds */
} product;

typedef struct products {
    size_t n, n_numbers, n_categories, width;
    product *items;
    float *vectors; /* [n, width] of the fold at work */
} products;

static void products_clear(products *p) {
    for (size_t i = 0; i < p->n; i++)
        skuai_free(p->items[i].text);
    skuai_free(p->items);
    skuai_free(p->vectors);
    *p = (products){0};
}

static unsigned hash_of(const char *text) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash ^ (hash >> 15);
}

/* Code of a level: those met first have the lowest. */
static int level_of(const char **levels, int *n, const char *text) {
    for (int i = 0; i < *n; i++)
        if (strcmp(levels[i], text) == 0) return i;
    if (*n == LEVEL_MOST) return -1;
    levels[*n] = text;
    return (*n)++;
}

/* -- The sets ---------------------------------------------------------------------------------- */

static skua_status load_wish(products *p, skua_error *err) {
    static const char *const numbers[] = {"price",
                                          "retail_price",
                                          "uses_ad_boosts",
                                          "badges_count",
                                          "badge_fast_shipping",
                                          "badge_product_quality",
                                          "shipping_option_price",
                                          "shipping_is_express",
                                          "countries_shipped_to",
                                          "inventory_total",
                                          "has_urgency_banner",
                                          "product_variation_inventory"};
    enum { NUMBERS = sizeof numbers / sizeof *numbers };
    bench_csv csv;
    const char **levels = skuai_new(2 * LEVEL_MOST, sizeof *levels);
    int n_levels[2] = {0, 0};
    skuai_buffer text;
    SKUA_TRY(bench_csv_read("wish_summer/summer-products-with-rating-and-performance_2020-08.csv",
                            &csv, err));
    p->items = skuai_zero(csv.rows, sizeof *p->items);
    skua_status status = p->items && levels ? SKUA_OK : skuai_error_memory(err, "products");
    size_t title = bench_csv_column(&csv, "title_orig"), tags = bench_csv_column(&csv, "tags");
    size_t colour = bench_csv_column(&csv, "product_color"),
           size = bench_csv_column(&csv, "product_variation_size_id"),
           units = bench_csv_column(&csv, "units_sold"), id = bench_csv_column(&csv, "product_id");
    p->n_numbers = NUMBERS;
    p->n_categories = 2;
    skuai_buffer_init(&text, 1 << 20);
    for (size_t r = 1; r < csv.rows && status == SKUA_OK; r++) {
        bool again = false; /* some rows repeat a product */
        for (size_t k = 1; k < r && !again; k++)
            again = strcmp(bench_csv_cell(&csv, k, id), bench_csv_cell(&csv, r, id)) == 0;
        if (again) continue;
        product *x = &p->items[p->n];
        for (size_t k = 0; k < NUMBERS; k++)
            x->numbers[k] = bench_csv_number(&csv, r, bench_csv_column(&csv, numbers[k]));
        x->numbers[0] = log(x->numbers[0]);
        x->numbers[1] = log(x->numbers[1]);
        x->y = log1p(bench_csv_number(&csv, r, units));
        x->category[0] = level_of(levels, &n_levels[0], bench_csv_cell(&csv, r, colour));
        x->category[1] = level_of(levels + LEVEL_MOST, &n_levels[1], bench_csv_cell(&csv, r, size));
        x->part = hash_of(bench_csv_cell(&csv, r, id));
        skuai_buffer_reset(&text);
        skuai_buffer_format(&text, "%s. %s", bench_csv_cell(&csv, r, title),
                            bench_csv_cell(&csv, r, tags));
        x->text = skuai_text_copy(skuai_buffer_view(&text));
        if (x->text)
            p->n++;
        else
            status = skuai_error_memory(err, "products");
    }
    skuai_buffer_clear(&text);
    skuai_free(levels);
    bench_csv_clear(&csv);
    return status;
}

/* "2016/11/14" and "2016/11/5" as days in order. */
static double day_number(const char *text) {
    int year = 0, month = 0, day = 0;
    (void)sscanf(text, "%d/%d/%d", &year, &month, &day);
    return (double)((year * 12 + month) * 31 + day);
}

typedef struct sighting {
    const char *id, *title, *shop;
    double day, price, count;
} sighting;

static int by_product_and_day(const void *a, const void *b) {
    const sighting *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x->day > y->day) - (x->day < y->day);
}

/* One product from its sightings [n], days in order. */
static skua_status take_product(const sighting *s, size_t n, const char **levels, int *n_levels,
                                products *p, skua_error *err) {
    product *x = &p->items[p->n];
    double sold = 0, days = s[n - 1].day - s[0].day;
    for (size_t i = 1; i < n; i++)
        if (s[i].count > s[i - 1].count) sold += s[i].count - s[i - 1].count;
    if (!(days > 0)) return SKUA_OK; /* seen once: nothing to difference */
    x->y = log1p(sold / days);
    x->numbers[0] = log(s[0].price > 0 ? s[0].price : 1);
    x->category[0] = level_of(levels, n_levels, s[0].shop);
    x->part = hash_of(s[0].id);
    x->text = skuai_text_copy(s[0].title);
    if (!x->text) return skuai_error_memory(err, "products");
    p->n++;
    return SKUA_OK;
}

static skua_status load_taobao(products *p, skua_error *err) {
    bench_csv csv;
    SKUA_TRY(bench_csv_read("taobao_beauty/double11_beauty_utf8.csv.gz", &csv, err));
    sighting *s = skuai_new(csv.rows, sizeof *s);
    const char **levels = skuai_new(LEVEL_MOST, sizeof *levels);
    int n_levels = 0;
    size_t n = 0;
    p->items = skuai_zero(csv.rows, sizeof *p->items);
    skua_status status = s && levels && p->items ? SKUA_OK : skuai_error_memory(err, "products");
    p->n_numbers = p->n_categories = 1;
    for (size_t r = 1; r < csv.rows && status == SKUA_OK; r++) {
        double count = bench_csv_number(&csv, r, 4);
        if (isnan(count)) continue;
        s[n++] = (sighting){.id = bench_csv_cell(&csv, r, 1),
                            .title = bench_csv_cell(&csv, r, 2),
                            .shop = bench_csv_cell(&csv, r, 6),
                            .day = day_number(bench_csv_cell(&csv, r, 0)),
                            .price = bench_csv_number(&csv, r, 3),
                            .count = count};
    }
    if (status == SKUA_OK) qsort(s, n, sizeof *s, by_product_and_day);
    for (size_t from = 0, to; from < n && status == SKUA_OK; from = to) {
        for (to = from; to < n && strcmp(s[to].id, s[from].id) == 0;)
            to++;
        status = take_product(s + from, to - from, levels, &n_levels, p, err);
    }
    skuai_free(s);
    skuai_free(levels);
    bench_csv_clear(&csv);
    return status;
}

/* -- Vectors ----------------------------------------------------------------------------------- */

/* Of all products, by an encoder learnt on those that are not of the fold, or a given model. */
static skua_status encode(products *p, unsigned fold, const skuai_text_model *given,
                          skua_error *err) {
    skuai_context context = bench_context();
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    skuai_subword *model = NULL;
    const char **texts = skuai_new(p->n, sizeof *texts);
    size_t *sizes = skuai_new(p->n, sizeof *sizes);
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, &context);
    skua_status status = texts && sizes && learner ? SKUA_OK : skuai_error_memory(err, "titles");
    for (size_t i = 0; i < p->n && status == SKUA_OK; i++) {
        texts[i] = p->items[i].text;
        sizes[i] = strlen(texts[i]);
        if (!given && p->items[i].part % FOLDS != fold)
            status = skuai_subword_learner_add(learner, &texts[i], &sizes[i], 1, err);
    }
    if (status == SKUA_OK && !given) status = skuai_subword_learner_finish(learner, &model, err);
    if (status == SKUA_OK && !(given && p->vectors)) {
        skuai_free(p->vectors);
        p->width = given ? skuai_text_model_width(given) : skuai_subword_width(model);
        p->vectors = skuai_new(p->n * p->width, sizeof *p->vectors);
        status =
            !p->vectors ? skuai_error_memory(err, "vectors")
            : given
                ? skuai_text_model_encode(given, &context, texts, sizes, p->n, p->vectors, err)
                : skuai_subword_encode_all(model, &context, texts, sizes, p->n, p->vectors, err);
    }
    skuai_subword_free(model);
    skuai_subword_learner_free(learner);
    skuai_free(texts);
    skuai_free(sizes);
    return status;
}

/* -- Learning ---------------------------------------------------------------------------------- */

/* Which products: of the fold; of the fifth that chooses; of the rest. */
typedef enum part { HELD_OUT, CHOOSING, LEARNING, ALL_BUT_HELD_OUT } part;

static bool is_in(const product *x, unsigned fold, part which) {
    bool held = x->part % FOLDS == fold, chooses = x->part / FOLDS % 5 == 0;
    return which == HELD_OUT
               ? held
               : !held && (which == ALL_BUT_HELD_OUT || chooses == (which == CHOOSING));
}

typedef struct rows {
    size_t n, columns;
    float *values, *y;
    bool categorical[NUMBERS_MOST + CATEGORIES_MOST + 1024];
} rows;

static skua_status rows_make(const products *p, unsigned fold, part which, bool text, rows *r,
                             skua_error *err) {
    size_t plain = p->n_numbers + p->n_categories, at = 0;
    memset(r, 0, sizeof *r);
    r->columns = plain + (text ? p->width : 0);
    for (size_t i = 0; i < p->n; i++)
        r->n += is_in(&p->items[i], fold, which);
    r->values = skuai_new(r->n * r->columns + 1, sizeof *r->values);
    r->y = skuai_new(r->n + 1, sizeof *r->y);
    if (!r->values || !r->y) return skuai_error_memory(err, "rows");
    for (size_t k = p->n_numbers; k < plain; k++)
        r->categorical[k] = true;
    for (size_t i = 0; i < p->n; i++) {
        const product *x = &p->items[i];
        if (!is_in(x, fold, which)) continue;
        for (size_t k = 0; k < p->n_numbers; k++)
            r->values[k * r->n + at] = (float)x->numbers[k];
        for (size_t k = 0; k < p->n_categories; k++)
            r->values[(p->n_numbers + k) * r->n + at] = (float)x->category[k];
        for (size_t k = 0; text && k < p->width; k++)
            r->values[(plain + k) * r->n + at] = p->vectors[i * p->width + k];
        r->y[at++] = (float)x->y;
    }
    return SKUA_OK;
}

static void rows_clear(rows *r) {
    skuai_free(r->values);
    skuai_free(r->y);
}

static skuai_examples examples_of(const rows *r) {
    return (skuai_examples){{r->n, r->columns, r->values, NULL, r->categorical}, r->y, NULL};
}

static skua_status fit_predict(const skuai_learner *learner, const skuai_learner_options *o,
                               const rows *train, const rows *stop, const rows *test, double *said,
                               int *rounds, skua_error *err) {
    skuai_context context = bench_context();
    skuai_examples a = examples_of(train), b = {0}, c = examples_of(test);
    skuai_learnt *learnt = NULL;
    if (stop) b = examples_of(stop);
    SKUA_TRY(learner->fit(o, &a, stop ? &b : NULL, &context, &learnt, err));
    skua_status status = learner->predict(learnt, &c.x, &context, said, err);
    if (rounds) *rounds = learnt->rounds;
    learner->free(learnt);
    return status;
}

static double error_of(const rows *r, const double *linear, const double *trees, double share) {
    double sum = 0;
    for (size_t i = 0; i < r->n; i++)
        sum += fabs((double)r->y[i] - (1 - share) * linear[i] - share * trees[i]);
    return sum;
}

static skuai_learner_options trees_of(void) {
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    o.objective = SKUAI_OBJECTIVE_ABSOLUTE;
    o.rate = 0.03;
    o.leaves = 15;
    o.column_share = 0.3;
    o.shrinkage = 5;
    return o;
}

typedef struct choice {
    double penalty, share; /* of ridge; of the trees in the average */
    int rounds;
} choice;

/* On the fifth that chooses. said [2][n] scratch. */
static skua_status choose(const rows *learning, const rows *choosing, double *linear, double *trees,
                          choice *c, skua_error *err) {
    static const double penalties[PENALTIES] = {0.03, 0.1, 0.3, 1};
    skuai_learner_options ridge = SKUAI_LEARNER_OPTIONS_DEFAULT, boosted = trees_of();
    double least = (double)INFINITY;
    SKUA_TRY(fit_predict(&skuai_learner_boosted, &boosted, learning, choosing, choosing, trees,
                         &c->rounds, err));
    for (size_t k = 0; k < PENALTIES; k++) {
        ridge.shrinkage = penalties[k];
        SKUA_TRY(fit_predict(&skuai_learner_linear, &ridge, learning, NULL, choosing, linear, NULL,
                             err));
        for (int q = 0; q <= 4; q++) {
            double error = error_of(choosing, linear, trees, q / 4.0);
            if (!(error < least)) continue;
            least = error;
            c->penalty = penalties[k];
            c->share = q / 4.0;
        }
    }
    return SKUA_OK;
}

static skua_status one_fold(const products *p, unsigned fold, bool text, double *error, double *n,
                            choice *c, skua_error *err) {
    rows *r = skuai_zero(4, sizeof *r);
    double *said = skuai_new(2 * p->n, sizeof *said);
    skuai_learner_options ridge = SKUAI_LEARNER_OPTIONS_DEFAULT, boosted = trees_of();
    skua_status status = r && said ? SKUA_OK : skuai_error_memory(err, "rows");
    for (int k = 0; k < 4 && status == SKUA_OK; k++)
        status = rows_make(p, fold, (part)k, text, &r[k], err);
    if (status == SKUA_OK) status = choose(&r[LEARNING], &r[CHOOSING], said, said + p->n, c, err);
    ridge.shrinkage = c->penalty;
    boosted.rounds = c->rounds > 0 ? c->rounds + c->rounds / 10 : 1;
    boosted.patience = 0;
    if (status == SKUA_OK)
        status = fit_predict(&skuai_learner_linear, &ridge, &r[ALL_BUT_HELD_OUT], NULL,
                             &r[HELD_OUT], said, NULL, err);
    if (status == SKUA_OK)
        status = fit_predict(&skuai_learner_boosted, &boosted, &r[ALL_BUT_HELD_OUT], NULL,
                             &r[HELD_OUT], said + p->n, NULL, err);
    if (status == SKUA_OK) {
        *error += error_of(&r[HELD_OUT], said, said + p->n, c->share);
        *n += (double)r[HELD_OUT].n;
    }
    for (int k = 0; r && k < 4; k++)
        rows_clear(&r[k]);
    skuai_free(r);
    skuai_free(said);
    return status;
}

static skua_status one_set(const char *name, skua_status (*load)(products *, skua_error *),
                           const skuai_text_model *given, skua_error *err) {
    products p = {0};
    double error[2] = {0}, n[2] = {0};
    skua_status status = load(&p, err);
    for (unsigned fold = 0; fold < FOLDS && status == SKUA_OK; fold++) {
        choice c[2] = {{0}};
        status = encode(&p, fold, given, err);
        for (int text = 0; text < 2 && status == SKUA_OK; text++)
            status = one_fold(&p, fold, text, &error[text], &n[text], &c[text], err);
        if (status == SKUA_OK)
            printf("  %s, fold %u: without %.4f; with %.4f (penalty %g, trees' share %g)\n", name,
                   fold, error[0] / n[0], error[1] / n[1], c[1].penalty, c[1].share);
    }
    if (status == SKUA_OK)
        bench_figure("text-gain", name, error[1] / error[0],
                     "mean absolute error of log(1 + units) %.4f with text beside %.4f, %zu "
                     "products, %s",
                     error[1] / n[1], error[0] / n[0], p.n,
                     given ? "a language model" : "the default encoder");
    products_clear(&p);
    return status;
}

/* text-gain [FOLDER]: the vectors of a language model instead of the default encoder's. */
int bench_text_gain(int argc, char **argv) {
    skua_error err = {0};
    skuai_text_model *model = NULL;
    skua_status status = argc > 2 ? skuai_text_model_open(argv[2], NULL, &model, &err) : SKUA_OK;
    if (status == SKUA_OK) status = one_set("taobao", load_taobao, model, &err);
    if (status == SKUA_OK) status = one_set("wish", load_wish, model, &err);
    if (status == SKUA_ENOTFOUND && !model) {
        printf("skipped: %s\n", err.message);
        return 0;
    }
    if (status != SKUA_OK) fprintf(stderr, "%s\n", err.message);
    skuai_text_model_free(model);
    return status != SKUA_OK;
}
