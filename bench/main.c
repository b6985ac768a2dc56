/* skua-bench: the benchmarks that run inside one process. bench/run.sh adds the peers.
 *
 *     skua-bench                                   lists what there is
 *     skua-bench NAME                              runs benchmark NAME
 *     skua-bench score SET MODEL... [-v N] [-s N]  scores models on a set; -v N: on the N-th
 * horizon before the test (inside training) instead; -s N: every N-th series alone */
#include "benchmarks.h"
#include "figure.h"

#include "stat/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_scores(const char *model, const skuai_scores *s, double seconds) {
    printf("%-20s WQL %.4f WAPE %.4f MASE %.4f SQL %.4f RMSSE %.4f sMAPE %.4f bias %+.4f PIT %.3f "
           "cover80 %.3f %6.2f s (%zu series, %zu points)\n",
           model, s->wql, s->wape, s->mase, s->sql, s->rmsse, s->smape, s->bias, s->pit_ks,
           skuai_scores_cover(s, 0.1), seconds, s->n_series, s->n_points);
    (void)fflush(stdout);
}

/* A set whose test is the n-th horizon before the real one; the real test is out of reach. */
static skua_status to_validation(bench_set *set, size_t n, skua_error *err) {
    skuai_panel *history = NULL, *train = NULL;
    SKUA_TRY(skuai_panel_cut(set->full, n * set->horizon, &history, err));
    skua_status status = skuai_panel_cut(history, set->horizon, &train, err);
    if (status == SKUA_OK) {
        skuai_panel_free(set->train);
        set->train = train;
    }
    skuai_panel_free(history);
    return status;
}

static int score(int argc, char **argv) {
    size_t validation = 0, step = 1;
    int n_models = argc - 3;
    for (; n_models > 2 && argv[n_models + 1][0] == '-'; n_models -= 2) {
        size_t value = (size_t)strtol(argv[n_models + 2], NULL, 10);
        if (argv[n_models + 1][1] == 'v')
            validation = value;
        else
            step = value > 1 ? value : 1;
    }
    skua_error err = {0};
    bench_set set;
    if (bench_set_load(argv[2], &set, &err) != SKUA_OK ||
        (step > 1 && bench_set_thin(&set, step, &err) != SKUA_OK) ||
        (validation && to_validation(&set, validation, &err) != SKUA_OK)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int i = 0; i < n_models; i++) {
        skuai_forecaster forecaster;
        skuai_scores scores;
        double seconds;
        if (!bench_forecaster(argv[3 + i], &forecaster))
            fprintf(stderr, "no model '%s'\n", argv[3 + i]);
        else if (bench_score(&set, &forecaster, NULL, &scores, &seconds, NULL))
            print_scores(argv[3 + i], &scores, seconds);
    }
    bench_set_clear(&set);
    return 0;
}

