#include "encode/text_checkpoint.h"

#include "nn/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "skua fine-tuning checkpoint 1"

/* -- What decides a step ---------------------------------------------------------------------- */

/* FNV-1a over words of 32 bits. */
static uint64_t hash_words(uint64_t h, const void *words, size_t n) {
    const unsigned char *at = words;
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, at + 4 * i, sizeof word);
        h = (h ^ word) * 0x100000001B3u;
    }
    return h;
}

static uint64_t hash_set(uint64_t h, const skuai_text_set *set) {
    for (size_t i = 0; i < set->n; i++) {
        uint32_t n = (uint32_t)set->lines[i].n;
        h = hash_words(h, &n, 1);
        h = hash_words(h, set->lines[i].ids, set->lines[i].n);
        h = set->classes ? hash_words(h, &set->classes[i], 1) : hash_words(h, &set->values[i], 1);
    }
    return h;
}

skua_status skuai_text_progress_init(skuai_text_progress *progress, const skuai_text_steps *steps,
                                     const skuai_text_training *training,
                                     const skuai_text_set *train, const skuai_text_set *dev,
                                     skua_error *err) {
    const skuai_text_config *c = &steps->classifier->config;
    const skuai_nn_parameters *p = steps->classifier->weights.parameters;
    const skuai_nn_optimiser_config *o = &training->optimiser;
    skuai_buffer text;
    *progress = (skuai_text_progress){.of = training->epochs, .confusions = train->classes != NULL};
    if (!training->checkpoint) return SKUA_OK;
    uint64_t data = hash_set(hash_set(0xCBF29CE484222325u, train), dev);
    uint64_t weights = hash_words(0xCBF29CE484222325u, p->value, p->size);
    skuai_buffer_init(&text, 1 << 16);
    (void)skuai_buffer_format(
        &text, "%llu %zu %zu %zu %zu %zu %.17g %.17g %.17g %.17g %.17g %.17g %016llx %016llx",
        (unsigned long long)training->seed, training->epochs, training->batch, train->n, dev->n,
        c->outputs, o->rate, o->weight_decay, o->clip_norm, c->encoder.block.dropout,
        c->encoder.block.attention_dropout, c->head_dropout, (unsigned long long)data,
        (unsigned long long)weights);
    return skuai_buffer_take(&text, &progress->settings, err);
}

void skuai_text_progress_clear(skuai_text_progress *progress) {
    skuai_free(progress->settings);
    *progress = (skuai_text_progress){0};
}

/* -- The epochs done, as numbers -------------------------------------------------------------- */

/* Each epoch: loss, dev loss, absolute, explained, confusion [C * C]. Losses are kept as floats
 * would lose bits, so as texts. */
static void put_epochs(const skuai_text_progress *p, const skuai_text_epoch *epochs, size_t cells,
                       skuai_buffer *text) {
    for (size_t e = 0; e < p->epochs; e++) {
        const skuai_text_score *dev = &epochs[e].dev;
        (void)skuai_buffer_format(text, "%.17g %.17g %.17g %.17g", epochs[e].loss, dev->loss,
                                  dev->absolute, dev->explained);
        for (size_t i = 0; p->confusions && dev->confusion && i < cells; i++)
            (void)skuai_buffer_format(text, " %zu", dev->confusion[i]);
        (void)skuai_buffer_text(text, "\n");
    }
}

/* Numbers one after another; false: none where one is needed. */
static bool take_number(const char **at, double *value) {
    char *end;
    *value = strtod(*at, &end);
    bool good = end != *at;
    *at = end;
    return good;
}

static bool take_epochs(const char *text, size_t n, bool confusions, size_t cells,
                        skuai_text_epoch *epochs) {
    const char *at = text ? text : "";
    for (size_t e = 0; e < n; e++) {
        skuai_text_epoch *x = &epochs[e];
        if (!take_number(&at, &x->loss) || !take_number(&at, &x->dev.loss) ||
            !take_number(&at, &x->dev.absolute) || !take_number(&at, &x->dev.explained))
            return false;
        for (size_t i = 0; confusions && x->dev.confusion && i < cells; i++) {
            double count;
            if (!take_number(&at, &count) || !(count >= 0 && count < 1e15)) return false;
            x->dev.confusion[i] = (size_t)count;
        }
    }
    return true;
}

/* -- The file --------------------------------------------------------------------------------- */

enum { BLOCKS = 3 };

