/* bench_encode.c -- texts: tokenisers beside Hugging Face's, a language model beside
 * sentence-transformers. The folders are made by bench/peers/tokeniser.py and text_speed.py (see
 * bench/run.sh). */
#include "benchmarks.h"
#include "figure.h"

#include "core/file.h"
#include "encode/subword.h"
#include "encode/text_model.h"
#include "encode/tokeniser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- tokenizer -------------------------------------------------------------------------------- */

typedef struct texts {
    skuai_buffer file;
    const char **text; /* [n], into the file */
    size_t *length;
    size_t n;
} texts;

static uint32_t read_u32(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void texts_clear(texts *t) {
    skuai_buffer_clear(&t->file);
    skuai_free(t->text);
    skuai_free(t->length);
}

static skua_status texts_read(const char *folder, texts *t, skua_error *err) {
    char path[4096];
    *t = (texts){0};
    skuai_buffer_init(&t->file, SIZE_MAX / 2);
    (void)snprintf(path, sizeof path, "%s/strings.bin", folder);
    SKUA_TRY(skuai_file_read(path, (size_t)1 << 30, &t->file, err));
    const char *p = t->file.data;
    t->n = read_u32(p);
    t->text = skuai_zero(t->n, sizeof *t->text);
    t->length = skuai_zero(t->n, sizeof *t->length);
    if (!t->text || !t->length) return skuai_error_memory(err, "texts");
    size_t at = 4;
    for (size_t i = 0; i < t->n; i++) {
        t->length[i] = read_u32(p + at);
        t->text[i] = p + at + 4;
        at += 4 + t->length[i];
    }
    return SKUA_OK;
}

typedef struct token_run {
    const skuai_tokeniser *tokeniser;
    const texts *t;
    skuai_arena **arenas; /* a worker */
    const char **expected;
    bool *equal;
    size_t *tokens;
} token_run;

static skua_status token_run_one(void *argument, size_t i, int worker, skua_error *err) {
    token_run *run = argument;
    skuai_tokens tokens;
    skuai_arena_clear(run->arenas[worker]);
    SKUA_TRY(skuai_tokeniser_encode(run->tokeniser, run->t->text[i], run->t->length[i], NULL,
                                    run->arenas[worker], &tokens, err));
    run->tokens[i] = tokens.n;
    const char *p = run->expected[i];
    bool equal = read_u32(p) == tokens.n;
    for (size_t k = 0; equal && k < tokens.n; k++)
        equal = read_u32(p + 4 + 4 * k) == (uint32_t)tokens.ids[k];
    run->equal[i] = equal;
    return SKUA_OK;
}

static void show_difference(const token_run *run, const char *name, size_t i) {
    skuai_tokens tokens;
    const char *p = run->expected[i];
    skuai_arena_clear(run->arenas[0]);
    if (skuai_tokeniser_encode(run->tokeniser, run->t->text[i], run->t->length[i], NULL,
                               run->arenas[0], &tokens, NULL) != SKUA_OK)
        return;
    printf("%s: text %zu differs: %.*s\n  peer:", name, i, (int)run->t->length[i], run->t->text[i]);
    for (size_t k = 0; k < read_u32(p); k++)
        printf(" %u", read_u32(p + 4 + 4 * k));
    printf("\n  here:");
    for (size_t k = 0; k < tokens.n; k++)
        printf(" %d", tokens.ids[k]);
    printf("\n");
}

/* One tokeniser on all texts: how many are equal, and its speed beside the peer's. */
static bool token_run_folder(const char *folder, const char *name, const texts *t, double *share) {
    char path[4096];
    skua_error err = {0};
    skuai_buffer ids, speed;
    skuai_tokeniser *tokeniser = NULL;
    skuai_context context = bench_context();
    skuai_buffer_init(&ids, SIZE_MAX / 2);
    skuai_buffer_init(&speed, 100);
    (void)snprintf(path, sizeof path, "%s/%s/ids.bin", folder, name);
    skua_status status = skuai_file_read(path, (size_t)1 << 30, &ids, &err);
    (void)snprintf(path, sizeof path, "%s/%s/speed.txt", folder, name);
    if (status == SKUA_OK) status = skuai_file_read(path, 100, &speed, &err);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (status == SKUA_OK) status = skuai_tokeniser_open(path, &tokeniser, &err);
    token_run run = {.tokeniser = tokeniser,
                     .t = t,
                     .arenas = skuai_zero(64, sizeof(skuai_arena *)),
                     .expected = skuai_zero(t->n, sizeof(char *)),
                     .equal = skuai_zero(t->n, sizeof(bool)),
                     .tokens = skuai_zero(t->n, sizeof(size_t))};
    for (int w = 0; run.arenas && w < 64; w++)
        run.arenas[w] = skuai_arena_new(0);
    size_t at = 0, equal = 0, tokens = 0;
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        run.expected[i] = ids.data + at;
        at += 4 + 4 * (size_t)read_u32(ids.data + at);
    }
    double start = skuai_clock();
    if (status == SKUA_OK)
        status = skuai_parallel_for(&context, NULL, t->n, token_run_one, &run, &err);
    double seconds = skuai_clock() - start;
    size_t shown = 0;
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        equal += run.equal[i];
        tokens += run.tokens[i];
        if (!run.equal[i] && shown++ < 5) show_difference(&run, name, i);
    }
    *share = (double)equal / (double)t->n;
    if (status == SKUA_OK)
        printf("%-8s %zu of %zu equal, %zu tokens, %.0f texts a second, %.2f times the peer's\n",
               name, equal, t->n, tokens, (double)t->n / seconds,
               (double)t->n / seconds / strtod(skuai_buffer_view(&speed), NULL));
    else
        fprintf(stderr, "%s: %s\n", name, err.message);
    for (int w = 0; run.arenas && w < 64; w++)
        skuai_arena_free(run.arenas[w]);
    skuai_free(run.arenas);
    skuai_free(run.expected);
    skuai_free(run.equal);
    skuai_free(run.tokens);
    skuai_tokeniser_free(tokeniser);
    skuai_buffer_clear(&ids);
    skuai_buffer_clear(&speed);
    return status == SKUA_OK;
}

