#include "store/store_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *skuai_store_path(const char *folder, const char *name) {
    size_t n = strlen(folder), m = strlen(name);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    char *path = skuai_new(n + m + 2, 1);
    if (!path) return NULL;
    memcpy(path, folder, n);
    path[n] = '/';
    memcpy(path + n + 1, name, m + 1);
    return path;
}

skua_status skuai_file_replace(const char *path, const char *text, size_t size, bool sync,
                               skua_error *err) {
    char *beside = skuai_new(strlen(path) + 8, 1);
    if (!beside) return skuai_error_memory(err, "a path");
    (void)snprintf(beside, strlen(path) + 8, "%s.tmp", path);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = file >= 0;
    for (size_t done = 0; good && done < size;) {
        ssize_t n = write(file, text + done, size - done);
        good = n > 0 || (n < 0 && errno == EINTR);
        if (n > 0) done += (size_t)n;
    }
    good = good && (!sync || fsync(file) == 0);
    int why = errno;
    if (file >= 0 && close(file) != 0 && good) good = false, why = errno;
    if (good && rename(beside, path) != 0) good = false, why = errno;
    if (!good && file >= 0) (void)unlink(beside);
    skuai_free(beside);
    if (good) return SKUA_OK;
    return skuai_error_set(err, SKUA_EIO, "%s: cannot be written: %s", path, strerror(why));
}

/* -- Opening the database ------------------------------------------------------------------------
 */

static skua_status configure(duckdb_config *config, const skuai_store_open_options *options,
                             skua_error *err) {
    char number[64];
    bool good = duckdb_create_config(config) == DuckDBSuccess;
    good =
        good && duckdb_set_config(*config, "access_mode",
                                  options->mode == SKUAI_STORE_READ ? "READ_ONLY" : "READ_WRITE") ==
                    DuckDBSuccess;
    (void)snprintf(number, sizeof number, "%d",
                   skuai_context_threads(&(skuai_context){.threads = options->threads}));
    good = good && duckdb_set_config(*config, "threads", number) == DuckDBSuccess;
    if (options->memory_limit) {
        (void)snprintf(number, sizeof number, "%zuKiB", options->memory_limit / 1024);
        good = good && duckdb_set_config(*config, "memory_limit", number) == DuckDBSuccess;
    }
    /* everything needed is inside the library: nothing is ever fetched */
    good = good &&
           duckdb_set_config(*config, "autoinstall_known_extensions", "false") == DuckDBSuccess;
    if (good) return SKUA_OK;
    return skuai_error_set(err, SKUA_EFOREIGN, "DuckDB does not take our settings");
}

/* What a killed command had spilled to the disk; the lock is ours alone. */
static void remove_spill(const char *path) {
    char pattern[4096];
    glob_t found = {0};
    int n = snprintf(pattern, sizeof pattern, "%s.tmp/*", path);
    if (n < 0 || (size_t)n >= sizeof pattern) return;
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            (void)unlink(found.gl_pathv[i]);
        globfree(&found);
    }
    pattern[n - 2] = '\0';
    (void)rmdir(pattern);
}

/* Another client of DuckDB may hold the file: wait for it as for one of ours. */
static skua_status open_database(skuai_store *store, const char *path,
                                 const skuai_store_open_options *options, skua_error *err) {
    double deadline = skuai_clock() + options->wait_seconds;
    for (;;) {
        duckdb_config config = NULL;
        char *message = NULL;
        skua_status status = configure(&config, options, err);
        bool good = status == SKUA_OK &&
                    duckdb_open_ext(path, &store->database, config, &message) == DuckDBSuccess;
        duckdb_destroy_config(&config);
        SKUA_TRY(status);
        if (good) break;
        bool busy = message && strstr(message, "onflicting lock");
        if (busy && skuai_context_check(options->context, NULL) == SKUA_OK &&
            skuai_lock_pause(deadline)) {
            duckdb_free(message);
            continue;
        }
        status =
            skuai_store_message_fail(message ? message : "no reason given", DUCKDB_ERROR_IO, err);
        duckdb_free(message);
        return status;
    }
    store->opened = true;
    if (duckdb_connect(store->database, &store->connection) != DuckDBSuccess)
        return skuai_error_set(err, SKUA_EDATABASE, "%s: no connection", path);
    store->connected = true;
    return skuai_store_execute(store,
                               "SET TimeZone = 'UTC'; SET preserve_insertion_order = false;"
                               "SET enable_progress_bar = false",
                               err);
}

