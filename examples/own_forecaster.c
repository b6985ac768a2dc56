/* A forecaster of one's own among skua's models:
 *
 *     cc own_forecaster.c $(pkg-config --cflags --libs skua) -lm -o own_forecaster &&
 * ./own_forecaster SHOP
 *
 * The same weekday of the last four weeks: their mean, and quantiles from their spread. skua
 * backtests it beside its own models, weighs and calibrates it, and forecasts with it. */
#include <math.h>
#include <skua.h>
#include <stdio.h>

enum { WEEKS = 4 };

/* A rough inverse of the normal distribution (logistic, scaled): enough for an example. */
static double normal(double level) {
    return log(level / (1 - level)) * 0.6;
}

static bool same_weekday(void *user, const skua_history *history, double *mean, double *quantiles) {
    const double *weights = user; /* [WEEKS], the latest first; they sum to 1 */
    for (size_t h = 0; h < history->horizon; h++) {
        double sum = 0, square = 0;
        for (size_t k = 0; k < WEEKS; k++) {
            size_t back = history->season * (h / history->season + k + 1) - h;
            if (back > history->length) return false;
            double y = history->units[history->length - back];
            sum += weights[k] * y;
            square += weights[k] * y * y;
        }
        double spread = sqrt(fmax(square - sum * sum, 0)) + 0.1;
        mean[h] = sum;
        for (size_t q = 0; q < history->n_levels; q++)
            quantiles[h * history->n_levels + q] = sum + spread * normal(history->levels[q]);
    }
    return true;
}

int main(int argc, char **argv) {
    static double weights[WEEKS] = {0.4, 0.3, 0.2, 0.1};
    const skua_forecaster own = {
        .name = "same-weekday", .least_length = 28, .forecast = same_weekday, .user = weights};
    skua_shop *shop = NULL;
    skua_error err;
    char *report = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: %s SHOP\n", argv[0]);
        return 2;
    }
    skua_status status = skua_shop_open(argv[1], &shop, &err);
    if (status == SKUA_OK) status = skua_shop_plug(shop, &own, &err);
    if (status == SKUA_OK) status = skua_shop_set(shop, "models", "theta,same-weekday", &err);
    if (status == SKUA_OK) status = skua_shop_set(shop, "horizon", "7", &err);
    if (status == SKUA_OK) status = skua_shop_train(shop, &report, &err);
    if (status == SKUA_OK) puts(report); /* "leaderboard": every model's scores */
    skua_text_free(report);
    report = NULL;
    if (status == SKUA_OK) status = skua_shop_forecast(shop, NULL, &report, &err);
    if (status == SKUA_OK) puts(report);
    skua_text_free(report);
    if (status != SKUA_OK) fprintf(stderr, "%s\n", err.message);
    skua_shop_close(shop);
    return status == SKUA_OK ? 0 : 1;
}
