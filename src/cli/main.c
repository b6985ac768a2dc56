/* skua: the command line. `skua COMMAND --help` tells each command's options; all of them come from
 * the table of settings (core/config.def) and the command's description. */
#include "cli/command.h"

#include "shop/shop.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const command *const *command_all(void) {
    static const command *const all[] = {&command_demo,     &command_init,     &command_ingest,
                                         &command_check,    &command_findings, &command_embed,
                                         &command_tag,      &command_show,     &command_train,
                                         &command_update,   &command_forecast, &command_backtest,
                                         &command_report,   &command_explain,  &command_cause,
                                         &command_plan,     &command_trend,    &command_recommend,
                                         &command_simulate, &command_pretrain, &command_train_text,
                                         &command_compress, &command_config,   &command_serve,
                                         &command_runs,     &command_compare,  &command_promote,
                                         &command_rollback, &command_monitor,  NULL};
    return all;
}

static const command *find_command(const char *name) {
    for (size_t i = 0; command_all()[i]; i++)
        if (strcmp(command_all()[i]->name, name) == 0) return command_all()[i];
    return NULL;
}

/* -- Help -------------------------------------------------------------------------------------- */

static void print_summary(const terminal *t, const command *c) {
    enum { INDENT = 13 };
    printf("  %-*s", INDENT - 2, c->name);
    terminal_wrap_after(t, INDENT, INDENT, c->summary);
}

static void print_help(const terminal *t) {
    puts("skua: demand forecasting for online shops\n");
    puts("usage: skua COMMAND [ARGUMENT...] [--option VALUE...]\n");
    for (size_t i = 0; command_all()[i]; i++)
        print_summary(t, command_all()[i]);
    putchar('\n');
    terminal_wrap(t, 0,
                  "skua COMMAND --help tells the options of a command. Every command takes --json "
                  "(the result as JSON), -q (no progress, no remarks), -v (more talk), --threads "
                  "N, --seed N.");
    puts("\nFirst steps:  skua demo");
}

static void print_option(const terminal *t, const char *left, const char *help) {
    printf("  %s\n", left);
    terminal_wrap(t, 6, help);
}

/* The option of a setting: time_zone is --time-zone. */
static void option_name(const char *key, char *name, size_t size) {
    size_t n = 0;
    for (; key[n] && n + 1 < size; n++)
        name[n] = (char)(key[n] == '_' ? '-' : key[n]);
    name[n] = '\0';
}

static void print_setting(const terminal *t, skuai_config_key key) {
    const skuai_config_entry *e = skuai_config_entry_at(key);
    char left[96], help[512], name[64];
    option_name(e->key, name, sizeof name);
    if (e->kind == SKUAI_CONFIG_FLAG)
        (void)snprintf(left, sizeof left, "--%s", name);
    else if (e->kind == SKUAI_CONFIG_CHOICE)
        (void)snprintf(left, sizeof left, "--%s %s", name, e->choices);
    else
        (void)snprintf(left, sizeof left, "--%s %s", name,
                       e->kind == SKUAI_CONFIG_TEXT       ? "TEXT"
                       : e->kind == SKUAI_CONFIG_DURATION ? "TIME"
                       : e->kind == SKUAI_CONFIG_BYTES    ? "SIZE"
                                                          : "N");
    (void)snprintf(help, sizeof help, "%s%s%s%s", e->help, *e->fallback ? " [" : "", e->fallback,
                   *e->fallback ? "]" : "");
    print_option(t, left, help);
}

static void print_command_help(const terminal *t, const command *c) {
    printf("usage: skua %s %s [--option VALUE...]\n\n", c->name, c->arguments);
    terminal_wrap(t, 0, c->description);
    puts("\nexample:");
    terminal_wrap_command(t, c->example);
    puts("\noptions:");
    for (const file_option *f = c->files; f && f->name; f++) {
        char left[96];
        (void)snprintf(left, sizeof left, "--%s FILE", f->name);
        print_option(t, left, f->help);
    }
    if (c->has_output) print_option(t, "-o FILE", "where the result goes");
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++)
        if (skuai_config_concerns((skuai_config_key)k, c->name))
            print_setting(t, (skuai_config_key)k);
    print_option(t, "--json", "the result as JSON on standard output");
    print_option(t, "-q, -v", "say less, say more");
}