static void store_free(skuai_store *store) {
    if (!store) return;
    skuai_store_kept_clear(store);
    if (store->connected) duckdb_disconnect(&store->connection);
    if (store->opened) duckdb_close(&store->database);
    skuai_lock_release(store->lock);
    skuai_yaml_free(store->settings);
    skuai_free(store->folder);
    skuai_free(store);
}

static skuai_store *store_new(const char *folder, skuai_store_mode mode) {
    skuai_store *store = skuai_zero(1, sizeof *store);
    if (!store) return NULL;
    store->lock = -1;
    store->mode = mode;
    store->folder = skuai_text_copy(folder);
    if (store->folder) return store;
    skuai_free(store);
    return NULL;
}

/* -- Create
 * ---------------------------------------------------------------------------------------- */

static const char *last_name(const char *folder) {
    const char *slash = strrchr(folder, '/');
    return slash && slash[1] ? slash + 1 : folder;
}

static skua_status write_settings(const char *folder, const skuai_store_options *options,
                                  skua_error *err) {
    const char *lines[][3] = {
        {"name", options->name ? options->name : last_name(folder), "how reports call the shop"},
        {"frequency", options->frequency ? options->frequency : "auto",
         "auto, hour, day, week, week-us, month, quarter, year, 4-4-5, ..."},
        {"time_zone", options->time_zone ? options->time_zone : "UTC",
         "where the day of a channel without a zone of its own is cut"},
        {"currency", options->currency ? options->currency : "", "of amounts that name none"},
        {"country", options->country ? options->country : "", "whose holidays count"},
        {"channel", options->channel ? options->channel : "main", "of rows that name none"},
    };
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 20);
    (void)skuai_buffer_format(&text,
                              "# A skua workspace. Every setting is explained in "
                              "docs/data-contract.md.\nversion: %d\n",
                              SKUAI_STORE_VERSION);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        (void)skuai_buffer_format(&text, "%s: ", lines[i][0]);
        skuai_yaml_quote(&text, lines[i][1]);
        (void)skuai_buffer_format(&text, " # %s\n", lines[i][2]);
    }
    (void)skuai_buffer_text(&text, "# Columns by table, where their names do not say it:\n"
                                   "# columns:\n#   sales: {item: ArticleNumber, units: Pieces}\n");
    skua_status status = skuai_buffer_check(&text, err);
    char *path = skuai_store_path(folder, "skua.yaml");
    if (status == SKUA_OK && !path) status = skuai_error_memory(err, "a path");
    if (status == SKUA_OK) status = skuai_file_replace(path, text.data, text.size, true, err);
    skuai_free(path);
    skuai_buffer_clear(&text);
    return status;
}

/* The database, made beside and renamed, so that a crash leaves no half one. */
static skua_status write_database(const char *folder, const skuai_store_options *options,
                                  const char *beside, const char *path, skua_error *err) {
    skuai_store *store = store_new(folder, SKUAI_STORE_WRITE);
    if (!store) return skuai_error_memory(err, "a store");
    skuai_store_open_options open_options = {.mode = SKUAI_STORE_WRITE};
    const char *zone = options->time_zone ? options->time_zone : "UTC";
    skuai_value values[] = {skuai_value_text(zone)};
    skua_status status;
    SKUA_TRY_OUT(open_database(store, beside, &open_options, err));
    status = skuai_store_run(store, "SELECT timezone($1::VARCHAR, TIMESTAMPTZ '2020-01-01')",
                             values, 1, NULL, err);
    if (status != SKUA_OK) {
        status = skuai_error_set(
            err, SKUA_EINVAL, "unknown time zone '%s': use a name as Asia/Shanghai or UTC", zone);
        goto out;
    }
    SKUA_TRY_OUT(skuai_store_execute(store, "BEGIN", err));
    SKUA_TRY_OUT(skuai_store_execute(store, skuai_schema_tables(), err));
    SKUA_TRY_OUT(skuai_store_execute(store, skuai_schema_views(), err));
    SKUA_TRY_OUT(skuai_store_run(store, "INSERT INTO workspace VALUES ('time_zone', $1)", values, 1,
                                 NULL, err));
    values[0] = skuai_value_integer(SKUAI_STORE_VERSION);
    SKUA_TRY_OUT(
        skuai_store_run(store, "INSERT INTO workspace VALUES ('version', $1), ('generation', '1')",
                        values, 1, NULL, err));
    SKUA_TRY_OUT(skuai_store_execute(store, "COMMIT; CHECKPOINT", err));
out:
    store_free(store);
    if (status == SKUA_OK && rename(beside, path) != 0)
        status = skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
    return status;
}

