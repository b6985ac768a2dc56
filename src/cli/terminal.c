#include "cli/terminal.h"

#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
    if (interrupted) { /* the second time: at once */
        (void)signal(signal_number, SIG_DFL);
        (void)raise(signal_number);
    }
    interrupted = 1;
}

static double now_seconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void terminal_init(terminal *t) {
    *t = (terminal){.width = 80};
    const char *none = getenv("NO_COLOR"), *columns = getenv("COLUMNS");
    t->progress = isatty(STDERR_FILENO) != 0;
    const char *progress = getenv("SKUA_PROGRESS");
    t->lines = progress && strcmp(progress, "lines") == 0;
    t->colour = isatty(STDOUT_FILENO) != 0 && !(none && *none);
    struct winsize size;
    if (ioctl(isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0)
        t->width = size.ws_col;
    else if (columns && strtol(columns, NULL, 10) > 0)
        t->width = (int)strtol(columns, NULL, 10);
    if (t->width < 40) t->width = 40;
}

/* -- Progress ---------------------------------------------------------------------------------- */

void terminal_bar_end(terminal *t) {
    if (t->bar_shown) fputs("\r\033[K", stderr);
    t->bar_shown = false;
    t->bar_stage[0] = '\0';
}

static void draw_bar(terminal *t, const char *stage, double share, double left) {
    int room = t->width - 34, filled;
    char bar[3 * 64 + 1];
    if (room > 40) room = 40;
    if (room < 4) room = 4;
    filled = (int)(share * room + 0.5);
    size_t n = 0;
    for (int i = 0; i < room; i++) {
        const char *block = i < filled ? "\u2588" : "\u2591";
        memcpy(bar + n, block, 3);
        n += 3;
    }
    bar[n] = '\0';
    fprintf(stderr, "\r\033[K%-18.18s %s %3.0f %%", stage, bar, 100 * share);
    if (left >= 1) fprintf(stderr, " %.0f s", left);
    (void)fflush(stderr);
    t->bar_shown = true;
}

static void on_progress(void *user, const char *stage, double done, double total) {
    terminal *t = user;
    double now = now_seconds();
    if (strncmp(t->bar_stage, stage, sizeof t->bar_stage - 1) != 0) {
        (void)snprintf(t->bar_stage, sizeof t->bar_stage, "%s", stage);
        t->bar_started = now;
        t->bar_drawn = 0;
        if (!t->progress && t->verbose && !t->quiet) fprintf(stderr, "skua: %s\n", stage);
    }
    if (t->lines && total > 0 && (now - t->bar_drawn >= 0.2 || done >= total)) {
        t->bar_drawn = now;
        fprintf(stderr, "progress: %.4f %s\n", fmin(fmax(done / total, 0), 1), stage);
    }
    if (!t->progress || t->quiet || !(total > 0)) return;
    if (now - t->bar_started < 0.3 || now - t->bar_drawn < 0.1) return; /* short work: no bar */
    t->bar_drawn = now;
    double share = fmin(fmax(done / total, 0), 1);
    draw_bar(t, stage, share, share > 0.02 ? (now - t->bar_started) * (1 - share) / share : 0);
}

static void on_log(void *user, int level, const char *message) {
    terminal *t = user;
    if (t->quiet || (level == 0 && !t->verbose)) return;
    terminal_bar_end(t);
    fprintf(stderr, "skua: %s%s\n", level == 2 ? "warning: " : "", message);
}

static bool on_cancel(void *user) {
    (void)user;
    return interrupted != 0;
}

skua_callbacks terminal_callbacks(terminal *t) {
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    return (skua_callbacks){on_progress, on_log, on_cancel, t};
}

/* Control characters as '?': names and values come from data, and a terminal would obey them. */
static char clean(char c) {
    return (unsigned char)c < 0x20 || c == 0x7F ? '?' : c;
}

static void put_clean(FILE *file, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        (void)putc(clean(text[i]), file);
}

/* In one write: what several ranks say at once stays in its lines. */
void terminal_say(terminal *t, const char *message) {
    char line[2 * SKUA_ERROR_MESSAGE_SIZE];
    int n = snprintf(line, sizeof line - 1, "skua: %s", message);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof line - 1 ? (size_t)n : sizeof line - 2;
    for (size_t i = 0; i < length; i++)
        line[i] = clean(line[i]);
    line[length++] = '\n';
    terminal_bar_end(t);
    (void)fwrite(line, 1, length, stderr);
}

/* -- Text -------------------------------------------------------------------------------------- */

/* Read one character of valid UTF-8 (a broken byte is one character). */
static unsigned read_character(const char **text) {
    const unsigned char *p = (const unsigned char *)*text;
    int n = *p < 0x80 ? 1 : *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : *p >= 0xC0 ? 2 : 1;
    unsigned code = n == 1 ? *p : *p & (0x7Fu >> n);
    for (int i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            n = i;
            break;
        }
        code = code << 6 | (p[i] & 0x3Fu);
    }
    *text += n;
    return code;
}

static size_t character_width(unsigned code) {
    if (code == 0x200B || (code >= 0x300 && code <= 0x36F)) return 0;
    bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                (code >= 0xFFE0 && code <= 0xFFE6) || (code >= 0x1F300 && code <= 0x1FAFF) ||
                (code >= 0x20000 && code <= 0x3FFFD);
    return wide ? 2 : 1;
}

size_t terminal_text_width(const char *text) {
    size_t width = 0;
    while (*text)
        width += character_width(read_character(&text));
    return width;
}

static void put_spaces(size_t n) {
    while (n-- > 0)
        putchar(' ');
}

