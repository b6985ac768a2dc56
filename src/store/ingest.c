#define _GNU_SOURCE /* GLOB_BRACE is not used; glob itself is POSIX, mkstemps is not */
#include "store/ingest.h"
#include "store/ingest_images.h"
#include "store/ingest_partition.h"
#include "store/ingest_write.h"

#include "core/file.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE (INT64_C(1) << 20) /* bytes, as it lies on the disk */

/* One call of skuai_ingest. */
typedef struct session {
    skuai_store *store;
    const skuai_ingest_options *options;
    const skuai_context *context;
    skuai_buffer *report;
    skuai_series series;
    bool series_loaded;
    skuai_sales_seen seen;
    int threads; /* of the database now; 0: as it was opened */
    int64_t next_file, first_file;
    size_t n_files, n_skipped;
    int64_t added, corrected, unchanged, rejected, duplicates;
} session;

/* One file of it. */
typedef struct job {
    session *session;
    const skuai_table_roles *table;
    const char *path; /* as it was named: in messages and in the store */
    const char *file; /* where it lies */
    char *converted;  /* a temporary CSV of JSON, Parquet or standard input; NULL: none */
    bool record_rows; /* it is JSON or Parquet: lines are rows */
    int64_t size;
    char hash[SKUAI_HASH_SIZE];
    skuai_bytes *bytes;
    skuai_arena *arena;
    skuai_partition partition;
    skuai_plan plan;
    skuai_reader *reader;
    skuai_write write;
} job;

/* -- What the caller says ------------------------------------------------------------------------
 */

/* The part of a mapping behind "table.", or all of it, or NULL when it is another table's. */
static const char *mapping_for(const char *mapping, const char *table) {
    const char *equal = strchr(mapping, '='), *dot = strchr(mapping, '.');
    if (!equal || !dot || dot > equal) return mapping;
    size_t n = strlen(table);
    return (size_t)(dot - mapping) == n && memcmp(mapping, table, n) == 0 ? dot + 1 : NULL;
}

static bool same_role(const char *a, const char *b) {
    size_t n = strcspn(a, "=");
    return strcspn(b, "=") == n && memcmp(a, b, n) == 0;
}

static bool has_column(const skuai_sample *sample, const char *name) {
    for (size_t c = 0; c < sample->n_columns; c++)
        if (strcmp(sample->names[c], name) == 0) return true;
    return false;
}

/* "role=column" of skua.yaml's columns.<table>; NULL when the file has no such columns. */
static const char *yaml_mapping(const skuai_yaml *entry, const skuai_sample *sample,
                                skuai_arena *arena) {
    skuai_buffer text;
    skuai_buffer_init(&text, 4096);
    (void)skuai_buffer_format(&text, "%s=", entry->key);
    bool there = true;
    if (entry->kind == SKUAI_YAML_TEXT) {
        there = !*entry->text || has_column(sample, entry->text);
        (void)skuai_buffer_text(&text, entry->text);
    }
    for (const skuai_yaml *part = entry->kind == SKUAI_YAML_LIST ? entry->first : NULL; part;
         part = part->next) {
        there = there && part->kind == SKUAI_YAML_TEXT && has_column(sample, part->text);
        (void)skuai_buffer_format(&text, "%s%s", part == entry->first ? "" : "+",
                                  part->text ? part->text : "");
    }
    const char *copy =
        there && text.status == SKUA_OK ? skuai_arena_text(arena, text.data, text.size) : NULL;
    skuai_buffer_clear(&text);
    return copy;
}

