#include "stat/group/group_time.h"

#include "core/calendar/easter.h"
#include "core/calendar/lunar.h"

#include <math.h>
#include <string.h>

#define TREND_LENGTH  200.0
#define SLOW_LENGTH   8.0
#define FAST_LENGTH   2.0
#define SLOPE_UNIT    52.0
#define SMOOTH_SHARE  13.0 /* the smooth season's length is a 13th of the season */
#define PHASE_SHARE   35.0
#define MONTH_SHARP   2.0
#define BLOCK_DAYS    7 /* days a column of a feast's exposure covers, unless the grid is finer */
#define FEAST_COLUMNS 10

typedef struct feast_window {
    int from, to, days; /* columns: blocks of `days` days, block k ends at feast + k * days */
} feast_window;

static double *new_kernel(skuai_group_time *time, skuai_group_kernel kind, skuai_arena *arena) {
    double *k = skuai_arena_take(arena, time->n * time->n, sizeof *k);
    time->kernel[kind] = k;
    return k;
}

/* A kernel of the lag alone: value [T] by lag. */
static bool lag_kernel(skuai_group_time *time, skuai_group_kernel kind, const double *value,
                       skuai_arena *arena) {
    double *k = new_kernel(time, kind, arena);
    if (!k) return false;
    for (size_t i = 0; i < time->n; i++)
        for (size_t j = 0; j < time->n; j++)
            k[i * time->n + j] = value[i > j ? i - j : j - i];
    return true;
}

static bool decay_kernel(skuai_group_time *time, skuai_group_kernel kind, double length,
                         double *value, skuai_arena *arena) {
    for (size_t d = 0; d < time->n; d++)
        value[d] = exp(-(double)d / length);
    return lag_kernel(time, kind, value, arena);
}

static bool season_kernels(skuai_group_time *time, double *value, skuai_arena *arena) {
    size_t m = (size_t)time->season;
    for (size_t d = 0; d < time->n; d++) {
        size_t c = d % m;
        double x = (double)(c < m - c ? c : m - c) * SMOOTH_SHARE / (double)m;
        value[d] = exp(-0.5 * x * x);
    }
    if (!lag_kernel(time, SKUAI_GROUP_SMOOTH, value, arena)) return false;
    for (size_t d = 0; d < time->n; d++) {
        size_t c = d % m;
        value[d] = exp(-(double)(c < m - c ? c : m - c) * PHASE_SHARE / (double)m);
    }
    return lag_kernel(time, SKUAI_GROUP_PHASE, value, arena);
}

/* x [T, columns] to the kernel x x'. */
static bool outer_kernel(skuai_group_time *time, skuai_group_kernel kind, const double *x,
                         size_t columns, skuai_arena *arena) {
    double *k = new_kernel(time, kind, arena);
    if (!k) return false;
    for (size_t i = 0; i < time->n; i++) {
        for (size_t j = 0; j < time->n; j++) {
            double sum = 0;
            for (size_t c = 0; c < columns; c++)
                sum += x[i * columns + c] * x[j * columns + c];
            k[i * time->n + j] = sum;
        }
    }
    return true;
}

static bool month_kernel(skuai_group_time *time, const skuai_grid *grid, double *angle,
                         skuai_arena *arena) {
    for (size_t i = 0; i < time->n; i++) {
        int64_t period = time->first + (int64_t)i;
        int64_t middle =
            (skuai_period_first_day(grid, period) + skuai_period_last_day(grid, period)) / 2;
        skuai_date date = skuai_date_from_day(middle);
        angle[i] = 2 * 3.14159265358979323846 * date.day /
                   (double)skuai_days_in_month(date.year, date.month);
    }
    double *k = new_kernel(time, SKUAI_GROUP_MONTH, arena);
    if (!k) return false;
    for (size_t i = 0; i < time->n; i++)
        for (size_t j = 0; j < time->n; j++)
            k[i * time->n + j] = exp(MONTH_SHARP * (cos(angle[i] - angle[j]) - 1));
    return true;
}

/* -- Feasts ------------------------------------------------------------------------------------ */

static bool feast_day(skuai_group_kernel kind, int year, int64_t *day) {
    if (kind == SKUAI_GROUP_EASTER) {
        *day = skuai_easter_day(year);
        return true;
    }
    skuai_lunar_year lunar;
    return skuai_lunar_year_get(year, SKUAI_LUNAR_ZONE_CHINA, &lunar, NULL) == SKUA_OK &&
           skuai_lunar_day(&lunar, 1, false, 1, day, NULL) == SKUA_OK;
}

