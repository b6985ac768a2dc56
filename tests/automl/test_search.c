/* Search against a landscape that is known: better than chance, most of its evaluations go to the
 * good ones, the same seed says the same, the clock and limits end it. Journal: kept line by line,
 * a cut line is ignored. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "automl/journal.h"

static const skuai_search_parameter dimensions[] = {
    {"kind", SKUAI_RANGE_CHOICE, 0, 0, "bad|good|"},
    {"rate", SKUAI_RANGE_LOG, 0.001, 1, NULL},
    {"share", SKUAI_RANGE_LINEAR, 0, 1, NULL},
    {"leaves", SKUAI_RANGE_INTEGER, 2, 200, NULL},
};
static const skuai_search_family families[] = {
    {"valley", ":fixed=1", dimensions, 4},
    {"plain", "", dimensions, 1},
};

typedef struct landscape {
    int evaluations, per_rung[SKUAI_SEARCH_RUNGS];
    double noise, seconds;
    bool flat;
    char log[20000];
} landscape;

static double parameter(const char *specification, const char *name) {
    const char *at = strstr(specification, name);
    return at ? strtod(at + strlen(name), NULL) : (double)NAN;
}

/* Least, 1, at kind good, rate 0.03, share 0.7, leaves 20. */
static skua_status judge(void *user, const char *specification, size_t rung, double *loss,
                         double *seconds, skua_error *err) {
    landscape *l = user;
    (void)err;
    l->evaluations++;
    l->per_rung[rung]++;
    *seconds = l->seconds;
    if (strlen(l->log) + strlen(specification) + 2 < sizeof l->log)
        strcat(strcat(l->log, specification), "\n");
    skuai_random random;
    uint64_t hash = 1;
    for (const char *c = specification; *c; c++)
        hash = hash * 31 + (uint64_t)*c;
    skuai_random_split(&random, hash, rung);
    double extra = l->noise * skuai_random_normal(&random);
    if (strncmp(specification, "plain", 5) == 0) return *loss = 5 + extra, SKUA_OK;
    assert_non_null(strstr(specification, ":fixed=1"));
    double rate = log10(parameter(specification, ":rate=") / 0.03);
    double share = parameter(specification, ":share=") - 0.7;
    double leaves = log10(parameter(specification, ":leaves=") / 20);
    double kind = strstr(specification, ":kind=good") ? 0 : 1;
    *loss =
        l->flat ? 1 + extra : 1 + kind + rate * rate + 4 * share * share + leaves * leaves + extra;
    return SKUA_OK;
}

static skuai_search_options options_of(size_t trials, size_t rungs) {
    return (skuai_search_options){.families = families,
                                  .n_families = 2,
                                  .rungs = rungs,
                                  .eta = 3,
                                  .trials = trials,
                                  .seed = 4};
}

static double best_of(uint64_t seed, size_t n_random) {
    double best = (double)INFINITY, loss, seconds;
    landscape l = {0};
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t i = 0; i < n_random; i++) {
        double x[4];
        char text[SKUAI_SPECIFICATION_SIZE];
        for (int k = 0; k < 4; k++)
            x[k] = skuai_random_uniform(&random);
        skuai_search_specify(&families[0], x, text);
        assert_int_equal(judge(&l, text, 0, &loss, &seconds, NULL), SKUA_OK);
        if (loss < best) best = loss;
    }
    return best;
}

static void points_become_text(void **state) {
    (void)state;
    char text[SKUAI_SPECIFICATION_SIZE];
    skuai_search_specify(&families[0], (double[]){0.5, 0, 0.25, 1}, text);
    assert_string_equal(text, "valley:fixed=1:kind=good:rate=0.001:share=0.25:leaves=200");
    skuai_search_specify(&families[0], (double[]){0.99, 1, 1, 0}, text); /* the empty choice */
    assert_string_equal(text, "valley:fixed=1:rate=1:share=1:leaves=2");
}