static void blocks_of(const skuai_text_steps *steps, skuai_real **blocks) {
    blocks[0] = steps->classifier->weights.parameters->value;
    blocks[1] = steps->optimiser->moment1;
    blocks[2] = steps->optimiser->moment2;
}
static const char *const block_names[BLOCKS] = {"value", "moment1", "moment2"};

skua_status skuai_text_checkpoint_write(const char *path, const skuai_text_steps *steps,
                                        const skuai_text_progress *progress,
                                        const skuai_text_epoch *epochs, skua_error *err) {
    size_t n = steps->classifier->weights.parameters->size;
    size_t cells = steps->classifier->config.outputs * steps->classifier->config.outputs;
    skuai_real *blocks[BLOCKS];
    skuai_safetensors_array arrays[BLOCKS];
    skuai_buffer state, done;
    skuai_buffer_init(&state, 1 << 10);
    skuai_buffer_init(&done, 1 << 28);
    blocks_of(steps, blocks);
    for (size_t k = 0; k < BLOCKS; k++)
        arrays[k] = (skuai_safetensors_array){
            .name = block_names[k], .rank = 1, .shape = {n}, .values = blocks[k]};
    (void)skuai_buffer_format(&state, "%zu %zu %.17g", steps->optimiser->step, progress->epochs,
                              progress->loss);
    put_epochs(progress, epochs, cells, &done);
    const skuai_safetensors_pair texts[] = {{"format", FORMAT},
                                            {"settings", progress->settings},
                                            {"state", skuai_buffer_view(&state)},
                                            {"epochs", skuai_buffer_view(&done)}};
    skua_status status = skuai_buffer_check(&done, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&state, err);
    if (status == SKUA_OK) status = skuai_safetensors_write(path, texts, 4, arrays, BLOCKS, err);
    skuai_buffer_clear(&state);
    skuai_buffer_clear(&done);
    return status;
}

static skua_status refuse(const char *path, skua_error *err) {
    return skuai_error_set(err, SKUA_EDATA,
                           "%s is not a checkpoint of these texts, settings and encoder; remove it "
                           "to begin anew",
                           path);
}

static skua_status load(const char *path, skuai_safetensors *file, skuai_text_steps *steps,
                        skuai_text_progress *progress, skuai_text_epoch *epochs, skua_error *err) {
    const char *format = skuai_safetensors_text(file, "format");
    const char *settings = skuai_safetensors_text(file, "settings");
    const char *state = skuai_safetensors_text(file, "state");
    size_t n = steps->classifier->weights.parameters->size;
    size_t cells = steps->classifier->config.outputs * steps->classifier->config.outputs;
    double step, done, loss;
    if (!format || strcmp(format, FORMAT) != 0 || !settings || !state ||
        strcmp(settings, progress->settings) != 0)
        return refuse(path, err);
    if (!take_number(&state, &step) || !take_number(&state, &done) || !take_number(&state, &loss) ||
        !(step >= 0 && step < 1e15) || !(done >= 0 && done <= (double)progress->of) ||
        !take_epochs(skuai_safetensors_text(file, "epochs"), (size_t)done, progress->confusions,
                     cells, epochs))
        return refuse(path, err);
    /* into fresh blocks first: a broken file leaves the net as it was */
    skuai_real *into[BLOCKS], *blocks[BLOCKS] = {0};
    skua_status status = SKUA_OK;
    blocks_of(steps, into);
    for (size_t k = 0; k < BLOCKS && status == SKUA_OK; k++) {
        blocks[k] = skuai_new(n, sizeof **blocks);
        status = blocks[k] ? skuai_safetensors_read(file, block_names[k], n, blocks[k], err)
                           : skuai_error_memory(err, "a checkpoint");
    }
    for (size_t k = 0; k < BLOCKS; k++) {
        if (status == SKUA_OK) memcpy(into[k], blocks[k], n * sizeof **blocks);
        skuai_free(blocks[k]);
    }
    SKUA_TRY(status);
    steps->optimiser->step = (size_t)step;
    progress->epochs = (size_t)done;
    progress->loss = loss;
    return SKUA_OK;
}

skua_status skuai_text_checkpoint_read(const char *path, skuai_text_steps *steps,
                                       skuai_text_progress *progress, skuai_text_epoch *epochs,
                                       skua_error *err) {
    skuai_safetensors *file;
    skua_status status = skuai_safetensors_open(path, &file, err);
    if (status == SKUA_ENOTFOUND) {
        skuai_error_clear(err);
        return SKUA_OK;
    }
    SKUA_TRY(status);
    status = load(path, file, steps, progress, epochs, err);
    skuai_safetensors_close(file);
    return status;
}
