/* command.h -- what every command of the program shares (room cli): its description, its options
 * (all from the table of settings), reading the report of a verb. */
#ifndef SKUA_CLI_COMMAND_H
#define SKUA_CLI_COMMAND_H

#include "cli/terminal.h"
#include "core/config.h"
#include "core/json.h"

/* The exit codes of DESIGN.md 1. */
typedef enum exit_code {
    EXIT_DONE = 0,
    EXIT_WORK = 1,  /* the work failed, or the answer is no */
    EXIT_USAGE = 2, /* usage or configuration */
    EXIT_DATA = 3,  /* bad data */
    EXIT_FILES = 4, /* files or database */
    EXIT_FAULT = 5  /* ours */
} exit_code;

/* A file option as it was given: "--orders x.csv". */
typedef struct given_file {
    const char *option, *value;
} given_file;

/* What the command line said. */
typedef struct invocation {
    terminal *term;
    const struct command *command;
    const char **arguments; /* [n_arguments] what is no option */
    size_t n_arguments;
    const char **settings;   /* key, value, ..., NULL: options that are settings */
    bool json;               /* --json: the report as it is */
    const char *output;      /* -o FILE; NULL: none */
    const given_file *files; /* ends with a NULL option: the command's own, as given */
} invocation;

/* An option of one command that is no setting, as --orders FILE; may be given several times. */
typedef struct file_option {
    const char *name, *help;
} file_option;

typedef struct command {
    const char *name, *summary; /* one line */
    const char *arguments;      /* as "SHOP [FILE...]" */
    size_t least, most;         /* number of arguments */
    const char *description;    /* a paragraph */
    const char *example;        /* a command line that works */
    bool has_output;            /* takes -o */
    bool for_ranks;             /* processes of mpirun or srun share it; others are one's alone */
    const file_option *files;   /* NULL, or a list that ends with a NULL name */
    exit_code (*run)(invocation *call);
} command;

extern const command command_init, command_ingest, command_check, command_findings, command_train,
    command_update, command_forecast, command_backtest, command_embed, command_tag, command_show,
    command_report, command_simulate, command_demo, command_config, command_serve, command_pretrain,
    command_compress, command_train_text, command_explain, command_cause, command_runs,
    command_compare, command_promote, command_rollback, command_monitor, command_plan,
    command_trend, command_recommend;

/* All commands, NULL at the end. */
const command *const *command_all(void);

/* Print a failure ("skua: sentence") and return its exit code. */
exit_code command_fail(const invocation *call, skua_status status, const skua_error *err);

/* Open the shop of the first argument with the options given and the terminal's callbacks. */
SKUA_MUST_USE skua_status command_open(const invocation *call, skua_shop **shop, skua_error *err);

/* Print a report as JSON, or give it parsed to show() for a person. Frees the report. */
exit_code command_show_report(const invocation *call, char *report,
                              void (*show)(const invocation *call, const skuai_json *report));

/* What commands print of their reports, for demo. */
void command_simulate_show(const invocation *call, const skuai_json *report);
void command_ingest_show_short(const invocation *call, const skuai_json *report);
void command_check_show(const invocation *call, const skuai_json *report);
void command_forecast_show(const invocation *call, const skuai_json *report);

/* A paragraph on standard output, broken to the width of the terminal. */
void command_print(const invocation *call, const char *format, ...) SKUA_PRINTF(2, 3);

/* Cells of a table that is built row by row. */
typedef struct cell_table {
    skuai_arena *arena;
    const char **cells; /* [n_rows * n_columns] */
    size_t n_columns, n_cells, capacity;
} cell_table;
void cells_init(cell_table *table, size_t n_columns);
void cells_clear(cell_table *table);
void cells_add(cell_table *table, const char *format, ...) SKUA_PRINTF(2, 3);
void cells_print(const cell_table *table, const terminal *t, const char *const *header,
                 const bool *right);

/* 1234567 as "1 234 567" (thin groups), into text [32]; returned. */
char *grouped(int64_t number, char *text);

#endif
