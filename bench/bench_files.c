/* Figures that work on files and processes: ingest, startup, panel-scale at full size. */
#include "benchmarks.h"
#include "figure.h"

#include "core/file.h"
#include "store/store.h"

#include <math.h>
#include <skua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "build/bench"

static double peak_gib(void) {
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / (1024.0 * 1024.0);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool failed(skua_status status, const skua_error *err) {
    if (status != SKUA_OK) fprintf(stderr, "%s\n", err->message);
    return status != SKUA_OK;
}

/* A period CSV: items x days rows in order of day, as shops export them. Random units of mean
 * `mean` with a season of the week. */
static bool write_csv(const char *path, size_t items, int days, uint64_t seed, double mean) {
    if (access(path, R_OK) == 0) return true;
    FILE *file = fopen(path, "wb");
    skuai_random r;
    if (!file) return false;
    skuai_random_init(&r, seed);
    fputs("item,channel,ds,units,price\n", file);
    for (int t = 0; t < days; t++) {
        skuai_date d = skuai_date_from_day(18262 + t); /* from 2020-01-01 */
        for (size_t i = 0; i < items; i++) {
            double level = mean * (0.2 + (double)(i % 17)) / 8 * (1 + 0.3 * (t % 7 > 4));
            fprintf(file, "SKU%06zu,web,%04d-%02d-%02d,%.0f,%zu.%02zu\n", i, d.year, d.month, d.day,
                    skuai_random_poisson(&r, level), 1 + i % 90, (i * 7) % 100);
        }
    }
    return fclose(file) == 0;
}

/* -- ingest ---------------------------------------------------------------------------------------
 */

static double time_ctas(const char *csv, skua_error *err) {
    char sql[1024];
    skuai_store *store = NULL;
    skuai_store_open_options options = {.mode = SKUAI_STORE_WRITE, .wait_seconds = 5, .threads = 2};
    (void)!system("rm -rf " FOLDER "/ctas");
    if (failed(skuai_store_create(FOLDER "/ctas", &(skuai_store_options){0}, err), err) ||
        failed(skuai_store_open(FOLDER "/ctas", &options, &store, err), err))
        return (double)NAN;
    (void)snprintf(sql, sizeof sql, "CREATE TABLE peer AS SELECT * FROM read_csv('%s')", csv);
    double start = skuai_clock();
    bool bad = failed(skuai_store_execute(store, sql, err), err);
    skuai_store_close(store);
    return bad ? (double)NAN : skuai_clock() - start;
}

static double time_ingest(skua_shop *shop, const char *csv, skua_error *err) {
    char *report = NULL;
    double start = skuai_clock();
    if (failed(skua_shop_ingest(shop, csv, &report, err), err)) return (double)NAN;
    double seconds = skuai_clock() - start;
    skua_text_free(report);
    return seconds;
}

int bench_ingest(int argc, char **argv) {
    (void)argc, (void)argv;
    enum { RUNS = 3 };
    static const char first[] = FOLDER "/ingest-1.csv", second[] = FOLDER "/ingest-2.csv";
    skua_error err = {0};
    double ctas[RUNS], append[RUNS], correct[RUNS];
    if (failed(skuai_folder_make(FOLDER, &err), &err)) return 1;
    if (!write_csv(first, 10000, 1000, 1, 4) || !write_csv(second, 10000, 1000, 2, 5)) return 1;
    for (int i = 0; i < RUNS; i++) {
        skua_shop *shop = NULL;
        (void)!system("rm -rf " FOLDER "/ingest");
        ctas[i] = time_ctas(first, &err);
        if (failed(skua_shop_init(FOLDER "/ingest", NULL, &err), &err) ||
            failed(skua_shop_open(FOLDER "/ingest", &shop, &err), &err))
            return 1;
        if (failed(skua_shop_set(shop, "table", "sales", &err), &err) ||
            failed(skua_shop_set(shop, "threads", "2", &err), &err))
            return 1;
        append[i] = time_ingest(shop, first, &err);
        correct[i] = time_ingest(shop, second, &err);
        skua_shop_close(shop);
        printf("  run %d: CTAS %.1f s, new rows %.1f s, corrections %.1f s\n", i + 1, ctas[i],
               append[i], correct[i]);
        (void)fflush(stdout);
    }
    qsort(ctas, RUNS, sizeof *ctas, compare_doubles);
    qsort(append, RUNS, sizeof *append, compare_doubles);
    qsort(correct, RUNS, sizeof *correct, compare_doubles);
    bench_figure("ingest", "append_ratio", append[1] / ctas[1],
                 "10,000,000 rows, %.1f s beside %.1f s, 2 threads, median of %d", append[1],
                 ctas[1], RUNS);
    bench_figure("ingest", "correct_ratio", correct[1] / ctas[1],
                 "as many rows with other units, %.1f s", correct[1]);
    bench_figure("ingest", "peak_gib", peak_gib(), "peak resident memory, peer included");
    return 0;
}

/* -- startup
 * --------------------------------------------------------------------------------------- */

int bench_startup(int argc, char **argv) {
    enum { RUNS = 20 };
    const char *program = argc > 2 ? argv[2] : "build/release/skua";
    double times[RUNS];
    for (int i = 0; i < RUNS; i++) {
        double start = skuai_clock();
        pid_t child = fork();
        if (child == 0) {
            if (!freopen("/dev/null", "w", stdout)) _exit(1);
            execl(program, program, "--version", (char *)NULL);
            _exit(127);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
            fprintf(stderr, "%s --version failed\n", program);
            return 1;
        }
        times[i] = 1000 * (skuai_clock() - start);
    }
    qsort(times, RUNS, sizeof *times, compare_doubles);
    bench_figure("startup", "version_ms", times[RUNS / 2], "skua --version, median of %d", RUNS);
    return 0;
}

/* -- panel-scale
 * ------------------------------------------------------------------------------------- */

static skua_shop *scale_shop(skua_error *err) {
    static const char csv[] = FOLDER "/scale.csv";
    skua_shop *shop = NULL;
    bool there = access(FOLDER "/scale/skua.yaml", R_OK) == 0;
    if (!there) {
        puts("  writing and ingesting 30,000 series x 1,941 days, not timed ...");
        (void)fflush(stdout);
        if (failed(skuai_folder_make(FOLDER, err), err) || !write_csv(csv, 30000, 1941, 3, 3) ||
            failed(skua_shop_init(FOLDER "/scale", NULL, err), err))
            return NULL;
    }
    if (failed(skua_shop_open(FOLDER "/scale", &shop, err), err)) return NULL;
    if (failed(skua_shop_set(shop, "threads", "2", err), err) ||
        failed(skua_shop_set(shop, "preset", "fast", err), err) ||
        failed(skua_shop_set(shop, "table", "sales", err), err) ||
        failed(skua_shop_set(shop, "horizon", "28", err), err))
        return NULL;
    if (!there) {
        char *report = NULL;
        if (failed(skua_shop_ingest(shop, csv, &report, err), err)) return NULL;
        skua_text_free(report);
        (void)unlink(csv);
    }
    return shop;
}

/* In a child, so that the peak is of this work alone. */
int bench_panel_scale_full(void) {
    skua_error err = {0};
    skua_shop *shop = scale_shop(&err);
    if (!shop) return 1;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char *report = NULL;
        double start = skuai_clock();
        if (failed(skua_shop_forecast(shop, FOLDER "/scale.parquet", &report, &err), &err))
            _exit(1);
        bench_figure("panel-scale", "seconds", skuai_clock() - start,
                     "30,000 series x 1,941 days, read, fast combination, write; 2 threads");
        bench_figure("panel-scale", "peak_gib", peak_gib(), "peak resident memory of it");
        skua_text_free(report);
        (void)fflush(stdout);
        _exit(0);
    }
    int status = 1;
    (void)waitpid(child, &status, 0);
    skua_shop_close(shop);
    return status == 0 ? 0 : 1;
}
