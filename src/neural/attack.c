#include "neural/attack.h"

#include <math.h>

enum { VALUE = 0, OBSERVED = 1, PERIOD = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS };

size_t skuai_attack_size(const skuai_window_batch *batch) {
    return batch->n * batch->past * batch->config.patch;
}

/* Place of value i of those that may be moved in the tokens. */
static size_t place(const skuai_window_batch *b, size_t i) {
    size_t p = b->config.patch, token = i / p % b->past, window = i / p / b->past;
    return (window * (b->past + b->future) + token) * b->features + i % p * PERIOD;
}

void skuai_attack_begin(const skuai_window_batch *batch, float *origin) {
    size_t n = skuai_attack_size(batch);
    for (size_t i = 0; i < n; i++)
        origin[i] = batch->tokens[place(batch, i) + VALUE];
}

void skuai_attack_step(const skuai_attack *attack, skuai_window_batch *batch, const float *origin,
                       const skuai_real *gradient) {
    double epsilon = attack->epsilon;
    double size = attack->steps > 1 ? 2.5 * epsilon / (double)attack->steps : epsilon;
    size_t n = skuai_attack_size(batch);
    for (size_t i = 0; i < n; i++) {
        size_t at = place(batch, i);
        double g = gradient ? (double)gradient[at + VALUE] : 0;
        if (!(batch->tokens[at + OBSERVED] > 0) || !(fabs(g) > 0)) continue;
        double v = (double)batch->tokens[at + VALUE] + (g > 0 ? size : -size);
        v = fmin((double)origin[i] + epsilon, fmax((double)origin[i] - epsilon, v));
        batch->tokens[at + VALUE] = (float)v;
    }
}
