#include "shop/modality.h"

#include "encode/unicode_text.h"
#include "shop/result.h"
#include "shop/text_encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Words. A word is a run of letters and digits; ideographs, which have no blanks between words, go
 * by two. Every place of a word is left out at once, so that no other place stands in for it. */

enum { TOLERANCE_PER_MILLE = 20 };

void skuai_occlusion_clear(skuai_occlusion *o) {
    skuai_free(o->picture);
    o->picture = NULL;
}

double skuai_occlusion_most(const skuai_occlusion *o) {
    double most = 0;
    for (size_t i = 0; i < o->n; i++)
        if (fabs(o->parts[i].units) > fabs(most)) most = o->parts[i].units;
    return most;
}

/* -- Words ------------------------------------------------------------------------------------- */

/* The next word at or behind *at of a valid text: where it begins, its bytes; 0: none. */
static size_t next_word(const char *text, size_t n, size_t *at) {
    uint32_t c = 0;
    while (*at < n) {
        size_t bytes = skuai_utf8_character(text + *at, &c);
        if (skuai_character_is_word(c)) break;
        *at += bytes;
    }
    size_t end = *at, taken = 0;
    bool ideographs = *at < n && skuai_character_is_ideograph(c);
    while (end < n) {
        size_t bytes = skuai_utf8_character(text + end, &c);
        if (!skuai_character_is_word(c) || skuai_character_is_ideograph(c) != ideographs ||
            (ideographs && taken == 2))
            break;
        end += bytes;
        taken++;
    }
    return end - *at;
}

/* The text without one word: it in `without` [n + 1], whose length is returned. */
static size_t leave_out(const char *text, size_t n, const char *word, size_t size, char *without) {
    size_t at = 0, done = 0, out = 0;
    for (size_t bytes; (bytes = next_word(text, n, &at)) > 0; at += bytes) {
        memcpy(without + out, text + done, at - done);
        out += at - done;
        done = at;
        if (bytes == size && memcmp(text + at, word, size) == 0) done += bytes;
    }
    memcpy(without + out, text + done, n - done);
    out += n - done;
    without[out] = '\0';
    return out;
}

/* Distinct words of a text into the parts. */
static void find_words(const char *text, size_t n, skuai_occlusion *o) {
    size_t at = 0;
    for (size_t bytes; (bytes = next_word(text, n, &at)) > 0; at += bytes) {
        bool known = bytes >= SKUAI_OCCLUSION_NAME; /* no word of a language is so long */
        for (size_t i = 0; i < o->n && !known; i++)
            known = strlen(o->parts[i].name) == bytes &&
                    memcmp(o->parts[i].name, text + at, bytes) == 0;
        if (known) continue;
        if (o->n == SKUAI_OCCLUSION_MOST) {
            o->more++;
            continue;
        }
        memcpy(o->parts[o->n].name, text + at, bytes);
        o->parts[o->n++].name[bytes] = '\0';
    }
}

/* -- The item -----------------------------------------------------------------------------------
 */

/* One row of a statement about the item; NULL where it has none. */
static skua_status ask_store(const skuai_asked *a, const char *sql, skuai_table **table,
                             skua_error *err) {
    skuai_store *store = NULL;
    skuai_value item = skuai_value_text(
        skuai_series_text(a->panel, a->series, "item", skuai_panel_name(a->panel, a->series)));
    SKUA_TRY(skuai_shop_store(a->shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_store_query(store, sql, &item, 1, table, err);
    skuai_store_close(store);
    return status;
}

/* Whether a vector is the one that the panel has, as nearly as texts of numbers are. */
static bool is_the_same(const float *a, const float *b, size_t n) {
    double squares = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        squares += d * d;
        size += (double)b[i] * (double)b[i];
    }
    return sqrt(squares) <= 0.001 * TOLERANCE_PER_MILLE * sqrt(size);
}

static size_t modality_of(const skuai_panel *panel, const char *name) {
    for (size_t k = 0; k < panel->n_vectors; k++)
        if (strcmp(panel->vectors[k].modality, name) == 0) return k;
    return SIZE_MAX;
}

/* -- Words: asking ------------------------------------------------------------------------------
 */

/* A text of the item and what it is made into. */
typedef struct worded {
    skuai_table *table;
    const char *words;
    skuai_text_encoder encoder;
    char *texts; /* [n + 2 or 3, size + 1] whole, without each word; the other text last */
    const char **each;
    size_t *sizes;
    float *vectors;
    double *units;
} worded;

static void worded_clear(worded *w) {
    skuai_table_free(w->table);
    skuai_text_encoder_clear(&w->encoder);
    skuai_free(w->texts);
    skuai_free(w->each);
    skuai_free(w->sizes);
    skuai_free(w->vectors);
    skuai_free(w->units);
}

/* Open what made the item's vector; SKUA_ENOTFOUND with the reason when that cannot be. */
static skua_status open_words(const skuai_asked *a, worded *w, skua_error *err) {
    SKUA_TRY(ask_store(a,
                       "SELECT any_value(i.words), any_value(v.model) FROM (SELECT item, " //
                       SKUAI_ITEM_WORDS " AS words FROM items) i JOIN vectors v USING (item)"
                       " WHERE i.item = $1 AND v.modality = 'text' AND v.model = (SELECT model FROM"
                       " vectors WHERE modality = 'text' GROUP BY model ORDER BY count(*) DESC,"
                       " model LIMIT 1)",
                       &w->table, err));
    w->words = w->table->n_rows ? w->table->columns[0].texts[0] : NULL;
    const char *made_by = w->words ? w->table->columns[1].texts[0] : NULL;
    if (!w->words || !made_by)
        return skuai_error_set(err, SKUA_ENOTFOUND, "the item's words have no vector: skua embed");
    SKUA_TRY(skuai_text_encoder_name(a->shop, &w->encoder, err));
    if (strcmp(w->encoder.name, made_by) != 0)
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the words were made vectors by '%s': name its folder with "
                               "--encoder (and --pooling, --encoder-weights)",
                               made_by);
    return skuai_text_encoder_kept(a->shop, &w->encoder, err);
}

