/* terminal.h -- how the program talks: progress and messages on standard error, tables on standard
 * output, in the width and the colours that the terminal has (room cli). */
#ifndef SKUA_CLI_TERMINAL_H
#define SKUA_CLI_TERMINAL_H

#include <skua.h>

typedef struct terminal {
    bool progress; /* standard error is a terminal: draw bars */
    bool lines; /* SKUA_PROGRESS=lines: a line a step on standard error, for a program that reads */
    bool colour;  /* standard output is a terminal, NO_COLOR is not set */
    bool quiet;   /* the result and errors only */
    bool verbose; /* debug messages too */
    int width;    /* columns, >= 40 */
    bool bar_shown;
    double bar_started, bar_drawn;
    char bar_stage[64];
} terminal;

void terminal_init(terminal *t);

/* Callbacks that draw on `t`, which must outlive them. An interrupt (Ctrl-C) asks to stop. */
skua_callbacks terminal_callbacks(terminal *t);
void terminal_bar_end(terminal *t); /* remove a bar that stands */

/* "skua: message" on standard error, after any bar. */
void terminal_say(terminal *t, const char *message);

/* Columns that a UTF-8 text takes on a terminal (wide East Asian characters take two). */
size_t terminal_text_width(const char *text);

/* A table on standard output: header and rows of texts [n_rows, n_columns]; columns marked `right`
 * are right-aligned. When it is wider than the terminal the widest left-aligned columns are cut
 * with an ellipsis; where that is not enough columns from the right are left out. */
void terminal_table(const terminal *t, const char *const *header, const bool *right,
                    size_t n_columns, const char *const *cells, size_t n_rows);

/* A line of words broken to the width, each line after `indent` spaces. */
void terminal_wrap(const terminal *t, int indent, const char *text);
/* The same after `column` columns that are printed already; the lines that follow are indented. */
void terminal_wrap_after(const terminal *t, size_t column, int indent, const char *text);
/* A command for the shell, broken with backslashes so that it can be copied. */
void terminal_wrap_command(const terminal *t, const char *text);

/* Values as one line of block characters, at most `width` long: "▁▂▃▅▇". Missing: a blank. */
void terminal_sparkline(const double *values, size_t n, size_t width, char *out, size_t size);

#endif
