/* Figures `recommend`: next purchases of the customers of UCI Online Retail, by time, full ranking.
 *
 * Rows: sales with a customer, units > 0, price > 0, products only (codes that begin with a digit);
 * an item counts once a customer and day. Test: the last 28 days; a customer who bought in them is
 * scored by NDCG and hit rate at 10 and 20 against all products that he bought in them, over all
 * products ever seen, his own included. Fitted on the days before; the weights on the last 28 of
 * those, so nothing of the test chooses. The figure is of customers with a past, as the baselines
 * need one: popularity (users at all; of the last 28 days), the customer's own most frequent (then
 * popularity), item-kNN (cosine, 20 and 100 neighbours; with his own items at 1), implicit ALS
 * (package implicit, by peers/recommend_als.py, its best of nine settings chosen on the same
 * validation days). Leave-last-out: each customer's last day is the test, the days before it his
 * past; others' last days are hidden as well.
 *
 * ms_1m: one user's list of 10 out of 1,000,000 items (simulated: 200,000 users, 4 M rows), the
 * whole way from his past to the list; median of 50 users.
 *
 * sequence: the net of sequence_net.h (SASRec's kind) alone, and as one more feature of ours; it is
 * not in the shipped list unless asked for (--sequence), so the figures are without it.
 *
 *     bench recommend [dev | dev-ours | dev-sequence | parts | sequence | export FOLDER | als
 * FOLDER]
 *
 * dev: the same 28 days earlier, for development. export writes the rows for the peer; als reads
 * its lists from there. */
#include "benchmarks.h"
#include "csv.h"
#include "data.h"
#include "figure.h"

#include "core/random.h"
#include "recommend/recommender.h"
#include "recommend/sequence_net.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD = 28, LIST = 20, CODE = 16 };

/* -- The rows ---------------------------------------------------------------------------------- */

typedef struct sale {
    char code[CODE];
    int32_t customer, day;
} sale;

typedef struct sales {
    sale *rows;
    size_t n, capacity;
} sales;