int bench_tokenizer(int argc, char **argv) {
    static const char *const names[] = {"minilm", "bpe", "unigram"};
    skua_error err = {0};
    texts t;
    double least = 1;
    if (argc < 3 || texts_read(argv[2], &t, &err) != SKUA_OK) {
        fprintf(stderr, "tokenizer: run it by bench/run.sh tokenizer\n%s\n", err.message);
        return 1;
    }
    bool ok = true;
    for (size_t i = 0; i < 3; i++) {
        double share = 0;
        ok = token_run_folder(argv[2], names[i], &t, &share) && ok;
        if (!(share >= least)) least = share;
    }
    if (ok)
        bench_figure("tokenizer", "equal_share", least,
                     "the least of WordPiece (MiniLM), byte-level BPE and unigram, %zu strings",
                     t.n);
    texts_clear(&t);
    return ok ? 0 : 1;
}

/* -- vectors for a look from outside ------------------------------------------------------------
 */

/* text-vectors FOLDER [width power]: learn on FOLDER/strings.bin, write FOLDER/subword.bin. */
int bench_text_vectors(int argc, char **argv) {
    skua_error err = {0};
    texts t;
    skuai_context context = bench_context();
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    if (argc > 3) options.width = strtoul(argv[3], NULL, 10);
    if (argc > 4) options.power = strtod(argv[4], NULL);
    if (argc < 3 || texts_read(argv[2], &t, &err) != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    skuai_subword *model = NULL;
    double start = skuai_clock();
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, &context);
    skua_status status = skuai_subword_learner_add(learner, t.text, t.length, t.n, &err);
    double counted = skuai_clock();
    if (status == SKUA_OK) status = skuai_subword_learner_finish(learner, &model, &err);
    double learnt = skuai_clock();
    float *vectors = NULL;
    if (status == SKUA_OK) {
        vectors = skuai_new(t.n * skuai_subword_width(model), sizeof *vectors);
        status = skuai_subword_encode_all(model, &context, t.text, t.length, t.n, vectors, &err);
    }
    double done = skuai_clock();
    printf("%zu texts: counted %.1f s, learnt %.1f s, encoded %.1f s\n", t.n, counted - start,
           learnt - counted, done - learnt);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/subword.bin", argv[2]);
    if (status == SKUA_OK)
        status = skuai_file_write(path, (const char *)vectors,
                                  t.n * skuai_subword_width(model) * sizeof *vectors, &err);
    if (status != SKUA_OK) fprintf(stderr, "%s\n", err.message);
    return status == SKUA_OK ? 0 : 1;
}