static skua_status make_folder(const char *path, skua_error *err) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        struct stat info;
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return SKUA_OK;
        return skuai_error_set(err, SKUA_EIO, "%s: is a file, not a folder", path);
    }
    return skuai_error_set(err, SKUA_EIO, "%s: cannot be made: %s", path, strerror(errno));
}

static skua_status write_generation(const char *folder, int64_t generation, skua_error *err) {
    char text[32];
    int n = snprintf(text, sizeof text, "%lld\n", (long long)generation);
    char *path = skuai_store_path(folder, "generation");
    if (!path) return skuai_error_memory(err, "a path");
    /* a counter lost with the power is made good at the next opening: no need to wait for the disk
     */
    skua_status status = skuai_file_replace(path, text, (size_t)n, false, err);
    skuai_free(path);
    return status;
}

static skua_status create_in(const char *folder, const skuai_store_options *options,
                             char *const path[static 5], skua_error *err) {
    SKUA_TRY(make_folder(folder, err));
    if (access(path[0], F_OK) == 0)
        return skuai_error_set(err, SKUA_EEXIST, "%s: holds a workspace already", folder);
    if (access(path[1], F_OK) == 0 && access(path[4], F_OK) != 0)
        return skuai_error_set(err, SKUA_EEXIST,
                               "%s: holds a shop.duckdb that is not skua's; choose another folder",
                               folder);
    skuai_store_open_options alone = {.mode = SKUAI_STORE_WRITE};
    int lock;
    SKUA_TRY(skuai_lock_take(folder, &alone, &lock, err));
    skua_status status;
    (void)unlink(path[2]); /* of a crash */
    SKUA_TRY_OUT(make_folder(path[3], err));
    SKUA_TRY_OUT(write_generation(folder, 1, err));
    SKUA_TRY_OUT(write_database(folder, options, path[2], path[1], err));
    SKUA_TRY_OUT(write_settings(folder, options, err));
out:
    if (status != SKUA_OK) {
        for (size_t i = 1; i < 5; i++)
            (void)remove(path[i]); /* models is empty */
    }
    skuai_lock_release(lock);
    return status;
}

skua_status skuai_store_create(const char *folder, const skuai_store_options *options,
                               skua_error *err) {
    static const char *const names[] = {"skua.yaml", "shop.duckdb", "shop.duckdb.new", "models",
                                        "generation"};
    skuai_store_options defaults = {0};
    if (!folder || !*folder) return skuai_error_set(err, SKUA_EINVAL, "a workspace needs a folder");
    if (!options) options = &defaults;
    skuai_grid grid;
    if (options->frequency && strcmp(options->frequency, "auto") != 0)
        SKUA_TRY(skuai_grid_parse(options->frequency, &grid, err));
    char *path[5] = {0};
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < 5 && status == SKUA_OK; i++) {
        path[i] = skuai_store_path(folder, names[i]);
        if (!path[i]) status = skuai_error_memory(err, "a path");
    }
    if (status == SKUA_OK) status = create_in(folder, options, path, err);
    for (size_t i = 0; i < 5; i++)
        skuai_free(path[i]);
    return status;
}

/* -- Open
 * ------------------------------------------------------------------------------------------ */

static skua_status load_settings(const char *folder, skuai_yaml **settings, skua_error *err) {
    char *path = skuai_store_path(folder, "skua.yaml");
    if (!path) return skuai_error_memory(err, "a path");
    skua_status status = skuai_yaml_load(path, settings, err);
    skuai_free(path);
    if (status == SKUA_ENOTFOUND)
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "%s: no workspace there (skua.yaml is missing); make one with "
                               "skua init %s",
                               folder, folder);
    SKUA_TRY(status);
    const char *text = skuai_yaml_text(skuai_yaml_get(*settings, "version"), "");
    char *end;
    long version = strtol(text, &end, 10);
    if (end == text || *end || version < 1)
        status =
            skuai_error_set(err, SKUA_ECONFIG, "%s/skua.yaml: version must be a number", folder);
    else if (version > SKUAI_STORE_VERSION)
        status = skuai_error_set(err, SKUA_EVERSION,
                                 "%s: made by a newer skua (workspace version %ld, this one reads "
                                 "up to %d); update skua",
                                 folder, version, SKUAI_STORE_VERSION);
    if (status == SKUA_OK) return SKUA_OK;
    skuai_yaml_free(*settings);
    *settings = NULL;
    return status;
}

