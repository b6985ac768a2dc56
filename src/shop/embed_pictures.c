#include "shop/embed.h"

#include "encode/picture_feature.h"
#include "encode/vision_model.h"
#include "shop/picture_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Vectors of every item's picture into the table vectors, and what else is known of the picture
 * (size, perceptual hash, why it could not be read) into the table pictures. */

enum { PIECE = 512, FIT = 256, PROBLEMS_SHOWN = 20 };

/* -- Encoders --------------------------------------------------------------------------------- */

typedef struct encoder {
    char name[128]; /* in column model */
    size_t width;
    skuai_picture_decoder *decoder;
    skuai_vision_model *model; /* NULL: descriptors */
    skuai_tape **tapes;        /* [n_tapes] a worker of the model */
    size_t n_tapes;
    skuai_context alone; /* of a tape: a picture a thread */
} encoder;

static void encoder_clear(encoder *e) {
    for (size_t w = 0; e->tapes && w < e->n_tapes; w++)
        skuai_tape_free(e->tapes[w]);
    skuai_free(e->tapes);
    skuai_vision_model_free(e->model);
    skuai_picture_decoder_free(e->decoder);
}

/* The model of a folder, or with "" the descriptors; before anything is written. */
static skua_status encoder_open(const skua_shop *shop, const char *folder, encoder *e,
                                skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    e->width = SKUAI_PICTURE_WIDTH;
    if (!*folder) return SKUA_OK;
    SKUA_TRY(skuai_vision_model_open(folder, &e->model, err));
    e->width = skuai_vision_model_width(e->model);
    e->n_tapes = (size_t)skuai_context_threads(&context);
    e->alone = SKUAI_CONTEXT_DEFAULT;
    e->alone.threads = 1;
    e->tapes = skuai_zero(e->n_tapes, sizeof(skuai_tape *));
    if (!e->tapes) return skuai_error_memory(err, "a picture encoder");
    for (size_t w = 0; w < e->n_tapes; w++)
        if (!(e->tapes[w] = skuai_tape_new(&e->alone)))
            return skuai_error_memory(err, "a picture encoder");
    return SKUA_OK;
}

/* The vector of a picture, by worker w. */
static skua_status encoder_run(const encoder *e, int worker, const skuai_picture *picture,
                               float *vector, skua_error *err) {
    if (!e->model) return skuai_picture_describe(picture, vector, err);
    return skuai_vision_model_encode(e->model, e->tapes[worker], picture, vector, err);
}

/* -- A piece ---------------------------------------------------------------------------------- */

/* A picture to encode and what came of it. */
typedef struct job {
    const char *image; /* as the shop names it */
    char *path;        /* owned; NULL: was not found, and error says why */
    size_t width, height;
    uint64_t look; /* perceptual hash */
    bool read;
    skua_error error;
} job;

typedef struct piece {
    skuai_embed_piece out;
    job jobs[PIECE];
    const encoder *encoder;
} piece;

static skua_status encode_one(void *argument, size_t i, int worker, skua_error *err) {
    piece *p = argument;
    job *j = &p->jobs[i];
    skuai_picture_limits limits = SKUAI_PICTURE_LIMITS_DEFAULT;
    skuai_picture picture;
    float *vector = p->out.vectors + i * p->encoder->width;
    memset(vector, 0, p->encoder->width * sizeof *vector);
    if (!j->path) return SKUA_OK;
    size_t fit = p->encoder->model ? SKUAI_VISION_FIT : FIT;
    skua_status status =
        skuai_picture_read(p->encoder->decoder, j->path, fit, &limits, &picture, &j->error);
    if (status == SKUA_ENOMEM) return skuai_error_memory(err, "a picture");
    if (status != SKUA_OK) return SKUA_OK; /* told by j->error; the others go on */
    j->width = picture.whole_width;
    j->height = picture.whole_height;
    status = encoder_run(p->encoder, worker, &picture, vector, err);
    if (status == SKUA_OK) status = skuai_picture_hash(&picture, &j->look, err);
    j->read = status == SKUA_OK;
    skuai_picture_clear(&picture);
    return status;
}

