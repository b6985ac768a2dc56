#include "encode/text_lines.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_TEXTS = 64, BATCH_TOKENS = 4096, TOKEN_CHUNK = 32, BYTES_MOST = 1 << 16 };

/* -- Tokens ----------------------------------------------------------------------------------- */

typedef struct token_run {
    const skuai_tokeniser *tokeniser;
    size_t tokens_most;
    const char *const *texts;
    const size_t *sizes;
    size_t n;
    skuai_text_line *lines;
} token_run;

static skua_status tokens_of(const token_run *r, size_t i, skuai_arena *arena, skua_error *err) {
    skuai_tokeniser_options options = {.tokens_most = r->tokens_most, .bytes_most = BYTES_MOST};
    skuai_tokens tokens;
    skuai_arena_clear(arena);
    SKUA_TRY(skuai_tokeniser_encode(r->tokeniser, r->texts[i], r->sizes[i], &options, arena,
                                    &tokens, err));
    r->lines[i] = (skuai_text_line){.text = i, .n = tokens.n};
    r->lines[i].ids = skuai_new(tokens.n, sizeof *tokens.ids);
    if (!r->lines[i].ids) return skuai_error_memory(err, "tokens");
    if (tokens.n) memcpy(r->lines[i].ids, tokens.ids, tokens.n * sizeof *tokens.ids);
    return SKUA_OK;
}

static skua_status token_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    const token_run *r = argument;
    size_t end = (chunk + 1) * TOKEN_CHUNK < r->n ? (chunk + 1) * TOKEN_CHUNK : r->n;
    skuai_arena *arena = skuai_arena_new(0);
    skua_status status = arena ? SKUA_OK : skuai_error_memory(err, "tokens");
    (void)worker;
    for (size_t i = chunk * TOKEN_CHUNK; status == SKUA_OK && i < end; i++)
        status = tokens_of(r, i, arena, err);
    skuai_arena_free(arena);
    return status;
}

skua_status skuai_text_lines_new(const skuai_tokeniser *tokeniser, size_t tokens_most,
                                 const skuai_context *context, const char *const *texts,
                                 const size_t *sizes, size_t n, skuai_text_line **lines,
                                 skua_error *err) {
    token_run run = {tokeniser, tokens_most, texts, sizes, n, skuai_zero(n, sizeof *run.lines)};
    if (!run.lines) return skuai_error_memory(err, "texts");
    skua_status status = skuai_parallel_for(context, NULL, (n + TOKEN_CHUNK - 1) / TOKEN_CHUNK,
                                            token_chunk, &run, err);
    if (status != SKUA_OK) {
        skuai_text_lines_free(run.lines, n);
        return status;
    }
    *lines = run.lines;
    return SKUA_OK;
}

void skuai_text_lines_free(skuai_text_line *lines, size_t n) {
    for (size_t i = 0; lines && i < n; i++)
        skuai_free(lines[i].ids);
    skuai_free(lines);
}

/* -- Batches ---------------------------------------------------------------------------------- */

typedef struct batch {
    size_t from, count;
} batch;

typedef struct batch_run {
    skuai_text_line *lines; /* sorted */
    batch *batches;
    size_t n_batches;
    skuai_tape **tapes; /* a worker */
    skuai_context alone;
    skuai_text_batch_body body;
    void *user;
} batch_run;

/* Longest first, so that the last batches, when threads run out of work, are short. */
static int by_length(const void *a, const void *b) {
    const skuai_text_line *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

/* Batches of like length: at most an eighth of a batch is padding. */
static void make_batches(batch_run *r, size_t n) {
    for (size_t from = 0; from < n;) {
        size_t longest = r->lines[from].n, count = 1;
        size_t most = longest ? BATCH_TOKENS / longest : BATCH_TEXTS;
        if (most > BATCH_TEXTS) most = BATCH_TEXTS;
        while (from + count < n && count < most &&
               longest - r->lines[from + count].n <= longest / 8)
            count++;
        r->batches[r->n_batches++] = (batch){from, count};
        from += count;
    }
}

static skua_status run_batch(void *argument, size_t i, int worker, skua_error *err) {
    const batch_run *r = argument;
    skuai_tape_begin(r->tapes[worker], SKUAI_TAPE_INFER, 0);
    return r->body(r->user, r->tapes[worker], r->lines + r->batches[i].from, r->batches[i].count,
                   err);
}

static skua_status make_tapes(batch_run *r, size_t workers, skua_error *err) {
    r->tapes = skuai_zero(workers, sizeof(skuai_tape *));
    if (!r->tapes) return skuai_error_memory(err, "a language model");
    for (size_t w = 0; w < workers; w++)
        if (!(r->tapes[w] = skuai_tape_new(&r->alone)))
            return skuai_error_memory(err, "a language model");
    return SKUA_OK;
}

skua_status skuai_text_lines_run(const skuai_text_line *lines, size_t n,
                                 const skuai_context *context, const char *stage,
                                 skuai_text_batch_body body, void *user, skua_error *err) {
    batch_run r = {.body = body, .user = user};
    size_t workers = (size_t)skuai_context_threads(context);
    r.alone = SKUAI_CONTEXT_DEFAULT;
    r.alone.threads = 1; /* a batch a thread: nothing waits for another */
    r.lines = skuai_new(n, sizeof *r.lines);
    r.batches = skuai_new(n, sizeof *r.batches);
    skua_status status =
        r.lines && r.batches ? make_tapes(&r, workers, err) : skuai_error_memory(err, "texts");
    if (status == SKUA_OK && n > 0) {
        memcpy(r.lines, lines, n * sizeof *lines);
        qsort(r.lines, n, sizeof *r.lines, by_length);
        make_batches(&r, n);
        status = skuai_parallel_for(context, stage, r.n_batches, run_batch, &r, err);
    }
    for (size_t w = 0; r.tapes && w < workers; w++)
        skuai_tape_free(r.tapes[w]);
    skuai_free(r.tapes);
    skuai_free(r.lines);
    skuai_free(r.batches);
    return status;
}