/* -- Reading the command line -------------------------------------------------------------------
 */

/* Lists that grow while the command line is read; never longer than it. */
typedef struct reader {
    invocation *call;
    const char **settings;
    size_t n_settings;
    given_file *files;
    size_t n_files;
    bool only_arguments;
} reader;

static exit_code SKUA_PRINTF(2, 3) usage(const invocation *call, const char *format, ...) {
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    terminal_say(call->term, message);
    if (call->command)
        fprintf(stderr, "usage: skua %s %s (skua %s --help tells more)\n", call->command->name,
                call->command->arguments, call->command->name);
    return EXIT_USAGE;
}

static const skuai_config_entry *find_setting(const char *name, const char *verb) {
    char key[64];
    if (strlen(name) >= sizeof key) return NULL;
    for (size_t i = 0; i <= strlen(name); i++)
        key[i] = (char)(name[i] == '-' ? '_' : name[i]);
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++) {
        const skuai_config_entry *e = skuai_config_entry_at((skuai_config_key)k);
        if (strcmp(e->key, key) == 0 && skuai_config_concerns((skuai_config_key)k, verb)) return e;
    }
    return NULL;
}

/* The commands whose option it is, as "report demo trend"; NULL: no command's. */
static const char *others_with(const char *name) {
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++) {
        const skuai_config_entry *e = skuai_config_entry_at((skuai_config_key)k);
        char option[64];
        option_name(e->key, option, sizeof option);
        if (strcmp(option, name) == 0 && *e->verbs) return e->verbs;
    }
    return NULL;
}

static exit_code unknown_option(const reader *r, const char *name) {
    const char *others = others_with(name);
    if (others)
        return usage(r->call, "%s has no option --%.64s; it is one of: %s", r->call->command->name,
                     name, others);
    const char *words[SKUAI_CONFIG_KEYS + 32];
    size_t n = 0;
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++)
        if (skuai_config_concerns((skuai_config_key)k, r->call->command->name))
            words[n++] = skuai_config_entry_at((skuai_config_key)k)->key;
    for (const file_option *f = r->call->command->files; f && f->name && n < SKUAI_CONFIG_KEYS + 30;
         f++)
        words[n++] = f->name;
    const char *word = skuai_nearest_word(name, words, n);
    char near[64];
    option_name(word ? word : "", near, sizeof near);
    return usage(r->call, "unknown option --%.64s%s%s%s", name, word ? ": did you mean --" : "",
                 near, word ? "?" : "");
}

/* One "--name[=value]"; *i moves over a value of its own. */
static exit_code read_long(reader *r, int argc, char **argv, int *i) {
    char *name = argv[*i] + 2, *value = strchr(name, '=');
    invocation *call = r->call;
    if (value) *value++ = '\0';
    if (strcmp(name, "json") == 0 && !value) {
        call->json = true;
        return EXIT_DONE;
    }
    bool is_output = strcmp(name, "output") == 0 && call->command->has_output;
    const file_option *file = call->command->files;
    while (file && file->name && strcmp(file->name, name) != 0)
        file++;
    if (file && !file->name) file = NULL;
    const skuai_config_entry *setting = find_setting(name, call->command->name);
    if (!is_output && !file && !setting) return unknown_option(r, name);
    if (!value && setting && !file && setting->kind == SKUAI_CONFIG_FLAG) {
        static char yes[] = "true";
        value = yes;
    }
    if (!value) {
        if (*i + 1 >= argc) return usage(call, "--%s wants a value", name);
        value = argv[++*i];
    }
    if (is_output) {
        call->output = value;
    } else if (file) {
        r->files[r->n_files++] = (given_file){file->name, value};
    } else {
        r->settings[r->n_settings++] = setting->key;
        r->settings[r->n_settings++] = value;
    }
    return EXIT_DONE;
}

