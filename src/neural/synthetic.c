#include "neural/synthetic_kind.h"

#include <math.h>

#define PI 3.14159265358979323846
/* Series begin between these days: 1990-01-01 and 2026-01-01. */
#define DAY_FIRST 7305
#define DAY_LAST  20454

static const char *const kind_names[] = {"kernel", "retail", "process", "short", "mixture"};

const char *skuai_synthetic_kind_name(skuai_synthetic_kind kind) {
    return kind_names[kind];
}

size_t skuai_synthetic_seasons(const skuai_grid *grid, double seasons[3]) {
    double year = skuai_grid_periods_in_year(grid);
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        seasons[0] = 24, seasons[1] = 168, seasons[2] = year;
        return 3;
    case SKUAI_FREQUENCY_DAY:
        seasons[0] = 7, seasons[1] = year / 12, seasons[2] = year;
        return 3;
    case SKUAI_FREQUENCY_WEEK:
        seasons[0] = year / 12, seasons[1] = year / 4, seasons[2] = year;
        return 3;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        seasons[0] = 3, seasons[1] = 12;
        return 2;
    case SKUAI_FREQUENCY_QUARTER:
        seasons[0] = 4;
        return 1;
    case SKUAI_FREQUENCY_YEAR:
        break;
    }
    return 0;
}

double skuai_draw_between(skuai_random *random, double low, double high) {
    return low + (high - low) * skuai_random_uniform(random);
}

double skuai_draw_log(skuai_random *random, double low, double high) {
    return exp(skuai_draw_between(random, log(low), log(high)));
}

bool skuai_draw_chance(skuai_random *random, double probability) {
    return skuai_random_uniform(random) < probability;
}

double skuai_draw_student(skuai_random *random, double nu) {
    double z = skuai_random_normal(random), chi = 2 * skuai_random_gamma(random, nu / 2);
    return z * sqrt((nu - 2) / fmax(chi, 1e-12));
}

size_t skuai_draw_choice(skuai_random *random, const double *weights, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += weights[i];
    double u = total * skuai_random_uniform(random);
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(weights[i] > 0)) continue;
        last = i;
        if (u < weights[i]) return i;
        u -= weights[i];
    }
    return last;
}

void skuai_synthetic_standardise(double *y, size_t n) {
    double mean = 0, square = 0;
    for (size_t t = 0; t < n; t++)
        mean += y[t];
    mean /= (double)n;
    for (size_t t = 0; t < n; t++)
        square += (y[t] - mean) * (y[t] - mean);
    double sd = sqrt(square / (double)n);
    if (!(sd > 1e-9 * (fabs(mean) + 1))) sd = 1;
    for (size_t t = 0; t < n; t++)
        y[t] = (y[t] - mean) / sd;
}

void skuai_synthetic_cycle(skuai_random *random, double season, double phase, size_t harmonics,
                           double scale, double *y, size_t n) {
    double power = 0, a[16], b[16];
    if (harmonics > 16) harmonics = 16;
    if (harmonics > (size_t)(season / 2)) harmonics = (size_t)(season / 2);
    if (harmonics == 0) return;
    for (size_t k = 0; k < harmonics; k++) {
        a[k] = skuai_random_normal(random) / (double)(k + 1);
        b[k] = skuai_random_normal(random) / (double)(k + 1);
        power += (a[k] * a[k] + b[k] * b[k]) / 2;
    }
    scale /= sqrt(fmax(power, 1e-12));
    for (size_t k = 0; k < harmonics; k++) {
        double step = 2 * PI * (double)(k + 1) / season, c = cos(step), s = sin(step);
        double x = cos(step * phase), z = sin(step * phase);
        for (size_t t = 0; t < n; t++) {
            y[t] += scale * (a[k] * x + b[k] * z);
            double turned = x * c - z * s;
            z = x * s + z * c;
            x = turned;
        }
    }
}

static skua_status config_check(const skuai_synthetic_config *config, skua_error *err) {
    double kinds = 0, frequencies = 0;
    for (size_t i = 0; i < SKUAI_SYNTHETIC_KINDS; i++) {
        if (!(config->weight[i] >= 0 && isfinite(config->weight[i])))
            return skuai_error_set(err, SKUA_EINVAL, "weight of %s series = %g: need >= 0",
                                   kind_names[i], config->weight[i]);
        kinds += config->weight[i];
    }
    for (size_t i = 0; i < SKUAI_FREQUENCIES; i++) {
        if (!(config->frequency[i] >= 0 && isfinite(config->frequency[i])))
            return skuai_error_set(err, SKUA_EINVAL, "weight of frequency %s = %g: need >= 0",
                                   skuai_frequency_name((skuai_frequency)i), config->frequency[i]);
        frequencies += config->frequency[i];
    }
    if (!(kinds > 0 && frequencies > 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "synthetic series: all weights of kinds or of frequencies are 0");
    if (config->shortest < 8 || config->longest < config->shortest || config->longest > 1 << 20)
        return skuai_error_set(err, SKUA_EINVAL,
                               "synthetic series of %zu to %zu periods: need 8 <= shortest <= "
                               "longest <= 1048576",
                               config->shortest, config->longest);
    if (config->weight[SKUAI_SYNTHETIC_MIXTURE] > 0 && config->n_panels == 0)
        return skuai_error_set(err, SKUA_EINVAL, "mixtures of real series need a panel");
    return SKUA_OK;
}

static skuai_grid grid_of(skuai_random *random, skuai_frequency frequency) {
    skuai_grid grid = {.frequency = frequency, .pattern = 445};
    if (frequency == SKUAI_FREQUENCY_WEEK) grid.week_start = (int)skuai_random_index(random, 7);
    if (frequency == SKUAI_FREQUENCY_RETAIL_MONTH) grid.week_start = 6;
    return grid;
}

static size_t length_of(const skuai_synthetic_config *config, skuai_synthetic_kind kind,
                        skuai_frequency frequency, skuai_random *random) {
    /* Real series of slow frequencies are short: 60 years, 40 years of quarters, 50 of months. */
    static const size_t most[SKUAI_FREQUENCIES] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, 600, 160, 60, 600};
    size_t high = most[frequency] < config->longest ? most[frequency] : config->longest;
    size_t low = config->shortest;
    if (kind == SKUAI_SYNTHETIC_SHORT) {
        static const size_t longest[SKUAI_FREQUENCIES] = {156, 156, 156, 156, 96, 50, 156};
        low = 10, high = longest[frequency];
        if (high > config->longest) high = config->longest;
    }
    if (low > high) low = high;
    /* half uniform, half log-uniform: short histories are common in shops */
    double n = skuai_draw_chance(random, 0.5)
                   ? skuai_draw_between(random, (double)low, (double)high + 1)
                   : skuai_draw_log(random, (double)low, (double)high + 1);
    size_t length = (size_t)n;
    return length > high ? high : length;
}