/* -- text-speed ------------------------------------------------------------------------------- */

static double processor_seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Largest difference of any value from the peer's vectors; NaN: they are not there. */
static double largest_difference(const char *folder, const float *vectors, size_t n) {
    char path[4096];
    skuai_buffer bytes;
    double most = 0;
    skuai_buffer_init(&bytes, SIZE_MAX / 2);
    (void)snprintf(path, sizeof path, "%s/vectors.bin", folder);
    if (skuai_file_read(path, (size_t)1 << 31, &bytes, NULL) != SKUA_OK ||
        bytes.size != n * sizeof *vectors)
        most = (double)NAN;
    for (size_t i = 0; most >= 0 && i < n; i++) {
        float theirs;
        memcpy(&theirs, bytes.data + i * sizeof theirs, sizeof theirs);
        double gap = fabs((double)vectors[i] - (double)theirs);
        if (!(gap <= most)) most = gap;
    }
    skuai_buffer_clear(&bytes);
    return most;
}

int bench_text_speed(int argc, char **argv) {
    skua_error err = {0};
    texts t;
    skuai_context context = bench_context();
    skuai_text_model *model = NULL;
    skuai_buffer speed;
    char path[4096];
    if (argc < 4 || texts_read(argv[2], &t, &err) != SKUA_OK ||
        skuai_text_model_open(argv[3], NULL, &model, &err) != SKUA_OK) {
        fprintf(stderr, "text-speed: run it by bench/run.sh text-speed\n%s\n", err.message);
        return 1;
    }
    size_t width = skuai_text_model_width(model);
    float *vectors = skuai_new(t.n * width, sizeof *vectors);
    size_t warm = t.n < 256 ? t.n : 256;
    skua_status status =
        vectors ? skuai_text_model_encode(model, &context, t.text, t.length, warm, vectors, &err)
                : skuai_error_memory(&err, "vectors");
    double clock_ = skuai_clock(), processor = processor_seconds();
    if (status == SKUA_OK)
        status = skuai_text_model_encode(model, &context, t.text, t.length, t.n, vectors, &err);
    clock_ = skuai_clock() - clock_;
    processor = processor_seconds() - processor;
    (void)snprintf(path, sizeof path, "%s/speed.txt", argv[2]);
    skuai_buffer_init(&speed, 200);
    if (status == SKUA_OK) status = skuai_file_read(path, 200, &speed, &err);
    if (status == SKUA_OK) {
        char *end = NULL;
        double by_clock = strtod(speed.data, &end), by_processor = strtod(end, NULL);
        double n = (double)t.n;
        printf(
            "%zu texts: %.0f a second, %.0f a second of processor time; the peer %.0f and %.0f\n",
            t.n, n / clock_, n / processor, by_clock, by_processor);
        bench_figure("text-speed", "largest_difference",
                     largest_difference(argv[2], vectors, t.n * width),
                     "of any value from sentence-transformers'");
        bench_figure("text-speed", "ratio_torch", n / clock_ / by_clock,
                     "by the clock; by processor time %.2f; %zu titles, two threads",
                     n / processor / by_processor, t.n);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    skuai_buffer_clear(&speed);
    skuai_free(vectors);
    skuai_text_model_free(model);
    texts_clear(&t);
    return status == SKUA_OK ? 0 : 1;
}
