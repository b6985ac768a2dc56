#include "encode/tag.h"
#include "shop/tag_list.h"
#include "shop/text_encoder.h"

#include <stdio.h>
#include <string.h>

/* The verb: a label for every item with words, into the table tags (item, name, value, score,
 * source). What was given as an example stands; then the first rule that fits; then the nearest
 * label by vectors. Or clusters that name themselves. */

enum { PIECE = 4096 };

typedef enum source {
    SOURCE_NONE,
    SOURCE_GIVEN,
    SOURCE_RULE,
    SOURCE_EXAMPLES,
    SOURCE_NAME,
    SOURCE_CLUSTER
} source;
static const char *const source_names[] = {"", "given", "rule", "examples", "name", "cluster"};

typedef struct tagging {
    const skua_shop *shop;
    const char *name; /* of the tag */
    double least;     /* score below which an item gets no label by vectors */
    skuai_tag_list list;
    skuai_text_encoder encoder;
    skuai_item_texts texts;
    skuai_tagger tagger;
    uint32_t *label_of; /* [texts.n] SKUAI_TAG_NONE: none */
    double *scores;     /* [texts.n] */
    unsigned char *sources;
} tagging;

static void tagging_clear(tagging *t) {
    skuai_tag_list_clear(&t->list);
    skuai_text_encoder_clear(&t->encoder);
    skuai_item_texts_clear(&t->texts);
    skuai_tagger_clear(&t->tagger);
    skuai_free(t->label_of);
    skuai_free(t->scores);
    skuai_free(t->sources);
}

/* -- Reading ---------------------------------------------------------------------------------- */

static skua_status read_lists(tagging *t, skuai_store *store, skua_error *err) {
    const skuai_config *c = &t->shop->config;
    const char *labels = skuai_config_text(c, SKUAI_CONFIG_KEY_labels);
    const char *rules = skuai_config_text(c, SKUAI_CONFIG_KEY_rules);
    const char *examples = skuai_config_text(c, SKUAI_CONFIG_KEY_examples);
    if (labels[0]) SKUA_TRY(skuai_tag_list_labels(&t->list, labels, err));
    if (rules[0]) SKUA_TRY(skuai_tag_list_rules(&t->list, rules, err));
    if (examples[0]) SKUA_TRY(skuai_tag_list_examples(&t->list, store, examples, err));
    return SKUA_OK;
}

static skua_status read_shop(tagging *t, skuai_store *store, skua_error *err) {
    SKUA_TRY(skuai_embed_prepare(store, "text", t->encoder.name, false, err));
    SKUA_TRY(read_lists(t, store, err));
    SKUA_TRY(skuai_item_texts_read(store, t->encoder.name, &t->texts, err));
    if (t->texts.n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no item has a title or a description: read a file of items first, "
                               "as skua ingest SHOP --items FILE");
    t->label_of = skuai_new(t->texts.n, sizeof *t->label_of);
    t->scores = skuai_zero(t->texts.n, sizeof *t->scores);
    t->sources = skuai_zero(t->texts.n, 1);
    return t->label_of && t->scores && t->sources ? SKUA_OK : skuai_error_memory(err, "labels");
}

