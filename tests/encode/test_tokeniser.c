/* Token numbers beside Hugging Face tokenizers (tests/golden/tokeniser/make.py), limits, and files
 * that are damaged or another model's. */
#include "core/file.h"
#include "encode/tokeniser.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS_MOST = 200 };

typedef struct golden_texts {
    unsigned char *bytes[TEXTS_MOST];
    size_t n[TEXTS_MOST], count;
} golden_texts;

static const char *golden_path(const char *name, char *path, size_t size) {
    char relative[512];
    (void)snprintf(relative, sizeof relative, "tests/golden/tokeniser/%s", name);
    return test_source(relative, path, size);
}

static void texts_read(golden_texts *texts) {
    char path[4096], *line = NULL;
    size_t room = 0;
    FILE *file = fopen(golden_path("texts.csv", path, sizeof path), "r");
    assert_non_null(file);
    memset(texts, 0, sizeof *texts);
    assert_true(getline(&line, &room, file) > 0);
    while (getline(&line, &room, file) > 0) {
        size_t i = strtoul(line, NULL, 10), n = 0;
        char *at = strpbrk(line, ",\n");
        assert_true(i < TEXTS_MOST && i == texts->count);
        texts->bytes[i] = malloc(strlen(line) + 1);
        assert_non_null(texts->bytes[i]);
        while (*at == ',')
            texts->bytes[i][n++] = (unsigned char)strtoul(at + 1, &at, 10);
        texts->n[i] = n;
        texts->count++;
    }
    free(line);
    (void)fclose(file);
    assert_true(texts->count > 80);
}

static void texts_clear(golden_texts *texts) {
    for (size_t i = 0; i < texts->count; i++)
        free(texts->bytes[i]);
}

static skuai_tokeniser *open_json(const char *name) {
    char file[256], path[4096];
    skuai_buffer bytes;
    skua_error err = {0};
    skuai_tokeniser *tokeniser = NULL;
    (void)snprintf(file, sizeof file, "%s.json", name);
    skuai_buffer_init(&bytes, 1 << 24);
    assert_ok(skuai_file_read(golden_path(file, path, sizeof path), 1 << 24, &bytes, &err), &err);
    assert_ok(skuai_tokeniser_parse(skuai_buffer_view(&bytes), bytes.size, &tokeniser, &err), &err);
    skuai_buffer_clear(&bytes);
    return tokeniser;
}

/* Does a row "name,text,id,id,..." hold for the tokeniser. */
static bool row_holds(const skuai_tokeniser *tokeniser, const golden_texts *texts, char *at,
                      skuai_arena *arena) {
    size_t i = strtoul(at, &at, 10), k = 0;
    skuai_tokens tokens;
    skua_error err = {0};
    assert_true(i < texts->count);
    assert_ok(skuai_tokeniser_encode(tokeniser, (const char *)texts->bytes[i], texts->n[i], NULL,
                                     arena, &tokens, &err),
              &err);
    assert_false(tokens.cut);
    for (; *at == ','; k++) {
        long id = strtol(at + 1, &at, 10);
        if (k >= tokens.n || tokens.ids[k] != id) {
            print_message("text %zu, token %zu: %ld wanted, %d found\n", i, k, id,
                          k < tokens.n ? (int)tokens.ids[k] : -1);
            return false;
        }
    }
    if (k != tokens.n) print_message("text %zu: %zu tokens wanted, %zu found\n", i, k, tokens.n);
    return k == tokens.n;
}

static void check_golden(const char *name, const skuai_tokeniser *tokeniser) {
    char path[4096], *line = NULL;
    size_t room = 0, rows = 0, wrong = 0, length = strlen(name);
    golden_texts texts;
    texts_read(&texts);
    skuai_arena *arena = skuai_arena_new(0);
    FILE *file = fopen(golden_path("ids.csv", path, sizeof path), "r");
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, name, length) != 0 || line[length] != ',') continue;
        skuai_arena_clear(arena);
        if (!row_holds(tokeniser, &texts, line + length + 1, arena)) {
            print_message("  by %s\n", name);
            wrong++;
        }
        rows++;
    }
    (void)fclose(file);
    free(line);
    skuai_arena_free(arena);
    assert_int_equal(rows, texts.count);
    texts_clear(&texts);
    assert_int_equal(wrong, 0);
}

