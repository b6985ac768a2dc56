#include "simulate/simulate_files.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGING ".simulate"

static const struct {
    const char *name, *header;
} known[SKUAI_FILES] = {
    [SKUAI_FILE_SALES] = {"sales.csv", "item,channel,ds,units,price,list_price,available,stock"},
    [SKUAI_FILE_ORDERS] = {"orders.csv", "order,line,ts,item,channel,user,units,unit_price,"
                                         "list_price,currency,kind"},
    [SKUAI_FILE_STOCK] = {"stock.csv", "item,channel,ds,price,list_price,available,stock"},
    [SKUAI_FILE_ITEMS] = {"items.csv", "item,title,description,category,brand,image,parent,"
                                       "replaces,pack,unit,launch_ds,end_ds,cost"},
    [SKUAI_FILE_PARTS] = {"parts.csv", "bundle,item,units"},
    [SKUAI_FILE_PROMOTIONS] = {"promotions.csv", "id,scope,channel,from,to,kind,depth,budget"},
    [SKUAI_FILE_SUPPLY] = {"supply.csv", "item,location,on_hand,on_order,eta,lead_time,"
                                         "lead_time_sd,moq,pack,shelf_life,holding,shortage"},
    [SKUAI_FILE_EVENTS] = {"events.csv", "user,item,channel,ts,kind,query"},
    [SKUAI_FILE_FUTURE] = {"future.csv", "item,channel,ds,price,list_price,promotion"},
    [SKUAI_FILE_TRUTH_DEMAND] = {"truth/demand.csv",
                                 "item,channel,ds,demand,mean,baseline,season,price_effect,"
                                 "promotion,pull_forward,cannibalised,spill,lost,plain"},
    [SKUAI_FILE_TRUTH_ITEMS] = {"truth/items.csv",
                                "item,group,law,intermittent,level,words,looks,brand,trend,"
                                "dispersion,elasticity,reference,price,pull_forward,colour,"
                                "pattern,title_words,description_words"},
    [SKUAI_FILE_TRUTH_PROMOTIONS] = {"truth/promotions.csv",
                                     "id,group,item,uplift,pulled_forward,cannibalised"},
    [SKUAI_FILE_TRUTH_STOCKOUTS] = {"truth/stockouts.csv", "item,channel,ds,available,lost"},
    [SKUAI_FILE_TRUTH_FINDINGS] = {"truth/findings.csv", "table,item,channel,ds,kind,before,after"},
    [SKUAI_FILE_CHANNELS] = {"channels.csv", "channel,time_zone,currency,locations"},
    [SKUAI_FILE_CALENDAR] = {"calendar.csv", "ds,name,region,kind"},
    [SKUAI_FILE_TRUTH_WORDS] = {"truth/words.csv", "english,chinese,effect"},
    [SKUAI_FILE_TRUTH_LOOKS] = {"truth/looks.csv", "look,name,effect"},
    [SKUAI_FILE_TRUTH_FESTIVALS] = {"truth/festivals.csv", "name,department,lift"},
    [SKUAI_FILE_TRUTH_SHOP] = {"truth/shop.json", NULL},
};

static bool wanted(skuai_simulate_file file, const skuai_simulate_options *o) {
    switch (file) {
    case SKUAI_FILE_SALES:
        return !o->orders;
    case SKUAI_FILE_ORDERS:
    case SKUAI_FILE_STOCK:
        return o->orders;
    case SKUAI_FILE_EVENTS:
        return o->events > 0;
    case SKUAI_FILE_FUTURE:
        return o->future_days > 0;
    case SKUAI_FILE_TRUTH_FINDINGS:
        return o->errors > 0;
    case SKUAI_FILE_TRUTH_DEMAND:
        return o->truth_days;
    default:
        return true;
    }
}

static void path_of(const skuai_simulate_files *files, bool staged, const char *name, char *path) {
    (void)snprintf(path, SKUAI_PATH_SIZE, "%s/%s%s", files->folder, staged ? STAGING "/" : "",
                   name);
}

static skua_status io_error(skua_error *err, const char *path) {
    return skuai_error_set(err, SKUA_EIO, "%s: %s", path, strerror(errno));
}

static skua_status make_folder(const skuai_simulate_files *files, bool staged, const char *name,
                               skua_error *err) {
    char path[SKUAI_PATH_SIZE];
    path_of(files, staged, name, path);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) return io_error(err, path);
    return SKUA_OK;
}

static skua_status open_all(skuai_simulate_files *files, const skuai_simulate_options *options,
                            skua_error *err) {
    char path[SKUAI_PATH_SIZE];
    static const char *const folders[] = {"", "truth", "images"};
    SKUA_TRY(make_folder(files, false, "", err));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        SKUA_TRY(make_folder(files, true, folders[i], err));
    for (int f = 0; f < SKUAI_FILES; f++) {
        if (!wanted((skuai_simulate_file)f, options)) continue;
        path_of(files, true, known[f].name, path);
        files->file[f] = fopen(path, "wb");
        if (!files->file[f]) return io_error(err, path);
        if (known[f].header && fprintf(files->file[f], "%s\n", known[f].header) < 0)
            return io_error(err, path);
    }
    return SKUA_OK;
}