static skua_status collect_mapping(job *j, const skuai_sample *sample, skuai_plan_options *options,
                                   skua_error *err) {
    const skuai_ingest_options *given = j->session->options;
    char path[64];
    (void)snprintf(path, sizeof path, "columns.%s", j->table->name);
    const skuai_yaml *map = skuai_yaml_get(skuai_store_settings(j->session->store), path);
    size_t n = given->n_mapping, most = n;
    for (const skuai_yaml *entry = map ? map->first : NULL; entry; entry = entry->next)
        most++;
    const char **all = skuai_arena_take(j->arena, most, sizeof *all);
    if (!all) return skuai_error_memory(err, "a mapping");
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const char *own = mapping_for(given->mapping[i], j->table->name);
        if (own) all[m++] = own;
    }
    size_t flags = m;
    for (const skuai_yaml *entry = map ? map->first : NULL; entry; entry = entry->next) {
        const char *text = entry->key ? yaml_mapping(entry, sample, j->arena) : NULL;
        for (size_t i = 0; text && i < flags; i++)
            if (same_role(text, all[i])) text = NULL;
        if (text) all[m++] = text;
    }
    options->mapping = all;
    options->n_mapping = m;
    return SKUA_OK;
}

/* -- Temporary files
 * ------------------------------------------------------------------------------- */

static skua_status temporary(job *j, int *file, skua_error *err) {
    j->converted = skuai_store_path(skuai_store_folder(j->session->store), "ingest-XXXXXX.csv");
    if (!j->converted) return skuai_error_memory(err, "a path");
    *file = mkstemps(j->converted, 4);
    if (*file >= 0) return SKUA_OK;
    skua_status status =
        skuai_error_set(err, SKUA_EIO, "%s: cannot be written: %s", j->converted, strerror(errno));
    skuai_free(j->converted);
    j->converted = NULL;
    return status;
}

static skua_status spool_input(job *j, skua_error *err) {
    int file;
    SKUA_TRY(temporary(j, &file, err));
    char *piece = skuai_new(1 << 18, 1);
    skua_status status = piece ? SKUA_OK : skuai_error_memory(err, "standard input");
    while (status == SKUA_OK) {
        ssize_t n = read(STDIN_FILENO, piece, 1 << 18);
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            status = skuai_error_set(err, SKUA_EIO, "standard input: %s", strerror(errno));
        else
            status = skuai_context_check(j->session->context, err);
        for (ssize_t done = 0; status == SKUA_OK && done < n;) {
            ssize_t k = write(file, piece + done, (size_t)(n - done));
            if (k < 0 && errno != EINTR)
                status = skuai_error_set(err, SKUA_EIO, "%s: %s", j->converted, strerror(errno));
            if (k > 0) done += k;
        }
    }
    skuai_free(piece);
    (void)close(file);
    return status;
}

/* A folder of pictures becomes a file of items. */
static skua_status spool_images(job *j, skua_error *err) {
    int file;
    skuai_buffer csv;
    skuai_buffer_init(&csv, (size_t)1 << 30);
    skua_status status = skuai_images_list(j->path, &csv, err);
    if (status == SKUA_OK) status = temporary(j, &file, err);
    if (status == SKUA_OK) {
        (void)close(file);
        status = skuai_file_write(j->converted, csv.data, csv.size, err);
    }
    skuai_buffer_clear(&csv);
    return status;
}