static void test_golden(void **state) {
    static const char *const names[] = {
        "wordpiece_uncased", "wordpiece_cased", "bytes_gpt2", "bytes_llama3",  "bytes_qwen2",
        "bpe_fallback",      "bpe_suffix",      "unigram",    "unigram_bytes", "added"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        skuai_tokeniser *tokeniser = open_json(names[i]);
        check_golden(names[i], tokeniser);
        skuai_tokeniser_free(tokeniser);
    }
}

/* A folder with vocab.txt alone is BERT's, uncased unless its configuration says otherwise. */
static void test_vocabulary(void **state) {
    char path[4096], folder[256], file[512];
    skuai_buffer bytes;
    skua_error err = {0};
    skuai_tokeniser *tokeniser = NULL;
    (void)state;
    test_folder_new(folder, sizeof folder);
    assert_int_equal(skuai_tokeniser_open(folder, &tokeniser, &err), SKUA_ENOTFOUND);
    skuai_buffer_init(&bytes, 1 << 24);
    assert_ok(skuai_file_read(golden_path("vocab.txt", path, sizeof path), 1 << 24, &bytes, &err),
              &err);
    (void)snprintf(file, sizeof file, "%s/vocab.txt", folder);
    assert_ok(skuai_file_write(file, bytes.data, bytes.size, &err), &err);
    assert_ok(skuai_tokeniser_open(folder, &tokeniser, &err), &err);
    check_golden("wordpiece_uncased", tokeniser);
    assert_int_equal(skuai_tokeniser_padding(tokeniser), 0);
    assert_int_equal(skuai_tokeniser_find(tokeniser, "[MASK]"), 4);
    assert_int_equal(skuai_tokeniser_find(tokeniser, "no such token"), -1);
    skuai_tokeniser_free(tokeniser);
    /* each of BERT's options changes something */
    static const struct {
        const char *config, *text;
        bool same;
    } options[] = {
        {"{}",
         "R\xC3\x89"
         "D",
         true},
        {"{\"do_lower_case\": false}", "RED dress", false},
        {"{\"strip_accents\": false}", "caf\xC3\xA9", false},
        {"{\"tokenize_chinese_chars\": false}", "\xE6\x96\xB0\xE6\xAC\xBE", false},
    };
    skuai_arena *arena = skuai_arena_new(0);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        skuai_tokeniser *plain = NULL, *changed = NULL;
        skuai_tokens a, b;
        size_t n = strlen(options[i].text);
        assert_ok(skuai_tokeniser_parse_vocabulary(bytes.data, bytes.size, NULL, 0, &plain, &err),
                  &err);
        assert_ok(skuai_tokeniser_parse_vocabulary(bytes.data, bytes.size, options[i].config,
                                                   strlen(options[i].config), &changed, &err),
                  &err);
        assert_ok(skuai_tokeniser_encode(plain, options[i].text, n, NULL, arena, &a, &err), &err);
        assert_ok(skuai_tokeniser_encode(changed, options[i].text, n, NULL, arena, &b, &err), &err);
        bool same = a.n == b.n && memcmp(a.ids, b.ids, a.n * sizeof *a.ids) == 0;
        assert_int_equal(same, options[i].same);
        skuai_tokeniser_free(plain);
        skuai_tokeniser_free(changed);
    }
    skuai_arena_free(arena);
    skuai_buffer_clear(&bytes);
    test_folder_remove(folder);
}