/* The zone of skua.yaml is the one that the views cut days in. */
static skua_status sync_zone(skuai_store *store, skua_error *err) {
    skuai_value zone = skuai_value_text(skuai_store_setting(store, "time_zone", "UTC"));
    double same = 0;
    SKUA_TRY(skuai_store_number(
        store, "SELECT count(*) FROM workspace WHERE key = 'time_zone' AND value = $1", &zone, 1,
        &same, NULL, err));
    if (same > 0) return SKUA_OK;
    if (skuai_store_run(store, "SELECT timezone($1::VARCHAR, TIMESTAMPTZ '2020-01-01')", &zone, 1,
                        NULL, NULL) != SKUA_OK)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "%s/skua.yaml: unknown time_zone '%s': use a name as Asia/Shanghai",
                               store->folder, zone.text);
    return skuai_store_run(store, "UPDATE workspace SET value = $1 WHERE key = 'time_zone'", &zone,
                           1, NULL, err);
}

/* The schema must be ours, and a crash between commit and the counter's file is made good. */
static skua_status check_database(skuai_store *store, skua_error *err) {
    double version, generation;
    skua_status status =
        skuai_store_number(store, "SELECT max(value::BIGINT) FROM workspace WHERE key = 'version'",
                           NULL, 0, &version, NULL, err);
    if (status == SKUA_EDATABASE)
        return skuai_error_set(err, SKUA_EDATABASE, "%s/shop.duckdb: is not a workspace's database",
                               store->folder);
    SKUA_TRY(status);
    if (version > SKUAI_STORE_VERSION)
        return skuai_error_set(err, SKUA_EVERSION,
                               "%s: made by a newer skua (schema version %.0f, this one reads up "
                               "to %d); update skua",
                               store->folder, version, SKUAI_STORE_VERSION);
    if (store->mode == SKUAI_STORE_READ) return SKUA_OK;
    SKUA_TRY(skuai_store_number(store,
                                "SELECT max(value::BIGINT) FROM workspace WHERE key = 'generation'",
                                NULL, 0, &generation, NULL, err));
    SKUA_TRY(sync_zone(store, err));
    int64_t seen = 0;
    if (skuai_store_generation(store->folder, &seen, NULL) == SKUA_OK &&
        seen == (int64_t)generation)
        return SKUA_OK;
    return write_generation(store->folder, (int64_t)generation, err);
}

skua_status skuai_store_open(const char *folder, const skuai_store_open_options *options,
                             skuai_store **store, skua_error *err) {
    skuai_store_open_options defaults = SKUAI_STORE_OPEN_DEFAULT;
    if (!options) options = &defaults;
    if (!folder || !*folder) return skuai_error_set(err, SKUA_EINVAL, "no workspace was named");
    skuai_store *made = store_new(folder, options->mode);
    char *path = skuai_store_path(folder, "shop.duckdb");
    skua_status status = SKUA_OK;
    if (!made || !path) {
        status = skuai_error_memory(err, "a store");
        goto out;
    }
    SKUA_TRY_OUT(load_settings(folder, &made->settings, err));
    if (access(path, F_OK) != 0) {
        status = skuai_error_set(err, SKUA_ENOTFOUND, "%s: is missing", path);
        goto out;
    }
    SKUA_TRY_OUT(skuai_lock_take(folder, options, &made->lock, err));
    if (options->mode == SKUAI_STORE_WRITE) remove_spill(path);
    SKUA_TRY_OUT(open_database(made, path, options, err));
    SKUA_TRY_OUT(check_database(made, err));
out:
    skuai_free(path);
    if (status == SKUA_OK)
        *store = made;
    else
        store_free(made);
    return status;
}

skua_status skuai_store_open_scratch(const skuai_store_open_options *options, skuai_store **store,
                                     skua_error *err) {
    skuai_store_open_options all = *options;
    all.mode = SKUAI_STORE_WRITE;
    skuai_store *made = store_new("", SKUAI_STORE_WRITE);
    if (!made) return skuai_error_memory(err, "a store");
    skua_status status = open_database(made, ":memory:", &all, err);
    if (status == SKUA_OK)
        status = skuai_store_execute(made, "SET preserve_insertion_order = true", err);
    if (status != SKUA_OK) {
        store_free(made);
        return status;
    }
    *store = made;
    return SKUA_OK;
}

void skuai_store_close(skuai_store *store) {
    if (!store) return;
    skuai_store_rollback(store);
    store_free(store);
}

const char *skuai_store_folder(const skuai_store *store) {
    return store->folder;
}