/* The rows of the table pictures. */
static skua_status write_pictures(skuai_store *store, void *user, skua_error *err) {
    const piece *p = user;
    const char *images[PIECE], *looks[PIECE], *whys[PIECE];
    int64_t widths[PIECE], heights[PIECE];
    char(*text)[20] = skuai_arena_take(p->out.arena, PIECE, sizeof *text);
    if (!text) return skuai_error_memory(err, "pictures");
    for (size_t i = 0; i < p->out.n; i++) {
        const job *j = &p->jobs[i];
        (void)snprintf(text[i], sizeof text[i], "%016llx", (unsigned long long)j->look);
        images[i] = j->image;
        looks[i] = j->read ? text[i] : NULL;
        whys[i] = j->read ? NULL : j->error.message;
        widths[i] = (int64_t)j->width;
        heights[i] = (int64_t)j->height;
    }
    skuai_column columns[] = {{.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = p->out.items},
                              {.name = "image", .type = SKUAI_COLUMN_TEXT, .texts = images},
                              {.name = "width", .type = SKUAI_COLUMN_INTEGER, .integers = widths},
                              {.name = "height", .type = SKUAI_COLUMN_INTEGER, .integers = heights},
                              {.name = "look", .type = SKUAI_COLUMN_TEXT, .texts = looks},
                              {.name = "why", .type = SKUAI_COLUMN_TEXT, .texts = whys}};
    SKUA_TRY(skuai_store_execute(
        store, "DELETE FROM pictures p USING skuai_embed e WHERE p.item = e.item", err));
    return skuai_store_append(store, "pictures", columns, sizeof columns / sizeof *columns,
                              p->out.n, err);
}

static void piece_empty(piece *p) {
    for (size_t i = 0; i < p->out.n; i++)
        skuai_free(p->jobs[i].path);
    p->out.n = 0;
    skuai_arena_clear(p->out.arena);
}

static skua_status do_piece(const skua_shop *shop, piece *p, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    context.progress = NULL; /* that of the items is the one to show */
    SKUA_TRY(skuai_parallel_for(&context, NULL, p->out.n, encode_one, p, err));
    return skuai_embed_store(shop, "image", p->encoder->name, &p->out, write_pictures, p, err);
}

/* -- All items -------------------------------------------------------------------------------- */

/* What a vector is made from: the encoder, and the file by its place, size and time. */
static uint64_t source_hash(uint64_t seed, const char *image, const char *path) {
    char text[96];
    struct stat info;
    uint64_t h = skuai_embed_hash(seed, path ? path : image);
    if (!path || stat(path, &info) != 0) return h;
    (void)snprintf(text, sizeof text, "%lld %lld.%09ld", (long long)info.st_size,
                   (long long)info.st_mtim.tv_sec, (long)info.st_mtim.tv_nsec);
    return skuai_embed_hash(h, text);
}

/* Add an item to the piece unless its vector stands. */
static skua_status add_item(piece *p, const skuai_picture_places *places, uint64_t seed,
                            const skuai_table *items, size_t i, skuai_embed_counts *counts,
                            skua_error *err) {
    const char *image = items->columns[1].texts[i], *kept = items->columns[2].texts[i];
    job *j = &p->jobs[p->out.n];
    *j = (job){.image = image};
    skua_status status = skuai_picture_place_find(places, image, &j->path, &j->error);
    if (status == SKUA_ENOMEM) return skuai_error_memory(err, "a path");
    const char *hash = skuai_embed_hash_text(p->out.arena, source_hash(seed, image, j->path));
    if (!hash) status = skuai_error_memory(err, "vectors");
    if (!hash || (kept && strcmp(kept, hash) == 0)) {
        skuai_free(j->path);
        counts->unchanged++;
        return hash ? SKUA_OK : status;
    }
    p->out.items[p->out.n] = items->columns[0].texts[i];
    p->out.hashes[p->out.n++] = hash;
    return SKUA_OK;
}

static skua_status embed_items(const skua_shop *shop, piece *p, const skuai_picture_places *places,
                               const skuai_table *items, skuai_embed_counts *counts,
                               skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    /* a later version of the descriptors takes another number */
    uint64_t seed = skuai_embed_hash(SKUAI_EMBED_SEED, p->encoder->name) + 1;
    skua_status status = SKUA_OK;
    for (size_t i = 0; status == SKUA_OK && i < items->n_rows; i++) {
        status = add_item(p, places, seed, items, i, counts, err);
        if (status == SKUA_OK && p->out.n > 0 && (p->out.n == PIECE || i + 1 == items->n_rows)) {
            skuai_context_progress(&context, "pictures encoded", (double)i, (double)items->n_rows);
            status = do_piece(shop, p, err);
            counts->encoded += p->out.n;
            piece_empty(p);
            if (status == SKUA_OK) status = skuai_context_check(&context, err);
        }
    }
    piece_empty(p);
    if (status == SKUA_OK)
        skuai_context_progress(&context, "pictures encoded", (double)items->n_rows,
                               (double)items->n_rows);
    return status;
}