static skua_status read_day(const char *file, sales *to, skua_error *err) {
    bench_csv csv;
    SKUA_TRY(bench_csv_read(file, &csv, err));
    skua_status status = SKUA_OK;
    for (size_t r = 1; r < csv.rows; r++) {
        const char *code = bench_csv_cell(&csv, r, 1);
        double customer = bench_csv_number(&csv, r, 6);
        if (!(customer > 0) || !(bench_csv_number(&csv, r, 3) > 0) ||
            !(bench_csv_number(&csv, r, 5) > 0) || code[0] < '0' || code[0] > '9')
            continue;
        if (to->n == to->capacity) {
            size_t capacity = to->capacity ? 2 * to->capacity : 65536;
            sale *rows = skuai_resize(to->rows, capacity, sizeof *rows);
            if (!rows) {
                status = skuai_error_memory(err, "sales");
                break;
            }
            to->rows = rows;
            to->capacity = capacity;
        }
        sale *s = &to->rows[to->n++];
        *s = (sale){.customer = (int32_t)customer, .day = (int32_t)bench_csv_day(&csv, r, 4)};
        for (size_t k = 0; k + 1 < CODE && code[k]; k++)
            s->code[k] = (char)(code[k] >= 'a' && code[k] <= 'z' ? code[k] - 32 : code[k]);
    }
    bench_csv_clear(&csv);
    return status;
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

static int by_whole(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static size_t unique(void *list, size_t n, size_t size,
                     int (*compare)(const void *, const void *)) {
    char *bytes = list;
    size_t kept = 0;
    qsort(list, n, size, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare(bytes + i * size, bytes + (kept - 1) * size) != 0)
            memmove(bytes + kept++ * size, bytes + i * size, size);
    return kept;
}

/* Customers and codes become numbers, in order. */
static skua_status number(const sales *s, skuai_interactions **made, skua_error *err) {
    char(*codes)[CODE] = skuai_new(s->n, sizeof *codes);
    int32_t *customers = skuai_new(s->n, sizeof *customers);
    skuai_interaction *rows = skuai_new(s->n, sizeof *rows);
    skua_status status = codes && customers && rows ? SKUA_OK : skuai_error_memory(err, "sales");
    if (status == SKUA_OK) {
        for (size_t r = 0; r < s->n; r++) {
            memcpy(codes[r], s->rows[r].code, CODE);
            customers[r] = s->rows[r].customer;
        }
        size_t n_items = unique(codes, s->n, sizeof *codes, by_text);
        size_t n_users = unique(customers, s->n, sizeof *customers, by_whole);
        for (size_t r = 0; r < s->n; r++) {
            char(*code)[CODE] = bsearch(s->rows[r].code, codes, n_items, sizeof *codes, by_text);
            int32_t *customer =
                bsearch(&s->rows[r].customer, customers, n_users, sizeof *customers, by_whole);
            rows[r] = (skuai_interaction){(int32_t)(customer - customers), (int32_t)(code - codes),
                                          s->rows[r].day, 1};
        }
        status = skuai_interactions_new(rows, s->n, n_users, n_items, INT32_MAX, made, err);
    }
    skuai_free(codes);
    skuai_free(customers);
    skuai_free(rows);
    return status;
}

static skua_status read_all(skuai_interactions **made, skua_error *err) {
    char path[1024];
    sales s = {0};
    bench_data_path("uci_online_retail", path, sizeof path);
    DIR *folder = opendir(path);
    if (!folder) return skuai_error_set(err, SKUA_ENOTFOUND, "%s is not there", path);
    skua_status status = SKUA_OK;
    for (struct dirent *e; status == SKUA_OK && (e = readdir(folder));) {
        char file[512];
        if (!strstr(e->d_name, ".csv")) continue;
        (void)snprintf(file, sizeof file, "uci_online_retail/%s", e->d_name);
        status = read_day(file, &s, err);
    }
    (void)closedir(folder);
    if (status == SKUA_OK) status = number(&s, made, err);
    skuai_free(s.rows);
    return status;
}

/* -- Baselines --------------------------------------------------------------------------------- */

typedef struct trial {
    const skuai_interactions *all;
    skuai_interactions *past; /* before the test */
    skuai_item_links *links;
    int32_t cut;
    const int32_t *last; /* [n_users] leave-last-out: the day of the test; NULL: by time */
    size_t neighbours;
    bool self;
    double *popular; /* [n_items] below 1: breaks ties */
} trial;

/* Scores of all items for a user, score [n_items] zero before. */
typedef void (*baseline)(const trial *t, size_t user, double *score);

static void by_popularity(const trial *t, size_t user, double *score) {
    (void)t, (void)user, (void)score; /* the tie-break alone */
}

static void by_recent_popularity(const trial *t, size_t user, double *score) {
    (void)user;
    for (size_t i = 0; i < t->past->n_items; i++)
        for (size_t k = t->past->item_rows[i]; k < t->past->item_rows[i + 1]; k++)
            score[i] += t->past->item_days[k] >= t->cut - PERIOD;
}

static void by_own(const trial *t, size_t user, double *score) {
    for (size_t r = t->past->user_rows[user]; r < t->past->user_rows[user + 1]; r++)
        score[t->past->items[r]] += 1;
}

static int stronger(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void by_neighbours(const trial *t, size_t user, double *score) {
    for (size_t r = t->past->user_rows[user]; r < t->past->user_rows[user + 1]; r++) {
        size_t j = (size_t)t->past->items[r], from = t->links->rows[j],
               n = t->links->rows[j + 1] - from;
        float sorted[256], least = 0;
        memcpy(sorted, t->links->weights + from, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, stronger);
        if (n > t->neighbours) least = sorted[t->neighbours - 1];
        for (size_t l = from; l < from + n; l++)
            if (t->links->weights[l] >= least)
                score[t->links->to[l]] += (double)t->links->weights[l];
        if (t->self) score[j] += 1;
    }
}

/* What is to be found for a user with a past; 0: nothing, or no past. */
static size_t targets_of(const trial *t, size_t u, int32_t *targets) {
    if (t->past->user_rows[u] == t->past->user_rows[u + 1]) return 0;
    if (t->last)
        return skuai_interactions_targets(t->all, u, t->last[u], t->last[u] + 1, targets, 4096);
    return skuai_interactions_targets(t->all, u, t->cut, t->cut + PERIOD, targets, 4096);
}

static void add_ranking(skuai_ranking *sum, const skuai_ranking *one) {
    sum->ndcg10 += one->ndcg10;
    sum->ndcg20 += one->ndcg20;
    sum->hit10 += one->hit10;
    sum->hit20 += one->hit20;
}

static double print_ranking(const char *name, const skuai_ranking *sum, size_t n) {
    double by = (double)n;
    printf("  %-28s NDCG@10 %.4f  @20 %.4f  hit@10 %.4f  @20 %.4f\n", name, sum->ndcg10 / by,
           sum->ndcg20 / by, sum->hit10 / by, sum->hit20 / by);
    (void)fflush(stdout);
    return sum->ndcg10 / by;
}

static double measure(const char *name, const trial *t, baseline run, skua_error *err) {
    size_t n_items = t->all->n_items, n = 0;
    double *score = skuai_new(n_items, sizeof *score);
    int32_t targets[4096], list[LIST];
    skuai_ranking sum = {0};
    if (!score) return (void)skuai_error_memory(err, "a baseline"), (double)NAN;
    for (size_t u = 0; u < t->all->n_users; u++) {
        size_t m = targets_of(t, u, targets);
        if (m == 0) continue;
        memset(score, 0, n_items * sizeof *score);
        run(t, u, score);
        for (size_t i = 0; i < n_items; i++)
            score[i] += t->popular[i];
        for (size_t k = 0; k < LIST; k++) {
            size_t best = 0;
            for (size_t i = 1; i < n_items; i++)
                if (score[i] > score[best]) best = i;
            list[k] = (int32_t)best;
            score[best] = -1;
        }
        skuai_ranking one = skuai_ranking_score(list, LIST, targets, m);
        add_ranking(&sum, &one);
        n++;
    }
    skuai_free(score);
    return print_ranking(name, &sum, n);
}

static double measure_baselines(trial *t, skua_error *err) {
    double best = measure("popularity", t, by_popularity, err);
    best = fmax(best, measure("popularity, last 28 days", t, by_recent_popularity, err));
    best = fmax(best, measure("own most frequent", t, by_own, err));
    for (int k = 0; k < 4; k++) {
        char name[64];
        t->neighbours = k < 2 ? 20 : 100;
        t->self = k % 2;
        (void)snprintf(name, sizeof name, "item-kNN %zu%s", t->neighbours,
                       t->self ? " with own" : "");
        best = fmax(best, measure(name, t, by_neighbours, err));
    }
    return best;
}

/* Lists of the peer: a line a user, his number and LIST items. */
static double measure_lists(const char *folder, const trial *t, skua_error *err) {
    char path[1024], line[1024];
    skuai_ranking sum = {0};
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/lists.txt", folder);
    FILE *file = fopen(path, "r");
    if (!file)
        return (void)skuai_error_set(err, SKUA_ENOTFOUND, "%s is not there", path), (double)NAN;
    while (fgets(line, sizeof line, file)) {
        int32_t list[LIST], targets[4096];
        char *at = line;
        size_t u = (size_t)strtol(at, &at, 10), k = 0;
        while (k < LIST)
            list[k++] = (int32_t)strtol(at, &at, 10);
        size_t m = u < t->all->n_users ? targets_of(t, u, targets) : 0;
        if (m == 0) continue;
        skuai_ranking one = skuai_ranking_score(list, LIST, targets, m);
        add_ranking(&sum, &one);
        n++;
    }
    (void)fclose(file);
    return print_ranking("implicit ALS", &sum, n);
}

static skua_status export_rows(const char *folder, const trial *t, skua_error *err) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/rows.txt", folder);
    FILE *file = fopen(path, "w");
    if (!file) return skuai_error_set(err, SKUA_EIO, "%s cannot be written", path);
    for (size_t u = 0; u < t->past->n_users; u++)
        for (size_t r = t->past->user_rows[u]; r < t->past->user_rows[u + 1]; r++)
            fprintf(file, "%zu %d %d\n", u, t->past->items[r], t->cut - t->past->days[r]);
    return fclose(file) == 0 ? SKUA_OK : skuai_error_set(err, SKUA_EIO, "%s: not written", path);
}

/* -- Ours -------------------------------------------------------------------------------------- */

static void print_weights(const skuai_recommender_rule *r) {
    printf("  weights from %zu users, mean log chance %.4f:", r->n_sets, r->likelihood);
    for (size_t k = 0; k < SKUAI_FEATURES; k++)
        printf(" %s %.3g;", skuai_feature_names[k], r->weights[k]);
    printf("\n");
}

static skua_status score_rule(const char *name, const trial *t, const skuai_recommender_rule *rule,
                              const skuai_feature_options *features, double learnt, bool weights,
                              double *ndcg, skua_error *err) {
    skuai_context context = bench_context();
    skuai_recommender_scores s;
    skuai_recommender *r = NULL;
    double start = skuai_clock();
    SKUA_TRY(skuai_recommender_new(t->past, rule, features, &context, &r, err));
    skua_status status = skuai_recommender_score(r, t->all, t->cut, PERIOD, &context, &s, err);
    if (status == SKUA_OK) {
        printf("  %-28s NDCG@10 %.4f  @20 %.4f  hit@10 %.4f  @20 %.4f  (%zu users; learnt %.1f s, "
               "scored %.1f s)\n",
               name, s.known.ndcg10, s.known.ndcg20, s.known.hit10, s.known.hit20, s.n_known,
               learnt, skuai_clock() - start);
        *ndcg = s.known.ndcg10;
        if (weights) {
            print_weights(rule);
            printf("  %zu new users: NDCG@10 %.4f  @20 %.4f  hit@10 %.4f  @20 %.4f\n", s.n_fresh,
                   s.fresh.ndcg10, s.fresh.ndcg20, s.fresh.hit10, s.fresh.hit20);
            printf("  lists of 10: diversity %.3f, novelty %.2f bits, %.1f %% of all items\n",
                   s.diversity, s.novelty, 100 * s.coverage);
        }
    }
    (void)fflush(stdout);
    skuai_recommender_free(r);
    return status;
}

static skua_status measure_ours(const char *name, const trial *t, uint32_t without, bool weights,
                                double *ndcg, skua_error *err) {
    skuai_rule_options options = {.period = PERIOD, .without = without};
    skuai_context context = bench_context();
    skuai_recommender_rule rule;
    double start = skuai_clock();
    SKUA_TRY(skuai_rule_learn(t->past, &options, &context, &rule, err));
    double learnt = skuai_clock() - start;
    skua_status status = score_rule(name, t, &rule, &options.features, learnt, weights, ndcg, err);
    if (status == SKUA_OK && weights) {
        double linear;
        skuai_recommender_rule plain = rule;
        plain.trees = NULL;
        status = score_rule("weights without trees", t, &plain, &options.features, learnt, false,
                            &linear, err);
    }
    skuai_rule_clear(&rule);
    return status;
}

/* -- The sequence net -------------------------------------------------------------------------- */

/* Its own chances as a list, and the same with his own items put first by how often he had them. */
static skua_status measure_net(const char *name, const trial *t, const skuai_sequence_net *net,
                               skua_error *err) {
    size_t n = 0;
    float *chance = skuai_new(t->all->n_items, sizeof *chance);
    skuai_sequence_reader *reader = NULL;
    skuai_ranking sum = {0};
    skua_status status =
        chance ? skuai_sequence_reader_new(net, &reader, err) : skuai_error_memory(err, "chances");
    for (size_t u = 0; u < t->all->n_users && status == SKUA_OK; u++) {
        int32_t targets[4096], list[LIST];
        size_t m = targets_of(t, u, targets);
        if (m == 0) continue;
        status = skuai_sequence_score(reader, skuai_past_of(t->past, u), chance, err);
        for (size_t k = 0; k < LIST && status == SKUA_OK; k++) {
            size_t best = 0;
            for (size_t i = 1; i < t->all->n_items; i++)
                if (chance[i] > chance[best]) best = i;
            list[k] = (int32_t)best;
            chance[best] = -1;
        }
        skuai_ranking one = skuai_ranking_score(list, LIST, targets, m);
        add_ranking(&sum, &one);
        n++;
    }
    skuai_sequence_reader_free(reader);
    skuai_free(chance);
    if (status == SKUA_OK) (void)print_ranking(name, &sum, n);
    return status;
}

/* The net alone, then our list with it as a feature: the rule learns its weight from a net that was
 * trained on the days before those it is judged on, as all the rest. */
static skua_status measure_sequence(const trial *t, skua_error *err) {
    skuai_context context = bench_context();
    skuai_sequence_options sequence = SKUAI_SEQUENCE_DEFAULT;
    skuai_rule_options options = {.period = PERIOD};
    skuai_recommender_rule rule = {0};
    skuai_sequence_net *net = NULL;
    double start = skuai_clock(), ndcg;
    SKUA_TRY(skuai_sequence_train(t->past, &sequence, &context, &net, err));
    printf("  sequence net: %zu steps of %zu users, loss %.4f, %.1f s\n", sequence.steps,
           sequence.batch, net->loss, skuai_clock() - start);
    skua_status status = measure_net("sequence net alone", t, net, err);
    options.features.sequence = &sequence;
    start = skuai_clock();
    if (status == SKUA_OK) status = skuai_rule_learn(t->past, &options, &context, &rule, err);
    options.features.net = net;
    if (status == SKUA_OK)
        status = score_rule("ours with the sequence net", t, &rule, &options.features,
                            skuai_clock() - start, true, &ndcg, err);
    skuai_rule_clear(&rule);
    skuai_sequence_free(net);
    return status;
}

static uint32_t bits(size_t from, size_t to) {
    uint32_t mask = 0;
    for (size_t k = from; k <= to; k++)
        mask |= 1U << k;
    return mask;
}

static skua_status measure_parts(const trial *t, skua_error *err) {
    double one;
    static const struct {
        const char *name;
        size_t from, to;
    } parts[] = {{"without own", SKUAI_FEATURE_OWN, SKUAI_FEATURE_OWN_POPULAR},
                 {"without neighbours", SKUAI_FEATURE_NEIGHBOURS, SKUAI_FEATURE_NEIGHBOURS_RECENT},
                 {"without regression", SKUAI_FEATURE_LINEAR, SKUAI_FEATURE_LINEAR_RECENT},
                 {"without users alike", SKUAI_FEATURE_ALIKE, SKUAI_FEATURE_ALIKE_RECENT},
                 {"without popularity", SKUAI_FEATURE_POPULAR_7, SKUAI_FEATURE_POPULAR_NEW}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        SKUA_TRY(
            measure_ours(parts[k].name, t, bits(parts[k].from, parts[k].to), false, &one, err));
    return SKUA_OK;
}

static void fill_popular(const skuai_interactions *past, double *popular) {
    for (size_t i = 0; i < past->n_items; i++)
        popular[i] = (double)(past->item_rows[i + 1] - past->item_rows[i]) / (double)(past->n + 1);
}

static void trial_clear(trial *t) {
    skuai_item_links_free(t->links);
    skuai_interactions_free(t->past);
    skuai_free(t->popular);
}

static skua_status prepare(const skuai_interactions *all, int32_t cut, trial *t, skua_error *err) {
    skuai_context context = bench_context();
    skuai_interactions *past = NULL;
    skuai_item_links *links = NULL;
    t->all = all;
    t->cut = cut;
    SKUA_TRY(skuai_interactions_before(all, cut, &past, err));
    t->past = past;
    SKUA_TRY(skuai_item_neighbours(past, 100, &context, &links, err));
    t->links = links;
    t->popular = skuai_new(all->n_items, sizeof *t->popular);
    if (!t->popular) return skuai_error_memory(err, "popularity");
    fill_popular(past, t->popular);
    return SKUA_OK;
}

/* -- Leave-last-out ---------------------------------------------------------------------------- */

/* Each customer's rows but those of his last day, and that day; customers with one day keep it. */
static skua_status hide_last(const skuai_interactions *all, int32_t *last,
                             skuai_interactions **past, skua_error *err) {
    skuai_interaction *rows = skuai_new(all->n, sizeof *rows);
    size_t n = 0;
    if (!rows) return skuai_error_memory(err, "leave-last-out");
    for (size_t u = 0; u < all->n_users; u++) {
        size_t from = all->user_rows[u], to = all->user_rows[u + 1];
        last[u] = to > from ? all->days[to - 1] : 0;
        if (to > from && all->days[from] == last[u]) last[u] = INT32_MAX - 1; /* no test */
        for (size_t r = from; r < to; r++)
            if (all->days[r] < last[u])
                rows[n++] = (skuai_interaction){(int32_t)u, all->items[r], all->days[r], 1};
    }
    skua_status status =
        skuai_interactions_new(rows, n, all->n_users, all->n_items, INT32_MAX, past, err);
    skuai_free(rows);
    return status;
}

static skua_status measure_last(const trial *t, const skuai_recommender *r, skua_error *err) {
    skuai_candidates *c = skuai_recommender_candidates(r);
    skuai_context context = bench_context();
    skuai_recommend_request request = {.n = LIST};
    skuai_ranking sum = {0};
    size_t n = 0;
    skua_status status = c ? SKUA_OK : skuai_error_memory(err, "leave-last-out");
    for (size_t u = 0; u < t->all->n_users && status == SKUA_OK; u++) {
        skuai_recommended list[LIST];
        int32_t targets[4096], items[LIST];
        size_t found = 0, m = targets_of(t, u, targets);
        if (m == 0) continue;
        skuai_past past = skuai_past_of(t->past, u);
        past.today = t->last[u];
        status = skuai_recommend(r, past, &request, c, &context, list, &found, err);
        for (size_t k = 0; k < found; k++)
            items[k] = list[k].item;
        skuai_ranking one = skuai_ranking_score(items, found, targets, m);
        add_ranking(&sum, &one);
        n++;
    }
    skuai_candidates_free(c);
    if (status == SKUA_OK) (void)print_ranking("ours", &sum, n);
    return status;
}

static skua_status leave_last_out(const skuai_interactions *all, skua_error *err) {
    trial t = {0};
    skuai_interactions *past = NULL;
    skuai_recommender_rule rule = {0};
    skuai_recommender *r = NULL;
    skuai_rule_options options = {.period = PERIOD};
    skuai_context context = bench_context();
    int32_t *last = skuai_new(all->n_users, sizeof *last);
    skua_status status = last ? hide_last(all, last, &past, err) : skuai_error_memory(err, "days");
    if (status == SKUA_OK) status = prepare(past, past->end, &t, err);
    if (status == SKUA_OK) status = skuai_rule_learn(past, &options, &context, &rule, err);
    if (status == SKUA_OK)
        status = skuai_recommender_new(past, &rule, &options.features, &context, &r, err);
    if (status == SKUA_OK) {
        t.all = all;
        t.last = last;
        printf("leave-last-out\n");
        status = measure_last(&t, r, err);
    }
    if (status == SKUA_OK) (void)measure("own most frequent", &t, by_own, err);
    t.neighbours = 20;
    t.self = true;
    if (status == SKUA_OK) (void)measure("item-kNN 20 with own", &t, by_neighbours, err);
    skuai_recommender_free(r);
    skuai_rule_clear(&rule);
    trial_clear(&t);
    skuai_interactions_free(past);
    skuai_free(last);
    return status;
}

/* -- A million items --------------------------------------------------------------------------- */

enum { MANY = 1000000, MANY_USERS = 200000, A_USER = 20, ASKED = 50 };

static int by_time(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static skua_status time_users(const skuai_interactions *x, const skuai_recommender_rule *rule,
                              double *median, skua_error *err) {
    skuai_context context = bench_context();
    skuai_feature_options features = {0};
    skuai_recommender *r = NULL;
    double seconds[ASKED];
    SKUA_TRY(skuai_recommender_new(x, rule, &features, &context, &r, err));
    skuai_candidates *c = skuai_recommender_candidates(r);
    skua_status status = c ? SKUA_OK : skuai_error_memory(err, "a million items");
    for (size_t k = 0; k < ASKED && status == SKUA_OK; k++) {
        skuai_recommended list[10];
        skuai_recommend_request request = {.n = 10};
        size_t n;
        double start = skuai_clock();
        status =
            skuai_recommend(r, skuai_past_of(x, k * 997), &request, c, &context, list, &n, err);
        seconds[k] = skuai_clock() - start;
    }
    qsort(seconds, ASKED, sizeof *seconds, by_time);
    *median = 1000 * seconds[ASKED / 2];
    skuai_candidates_free(c);
    skuai_recommender_free(r);
    return status;
}

/* Items by a power law, in 1,000 clusters of taste. The rule is that of UCI. */
static skua_status million(const skuai_recommender_rule *rule, skua_error *err) {
    size_t n = (size_t)MANY_USERS * A_USER;
    skuai_interaction *rows = skuai_new(n, sizeof *rows);
    skuai_interactions *x = NULL;
    if (!rows) return skuai_error_memory(err, "a million items");
    for (size_t u = 0; u < MANY_USERS; u++) {
        skuai_random random;
        skuai_random_split(&random, 1, u);
        for (size_t k = 0; k < A_USER; k++) {
            double place = pow(skuai_random_uniform(&random), 3);
            size_t cluster = k % 4 ? u % 1000 : skuai_random_index(&random, 1000);
            rows[u * A_USER + k] =
                (skuai_interaction){(int32_t)u, (int32_t)(cluster + 1000 * (size_t)(place * 1000)),
                                    (int32_t)skuai_random_index(&random, 365), 1};
        }
    }
    skua_status status = skuai_interactions_new(rows, n, MANY_USERS, MANY, INT32_MAX, &x, err);
    skuai_free(rows);
    double median = NAN;
    if (status == SKUA_OK) status = time_users(x, rule, &median, err);
    if (status == SKUA_OK)
        bench_figure("recommend", "ms_1m", median,
                     "one user, %d items, %zu rows of %d users; all items scored, %s", MANY, x->n,
                     MANY_USERS, rule->trees ? "trees for the first 200" : "no trees");
    skuai_interactions_free(x);
    return status;
}

static skua_status run_million(const trial *t, skua_error *err) {
    skuai_rule_options options = {.period = PERIOD};
    skuai_context context = bench_context();
    skuai_recommender_rule rule;
    SKUA_TRY(skuai_rule_learn(t->past, &options, &context, &rule, err));
    skua_status status = million(&rule, err);
    skuai_rule_clear(&rule);
    return status;
}

int bench_recommend(int argc, char **argv) {
    const char *what = argc > 2 ? argv[2] : "", *folder = argc > 3 ? argv[3] : NULL;
    skua_error err = {0};
    skuai_interactions *all = NULL;
    trial t = {0};
    double ours = NAN, best = NAN;
    skua_status status = read_all(&all, &err);
    bool dev = strncmp(what, "dev", 3) == 0;
    int32_t cut = status == SKUA_OK ? all->end - PERIOD * (dev ? 2 : 1) : 0;
    if (dev) what += strcmp(what, "dev") == 0 ? 3 : 4; /* dev-ours, dev-parts */
    if (status == SKUA_OK) status = prepare(all, cut, &t, &err);
    if (status == SKUA_OK && strcmp(what, "export") == 0 && folder) {
        status = export_rows(folder, &t, &err);
    } else if (status == SKUA_OK) {
        printf("by time, %zu customers, %zu products, %zu rows\n", all->n_users, all->n_items,
               all->n);
        if (strcmp(what, "sequence") != 0) status = measure_ours("ours", &t, 0, true, &ours, &err);
        if (status == SKUA_OK && strcmp(what, "ours") != 0 && strcmp(what, "sequence") != 0)
            best = measure_baselines(&t, &err);
        if (folder) best = fmax(best, measure_lists(folder, &t, &err));
        if (status == SKUA_OK && (strcmp(what, "sequence") == 0 || folder))
            status = measure_sequence(&t, &err);
        if (status == SKUA_OK && strcmp(what, "parts") == 0) status = measure_parts(&t, &err);
        bool whole = !dev && strcmp(what, "sequence") != 0;
        if (status == SKUA_OK && whole) status = leave_last_out(all, &err);
        if (status == SKUA_OK && whole) status = run_million(&t, &err);
        if (status == SKUA_OK && isfinite(ours) && isfinite(best))
            bench_figure("recommend", "ndcg_ratio", ours / best,
                         "NDCG@10 %.4f beside %.4f, the best of popularity, own most frequent, "
                         "item-kNN%s; UCI, last 28 days, all products ranked",
                         ours, best, folder ? ", implicit ALS" : " (ALS: not run)");
    }
    trial_clear(&t);
    skuai_interactions_free(all);
    if (status == SKUA_OK) return 0;
    fprintf(stderr, "recommend: %s\n", err.message);
    return status == SKUA_ENOTFOUND ? 77 : 1;
}
