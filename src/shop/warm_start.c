#include "shop/warm_start.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SEARCHES_MOST = 16, NAME_MOST = 96, PATH_MOST = 1024, EACH_MOST = 16 };

/* A configuration of one search and what it did there. */
typedef struct standing {
    const char *specification;
    size_t rungs;
    double sum;
} standing;

/* The time in a run's name, KIND-TIME-NUMBER: names of two kinds compare by it. */
static const char *time_of(const char *name) {
    const char *dash = strchr(name, '-');
    return dash ? dash + 1 : name;
}

/* The newest searches, newest first. */
static size_t list_searches(const char *folder, char (*names)[NAME_MOST]) {
    size_t n = 0;
    DIR *open_folder = opendir(folder);
    if (!open_folder) return 0;
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        const char *end = strstr(entry->d_name, ".jsonl");
        if (!end || end[6] != '\0' || strlen(entry->d_name) >= NAME_MOST) continue;
        size_t i = n < SEARCHES_MOST ? n++ : SEARCHES_MOST;
        for (; i > 0 && strcmp(time_of(names[i - 1]), time_of(entry->d_name)) < 0; i--)
            if (i < SEARCHES_MOST) memcpy(names[i], names[i - 1], NAME_MOST);
        if (i < SEARCHES_MOST) memcpy(names[i], entry->d_name, strlen(entry->d_name) + 1);
    }
    (void)closedir(open_folder);
    return n;
}

static bool better(const standing *a, const standing *b) {
    if (a->rungs != b->rungs) return a->rungs > b->rungs;
    return a->sum / (double)a->rungs < b->sum / (double)b->rungs;
}

/* The best configurations of a journal, best first; those that failed anywhere are left out. */
static size_t rank(const skuai_journal *j, standing *best) {
    size_t n = 0;
    for (size_t i = 0; i < j->n; i++) {
        standing own = {.specification = j->lines[i].specification};
        bool seen = false, failed = false;
        for (size_t k = 0; k < j->n; k++) {
            if (strcmp(j->lines[k].specification, own.specification) != 0) continue;
            seen = seen || k < i;
            failed = failed || !isfinite(j->lines[k].loss);
            own.rungs++;
            own.sum += j->lines[k].loss;
        }
        if (seen || failed) continue;
        size_t at = n < EACH_MOST ? n++ : EACH_MOST;
        for (; at > 0 && better(&own, &best[at - 1]); at--)
            if (at < EACH_MOST) best[at] = best[at - 1];
        if (at < EACH_MOST) best[at] = own;
    }
    return n;
}

static void take(const char *specification, skuai_journal *journal) {
    for (size_t i = 0; i < journal->n_warm; i++)
        if (strcmp(journal->warm[i], specification) == 0) return;
    (void)snprintf(journal->warm[journal->n_warm++], SKUAI_SPECIFICATION_SIZE, "%s", specification);
}

skua_status skuai_warm_start_find(const skua_shop *shop, size_t most, skuai_journal *journal,
                                  skua_error *err) {
    char folder[PATH_MOST], path[PATH_MOST + NAME_MOST], names[SEARCHES_MOST][NAME_MOST];
    standing best[SEARCHES_MOST][EACH_MOST];
    size_t found[SEARCHES_MOST] = {0};
    if (most > SKUAI_JOURNAL_WARM) most = SKUAI_JOURNAL_WARM;
    if (most == 0) return SKUA_OK;
    (void)snprintf(folder, sizeof folder, "%.900s/searches", shop->folder);
    size_t n = list_searches(folder, names);
    skuai_journal *journals = skuai_zero(n + 1, sizeof *journals);
    if (!journals) return skuai_error_memory(err, "earlier searches");
    for (size_t i = 0; i < n; i++) {
        skua_error none;
        (void)snprintf(path, sizeof path, "%.1000s/%.95s", folder, names[i]);
        if (skuai_journal_read(path, &journals[i], &none) == SKUA_OK && journals[i].ended)
            found[i] = rank(&journals[i], best[i]);
    }
    for (size_t place = 0; place < EACH_MOST; place++)
        for (size_t i = 0; i < n && journal->n_warm < most; i++)
            if (place < found[i]) take(best[i][place].specification, journal);
    for (size_t i = 0; i < n; i++)
        skuai_journal_clear(&journals[i]);
    skuai_free(journals);
    return SKUA_OK;
}