/* -- Settings and generation
 * ------------------------------------------------------------------------ */

const skuai_yaml *skuai_store_settings(const skuai_store *store) {
    return store->settings;
}

const char *skuai_store_setting(const skuai_store *store, const char *path, const char *fallback) {
    return skuai_yaml_text(skuai_yaml_get(store->settings, path), fallback);
}

/* The file's text with the top-level line of key replaced, or added at its end. */
static void replace_line(skuai_buffer *text, FILE *file, const char *key, const char *value) {
    char line[4096];
    size_t n = strlen(key);
    bool done = false, whole = true;
    while (fgets(line, sizeof line, file)) {
        bool starts = whole;
        size_t size = strlen(line);
        whole = size > 0 && line[size - 1] == '\n';
        if (starts && !done && strncmp(line, key, n) == 0 && line[n] == ':') {
            (void)skuai_buffer_format(text, "%s: ", key);
            skuai_yaml_quote(text, value);
            (void)skuai_buffer_text(text, "\n");
            done = true;
        } else {
            (void)skuai_buffer_add(text, line, size);
        }
    }
    if (done) return;
    (void)skuai_buffer_format(text, "%s%s: ", whole ? "" : "\n", key);
    skuai_yaml_quote(text, value);
    (void)skuai_buffer_text(text, "\n");
}

skua_status skuai_store_setting_set(const char *folder, const char *key, const char *value,
                                    skua_error *err) {
    char *path = skuai_store_path(folder, "skua.yaml");
    if (!path) return skuai_error_memory(err, "a path");
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 20);
    skuai_yaml *check = NULL;
    FILE *file = fopen(path, "rb");
    skua_status status = SKUA_OK;
    if (!file) {
        status = skuai_error_set(err, SKUA_ENOTFOUND, "%s: %s", path, strerror(errno));
    } else {
        replace_line(&text, file, key, value);
        (void)fclose(file);
        status = skuai_buffer_check(&text, err);
        if (status == SKUA_OK) /* never leave a file that the next command cannot read */
            status = skuai_yaml_parse(text.data, text.size, path, &check, err);
        if (status == SKUA_OK) status = skuai_file_replace(path, text.data, text.size, true, err);
    }
    skuai_yaml_free(check);
    skuai_buffer_clear(&text);
    skuai_free(path);
    return status;
}

skua_status skuai_store_generation(const char *folder, int64_t *generation, skua_error *err) {
    char *path = skuai_store_path(folder, "generation");
    if (!path) return skuai_error_memory(err, "a path");
    FILE *file = fopen(path, "rb");
    skuai_free(path);
    char text[32] = "";
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) (void)fclose(file);
    text[n] = '\0';
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text) return skuai_error_set(err, SKUA_ENOTFOUND, "%s: no workspace there", folder);
    *generation = value;
    return SKUA_OK;
}

/* -- Transactions
 * ------------------------------------------------------------------------------------ */

skua_status skuai_store_begin(skuai_store *store, skua_error *err) {
    if (store->in_transaction)
        return skuai_error_set(err, SKUA_EINTERNAL, "a transaction is open already");
    SKUA_TRY(skuai_store_execute(store, "BEGIN", err));
    store->in_transaction = true;
    return SKUA_OK;
}

skua_status skuai_store_commit(skuai_store *store, skua_error *err) {
    static const char next[] = "UPDATE workspace SET value = (value::BIGINT + 1)::VARCHAR WHERE "
                               "key = 'generation' RETURNING value::BIGINT";
    double generation = 0;
    skua_status status;
    if (!*store->folder) { /* scratch: nobody else sees it */
        SKUA_TRY_OUT(skuai_store_execute(store, "COMMIT", err));
        store->in_transaction = false;
        return SKUA_OK;
    }
    skuai_store_keep(store, next);
    SKUA_TRY_OUT(skuai_store_number(store, next, NULL, 0, &generation, NULL, err));
    SKUA_TRY_OUT(skuai_store_execute(store, "COMMIT", err));
    store->in_transaction = false;
    /* what is committed stays: a counter that could not be written moves at the next opening */
    (void)write_generation(store->folder, (int64_t)generation, NULL);
out:
    if (status != SKUA_OK) skuai_store_rollback(store);
    return status;
}

void skuai_store_rollback(skuai_store *store) {
    if (!store->in_transaction) return;
    store->in_transaction = false;
    skua_status ignored = skuai_store_execute(store, "ROLLBACK", NULL);
    (void)ignored;
}