static skua_status open_all(tagging *t, skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_tag_list_init(&t->list, err));
    SKUA_TRY(skuai_text_encoder_name(t->shop, &t->encoder, err));
    SKUA_TRY(skuai_shop_store(t->shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = read_shop(t, store, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    if (status != SKUA_OK) return status;
    return skuai_text_encoder_open(t->shop, &t->texts, false, &t->encoder, err);
}

/* -- Labels ----------------------------------------------------------------------------------- */

/* Vectors of the labels' names; false in *known when none of them is known. */
static skua_status encode_names(tagging *t, float *names, bool *known, skua_error *err) {
    skuai_context context = skuai_shop_context(t->shop, false);
    size_t k = t->list.n_labels, w = t->encoder.width;
    const char **texts = skuai_new(k, sizeof *texts);
    size_t *sizes = skuai_new(k, sizeof *sizes);
    skua_status status = texts && sizes ? SKUA_OK : skuai_error_memory(err, "labels");
    for (size_t i = 0; status == SKUA_OK && i < k; i++) {
        texts[i] = t->list.labels[i].words;
        sizes[i] = strlen(texts[i]);
    }
    if (status == SKUA_OK)
        status = skuai_text_encode(&t->encoder, &context, texts, sizes, k, names, err);
    *known = false;
    for (size_t i = 0; status == SKUA_OK && i < k * w; i++)
        *known = *known || names[i] != 0;
    skuai_free(texts);
    skuai_free(sizes);
    return status;
}

/* Vectors of the examples that are items of the shop, and their labels. */
static skua_status encode_examples(tagging *t, float *vectors, uint32_t *label_of, size_t *n,
                                   skua_error *err) {
    skuai_context context = skuai_shop_context(t->shop, false);
    const char **texts = skuai_new(t->list.n_examples, sizeof *texts);
    size_t *sizes = skuai_new(t->list.n_examples, sizeof *sizes);
    skua_status status = texts && sizes ? SKUA_OK : skuai_error_memory(err, "examples");
    *n = 0;
    for (size_t i = 0; status == SKUA_OK && i < t->texts.n; i++) {
        const skuai_tag_example *e =
            skuai_tag_list_example(&t->list, t->texts.table->columns[0].texts[i]);
        if (!e) continue;
        texts[*n] = t->texts.texts[i];
        sizes[*n] = t->texts.sizes[i];
        label_of[(*n)++] = e->label;
    }
    if (status == SKUA_OK)
        status = skuai_text_encode(&t->encoder, &context, texts, sizes, *n, vectors, err);
    skuai_free(texts);
    skuai_free(sizes);
    return status;
}

static skua_status fit(tagging *t, skua_error *err) {
    size_t k = t->list.n_labels, w = t->encoder.width, n = t->list.n_examples;
    float *names = skuai_new(k * w, sizeof *names), *examples = skuai_new(n * w, sizeof *examples);
    uint32_t *label_of = skuai_new(n, sizeof *label_of);
    bool known = false;
    skua_status status =
        names && examples && label_of ? SKUA_OK : skuai_error_memory(err, "labels");
    if (status == SKUA_OK) status = encode_names(t, names, &known, err);
    if (status == SKUA_OK) status = encode_examples(t, examples, label_of, &n, err);
    if (status == SKUA_OK && !known && n == 0)
        status = skuai_error_set(err, SKUA_EDATA,
                                 "no word of the labels occurs in the shop's texts, and no example "
                                 "is an item: describe the labels (label: words) or give examples");
    if (status == SKUA_OK)
        status =
            skuai_tagger_fit(known ? names : NULL, k, w, examples, label_of, n, &t->tagger, err);
    skuai_free(names);
    skuai_free(examples);
    skuai_free(label_of);
    return status;
}

/* What is sure, item by item; by_vectors: the rest by vectors [n, width]. */
static skua_status label_piece(tagging *t, size_t from, size_t n, const float *vectors,
                               skuai_arena *scratch, skua_error *err) {
    for (size_t i = from; i < from + n; i++) {
        const skuai_tag_example *e =
            skuai_tag_list_example(&t->list, t->texts.table->columns[0].texts[i]);
        skuai_arena_clear(scratch);
        SKUA_TRY(skuai_tag_list_match(&t->list, t->texts.texts[i], t->texts.sizes[i], scratch,
                                      &t->label_of[i], err));
        t->sources[i] = t->label_of[i] == SKUAI_TAG_NONE ? SOURCE_NONE : SOURCE_RULE;
        t->scores[i] = 1;
        if (e) {
            t->label_of[i] = e->label;
            t->sources[i] = SOURCE_GIVEN;
        } else if (t->sources[i] == SOURCE_NONE && vectors) {
            t->label_of[i] = skuai_tagger_label(&t->tagger, vectors + (i - from) * t->encoder.width,
                                                &t->scores[i]);
            if (!(t->scores[i] >= t->least)) t->label_of[i] = SKUAI_TAG_NONE;
            if (t->label_of[i] != SKUAI_TAG_NONE)
                t->sources[i] = t->list.n_examples ? SOURCE_EXAMPLES : SOURCE_NAME;
        }
    }
    return SKUA_OK;
}

static skua_status label_items(tagging *t, bool by_vectors, skua_error *err) {
    skuai_context context = skuai_shop_context(t->shop, false), quiet = context;
    skuai_arena *scratch = skuai_arena_new(0);
    float *vectors = by_vectors ? skuai_new(PIECE * t->encoder.width, sizeof *vectors) : NULL;
    skua_status status =
        scratch && (vectors || !by_vectors) ? SKUA_OK : skuai_error_memory(err, "labels");
    quiet.progress = NULL;
    for (size_t from = 0; status == SKUA_OK && from < t->texts.n; from += PIECE) {
        size_t n = t->texts.n - from < PIECE ? t->texts.n - from : PIECE;
        skuai_context_progress(&context, "items labelled", (double)from, (double)t->texts.n);
        if (by_vectors)
            status = skuai_text_encode(&t->encoder, &quiet, t->texts.texts + from,
                                       t->texts.sizes + from, n, vectors, err);
        if (status == SKUA_OK) status = label_piece(t, from, n, vectors, scratch, err);
        if (status == SKUA_OK) status = skuai_context_check(&context, err);
    }
    skuai_free(vectors);
    skuai_arena_free(scratch);
    return status;
}

/* -- Clusters --------------------------------------------------------------------------------- */

static skua_status name_clusters(tagging *t, size_t k, skua_error *err) {
    const char **names = skuai_arena_take(t->list.arena, k, sizeof *names);
    t->list.labels = skuai_zero(k, sizeof *t->list.labels);
    if (!names || !t->list.labels) return skuai_error_memory(err, "clusters");
    SKUA_TRY(skuai_tag_names(t->texts.texts, t->texts.sizes, t->label_of, t->texts.n, k,
                             t->list.arena, names, err));
    for (size_t c = 0; c < k; c++)
        t->list.labels[c].name = names[c][0] ? names[c] : "?";
    t->list.n_labels = k;
    for (size_t i = 0; i < t->texts.n; i++) {
        t->scores[i] = 1;
        t->sources[i] = t->label_of[i] == SKUAI_TAG_NONE ? SOURCE_NONE : SOURCE_CLUSTER;
    }
    return SKUA_OK;
}

static skua_status cluster_items(tagging *t, size_t k, skua_error *err) {
    skuai_context context = skuai_shop_context(t->shop, false);
    size_t w = t->encoder.width;
    float *vectors = skuai_new(t->texts.n * w, sizeof *vectors);
    if (!vectors) return skuai_error_memory(err, "clusters");
    skua_status status = skuai_text_encode(&t->encoder, &context, t->texts.texts, t->texts.sizes,
                                           t->texts.n, vectors, err);
    if (status == SKUA_OK)
        status = skuai_tag_clusters(vectors, t->texts.n, w, k, &context, t->label_of, err);
    skuai_free(vectors);
    return status == SKUA_OK ? name_clusters(t, k, err) : status;
}

/* -- Writing ---------------------------------------------------------------------------------- */

static skua_status write_rows(const tagging *t, skuai_store *store, skua_error *err) {
    const char **texts[4];
    double *scores = skuai_new(PIECE, sizeof *scores);
    bool good = scores;
    for (size_t c = 0; c < 4; c++)
        good = (texts[c] = skuai_new(PIECE, sizeof(char *))) && good;
    skua_status status = good ? SKUA_OK : skuai_error_memory(err, "labels");
    size_t n = 0;
    for (size_t i = 0; status == SKUA_OK && i < t->texts.n; i++) {
        if (t->sources[i] != SOURCE_NONE) {
            texts[0][n] = t->texts.table->columns[0].texts[i];
            texts[1][n] = t->name;
            texts[2][n] = t->list.labels[t->label_of[i]].name;
            texts[3][n] = source_names[t->sources[i]];
            scores[n++] = t->scores[i];
        }
        if (n < PIECE && i + 1 < t->texts.n) continue;
        skuai_column columns[] = {
            {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = texts[0]},
            {.name = "name", .type = SKUAI_COLUMN_TEXT, .texts = texts[1]},
            {.name = "value", .type = SKUAI_COLUMN_TEXT, .texts = texts[2]},
            {.name = "source", .type = SKUAI_COLUMN_TEXT, .texts = texts[3]},
            {.name = "score", .type = SKUAI_COLUMN_DOUBLE, .doubles = scores}};
        status = skuai_store_append(store, "tags", columns, 5, n, err);
        n = 0;
    }
    for (size_t c = 0; c < 4; c++)
        skuai_free(texts[c]);
    skuai_free(scores);
    return status;
}

static skua_status write_tags(const tagging *t, skua_error *err) {
    skuai_store *store = NULL;
    skuai_value name = skuai_value_text(t->name);
    SKUA_TRY(skuai_shop_store(t->shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK)
        status = skuai_store_execute(store,
                                     "CREATE TABLE IF NOT EXISTS tags(item VARCHAR, name VARCHAR,"
                                     " value VARCHAR, score DOUBLE, source VARCHAR)",
                                     err);
    if (status == SKUA_OK)
        status = skuai_store_run(store, "DELETE FROM tags WHERE name = $1", &name, 1, NULL, err);
    if (status == SKUA_OK) status = write_rows(t, store, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

/* -- The report ------------------------------------------------------------------------------- */

static skua_status put_report(const tagging *t, skuai_json_writer *w, skua_error *err) {
    size_t by_source[SOURCE_CLUSTER + 1] = {0}, tagged = 0;
    size_t *counts = skuai_zero(t->list.n_labels, sizeof *counts);
    size_t *examples = skuai_zero(t->list.n_labels, sizeof *examples);
    if (!counts || !examples) {
        skuai_free(counts);
        skuai_free(examples);
        return skuai_error_memory(err, "labels");
    }
    for (size_t i = 0; i < t->texts.n; i++) {
        by_source[t->sources[i]]++;
        if (t->sources[i] == SOURCE_NONE) continue;
        tagged++;
        if (counts[t->label_of[i]]++ == 0) examples[t->label_of[i]] = i;
    }
    skuai_json_text(w, "tag", t->name);
    skuai_json_text(w, "model", t->encoder.name);
    skuai_json_integer(w, "items", (int64_t)t->texts.n);
    skuai_json_integer(w, "tagged", (int64_t)tagged);
    skuai_json_object(w, "sources");
    for (size_t s = SOURCE_GIVEN; s <= SOURCE_CLUSTER; s++)
        if (by_source[s]) skuai_json_integer(w, source_names[s], (int64_t)by_source[s]);
    skuai_json_close(w);
    skuai_json_array(w, "labels");
    for (size_t k = 0; k < t->list.n_labels; k++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "label", t->list.labels[k].name);
        skuai_json_integer(w, "items", (int64_t)counts[k]);
        if (counts[k]) {
            skuai_json_text(w, "item", t->texts.table->columns[0].texts[examples[k]]);
            skuai_json_text(w, "words", t->texts.texts[examples[k]]);
        }
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_free(counts);
    skuai_free(examples);
    return SKUA_OK;
}

static skua_status tag_items(tagging *t, size_t clusters, skua_error *err) {
    const skuai_config *c = &t->shop->config;
    bool by_vectors = skuai_config_text(c, SKUAI_CONFIG_KEY_labels)[0] ||
                      skuai_config_text(c, SKUAI_CONFIG_KEY_examples)[0];
    SKUA_TRY(open_all(t, err));
    if (clusters > 0) {
        SKUA_TRY(cluster_items(t, clusters, err));
        return write_tags(t, err);
    }
    if (t->list.n_labels == 0)
        return skuai_error_set(err, SKUA_EDATA, "there is no label in the files that were given");
    if (by_vectors) SKUA_TRY(fit(t, err));
    SKUA_TRY(label_items(t, by_vectors, err));
    return write_tags(t, err);
}

skua_status skua_shop_tag(skua_shop *shop, char **report, skua_error *err) {
    const skuai_config *c = &shop->config;
    tagging t = {.shop = shop,
                 .name = skuai_config_text(c, SKUAI_CONFIG_KEY_tag),
                 .least = skuai_config_number(c, SKUAI_CONFIG_KEY_least_score)};
    size_t clusters = (size_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_clusters);
    bool lists = skuai_config_text(c, SKUAI_CONFIG_KEY_labels)[0] ||
                 skuai_config_text(c, SKUAI_CONFIG_KEY_rules)[0] ||
                 skuai_config_text(c, SKUAI_CONFIG_KEY_examples)[0];
    skuai_report r;
    if (lists == (clusters > 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "say where the labels come from: --labels, --rules or --examples "
                               "with a file (together as you like), or --clusters with a number");
    skuai_report_begin(&r, "tag");
    skua_status status = tag_items(&t, clusters, err);
    if (status == SKUA_OK) status = put_report(&t, &r.json, err);
    tagging_clear(&t);
    return skuai_report_end(&r, status, report, err);
}