static skua_status encode_words(const skuai_asked *a, worded *w, const char *reworded,
                                const skuai_occlusion *o, skua_error *err) {
    size_t size = strlen(w->words), n = o->n + 1 + (reworded[0] != '\0');
    w->texts = skuai_new(n * (size + 1), 1);
    w->each = skuai_new(n, sizeof *w->each);
    w->sizes = skuai_new(n, sizeof *w->sizes);
    w->vectors = skuai_new((n + 1) * w->encoder.width, sizeof *w->vectors);
    w->units = skuai_new(n + 1, sizeof *w->units);
    if (!w->texts || !w->each || !w->sizes || !w->vectors || !w->units)
        return skuai_error_memory(err, "words");
    for (size_t i = 0; i < n; i++) {
        char *text = w->texts + i * (size + 1);
        w->each[i] = text;
        if (i == 0)
            w->sizes[i] = size, memcpy(text, w->words, size + 1);
        else if (i <= o->n)
            w->sizes[i] =
                leave_out(w->words, size, o->parts[i - 1].name, strlen(o->parts[i - 1].name), text);
        else
            w->each[i] = reworded, w->sizes[i] = strlen(reworded);
    }
    skuai_context quiet = *a->context;
    quiet.progress = NULL;
    SKUA_TRY(skuai_text_encode(&w->encoder, &quiet, w->each, w->sizes, n, w->vectors, err));
    for (size_t k = 0; k < w->encoder.width; k++)
        w->vectors[n * w->encoder.width + k] = NAN; /* nothing known, last */
    return SKUA_OK;
}

/* A text without a known word is encoded as zeros, which stand for no vector. */
static void zeros_are_unknown(float *vectors, size_t n, size_t width) {
    for (size_t i = 0; i < n; i++) {
        bool zero = true;
        for (size_t k = 0; k < width; k++)
            zero = zero && vectors[i * width + k] == 0;
        for (size_t k = 0; k < width && zero; k++)
            vectors[i * width + k] = NAN;
    }
}

static skua_status occlude(const skuai_asked *a, size_t modality, worded *w, const char *reworded,
                           skuai_occlusion *o, skua_error *err) {
    SKUA_TRY(open_words(a, w, err));
    size_t width = w->encoder.width;
    if (width != a->panel->vectors[modality].width)
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the encoder makes other vectors than the shop "
                               "has: skua embed --again");
    find_words(w->words, strlen(w->words), o);
    SKUA_TRY(encode_words(a, w, reworded, o, err));
    const float *own = a->panel->vectors[modality].values + a->panel->base[a->series] * width;
    if (!is_the_same(w->vectors, own, width))
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the item's vector is not of its words as they are now: skua embed");
    memcpy(w->vectors, own, width * sizeof *own);
    size_t n = o->n + 1 + (reworded[0] != '\0');
    zeros_are_unknown(w->vectors, n, width);
    SKUA_TRY(skuai_explain_vectors(a->forecaster, a->model, a->panel, a->series, modality,
                                   w->vectors, n + 1, a->options, a->context, w->units, err));
    o->forecast = w->units[0];
    o->without = w->units[n];
    o->reworded = reworded[0] != '\0';
    o->other = w->units[n - 1];
    for (size_t i = 0; i < o->n; i++)
        o->parts[i].units = w->units[0] - w->units[i + 1];
    o->looked = true;
    return SKUA_OK;
}

/* Whether any change of the vector changed the forecast. */
static void judge_use(skuai_occlusion *o) {
    double least = 1e-9 * (1 + fabs(o->forecast));
    o->used = fabs(o->forecast - o->without) > least ||
              (o->reworded && fabs(o->forecast - o->other) > least);
    for (size_t i = 0; i < o->n; i++)
        o->used = o->used || fabs(o->parts[i].units) > least;
}

skua_status skuai_occlude_words(const skuai_asked *a, const char *reworded, skuai_occlusion *o,
                                skua_error *err) {
    size_t modality = modality_of(a->panel, "text");
    worded w = {0};
    *o = (skuai_occlusion){0};
    if (modality == SIZE_MAX && !reworded[0]) return SKUA_OK;
    if (modality == SIZE_MAX)
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "the items have no vectors of words to be reworded: skua embed, "
                               "then skua train");
    skua_status status = occlude(a, modality, &w, reworded, o, err);
    worded_clear(&w);
    if (status == SKUA_OK) judge_use(o);
    if (status != SKUA_ENOTFOUND || reworded[0]) return status;
    *o = (skuai_occlusion){0};
    (void)snprintf(o->why, sizeof o->why, "%s", err ? err->message : "");
    o->why_zh = "商品的文字向量与现在的文字或编码器不一致；请先运行 skua embed（必要时加 --again）";
    skuai_error_clear(err);
    return SKUA_OK;
}