/* Print a text in exactly `width` columns. */
static void put_cell(const char *text, size_t width, bool right, bool last) {
    size_t own = terminal_text_width(text), used = 0;
    if (right && own < width) put_spaces(width - own);
    bool cut = own > width;
    while (*text) {
        const char *from = text;
        unsigned code = read_character(&text);
        size_t w = character_width(code);
        if (used + w > width - (cut ? 1 : 0)) break;
        put_clean(stdout, from, (size_t)(text - from));
        used += w;
    }
    if (cut) {
        fputs("\u2026", stdout);
        used++;
    }
    if (!right && !last && used < width) put_spaces(width - used);
}

/* -- Tables ------------------------------------------------------------------------------------ */

enum { TABLE_COLUMNS = 32, FIRST_LEAST = 16, COLUMN_LEAST = 8 };

static size_t total_width(const size_t *widths, size_t n) {
    size_t total = 0;
    for (size_t k = 0; k < n; k++)
        total += widths[k] + (k ? 2 : 0);
    return total;
}

static size_t least_width(size_t k, bool right, size_t width) {
    size_t least = k ? COLUMN_LEAST : FIRST_LEAST;
    return right || width < least ? width : least;
}

/* Drop columns from the right until the others fit at their least, then narrow the widest
 * left-aligned ones as far as is needed. The first column names the row: it stays readable. */
static size_t fit_columns(const terminal *t, const bool *right, size_t *widths, size_t n) {
    size_t least[TABLE_COLUMNS];
    for (size_t k = 0; k < n; k++)
        least[k] = least_width(k, right[k], widths[k]);
    while (n > 2 && total_width(least, n) > (size_t)t->width)
        n--;
    while (total_width(widths, n) > (size_t)t->width) {
        size_t widest = SIZE_MAX;
        for (size_t k = 0; k < n; k++)
            if (widths[k] > least[k] && (widest == SIZE_MAX || widths[k] > widths[widest]))
                widest = k;
        if (widest == SIZE_MAX) break;
        widths[widest]--;
    }
    return n;
}

void terminal_table(const terminal *t, const char *const *header, const bool *right,
                    size_t n_columns, const char *const *cells, size_t n_rows) {
    size_t widths[TABLE_COLUMNS], n = n_columns < TABLE_COLUMNS ? n_columns : TABLE_COLUMNS;
    for (size_t k = 0; k < n; k++) {
        widths[k] = terminal_text_width(header[k]);
        for (size_t i = 0; i < n_rows; i++) {
            size_t w = terminal_text_width(cells[i * n_columns + k]);
            if (w > widths[k]) widths[k] = w;
        }
    }
    n = fit_columns(t, right, widths, n);
    for (size_t i = 0; i <= n_rows; i++) {
        if (i == 0 && t->colour) fputs("\033[1m", stdout);
        for (size_t k = 0; k < n; k++) {
            if (k) fputs("  ", stdout);
            put_cell(i == 0 ? header[k] : cells[(i - 1) * n_columns + k], widths[k], right[k],
                     k + 1 == n);
        }
        if (i == 0 && t->colour) fputs("\033[0m", stdout);
        putchar('\n');
    }
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Bytes up to the next blank; one between the groups of a number ("421 570") is no end. */
static size_t word_size(const char *text) {
    size_t n = strcspn(text, " ");
    while (text[n] && n > 0 && is_digit(text[n - 1]) && is_digit(text[n + 1]) &&
           is_digit(text[n + 2]) && is_digit(text[n + 3]) && !is_digit(text[n + 4]))
        n += 1 + strcspn(text + n + 1, " ");
    return n;
}

/* Words of `text` to the width; unless new_line, the first line has `column` columns already. Of a
 * command an option and its value are one word, and a backslash ends every line but the last. */
static void wrap(const terminal *t, size_t column, size_t indent, bool new_line, bool is_command,
                 const char *text) {
    const char *tail = is_command ? " \\" : "";
    bool first_word = true;
    if (new_line) column = 0;
    while (*text) {
        const char *option = is_command ? strstr(text, " -") : NULL;
        size_t n = !is_command ? word_size(text) : option ? (size_t)(option - text) : strlen(text);
        char word[512];
        (void)snprintf(word, sizeof word, "%.*s", (int)n, text);
        size_t w = terminal_text_width(word);
        if (column > indent && column + !first_word + w + strlen(tail) > (size_t)t->width) {
            puts(tail);
            new_line = true;
        }
        if (new_line) {
            put_spaces(indent);
            column = indent;
        } else if (!first_word) {
            putchar(' ');
            column++;
        }
        put_clean(stdout, text, n);
        column += w;
        first_word = new_line = false;
        text += n;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void terminal_wrap(const terminal *t, int indent, const char *text) {
    wrap(t, 0, (size_t)indent, true, false, text);
}

void terminal_wrap_after(const terminal *t, size_t column, int indent, const char *text) {
    wrap(t, column, (size_t)indent, false, false, text);
}

void terminal_wrap_command(const terminal *t, const char *text) {
    wrap(t, 0, 4, true, true, text);
}

void terminal_sparkline(const double *values, size_t n, size_t width, char *out, size_t size) {
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    double low = (double)INFINITY, high = -(double)INFINITY;
    size_t used = 0, cells = n < width ? n : width;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i])) continue;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    for (size_t c = 0; c < cells && used + 4 < size; c++) {
        double sum = 0;
        size_t from = c * n / cells, to = (c + 1) * n / cells, observed = 0;
        for (size_t i = from; i < to; i++)
            if (!isnan(values[i])) {
                sum += values[i];
                observed++;
            }
        const char *block = " ";
        if (observed) {
            double share = high > low ? (sum / (double)observed - low) / (high - low) : 0.5;
            block = blocks[(size_t)fmin(7, share * 8)];
        }
        size_t length = strlen(block);
        memcpy(out + used, block, length + 1);
        used += length;
    }
}