/* Mean over seeds of what is above the least, with as many evaluations. */
static void better_than_chance(void **state) {
    (void)state;
    double found = 0, chance = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        landscape l = {0};
        skuai_search search = {0};
        skua_error err;
        skuai_search_options o = options_of(60, 1);
        o.seed = seed;
        o.n_families = 1;
        assert_ok(skuai_search_run(&o, judge, &l, NULL, &search, &err), &err);
        assert_int_equal(l.evaluations, 60);
        found += (search.trials[0].loss[0] - 1) / 20;
        chance += (best_of(seed + 100, 60) - 1) / 20;
        skuai_search_clear(&search);
    }
    if (!(found < 0.5 * chance)) fail_msg("search %g, chance %g", found, chance);
}

static void the_good_climb(void **state) {
    (void)state;
    landscape l = {.noise = 0.01}, twin = {.noise = 0.01};
    skuai_search search = {0}, again = {0};
    skua_error err;
    skuai_search_options o = options_of(54, 3);
    assert_ok(skuai_search_run(&o, judge, &l, NULL, &search, &err), &err);
    assert_int_equal(l.per_rung[0], 54);
    assert_in_range(l.per_rung[1], 9, 27);
    assert_in_range(l.per_rung[2], 2, 9);
    assert_int_equal(search.n_evaluations, (size_t)l.evaluations);
    assert_int_equal(search.trials[0].n_rungs, 3);
    size_t at_top = 0; /* what climbed is better on rung 0 than the typical one */
    double top = 0, all = 0;
    for (size_t i = 0; i < search.n_trials; i++) {
        all += search.trials[i].loss[0] / (double)search.n_trials;
        if (search.trials[i].n_rungs == 3) top += search.trials[i].loss[0], at_top++;
    }
    assert_true(top / (double)at_top < all - 0.5);
    assert_ok(skuai_search_run(&o, judge, &twin, NULL, &again, &err), &err);
    assert_string_equal(l.log, twin.log);
    skuai_search_clear(&search);
    skuai_search_clear(&again);
    o.seed = 5;
    memset(&twin, 0, sizeof twin);
    assert_ok(skuai_search_run(&o, judge, &twin, NULL, &again, &err), &err);
    assert_string_not_equal(l.log, twin.log);
    skuai_search_clear(&again);
}

/* Where all are alike but for noise, the winner looks better than it is on the windows that chose
 * it, and is like the others on one that did not: what window 0 is kept for. */
static void noise_gives_no_gain(void **state) {
    (void)state;
    double chosen = 0, fresh = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        landscape l = {.flat = true, .noise = 0.1};
        skuai_search search = {0};
        skuai_search_options o = options_of(30, 3);
        skua_error err;
        double loss, seconds;
        o.seed = seed;
        o.n_families = 1;
        assert_ok(skuai_search_run(&o, judge, &l, NULL, &search, &err), &err);
        for (size_t r = 0; r < 3; r++)
            chosen += search.trials[0].loss[r] / 120;
        assert_int_equal(judge(&l, search.trials[0].specification, 7, &loss, &seconds, &err),
                         SKUA_OK);
        fresh += loss / 40;
        skuai_search_clear(&search);
    }
    assert_true(chosen < 0.95);
    assert_close(fresh, 1, 0, 0.05);
}

static skua_status fail_some(void *user, const char *specification, size_t rung, double *loss,
                             double *seconds, skua_error *err) {
    (void)user, (void)rung, (void)seconds;
    *loss = 2;
    if (strstr(specification, "kind=bad"))
        return skuai_error_set(err, SKUA_ECONFIG, "made to fail");
    if (strstr(specification, "stop")) return skuai_error_set(err, SKUA_ECANCEL, "stopped");
    return SKUA_OK;
}