static exit_code read_word(reader *r, int argc, char **argv, int *i) {
    const char *word = argv[*i];
    invocation *call = r->call;
    if (r->only_arguments || word[0] != '-' || strcmp(word, "-") == 0) {
        if (call->n_arguments == call->command->most)
            return usage(call, "one argument too many: %s", word);
        call->arguments[call->n_arguments++] = word;
    } else if (strcmp(word, "--") == 0) {
        r->only_arguments = true;
    } else if (strncmp(word, "--", 2) == 0) {
        return read_long(r, argc, argv, i);
    } else if (strcmp(word, "-q") == 0) {
        call->term->quiet = true;
    } else if (strcmp(word, "-v") == 0) {
        call->term->verbose = true;
    } else if (strcmp(word, "-o") == 0 && call->command->has_output) {
        if (*i + 1 >= argc) return usage(call, "-o wants a file");
        call->output = argv[++*i];
    } else {
        return usage(call, "unknown option %s", word);
    }
    return EXIT_DONE;
}

/* Several processes of a command that they cannot share would do it all at once. */
static exit_code refuse_ranks(terminal *t, const command *c) {
    char message[512] = "";
    size_t n = 0;
    for (size_t i = 0; command_all()[i]; i++) {
        const command *other = command_all()[i];
        if (other->for_ranks)
            n += (size_t)snprintf(message + n, sizeof message - n, "%s%s", n ? ", " : "",
                                  other->name);
    }
    char whole[sizeof message + 256];
    (void)snprintf(whole, sizeof whole,
                   "%s is one process's work, and a launcher started several: start it without "
                   "mpirun or srun, or set SKUA_RANKS=none; processes share %s",
                   c->name, message);
    terminal_say(t, whole);
    return EXIT_USAGE;
}

static exit_code run_command(terminal *t, const command *c, int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_command_help(t, c);
            return EXIT_DONE;
        }
    if (skuai_shop_several_ranks() && !c->for_ranks) return refuse_ranks(t, c);
    size_t words = (size_t)argc + 2;
    const char **arguments = skuai_zero(words, sizeof *arguments);
    const char **settings = skuai_zero(2 * words + 1, sizeof *settings);
    given_file *files = skuai_zero(words, sizeof *files);
    invocation call = {.term = t, .command = c, .arguments = arguments, .settings = settings};
    reader r = {.call = &call, .settings = settings, .files = files};
    exit_code code = EXIT_DONE;
    if (!arguments || !settings || !files) {
        terminal_say(t, "out of memory");
        code = EXIT_WORK;
    }
    for (int i = 2; i < argc && code == EXIT_DONE; i++)
        code = read_word(&r, argc, argv, &i);
    if (code == EXIT_DONE && call.n_arguments < c->least)
        code = usage(&call, "too few arguments: need %s", c->arguments);
    if (code == EXIT_DONE) {
        call.files = files;
        code = c->run(&call);
    }
    skuai_free(arguments);
    skuai_free(settings);
    skuai_free(files);
    return code;
}

/* A result that did not reach standard output is no result. */
static exit_code finish(terminal *t, exit_code code) {
    terminal_bar_end(t);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (code != EXIT_DONE || written) return code;
    terminal_say(t, "standard output cannot be written");
    return EXIT_FILES;
}

int main(int argc, char **argv) {
    terminal t;
    terminal_init(&t);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(&t);
        return (int)finish(&t, argc < 2 ? EXIT_USAGE : EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("skua %s\n", skua_version());
        return (int)finish(&t, EXIT_DONE);
    }
    const command *c = find_command(argv[1]);
    if (!c) {
        const char *names[32];
        size_t n = 0;
        for (; command_all()[n] && n < 32; n++)
            names[n] = command_all()[n]->name;
        const char *near = skuai_nearest_word(argv[1], names, n);
        fprintf(stderr,
                "skua: no command '%s'%s%s%s\nusage: skua COMMAND (skua --help lists them)\n",
                argv[1], near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
        return EXIT_USAGE;
    }
    return (int)finish(&t, run_command(&t, c, argc, argv));
}