/* JSON and Parquet become a CSV by DuckDB, so that everything goes one way. */
static skua_status convert(job *j, const char *path, skuai_bytes_format format, skua_error *err) {
    char *before = j->converted;
    int file;
    j->converted = NULL;
    skua_status status = temporary(j, &file, err);
    if (status == SKUA_OK) {
        (void)close(file);
        skuai_buffer sql;
        skuai_buffer_init(&sql, 1 << 16);
        (void)skuai_buffer_text(&sql, "COPY (SELECT * FROM ");
        (void)skuai_buffer_text(&sql,
                                format == SKUAI_BYTES_PARQUET ? "read_parquet(" : "read_json(");
        skuai_sql_text(&sql, path);
        (void)skuai_buffer_text(&sql, format == SKUAI_BYTES_PARQUET
                                          ? ", hive_partitioning = false)"
                                          : ", hive_partitioning = false, maximum_object_size = "
                                            "16777216, convert_strings_to_integers"
                                            " = false, compression = 'auto_detect')");
        (void)skuai_buffer_text(&sql, ") TO ");
        skuai_sql_text(&sql, j->converted);
        (void)skuai_buffer_text(&sql,
                                " (FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"')");
        status = skuai_buffer_check(&sql, err);
        if (status == SKUA_OK) status = skuai_store_execute(j->session->store, sql.data, err);
        if (status == SKUA_EDATABASE || status == SKUA_EIO)
            status = skuai_error_set(err, SKUA_EDATA, "%s: not readable as %s: %.300s", j->path,
                                     format == SKUAI_BYTES_PARQUET ? "Parquet" : "JSON",
                                     err ? err->message : "");
        skuai_buffer_clear(&sql);
        j->record_rows = true;
    }
    if (before) (void)unlink(before);
    skuai_free(before);
    return status;
}

/* -- A file
 * ------------------------------------------------------------------------------------------ */

/* Handing a few thousand rows to several threads costs more than it saves. */
static skua_status choose_threads(session *s, int64_t size, skua_error *err) {
    char sql[48];
    int threads = size < SMALL_FILE ? 1 : skuai_context_threads(s->context);
    if (threads == s->threads) return SKUA_OK;
    (void)snprintf(sql, sizeof sql, "SET threads = %d", threads);
    SKUA_TRY(skuai_store_execute(s->store, sql, err));
    s->threads = threads;
    return SKUA_OK;
}

static skua_status open_bytes(job *j, skua_error *err) {
    const char *encoding = j->session->options->encoding,
               *path = j->converted ? j->converted : j->file;
    SKUA_TRY(skuai_bytes_open(path, encoding, &j->bytes, err));
    skuai_bytes_format format = skuai_bytes_format_of(j->bytes);
    if (format == SKUAI_BYTES_TEXT) return SKUA_OK;
    skuai_bytes_close(j->bytes);
    j->bytes = NULL;
    SKUA_TRY(convert(j, path, format, err));
    return skuai_bytes_open(j->converted, NULL, &j->bytes, err);
}

/* The columns that the file's folders name, behind its own; a column of its own wins. */
static skua_status add_partition(const job *j, skuai_sample *sample, skua_error *err) {
    size_t own = sample->n_columns, most = own + j->partition.n, n = own;
    const char **names = skuai_arena_take(j->arena, most, sizeof *names);
    size_t rows = sample->n_rows > 0 ? sample->n_rows : 1;
    skuai_csv_field values[SKUAI_PARTITIONS_MOST],
        *cells = skuai_arena_take(j->arena, most * rows, sizeof *cells);
    if (!names || !cells) return skuai_error_memory(err, "a file's folders");
    memcpy(names, sample->names, own * sizeof *names);
    for (size_t k = 0; k < j->partition.n; k++) {
        const char *value = j->partition.value[k];
        if (has_column(sample, j->partition.name[k])) continue;
        values[n - own] = (skuai_csv_field){value, strlen(value), false};
        names[n++] = j->partition.name[k];
    }
    for (size_t r = 0; r < rows; r++) {
        if (r < sample->n_rows) memcpy(cells + r * n, sample->cells + r * own, own * sizeof *cells);
        memcpy(cells + r * n + own, values, (n - own) * sizeof *cells);
    }
    sample->names = names;
    sample->cells = cells;
    sample->n_columns = n;
    sample->n_constants = n - own;
    return SKUA_OK;
}

static skua_status make_plan(job *j, skua_error *err) {
    const skuai_ingest_options *options = j->session->options;
    skuai_sample sample;
    skuai_plan_options plan_options = {.decimal = j->record_rows ? '.' : options->decimal,
                                       .date = options->date,
                                       .start = options->start};
    int header = j->record_rows ? 1 : options->header > 0 ? 1 : options->header < 0 ? 0 : -1;
    SKUA_TRY(skuai_head_read(j->bytes, j->path, j->table, j->record_rows ? ',' : options->delimiter,
                             header, j->arena, &j->plan.dialect, &sample, err));
    if (j->partition.n > 0) SKUA_TRY(add_partition(j, &sample, err));
    SKUA_TRY(collect_mapping(j, &sample, &plan_options, err));
    skua_status status = skuai_plan_make(j->table, &sample, &plan_options, j->arena, &j->plan, err);
    return status == SKUA_OK ? status : skuai_error_prefix(err, status, "%s", j->path);
}

static skua_status load_series(session *s, skua_error *err) {
    if (s->series_loaded) return SKUA_OK;
    skuai_table *table;
    SKUA_TRY(skuai_store_query(s->store, "SELECT series, item, channel FROM series ORDER BY series",
                               NULL, 0, &table, err));
    skua_status status = skuai_series_init(&s->series, err);
    s->series_loaded = status == SKUA_OK;
    const skuai_column *c = table->columns;
    for (size_t i = 0; status == SKUA_OK && i < table->n_rows; i++) {
        const char *item = c[1].texts[i], *channel = c[2].texts[i];
        uint64_t hash = skuai_series_hash(item, strlen(item), channel, strlen(channel));
        int64_t number =
            skuai_series_add(&s->series, hash, item, strlen(item), channel, strlen(channel));
        if (number < 0)
            status = skuai_error_memory(err, "the list of series");
        else if (number != c[0].integers[i])
            status =
                skuai_error_set(err, SKUA_EDATABASE, "the table series is not numbered in order");
    }
    s->series.n_known = s->series.n;
    skuai_table_free(table);
    return status;
}

/* The choices that change what a file means: part of how it is recognised. */
static void describe_options(const job *j, skuai_buffer *text) {
    const skuai_ingest_options *o = j->session->options;
    for (size_t i = 0; i < o->n_mapping; i++)
        if (mapping_for(o->mapping[i], j->table->name))
            (void)skuai_buffer_format(text, "%s;", o->mapping[i]);
    for (size_t k = 0; k < j->partition.n; k++)
        (void)skuai_buffer_format(text, "%s=%s;", j->partition.name[k], j->partition.value[k]);
    (void)skuai_buffer_format(text, "%s;%s;%s;%d", o->date ? o->date : "", o->start ? o->start : "",
                              o->channel ? o->channel : "", (int)o->duplicates);
}

static skua_status is_known(job *j, const char *described, bool *known, skua_error *err) {
    static const char same[] = "SELECT count(*) FROM ingested WHERE \"table\" = $1 AND hash = $2 "
                               "AND options = $3";
    skuai_value values[] = {skuai_value_text(j->table->name), skuai_value_text(j->hash),
                            skuai_value_text(described)};
    double n = 0;
    skuai_store_keep(j->session->store, same);
    SKUA_TRY(skuai_store_number(j->session->store, same, values, 3, &n, NULL, err));
    *known = n > 0;
    return SKUA_OK;
}

static skua_status write_rejects(job *j, skua_error *err) {
    size_t n = 0;
    for (const skuai_reject *r = skuai_reader_rejects(j->reader); r; r = r->next)
        n++;
    if (!n) return SKUA_OK;
    int64_t *lines = skuai_arena_take(j->arena, n, sizeof *lines);
    int64_t *files = skuai_arena_take(j->arena, n, sizeof *files);
    const char **texts = skuai_arena_take(j->arena, 4 * n, sizeof *texts);
    if (!lines || !files || !texts) return skuai_error_memory(err, "rejects");
    const skuai_reject *r = skuai_reader_rejects(j->reader);
    for (size_t i = 0; i < n; i++, r = r->next) {
        lines[i] = r->line - (j->record_rows ? 1 : 0);
        files[i] = j->write.file;
        texts[i] = r->text;
        texts[n + i] = r->why;
        texts[2 * n + i] = j->path;
        texts[3 * n + i] = j->table->name;
    }
    skuai_column columns[] = {{.name = "file", .type = SKUAI_COLUMN_INTEGER, .integers = files},
                              {.name = "line", .type = SKUAI_COLUMN_INTEGER, .integers = lines},
                              {.name = "text", .type = SKUAI_COLUMN_TEXT, .texts = texts},
                              {.name = "why", .type = SKUAI_COLUMN_TEXT, .texts = texts + n},
                              {.name = "path", .type = SKUAI_COLUMN_TEXT, .texts = texts + 2 * n},
                              {.name = "table", .type = SKUAI_COLUMN_TEXT, .texts = texts + 3 * n}};
    return skuai_store_append(j->session->store, "rejects", columns, 6, n, err);
}

/* Nothing could be read: say why, with the first line as an example. */
static skua_status refuse_all(const job *j, skua_error *err) {
    const skuai_reject *first = skuai_reader_rejects(j->reader);
    for (const skuai_reject *r = first; r; r = r->next)
        if (r->line < first->line) first = r;
    if (!first) return skuai_error_set(err, SKUA_EDATA, "%s: has no rows", j->path);
    return skuai_error_set(err, SKUA_EDATA, "%s: none of its %lld rows can be read; line %lld: %s",
                           j->path, (long long)j->write.counts.rejected, (long long)first->line,
                           first->why);
}

static skua_status write_ingested(job *j, const char *described, skua_error *err) {
    static const char insert[] =
        "INSERT INTO ingested(file, path, \"table\", size, hash, options, rows, added, corrected, "
        "unchanged, duplicates, rejected, late, mapping, known_at, ingested_at) VALUES ($1, $2, "
        "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now()::TIMESTAMP, now()::TIMESTAMP)";
    const skuai_write *w = &j->write;
    skuai_buffer mapping;
    skuai_store_keep(j->session->store, insert);
    skuai_buffer_init(&mapping, 1 << 22);
    skuai_plan_json(&j->plan, &mapping);
    skuai_value values[] = {
        skuai_value_integer(w->file),      skuai_value_text(j->path),
        skuai_value_text(j->table->name),  skuai_value_integer(j->size),
        skuai_value_text(j->hash),         skuai_value_text(described),
        skuai_value_integer(w->staged),    skuai_value_integer(w->added),
        skuai_value_integer(w->corrected), skuai_value_integer(w->unchanged),
        skuai_value_integer(w->doubled),   skuai_value_integer(w->counts.rejected),
        skuai_value_integer(w->late),      skuai_value_text(skuai_buffer_view(&mapping))};
    skua_status status = skuai_buffer_check(&mapping, err);
    if (status == SKUA_OK)
        status = skuai_store_run(j->session->store, insert, values, sizeof values / sizeof *values,
                                 NULL, err);
    skuai_buffer_clear(&mapping);
    return status;
}

static skua_status write_rows(job *j, const char *described, skua_error *err) {
    skuai_store *store = j->session->store;
    SKUA_TRY(skuai_reader_stage(j->reader, store, "skuai_stage", err));
    j->write.counts = skuai_reader_counts_get(j->reader);
    j->write.staged = j->write.counts.rows;
    if (j->write.counts.rows == 0) return refuse_all(j, err);
    skuai_context_progress(j->session->context, "writing", 0, 1);
    bool sales = strcmp(j->table->name, "sales") == 0,
         orders = strcmp(j->table->name, "orders") == 0,
         vectors = strcmp(j->table->name, "vectors") == 0;
    SKUA_TRY(sales     ? skuai_write_sales(&j->write, err)
             : orders  ? skuai_write_orders(&j->write, err)
             : vectors ? skuai_write_vectors(&j->write, err)
                       : skuai_write_keyed(&j->write, err));
    SKUA_TRY(write_rejects(j, err));
    SKUA_TRY(write_ingested(j, described, err));
    return skuai_store_execute(
        store,
        "DROP TABLE IF EXISTS skuai_stage; DROP TABLE IF EXISTS skuai_lines; DROP "
        "TABLE IF EXISTS skuai_last; DROP TABLE IF EXISTS skuai_twice; DROP TABLE "
        "IF EXISTS skuai_described",
        err);
}

static skua_status write_file(job *j, const char *described, skua_error *err) {
    session *s = j->session;
    bool sales = strcmp(j->table->name, "sales") == 0;
    const char *channel = s->options->channel ? s->options->channel
                                              : skuai_store_setting(s->store, "channel", "main");
    SKUA_TRY(choose_threads(s, j->size, err));
    if (sales) SKUA_TRY(load_series(s, err));
    SKUA_TRY(skuai_reader_new(j->bytes, j->path, &j->plan, sales ? &s->series : NULL, channel,
                              s->context, &j->reader, err));
    if (j->plan.date_open) SKUA_TRY(skuai_reader_day_order(j->reader, &j->plan, err));
    j->write = (skuai_write){.store = s->store,
                             .plan = &j->plan,
                             .path = j->path,
                             .series = sales ? &s->series : NULL,
                             .seen = sales ? &s->seen : NULL,
                             .default_channel = channel,
                             .known_at = s->options->known_at,
                             .duplicates = s->options->duplicates,
                             .file = s->next_file,
                             .first_file = s->first_file};
    j->write.outputs = skuai_reader_outputs(j->reader, &j->write.n_outputs);
    SKUA_TRY(skuai_store_begin(s->store, err));
    skua_status status = write_rows(j, described, err);
    if (status == SKUA_OK) status = skuai_store_commit(s->store, err);
    if (status != SKUA_OK) {
        skuai_store_rollback(s->store);
        return status;
    }
    s->next_file++;
    s->series.n_known = s->series.n;
    return SKUA_OK;
}

/* -- Report
 * ------------------------------------------------------------------------------------------- */

static void report_file(job *j, const char *status) {
    skuai_buffer *r = j->session->report;
    const skuai_write *w = &j->write;
    (void)skuai_buffer_text(r, j->session->n_files++ ? ",{\"file\":" : "{\"file\":");
    skuai_ingest_json_text(r, j->path, strlen(j->path));
    (void)skuai_buffer_format(r, ",\"table\":\"%s\",\"status\":\"%s\"", j->table->name, status);
    if (!j->plan.table) {
        (void)skuai_buffer_text(r, "}");
        return;
    }
    (void)skuai_buffer_text(r, ",\"encoding\":");
    const char *encoding = skuai_bytes_encoding(j->bytes);
    skuai_ingest_json_text(r, encoding, strlen(encoding));
    (void)skuai_buffer_text(r, ",\"delimiter\":");
    skuai_ingest_json_text(r, &j->plan.dialect.delimiter, 1);
    (void)skuai_buffer_format(r, ",\"decimal\":\"%c\",\"header\":%s,\"mapping\":", j->plan.decimal,
                              j->plan.header ? "true" : "false");
    skuai_plan_json(&j->plan, r);
    if (j->plan.date_note) (void)skuai_buffer_format(r, ",\"note\":\"%s\"", j->plan.date_note);
    if (j->reader)
        (void)skuai_buffer_format(
            r,
            ",\"rows\":%lld,\"added\":%lld,\"corrected\":%lld,\"unchanged\":%lld,\"duplicates\":%"
            "lld,"
            "\"late\":%lld,\"rejected\":%lld,\"notes\":%lld,\"unreadable_characters\":%zu",
            (long long)w->staged, (long long)w->added, (long long)w->corrected,
            (long long)w->unchanged, (long long)w->doubled, (long long)w->late,
            (long long)w->counts.rejected, (long long)w->counts.notes, skuai_bytes_bad(j->bytes));
    (void)skuai_buffer_text(r, "}");
}

static void add_totals(job *j) {
    session *s = j->session;
    s->added += j->write.added;
    s->corrected += j->write.corrected;
    s->unchanged += j->write.unchanged;
    s->rejected += j->write.counts.rejected;
    s->duplicates += j->write.doubled;
}

static skua_status ingest_file(session *s, const char *table, const char *path, const char *shown,
                               skua_error *err) {
    bool images = strcmp(table, "images") == 0;
    job j = {.session = s,
             .table = skuai_table_roles_find(images ? "items" : table),
             .path = shown ? shown : path,
             .file = path,
             .record_rows = images || shown};
    skuai_buffer described;
    skuai_buffer_init(&described, 1 << 16);
    bool known = false;
    skua_status status = SKUA_OK;
    if (!j.table) {
        status =
            skuai_error_set(err, SKUA_EINVAL,
                            "there is no table '%s' to ingest into: sales, orders, items, parts, "
                            "channels, promotions, supply, events, calendar, future, vectors, "
                            "images",
                            table);
        goto out;
    }
    j.arena = skuai_arena_new(0);
    if (!j.arena) {
        status = skuai_error_memory(err, "a file");
        goto out;
    }
    if (strcmp(path, "-") == 0) {
        j.path = "standard input";
        SKUA_TRY_OUT(spool_input(&j, err));
    }
    if (images)
        SKUA_TRY_OUT(spool_images(&j, err));
    else
        SKUA_TRY_OUT(skuai_partition_read(j.path, j.arena, &j.partition, err));
    SKUA_TRY_OUT(skuai_bytes_hash(j.converted ? j.converted : path, &j.size, j.hash, err));
    describe_options(&j, &described);
    SKUA_TRY_OUT(skuai_buffer_check(&described, err));
    if (!s->options->again) SKUA_TRY_OUT(is_known(&j, skuai_buffer_view(&described), &known, err));
    if (known) {
        s->n_skipped++;
        report_file(&j, "already ingested");
        goto out;
    }
    SKUA_TRY_OUT(open_bytes(&j, err));
    SKUA_TRY_OUT(make_plan(&j, err));
    if (!s->options->dry_run) {
        SKUA_TRY_OUT(write_file(&j, skuai_buffer_view(&described), err));
        add_totals(&j);
    }
    report_file(&j, s->options->dry_run ? "would be ingested" : "ingested");
out:
    skuai_reader_free(j.reader);
    skuai_bytes_close(j.bytes);
    skuai_arena_free(j.arena);
    skuai_buffer_clear(&described);
    if (j.converted) (void)unlink(j.converted);
    skuai_free(j.converted);
    return status;
}

/* -- Paths
 * --------------------------------------------------------------------------------------------- */

static bool readable_name(const char *name) {
    static const char *const ends[] = {".csv",    ".tsv",   ".txt",     ".json",
                                       ".ndjson", ".jsonl", ".parquet", ".gz"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n > strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0) return true;
    return false;
}

static skua_status ingest_folder(session *s, const char *table, const char *path, skua_error *err);

/* Is it a folder of a partitioned data set, as channel=web? */
static bool is_partition(const char *path) {
    const char *slash = strrchr(path, '/');
    return strchr(slash ? slash : path, '=') != NULL;
}

static skua_status ingest_pattern(session *s, const char *table, const char *pattern, bool folder,
                                  skua_error *err) {
    glob_t found = {0};
    int result = glob(pattern, 0, NULL, &found);
    skua_status status = SKUA_OK;
    size_t done = 0;
    if (result == GLOB_NOSPACE)
        status = skuai_error_memory(err, "a list of files");
    else if (result != 0)
        status = skuai_error_set(err, SKUA_ENOTFOUND, "%s: no file fits", pattern);
    for (size_t i = 0; status == SKUA_OK && i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        struct stat info;
        bool inner = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
        if (inner && !is_partition(path)) continue;
        if (!inner && folder && !readable_name(path)) continue;
        status = skuai_context_check(s->context, err);
        if (status == SKUA_OK)
            status =
                inner ? ingest_folder(s, table, path, err) : ingest_file(s, table, path, NULL, err);
        done++;
    }
    if (status == SKUA_OK && !done)
        status =
            skuai_error_set(err, SKUA_ENOTFOUND,
                            "%s: no file to read there (.csv, .tsv, .txt, .json, .ndjson, .jsonl, "
                            ".parquet, each also .gz)",
                            pattern);
    if (result == 0) globfree(&found);
    return status;
}

/* Its files, and those of its partitions. */
static skua_status ingest_folder(session *s, const char *table, const char *path, skua_error *err) {
    char *pattern = skuai_glob_pattern(path, "*");
    if (!pattern) return skuai_error_memory(err, "a path");
    skua_status status = ingest_pattern(s, table, pattern, true, err);
    skuai_free(pattern);
    return status;
}

static skua_status ingest_path(session *s, const skuai_ingest_file *file, skua_error *err) {
    struct stat info;
    if (!file->table || !file->path || !*file->path)
        return skuai_error_set(err, SKUA_EINVAL, "a file to ingest needs a table and a path");
    if (strcmp(file->path, "-") == 0) return ingest_file(s, file->table, "-", NULL, err);
    bool there = stat(file->path, &info) == 0;
    if (strcmp(file->table, "images") == 0)
        return ingest_file(s, file->table, file->path, file->shown, err);
    if (there && S_ISDIR(info.st_mode)) return ingest_folder(s, file->table, file->path, err);
    if (!there && strpbrk(file->path, "*?["))
        return ingest_pattern(s, file->table, file->path, false, err);
    return ingest_file(s, file->table, file->path, file->shown, err);
}

/* Temporary files of a command that was killed; nobody else is here: the lock is ours. */
static void remove_leftovers(const skuai_store *store) {
    glob_t found = {0};
    char *pattern = skuai_glob_pattern(skuai_store_folder(store), "ingest-*.csv");
    if (pattern && store->mode == SKUAI_STORE_WRITE && glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            (void)unlink(found.gl_pathv[i]);
        globfree(&found);
    }
    skuai_free(pattern);
}

skua_status skuai_ingest(skuai_store *store, const skuai_ingest_options *options,
                         const skuai_context *context, skuai_buffer *report, skua_error *err) {
    session s = {.store = store, .options = options, .context = context};
    skuai_buffer text;
    double last = 0;
    skuai_instant known;
    if (options->known_at && strcmp(options->known_at, "period") != 0 &&
        skuai_field_date(options->known_at, strlen(options->known_at), SKUAI_DATE_YMD, &known) !=
            SKUAI_FIELD_GOOD)
        return skuai_error_set(
            err, SKUA_EINVAL,
            "known-at '%.60s': use an instant as 2024-03-28T12:00:00, or 'period'",
            options->known_at);
    if (!options->dry_run && store->mode != SKUAI_STORE_WRITE)
        return skuai_error_set(err, SKUA_EINVAL, "the workspace is open for reading only");
    remove_leftovers(store);
    skuai_buffer_init(&text, SIZE_MAX);
    s.report = &text;
    skua_status status = skuai_store_number(store, "SELECT coalesce(max(file), 0) FROM ingested",
                                            NULL, 0, &last, NULL, err);
    s.next_file = s.first_file = (int64_t)last + 1;
    (void)skuai_buffer_text(&text, "{\"files\":[");
    for (size_t i = 0; status == SKUA_OK && i < options->n_files; i++)
        status = ingest_path(&s, &options->files[i], err);
    if (s.threads) {
        skua_status reset = choose_threads(&s, SMALL_FILE, NULL); /* as the context says */
        (void)reset;
    }
    int64_t done = s.next_file - s.first_file;
    if (status != SKUA_OK && done > 0)
        (void)skuai_error_prefix(err, status, "%lld %s before it %s in", (long long)done,
                                 done == 1 ? "file" : "files", done == 1 ? "is" : "are");
    (void)skuai_buffer_format(
        &text,
        "],\"skipped\":%zu,\"added\":%lld,\"corrected\":%lld,\"unchanged\":%lld,"
        "\"duplicates\":%lld,\"rejected\":%lld}",
        s.n_skipped, (long long)s.added, (long long)s.corrected, (long long)s.unchanged,
        (long long)s.duplicates, (long long)s.rejected);
    if (status == SKUA_OK) status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK) {
        (void)skuai_buffer_add(report, text.data, text.size);
        status = skuai_buffer_check(report, err);
    }
    skuai_buffer_clear(&text);
    skuai_series_clear(&s.series);
    return status;
}
