/* The slopes of the nets' mean forecasts against central differences, in double. */
#include "support/support.h"

#include "core/random.h"
#include "neural/demand_slope.h"

#include <math.h>
#include <string.h>

enum { T = 40, AHEAD = 8, PATCH = 4, H = 7, PARTS = SKUAI_DEMAND_SLOPE_PARTS };

static const skuai_context context = {.seed = 1, .threads = 2};

typedef struct history {
    double y[T], other[T];
    float price[T + AHEAD], promotion[T + AHEAD];
} history;

/* What was sold and planned; `moved`: another level with zeros, other prices and promotions. */
static history make(bool moved) {
    history x;
    skuai_random random;
    skuai_random_split(&random, 3, 0);
    for (size_t t = 0; t < T; t++) {
        x.y[t] = floor(8 * skuai_random_uniform(&random) * skuai_random_uniform(&random));
        x.other[t] = 5 + (double)(t % 3);
        if (moved && t > T - 12) x.y[t] = 2 * x.y[t] + 1;
    }
    for (size_t t = 0; t < T + AHEAD; t++) {
        x.price[t] = moved && t >= T ? 3.5F : 2 + (float)(t % 5 == 0);
        x.promotion[t] = moved && t >= T ? 1 : t % 9 < 2 ? 1 : 0;
    }
    return x;
}

static void fill(const history *x, const skuai_window_config *c, skuai_arena *arena,
                 skuai_window_batch *batch) {
    skua_error err;
    skuai_window_neighbour near = {.relation = SKUAI_RELATION_SUBSTITUTE,
                                   .series = {.grid = {.frequency = SKUAI_FREQUENCY_DAY},
                                              .season = 7,
                                              .start = 18000,
                                              .length = T,
                                              .target = x->other,
                                              .counts = true}};
    skuai_window_series s = {.grid = {.frequency = SKUAI_FREQUENCY_DAY},
                             .season = 7,
                             .start = 18000,
                             .length = T,
                             .future = AHEAD,
                             .target = x->y,
                             .covariate = {x->price, x->promotion},
                             .ahead = {true, true},
                             .counts = true,
                             .non_negative = true,
                             .near = &near,
                             .n_near = c->neighbours ? 1 : 0};
    assert_ok(skuai_window_batch_new(c, 1, T / PATCH, AHEAD / PATCH, arena, batch, &err), &err);
    skuai_window_fill(&s, NULL, NULL, batch, 0);
    skuai_window_batch_close(batch);
}

/* The forecast over the horizon at a place of the way, where each part is at its own. */
static double forecast(skuai_tape *tape, const skuai_demand *net, const skuai_window_batch *from,
                       const skuai_window_batch *to, const double *place) {
    enum { PERIOD = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS };
    skua_error err;
    skuai_window_batch b = *to;
    size_t f = to->features, n = (to->past + to->future) * f;
    double centre, scale, sum = 0, *tokens = skuai_new(n, sizeof *tokens);
    double last = place[SKUAI_WINDOW_SLOTS];
    for (size_t i = 0; i < n; i++) {
        size_t k = i % f, channel = k % PERIOD;
        bool slot = k < PATCH * PERIOD && channel >= SKUAI_WINDOW_CHANNELS;
        double a = slot ? place[(channel - SKUAI_WINDOW_CHANNELS) / 2] : last;
        tokens[i] = from->tokens[i] + a * (to->tokens[i] - from->tokens[i]);
    }
    centre = *from->centre + last * (*to->centre - *from->centre);
    scale = *from->scale + last * (*to->scale - *from->scale);
    b.tokens = tokens;
    skuai_tape_begin(tape, SKUAI_TAPE_INFER, 0);
    skuai_tensor *y = skuai_demand_run(tape, net, &b, SKUAI_DEMAND_FUTURE);
    assert_ok(skuai_tape_status(tape, &err), &err);
    for (size_t h = 0; h < H; h++) {
        double row[SKUAI_DEMAND_LEVELS];
        for (size_t q = 0; q < SKUAI_DEMAND_LEVELS; q++) {
            size_t k = q;
            for (; k > 0 && row[k - 1] > y->value[h * SKUAI_DEMAND_LEVELS + q]; k--)
                row[k] = row[k - 1];
            row[k] = y->value[h * SKUAI_DEMAND_LEVELS + q];
        }
        sum += skuai_demand_mean(row, centre, scale, true);
    }
    skuai_free(tokens);
    return sum;
}

static void check(skuai_demand_kind kind, size_t neighbours) {
    skua_error err;
    skuai_demand_config c = {.kind = kind,
                             .window = {.patch = PATCH, .context = T / PATCH},
                             .width = 8,
                             .heads = 2,
                             .layers = 2,
                             .hidden = 16};
    c.window.neighbours = neighbours;
    skuai_demand *net;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_tape *tape = skuai_tape_new(&context);
    history first = make(false), second = make(true);
    skuai_window_batch from, to;
    assert_ok(skuai_demand_new(&c, 3, &net, &err), &err);
    skuai_random random;
    skuai_random_split(&random, 4, 0);
    for (size_t i = 0; i < net->parameters->size; i++)
        net->parameters->value[i] += 0.2 * skuai_random_normal(&random);
    fill(&first, &c.window, arena, &from);
    fill(&second, &c.window, arena, &to);
    const double at[] = {0.15, 0.5, 0.85}, step = 1e-5;
    double slope[3 * PARTS], most = 0;
    assert_ok(skuai_demand_slope(tape, net, &from, &to, H, true, at, 3, arena, slope, &err), &err);
    for (size_t i = 0; i < 3 * PARTS; i++)
        most = fmax(most, fabs(slope[i]));
    assert_true(most > 0.01);
    for (size_t a = 0; a < 3; a++)
        for (size_t part = 0; part < PARTS; part++) {
            double place[PARTS];
            for (size_t k = 0; k < PARTS; k++)
                place[k] = at[a];
            place[part] = at[a] + step;
            double up = forecast(tape, net, &from, &to, place);
            place[part] = at[a] - step;
            double down = forecast(tape, net, &from, &to, place);
            assert_close(slope[a * PARTS + part], (up - down) / (2 * step), 1e-6, 1e-7 * most);
        }
    skuai_tape_free(tape);
    skuai_arena_free(arena);
    skuai_demand_free(net);
}

static void test_slopes(void **state) {
    (void)state;
    check(SKUAI_DEMAND_TRANSFORMER, 0);
    check(SKUAI_DEMAND_TRANSFORMER, 2);
    check(SKUAI_DEMAND_GRU, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slopes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
