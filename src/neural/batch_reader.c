#include "neural/batch_reader.h"

skua_status skuai_batch_reader_init(skuai_batch_reader *reader, const skuai_window_config *window,
                                    uint64_t seed, const skuai_context *context, skua_error *err) {
    skuai_batch_reader r = {.window = *window, .seed = seed, .context = context};
    r.n_workers = (size_t)skuai_context_threads(context);
    r.arena = skuai_arena_new(0);
    r.workers = skuai_zero(r.n_workers, sizeof(skuai_arena *));
    bool good = r.arena && r.workers;
    for (size_t i = 0; good && i < r.n_workers; i++)
        good = (r.workers[i] = skuai_arena_new(0)) != NULL;
    if (!good) {
        skuai_batch_reader_clear(&r);
        return skuai_error_memory(err, "training windows");
    }
    *reader = r;
    return SKUA_OK;
}

void skuai_batch_reader_clear(skuai_batch_reader *reader) {
    for (size_t i = 0; reader->workers && i < reader->n_workers; i++)
        skuai_arena_free(reader->workers[i]);
    skuai_free((void *)reader->workers);
    skuai_arena_free(reader->arena);
    *reader = (skuai_batch_reader){0};
}

typedef struct job {
    skuai_batch_reader *reader;
    skuai_train_source source;
    void *user;
    uint64_t first;
    skuai_window_batch *batch;
    const skuai_window_augmentation *augmentation;
} job;

static skua_status fill_one(void *argument, size_t i, int worker, skua_error *err) {
    const job *j = argument;
    skuai_arena *arena = j->reader->workers[worker];
    skuai_arena_clear(arena);
    skuai_window_series series = {.season = 1};
    size_t p = j->batch->config.patch;
    SKUA_TRY(j->source(j->user, j->first + i, j->batch->past * p, j->batch->future * p, arena,
                       &series, err));
    skuai_random random;
    skuai_random_split(&random, j->reader->seed ^ 0x51D3U, j->first + i);
    if (j->augmentation && j->augmentation->slice > 0)
        skuai_window_slice(j->augmentation->slice, &random, &series);
    if (j->augmentation && j->augmentation->damage > 0)
        SKUA_TRY(skuai_window_damage(j->augmentation->damage, &random, arena, &series, err));
    skuai_window_fill(&series, j->augmentation, &random, j->batch, i);
    return SKUA_OK;
}

skua_status skuai_batch_reader_read(skuai_batch_reader *reader, skuai_train_source source,
                                    void *user, uint64_t first, size_t n, size_t past,
                                    size_t future, const skuai_window_augmentation *augmentation,
                                    skuai_window_batch *batch, skua_error *err) {
    skuai_arena_clear(reader->arena);
    SKUA_TRY(skuai_window_batch_new(&reader->window, n, past, future, reader->arena, batch, err));
    job j = {.reader = reader,
             .source = source,
             .user = user,
             .first = first,
             .batch = batch,
             .augmentation = augmentation};
    SKUA_TRY(skuai_parallel_for(reader->context, NULL, n, fill_one, &j, err));
    skuai_window_batch_close(batch);
    return SKUA_OK;
}