static skua_status finish(skuai_synthetic *series, skuai_arena *arena, skua_error *err) {
    size_t n = series->length;
    for (size_t t = 0; t < n; t++) {
        double y = series->target[t];
        if (!isfinite(y)) y = 0;
        if (fabs(y) > 1e12) y = copysign(1e12, y);
        series->target[t] = y;
    }
    if (!series->demand) {
        series->demand = skuai_arena_take(arena, n, sizeof *series->demand);
        if (!series->demand) return skuai_error_memory(err, "a synthetic series");
        for (size_t t = 0; t < n; t++)
            series->demand[t] = series->target[t];
    }
    return SKUA_OK;
}

static skua_status draw(const skuai_synthetic_config *config, skuai_synthetic_kind kind,
                        skuai_frequency frequency, skuai_random *random, skuai_arena *arena,
                        skuai_synthetic *result, skua_error *err) {
    skuai_synthetic series = {.kind = kind, .grid = grid_of(random, frequency)};
    series.length = length_of(config, kind, frequency, random);
    int64_t day = DAY_FIRST + (int64_t)skuai_random_index(random, DAY_LAST - DAY_FIRST);
    series.start = skuai_period_from_day(&series.grid, day, (int)skuai_random_index(random, 86400));
    series.target = skuai_arena_take_zero(arena, series.length, sizeof *series.target);
    if (!series.target) return skuai_error_memory(err, "a synthetic series");
    switch (kind) {
    case SKUAI_SYNTHETIC_KERNEL:
        SKUA_TRY(skuai_synthetic_kernel(random, arena, &series, err));
        break;
    case SKUAI_SYNTHETIC_RETAIL:
        SKUA_TRY(skuai_synthetic_retail(random, arena, &series, err));
        break;
    case SKUAI_SYNTHETIC_PROCESS:
        SKUA_TRY(skuai_synthetic_process(random, arena, &series, err));
        break;
    case SKUAI_SYNTHETIC_SHORT:
        SKUA_TRY(skuai_synthetic_short(random, arena, &series, err));
        break;
    default:
        SKUA_TRY(skuai_synthetic_mixture(config, random, arena, &series, err));
        break;
    }
    SKUA_TRY(finish(&series, arena, err));
    *result = series;
    return SKUA_OK;
}

skua_status skuai_synthetic_draw(const skuai_synthetic_config *config, uint64_t seed,
                                 uint64_t index, skuai_arena *arena, skuai_synthetic *series,
                                 skua_error *err) {
    SKUA_TRY(config_check(config, err));
    skuai_random random;
    skuai_random_split(&random, seed, index);
    skuai_synthetic_kind kind =
        (skuai_synthetic_kind)skuai_draw_choice(&random, config->weight, SKUAI_SYNTHETIC_KINDS);
    double weights[SKUAI_FREQUENCIES], sum = 0;
    for (size_t i = 0; i < SKUAI_FREQUENCIES; i++) {
        bool slow = i == SKUAI_FREQUENCY_MONTH || i == SKUAI_FREQUENCY_QUARTER ||
                    i == SKUAI_FREQUENCY_YEAR || i == SKUAI_FREQUENCY_RETAIL_MONTH;
        weights[i] = kind == SKUAI_SYNTHETIC_SHORT && !slow ? 0 : config->frequency[i];
        sum += weights[i];
    }
    if (!(sum > 0)) weights[SKUAI_FREQUENCY_MONTH] = 1;
    skuai_frequency frequency =
        (skuai_frequency)skuai_draw_choice(&random, weights, SKUAI_FREQUENCIES);
    return draw(config, kind, frequency, &random, arena, series, err);
}

skua_status skuai_synthetic_draw_kind(const skuai_synthetic_config *config,
                                      skuai_synthetic_kind kind, skuai_frequency frequency,
                                      uint64_t seed, uint64_t index, skuai_arena *arena,
                                      skuai_synthetic *series, skua_error *err) {
    SKUA_TRY(config_check(config, err));
    if (kind == SKUAI_SYNTHETIC_MIXTURE && config->n_panels == 0)
        return skuai_error_set(err, SKUA_EINVAL, "mixtures of real series need a panel");
    skuai_random random;
    skuai_random_split(&random, seed, index);
    return draw(config, kind, frequency, &random, arena, series, err);
}