#ifndef SKUA_SCORE_ONLY
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} benchmarks[] = {
    {"m3", bench_m3, "statistical combination on M3, beside its members"},
    {"carparts", bench_carparts, "intermittent monthly demand"},
    {"hospital", bench_hospital, "counts by month"},
    {"walmart-local", bench_walmart_local, "weekly sales, no trees and no networks"},
    {"coverage", bench_coverage, "do intervals hold what they promise"},
    {"local-speed", bench_local_speed, "series a second beside statsforecast"},
    {"panel-scale", bench_panel_scale, "time over the number of series"},
    {"ingest", bench_ingest, "a 10,000,000-row file beside DuckDB's CREATE TABLE AS"},
    {"startup", bench_startup, "how long skua --version takes"},
    {"simulate", bench_simulate, "writing a simulated shop"},
    {"stockout", bench_stockout, "bias removed where demand was censored"},
    {"auto", bench_auto, "preset best on the published sets, with and without the net"},
    {"hierarchy", bench_hierarchy, "items that fit their categories, beside levels on their own"},
    {"oj", bench_oj, "orange juice, trees by mean percentage error"},
    {"train-speed", bench_train_speed, "training steps of the demand net beside PyTorch"},
    {"infer-speed", bench_infer_speed, "passes of the demand net beside PyTorch"},
    {"tokenizer", bench_tokenizer, "token numbers beside Hugging Face tokenizers"},
    {"elasticity", bench_elasticity, "price elasticities beside the simulator's truth"},
    {"uplift", bench_uplift, "promotions placed when demand is high, beside the truth"},
    {"pcmci", bench_pcmci, "PCMCI beside tigramite: equal links, seconds"},
    {"discovery", bench_discovery, "links found in processes whose links are known"},
    {"shap-speed", bench_shap_speed, "TreeSHAP beside brute force, kernel SHAP beside shap"},
    {"text-vectors", bench_text_vectors,
     "sub-word vectors of a folder's strings.bin, into subword.bin"},
    {"picture-speed", bench_picture_speed, "pictures decoded, resized and described a second"},
    {"fashion", bench_fashion, "article types of fashion pictures by a linear probe"},
    {"tags", bench_tags, "labels from titles by examples a class"},
    {"text-gain", bench_text_gain, "what titles tell of sales, products held out whole"},
    {"text-speed", bench_text_speed, "MiniLM on titles beside sentence-transformers"},
    {"zero-shot", bench_zero_shot, "the base model as it is, beside published rows and our own"},
    {"zero-shot-peer", bench_peer_model, "the base model beside the pre-trained Fracast-0"},
    {"untrained", bench_untrained, "what skua forecast does without training: with the base model"},
    {"zero-shot-speed", bench_zero_shot_speed, "30,000 series x 28 days by the base model"},
    {"int8", bench_int8, "the base model on 8-bit weights beside itself"},
    {"adversarial", bench_adversarial, "fine-tuning with and without adversarial inputs"},
    {"pruned", bench_pruned, "the base model with half of its weights beside itself"},
    {"transfer", bench_transfer, "a new channel, new items, with 0, 1, 2, 4, 8 periods of history"},
    {"robust", bench_robust, "damaged histories, with and without cleaning"},
    {"memory", bench_memory, "of training the base net and of forecasting with it"},
    {"trend", bench_trend, "planted change points in real series"},
    {"cold-start", bench_cold_start,
     "new items of UCI Online Retail at 0, 1, 2, 4, 8 weeks, beside newborns' means and titles"},
    {"stock-replay", bench_stock_replay,
     "orders from forecasts beside the formula for safety stock"},
    {"recommend", bench_recommend, "next purchases of UCI's customers, and 1,000,000 items"},
    {"price", bench_price, "prices by the estimated elasticities, beside the best ones"},
    {"price-replay", bench_price_replay,
     "prices of the plan on real history, by off-policy evaluation"},
    {"promo", bench_promo, "a plan of promotions, 5,000 items x 26 weeks"},
    {"anomalies", bench_anomalies, "planted oddities found"},
};
enum { BENCHMARKS = sizeof benchmarks / sizeof *benchmarks };
#endif

static int list_all(void) {
#ifndef SKUA_SCORE_ONLY
    for (size_t i = 0; i < BENCHMARKS; i++)
        printf("%-14s %s\n", benchmarks[i].name, benchmarks[i].what);
#endif
    printf("usage: skua-bench score SET MODEL... [-v N] [-s N]\nsets:");
    for (size_t i = 0; bench_set_names[i]; i++)
        printf(" %s", bench_set_names[i]);
    printf("\nmodels:");
    for (size_t i = 0; skuai_local_at(i); i++)
        printf(" %s", skuai_local_at(i)->name);
    printf(" group count-pool\n");
    return 0;
}

/* skua-bench figure NAME KEY VALUE NOTE: a figure that a script of bench/peers measured, with its
 * verdict. */
static int print_figure(char **argv) {
    char *end;
    double value = strtod(argv[4], &end);
    if (end == argv[4] || *end) {
        fprintf(stderr, "skua-bench: '%s' is not a number\n", argv[4]);
        return 2;
    }
    bench_figure(argv[2], argv[3], value, "%s", argv[5]);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return list_all();
    if (strcmp(argv[1], "figure") == 0 && argc == 6) return print_figure(argv);
    if (strcmp(argv[1], "score") == 0 && argc > 3) return score(argc, argv);
#ifndef SKUA_SCORE_ONLY
    for (size_t i = 0; i < BENCHMARKS; i++)
        if (strcmp(argv[1], benchmarks[i].name) == 0) return benchmarks[i].run(argc, argv);
#endif
    fprintf(stderr, "skua-bench: no benchmark '%s'; without an argument it lists them\n", argv[1]);
    return 2;
}