static skua_status read_items(const skua_shop *shop, skuai_store *store, const char *model,
                              bool again, skuai_picture_places *places, skuai_table **items,
                              skua_error *err) {
    skuai_value which = skuai_value_text(model);
    SKUA_TRY(skuai_embed_prepare(store, "image", model, again, err));
    /* items without a picture, or no items any more, lose what was made of it */
    SKUA_TRY(skuai_store_execute(
        store,
        "CREATE TABLE IF NOT EXISTS pictures(item VARCHAR, image VARCHAR, width INTEGER,"
        " height INTEGER, look VARCHAR, why VARCHAR);"
        "CREATE OR REPLACE TEMP TABLE skuai_pictured AS SELECT item FROM items WHERE image <> '';"
        "DELETE FROM pictures WHERE item NOT IN (SELECT item FROM skuai_pictured);"
        "DELETE FROM vectors WHERE modality = 'image' AND item IN (SELECT item FROM vector_sources"
        " WHERE modality = 'image' AND item NOT IN (SELECT item FROM skuai_pictured));"
        "DELETE FROM vector_sources WHERE modality = 'image' AND item NOT IN (SELECT item FROM"
        " skuai_pictured)",
        err));
    SKUA_TRY(skuai_picture_places_read(shop, store, places, err));
    return skuai_store_query(store,
                             "SELECT i.item, i.image, s.hash FROM items i LEFT JOIN vector_sources"
                             " s ON s.item = i.item AND s.modality = 'image' AND s.model = $1 WHERE"
                             " i.image <> '' ORDER BY i.item",
                             &which, 1, items, err);
}

static skua_status prepare(const skua_shop *shop, const char *model, skuai_picture_places *places,
                           skuai_table **items, skua_error *err) {
    bool again = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_again);
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = read_items(shop, store, model, again, places, items, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

/* -- The report ------------------------------------------------------------------------------- */

static skua_status put_problems(const skua_shop *shop, skuai_json_writer *w, skua_error *err) {
    skuai_store *store = NULL;
    skuai_table *table = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_store_query(
        store, "SELECT item, image, why FROM pictures WHERE why IS NOT NULL ORDER BY item", NULL, 0,
        &table, err);
    skuai_store_close(store);
    SKUA_TRY(status);
    skuai_json_integer(w, "unreadable", (int64_t)table->n_rows);
    skuai_json_array(w, "problems");
    for (size_t i = 0; i < table->n_rows && i < PROBLEMS_SHOWN; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", table->columns[0].texts[i]);
        skuai_json_text(w, "file", table->columns[1].texts[i]);
        skuai_json_text(w, "why", table->columns[2].texts[i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_table_free(table);
    return SKUA_OK;
}

static skua_status embed_all(const skua_shop *shop, const encoder *e,
                             const skuai_picture_places *places, const skuai_table *items,
                             skuai_embed_counts *counts, skua_error *err) {
    piece *p = skuai_zero(1, sizeof *p);
    skua_status status = p ? SKUA_OK : skuai_error_memory(err, "pictures");
    if (p) {
        p->encoder = e;
        p->out.width = e->width;
        p->out.vectors = skuai_new(PIECE * e->width, sizeof *p->out.vectors);
        p->out.arena = skuai_arena_new(1 << 20);
        if (!p->out.vectors || !p->out.arena) status = skuai_error_memory(err, "pictures");
        if (status == SKUA_OK) status = embed_items(shop, p, places, items, counts, err);
        skuai_free(p->out.vectors);
        skuai_arena_free(p->out.arena);
    }
    skuai_free(p);
    return status;
}

skua_status skuai_embed_pictures(const skua_shop *shop, const char *folder, bool *done,
                                 skuai_json_writer *report, skua_error *err) {
    encoder e = {0};
    skuai_picture_places places = {0};
    skuai_table *items = NULL;
    skuai_embed_counts counts = {0};
    skuai_embed_name(folder, "descriptors", e.name, sizeof e.name);
    skua_status status = encoder_open(shop, folder, &e, err);
    if (status == SKUA_OK) status = prepare(shop, e.name, &places, &items, err);
    *done = status == SKUA_OK && items->n_rows > 0;
    if (*done) status = skuai_picture_decoder_new(&e.decoder, err);
    if (*done && status == SKUA_OK) status = embed_all(shop, &e, &places, items, &counts, err);
    if (*done && status == SKUA_OK) {
        skuai_json_object(report, "pictures");
        skuai_json_text(report, "modality", "image");
        skuai_json_text(report, "model", e.name);
        skuai_json_integer(report, "width", (int64_t)e.width);
        skuai_json_integer(report, "items", (int64_t)items->n_rows);
        skuai_json_integer(report, "encoded", (int64_t)counts.encoded);
        skuai_json_integer(report, "unchanged", (int64_t)counts.unchanged);
        status = put_problems(shop, report, err);
        skuai_json_close(report);
    }
    encoder_clear(&e);
    skuai_picture_places_clear(&places);
    skuai_table_free(items);
    return status;
}