static void test_limits(void **state) {
    (void)state;
    skuai_tokeniser *tokeniser = open_json("wordpiece_uncased");
    skuai_arena *arena = skuai_arena_new(0);
    skuai_tokens all, few;
    skua_error err = {0};
    const char *text = "red cotton dress, 12 ml";
    size_t n = strlen(text);
    assert_ok(skuai_tokeniser_encode(tokeniser, text, n, NULL, arena, &all, &err), &err);
    for (size_t most = 1; most <= all.n + 1; most++) {
        skuai_tokeniser_options o = {.tokens_most = most};
        assert_ok(skuai_tokeniser_encode(tokeniser, text, n, &o, arena, &few, &err), &err);
        assert_int_equal(few.n, most >= all.n ? all.n : most < 2 ? 2 : most);
        assert_int_equal(few.cut, most < all.n);
        assert_int_equal(few.ids[0], all.ids[0]);
        assert_int_equal(few.ids[few.n - 1], all.ids[all.n - 1]);
        for (size_t i = 1; i + 1 < few.n; i++)
            assert_int_equal(few.ids[i], all.ids[i]);
    }
    skuai_tokeniser_options bare = {.bare = true};
    assert_ok(skuai_tokeniser_encode(tokeniser, text, n, &bare, arena, &few, &err), &err);
    assert_int_equal(few.n, all.n - 2);
    assert_int_equal(few.ids[0], all.ids[1]);
    skuai_tokeniser_options bytes = {.bytes_most = 4};
    assert_ok(skuai_tokeniser_encode(tokeniser, "red \xE6\xB0\xB4", 7, &bytes, arena, &few, &err),
              &err);
    assert_true(few.cut);
    assert_int_equal(few.n, 3); /* the character that would be cut is left out whole */
    skuai_arena_free(arena);
    skuai_tokeniser_free(tokeniser);
}

/* 10 MB: cut at the limit and said so, by every kind of model, in bounded time. */
static void test_long_text(void **state) {
    static const char *const names[] = {"wordpiece_uncased", "bytes_gpt2", "unigram",
                                        "bpe_fallback"};
    enum { N = 10 << 20 };
    (void)state;
    char *text = malloc(N);
    assert_non_null(text);
    for (size_t i = 0; i < N; i++)
        text[i] = "redsilk"[i % 7];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        skuai_tokeniser *tokeniser = open_json(names[i]);
        skuai_arena *arena = skuai_arena_new(0);
        skuai_tokens tokens;
        skua_error err = {0};
        skuai_tokeniser_options o = {.tokens_most = 128};
        assert_ok(skuai_tokeniser_encode(tokeniser, text, N, &o, arena, &tokens, &err), &err);
        assert_true(tokens.cut && tokens.n <= 128);
        skuai_arena_free(arena);
        skuai_tokeniser_free(tokeniser);
    }
    free(text);
}

static void test_damaged(void **state) {
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{", "line 1"},
        {"[]", "no vocab"},
        {"{\"model\":{\"type\":\"Dream\"}}", "'Dream' is not known"},
        {"{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0},\"unk_token\":\"[UNK]\"}}",
         "another model's"},
        {"{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":-1}}}", "has the number -1"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}",
         "not in the vocabulary"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[7]}}", "not two tokens"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}}", "is no token"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",-1]],\"unk_id\":5}}", "unk_id 5"},
        {"{\"normalizer\":{\"type\":\"Mystery\"}}", "'Mystery' is not known"},
        {"{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}}",
         "sizes do not fit"},
        {"{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"x+\"},\"content\":\"\"}}",
         "'x+' is not known"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"x+\"}}}",
         "'x+' is not known"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        skuai_tokeniser *tokeniser = NULL;
        skua_error err = {0};
        assert_int_equal(
            skuai_tokeniser_parse(cases[i].json, strlen(cases[i].json), &tokeniser, &err),
            SKUA_EDATA);
        assert_null(tokeniser);
        if (!strstr(err.message, cases[i].says)) fail_msg("%s: %s", cases[i].json, err.message);
    }
    skuai_tokeniser *tokeniser = NULL;
    skua_error err = {0};
    assert_int_equal(skuai_tokeniser_parse_vocabulary("one\ntwo\n", 8, NULL, 0, &tokeniser, &err),
                     SKUA_EDATA);
    assert_non_null(strstr(err.message, "another model's"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),  cmocka_unit_test(test_vocabulary),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
