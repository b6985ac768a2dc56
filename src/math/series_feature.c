#include "math/series_feature.h"

#include "math/fourier.h"
#include "math/statistics.h"
#include "math/stl.h"

#include <math.h>

static skuai_demand_class classify(const skuai_demand_features *f) {
    if (f->demands == 0) return SKUAI_DEMAND_NONE;
    bool rare = f->interval > 1.32, varied = f->size_variation > 0.49;
    if (rare) return varied ? SKUAI_DEMAND_LUMPY : SKUAI_DEMAND_INTERMITTENT;
    return varied ? SKUAI_DEMAND_ERRATIC : SKUAI_DEMAND_SMOOTH;
}

skuai_demand_features skuai_demand_describe(const double *y, size_t n) {
    skuai_demand_features f = {.interval = INFINITY, .size_mean = NAN, .zero_share = NAN};
    size_t all = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        all++;
        if (y[i] != 0) {
            f.demands++;
            sum += y[i];
        }
        if (f.demands > 0) f.observed++;
    }
    if (all > 0) f.zero_share = 1 - (double)f.demands / (double)all;
    if (f.demands > 0) {
        double count = (double)f.demands, mean = sum / count;
        for (size_t i = 0; i < n; i++)
            if (!isnan(y[i]) && y[i] != 0) squares += (y[i] - mean) * (y[i] - mean);
        f.interval = (double)f.observed / count;
        f.size_mean = mean;
        f.size_variation = squares / count / (mean * mean);
    }
    f.demand_class = classify(&f);
    return f;
}

const char *skuai_demand_class_name(skuai_demand_class demand_class) {
    static const char names[][16] = {"none", "smooth", "erratic", "intermittent", "lumpy"};
    return names[demand_class];
}

static double correlation_or_zero(const double *x, size_t n) {
    double r = skuai_autocorrelation(x, n, 1);
    return isfinite(r) ? r : 0;
}

static skua_status spectral_entropy(const double *y, size_t n, skuai_arena *arena, double *entropy,
                                    skua_error *err) {
    skuai_fourier fourier;
    SKUA_TRY(skuai_fourier_init(&fourier, n, arena, err));
    double *centred = skuai_arena_take(arena, 4 * n + 2, sizeof *centred);
    if (!centred) return skuai_error_memory(err, "a periodogram");
    double *power = centred + n, mean = skuai_mean(y, n), sum = 0, bits = 0;
    size_t count = (n - 1) / 2; /* without frequencies 0 and 1/2 */
    for (size_t i = 0; i < n; i++)
        centred[i] = y[i] - mean;
    skuai_periodogram(&fourier, centred, power, power + n / 2 + 1);
    for (size_t k = 1; k <= count; k++)
        sum += power[k];
    if (!isfinite(sum))
        return skuai_error_set(err, SKUA_EDATA, "features: the values are too large");
    for (size_t k = 1; sum > 0 && k <= count; k++)
        if (power[k] > 0) bits -= power[k] / sum * log(power[k] / sum);
    *entropy = count > 1 && sum > 0 ? bits / log((double)count) : 1;
    return SKUA_OK;
}

static skua_status describe(const double *y, size_t n, size_t period, skuai_arena *arena,
                            skuai_series_features *f, skua_error *err) {
    double *season = skuai_arena_take(arena, 3 * n, sizeof *season);
    if (!season) return skuai_error_memory(err, "a decomposition");
    double *trend = season + n, *rest = trend + n;
    size_t periods[1] = {period};
    bool seasonal = period >= 2 && n / 2 >= period && 2 * period < n;
    SKUA_TRY(skuai_mstl(y, n, periods, NULL, seasonal ? 1 : 0, NULL, arena, season, trend, err));
    for (size_t i = 0; i < n; i++)
        rest[i] = y[i] - trend[i] - (seasonal ? season[i] : 0);
    skuai_series_features out = {.trend_strength = skuai_component_strength(trend, rest, n),
                                 .seasonal_strength =
                                     seasonal ? skuai_component_strength(season, rest, n) : 0,
                                 .autocorrelation = correlation_or_zero(y, n),
                                 .remainder_autocorrelation = correlation_or_zero(rest, n)};
    SKUA_TRY(spectral_entropy(y, n, arena, &out.entropy, err));
    *f = out;
    return SKUA_OK;
}

skua_status skuai_series_describe(const double *y, size_t n, size_t period, skuai_arena *scratch,
                                  skuai_series_features *features, skua_error *err) {
    if (n < 4) return skuai_error_set(err, SKUA_EDATA, "features: %zu values are too few", n);
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    skua_status status = describe(y, n, period, scratch, features, err);
    skuai_arena_reset(scratch, mark);
    return status;
}