/* Add the shares of the block's days that lie in each period to column c. */
static void expose(const skuai_group_time *time, const skuai_grid *grid, int64_t from, int days,
                   size_t columns, size_t c, double *x) {
    for (int d = 0; d < days; d++) {
        int64_t i = skuai_period_from_day(grid, from + d, 0) - time->first;
        if (i >= 0 && i < (int64_t)time->n) x[(size_t)i * columns + c] += 1.0 / days;
    }
}

/* The kernel of one feast, unless it lies fewer than twice in the window or always on the same
 * place of the season. */
static bool feast_kernel(skuai_group_time *time, const skuai_grid *grid, skuai_group_kernel kind,
                         double *x, skuai_arena *arena) {
    feast_window blocks = {-1, 1, BLOCK_DAYS};
    if (grid->frequency == SKUAI_FREQUENCY_DAY) blocks = (feast_window){-7, 2, 1};
    size_t columns = (size_t)((int64_t)blocks.to - blocks.from + 1), seen = 0;
    memset(x, 0, time->n * columns * sizeof *x);
    int64_t last = time->first + (int64_t)time->n - 1;
    int from = skuai_date_from_day(skuai_period_first_day(grid, time->first)).year - 1;
    int to = skuai_date_from_day(skuai_period_first_day(grid, last)).year + 1;
    int64_t place = -1;
    bool moves = false;
    for (int year = from; year <= to; year++) {
        int64_t day;
        if (!feast_day(kind, year, &day)) continue;
        int64_t i = skuai_period_from_day(grid, day, 0) - time->first;
        if (i >= 0 && i < (int64_t)time->window) seen++;
        if (i >= 0 && i < (int64_t)time->n) {
            moves = moves || (place >= 0 && i % time->season != place);
            place = i % time->season;
        }
        for (int k = blocks.from; k <= blocks.to; k++)
            expose(time, grid, day + (int64_t)k * blocks.days - blocks.days + 1, blocks.days,
                   columns, (size_t)(k - blocks.from), x);
    }
    return seen < 2 || !moves || outer_kernel(time, kind, x, columns, arena);
}

skua_status skuai_group_time_init(skuai_group_time *time, const skuai_grid *grid,
                                  skuai_arena *arena, skua_error *err) {
    size_t n = time->n, m = (size_t)time->season;
    memset(time->kernel, 0, sizeof time->kernel);
    double *scratch = skuai_arena_take(arena, n * FEAST_COLUMNS, sizeof *scratch);
    bool fits = scratch != NULL;
    bool seasonal = m > 1 && time->window >= m;
    bool repeated = m <= 1 || time->window >= m + (m / 8 > 4 ? m / 8 : 4);
    skuai_frequency f = grid->frequency;
    bool fine = f == SKUAI_FREQUENCY_WEEK || f == SKUAI_FREQUENCY_DAY;
    bool yearly = fine || f == SKUAI_FREQUENCY_MONTH;
    fits = fits && decay_kernel(time, SKUAI_GROUP_TREND, TREND_LENGTH, scratch, arena);
    if (repeated) {
        fits = fits && decay_kernel(time, SKUAI_GROUP_SLOW, SLOW_LENGTH, scratch, arena);
        fits = fits && decay_kernel(time, SKUAI_GROUP_FAST, FAST_LENGTH, scratch, arena);
        for (size_t i = 0; fits && i < n; i++)
            scratch[i] = ((double)i - 0.5 * (double)time->window) / SLOPE_UNIT;
        fits = fits && outer_kernel(time, SKUAI_GROUP_SLOPE, scratch, 1, arena);
    }
    if (seasonal) fits = fits && season_kernels(time, scratch, arena);
    if (fine) fits = fits && month_kernel(time, grid, scratch, arena);
    if (yearly) {
        fits = fits && feast_kernel(time, grid, SKUAI_GROUP_EASTER, scratch, arena);
        fits = fits && feast_kernel(time, grid, SKUAI_GROUP_LUNAR, scratch, arena);
    }
    double *noise = fits ? new_kernel(time, SKUAI_GROUP_NOISE, arena) : NULL;
    if (!noise) return skuai_error_memory(err, "the kernels of a group model");
    memset(noise, 0, n * n * sizeof *noise);
    for (size_t i = 0; i < n; i++)
        noise[i * n + i] = 1;
    return SKUA_OK;
}

void skuai_group_time_sum(const skuai_group_time *time, const double *variance, bool noise,
                          double *sum) {
    size_t size = time->n * time->n;
    memset(sum, 0, size * sizeof *sum);
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++) {
        const double *kernel = time->kernel[k];
        if (!kernel || !(variance[k] > 0) || (k == SKUAI_GROUP_NOISE && !noise)) continue;
        for (size_t i = 0; i < size; i++)
            sum[i] += variance[k] * kernel[i];
    }
}