skua_status skuai_simulate_files_open(skuai_simulate_files *files, const char *folder,
                                      const skuai_simulate_options *options, skua_error *err) {
    skuai_simulate_files made = {{0}, {0}};
    size_t n = strlen(folder);
    if (n == 0 || n >= sizeof made.folder)
        return skuai_error_set(err, SKUA_ERANGE,
                               "simulate: the folder's path has %zu bytes, "
                               "1 to %zu are possible",
                               n, sizeof made.folder - 1);
    memcpy(made.folder, folder, n + 1);
    char path[SKUAI_PATH_SIZE];
    path_of(&made, false, "items.csv", path);
    if (!options->overwrite && access(path, F_OK) == 0)
        return skuai_error_set(err, SKUA_EEXIST,
                               "%s is there already: choose another folder or allow to overwrite",
                               path);
    skua_status status = open_all(&made, options, err);
    if (status != SKUA_OK) {
        skuai_simulate_files_abort(&made);
        return status;
    }
    *files = made;
    return SKUA_OK;
}

skua_status skuai_simulate_files_write(skuai_simulate_files *files, skuai_simulate_file which,
                                       const skuai_buffer *buffer, skua_error *err) {
    FILE *f = files->file[which];
    if (!f || buffer->size == 0) return SKUA_OK;
    if (fwrite(buffer->data, 1, buffer->size, f) == buffer->size) return SKUA_OK;
    char path[SKUAI_PATH_SIZE];
    path_of(files, true, known[which].name, path);
    return io_error(err, path);
}

static void picture_path(const skuai_simulate_files *files, bool staged, size_t item, char *path) {
    char name[64], *at = skuai_put_item(skuai_put_text(name, "images/"), item);
    memcpy(at, ".png", 5);
    path_of(files, staged, name, path);
}

skua_status skuai_simulate_files_picture(const skuai_simulate_files *files, size_t item,
                                         const skuai_buffer *png, skua_error *err) {
    char path[SKUAI_PATH_SIZE];
    picture_path(files, true, item, path);
    FILE *f = fopen(path, "wb");
    if (!f) return io_error(err, path);
    bool good = fwrite(png->data, 1, png->size, f) == png->size;
    good = fclose(f) == 0 && good;
    return good ? SKUA_OK : io_error(err, path);
}

/* Remove the pictures of a folder: ours, and nothing else. */
static void remove_pictures(const skuai_simulate_files *files, bool staged) {
    char path[SKUAI_PATH_SIZE], name[SKUAI_PATH_SIZE + 300];
    path_of(files, staged, "images", path);
    DIR *folder = opendir(path);
    if (!folder) return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (n < 6 || entry->d_name[0] != 'I' || strcmp(entry->d_name + n - 4, ".png") != 0)
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        (void)unlink(name);
    }
    (void)closedir(folder);
    (void)rmdir(path); /* stays when something else lies there */
}

static void remove_staging(const skuai_simulate_files *files) {
    char path[SKUAI_PATH_SIZE];
    remove_pictures(files, true);
    path_of(files, true, "truth", path);
    (void)rmdir(path);
    path_of(files, true, "", path);
    (void)rmdir(path);
}

skua_status skuai_simulate_files_finish(skuai_simulate_files *files, size_t items,
                                        skua_error *err) {
    char from[SKUAI_PATH_SIZE], to[SKUAI_PATH_SIZE];
    bool staged[SKUAI_FILES] = {false};
    for (int f = 0; f < SKUAI_FILES; f++) {
        if (!files->file[f]) continue;
        staged[f] = true;
        path_of(files, true, known[f].name, from);
        bool good = fclose(files->file[f]) == 0;
        files->file[f] = NULL;
        if (!good) return io_error(err, from);
    }
    remove_pictures(files, false);
    SKUA_TRY(make_folder(files, false, "truth", err));
    if (items > 0) SKUA_TRY(make_folder(files, false, "images", err));
    for (size_t i = 0; i < items; i++) {
        picture_path(files, true, i, from);
        picture_path(files, false, i, to);
        if (rename(from, to) != 0) return io_error(err, to);
    }
    for (int f = 0; f < SKUAI_FILES; f++) {
        path_of(files, false, known[f].name, to);
        if (staged[f]) {
            path_of(files, true, known[f].name, from);
            if (rename(from, to) != 0) return io_error(err, to);
        } else if (unlink(to) != 0 && errno != ENOENT) {
            return io_error(err, to);
        }
    }
    remove_staging(files);
    return SKUA_OK;
}

void skuai_simulate_files_abort(skuai_simulate_files *files) {
    char path[SKUAI_PATH_SIZE];
    for (int f = 0; f < SKUAI_FILES; f++) {
        if (files->file[f]) (void)fclose(files->file[f]);
        files->file[f] = NULL;
        path_of(files, true, known[f].name, path);
        (void)unlink(path);
    }
    remove_staging(files);
}