static void limits_end_it(void **state) {
    (void)state;
    static const char *const warm[] = {"plain:kind=good", "other:a=1"};
    static const char *const stop[] = {"stop:a=1"};
    landscape l = {0};
    skuai_search search = {0};
    skua_error err;
    skuai_search_options o = options_of(50, 2);
    o.evaluations = 7;
    o.warm = warm;
    o.n_warm = 2;
    l.flat = true;
    assert_ok(skuai_search_run(&o, fail_some, &l, NULL, &search, &err), &err);
    assert_int_equal(search.n_evaluations, 7);
    for (size_t i = 0; i < search.n_trials; i++) /* what failed is last */
        if (isinf(search.trials[i].loss[0]))
            for (size_t j = i; j < search.n_trials; j++)
                assert_true(search.trials[j].n_rungs < 2);
    skuai_search_clear(&search);
    o = options_of(50, 2);
    o.deadline = skuai_clock() + 5;
    l.seconds = 1000; /* the second of a family would pass the deadline */
    assert_ok(skuai_search_run(&o, judge, &l, NULL, &search, &err), &err);
    assert_in_range(search.n_evaluations, 1, 3);
    skuai_search_clear(&search);
    o = options_of(50, 2);
    o.warm = stop;
    o.n_warm = 1;
    assert_int_equal(skuai_search_run(&o, fail_some, &l, NULL, &search, &err), SKUA_ECANCEL);
    o.eta = 1;
    assert_int_equal(skuai_search_run(&o, judge, &l, NULL, &search, &err), SKUA_EINVAL);
}

static void a_journal_survives(void **state) {
    (void)state;
    char folder[512], path[600];
    skua_error err;
    skuai_journal journal = {0}, read = {0};
    skuai_journal_line line = {.rung = 2, .loss = 0.25, .seconds = 1.5};
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/run.jsonl", folder);
    assert_int_equal(skuai_journal_read(path, &read, &err), SKUA_ENOTFOUND);
    assert_ok(skuai_journal_begin(path, "seed 1", NULL, 0, &journal, &err), &err);
    (void)snprintf(line.specification, sizeof line.specification, "tree:a=\"1\"");
    assert_ok(skuai_journal_add(&journal, &line, &err), &err);
    FILE *file = fopen(path, "ab"); /* a kill in the middle of a line */
    assert_non_null(file);
    (void)fputs("{\"specification\":\"half", file);
    (void)fclose(file);
    assert_ok(skuai_journal_read(path, &read, &err), &err);
    assert_int_equal(read.n, 1);
    assert_false(read.ended);
    skuai_journal_clear(&journal);
    line.loss = (double)INFINITY;
    line.rung = 0;
    (void)snprintf(line.reason, sizeof line.reason, "no time");
    assert_ok(skuai_journal_add(&read, &line, &err), &err);
    assert_ok(skuai_journal_end(&read, &err), &err);
    assert_ok(skuai_journal_read(path, &journal, &err), &err);
    assert_string_equal(journal.key, "seed 1");
    assert_int_equal(journal.n, 2);
    assert_true(journal.ended);
    const skuai_journal_line *found = skuai_journal_find(&journal, "tree:a=\"1\"", 2);
    assert_non_null(found);
    assert_close(found->loss, 0.25, 0, 0);
    found = skuai_journal_find(&journal, "tree:a=\"1\"", 0);
    assert_non_null(found);
    assert_true(isinf(found->loss));
    assert_string_equal(found->reason, "no time");
    assert_null(skuai_journal_find(&journal, "tree:a=\"1\"", 1));
    skuai_journal_clear(&journal);
    skuai_journal_clear(&read);
    file = fopen(path, "wb");
    (void)fputs("item,ds\n", file);
    (void)fclose(file);
    assert_int_equal(skuai_journal_read(path, &read, &err), SKUA_EDATA);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_become_text), cmocka_unit_test(better_than_chance),
        cmocka_unit_test(the_good_climb),     cmocka_unit_test(noise_gives_no_gain),
        cmocka_unit_test(limits_end_it),      cmocka_unit_test(a_journal_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
