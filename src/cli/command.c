#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

exit_code command_fail(const invocation *call, skua_status status, const skua_error *err) {
    const char *message = err && err->message[0] ? err->message : skua_status_text(status);
    if (call->json) {
        skuai_buffer buffer;
        skuai_json_writer w;
        skuai_buffer_init(&buffer, 1 << 16);
        skuai_json_begin(&w, &buffer);
        skuai_json_object(&w, NULL);
        skuai_json_object(&w, "error");
        skuai_json_integer(&w, "code", status);
        skuai_json_text(&w, "kind", skua_status_text(status));
        skuai_json_text(&w, "message", message);
        skuai_json_close(&w);
        skuai_json_close(&w);
        puts(skuai_buffer_view(&buffer));
        skuai_buffer_clear(&buffer);
    }
    terminal_say(call->term, message);
    switch (status / 10) {
    case 1:
        return status == SKUA_ECANCEL ? EXIT_WORK : EXIT_USAGE;
    case 2:
        return EXIT_DATA;
    case 3:
        return EXIT_FILES;
    case 9:
        return EXIT_FAULT;
    default:
        return EXIT_WORK;
    }
}

skua_status command_open(const invocation *call, skua_shop **shop, skua_error *err) {
    skua_shop *opened = NULL;
    SKUA_TRY(skua_shop_open(call->arguments[0], &opened, err));
    for (size_t i = 0; call->settings[i]; i += 2) {
        skua_status status = skua_shop_set(opened, call->settings[i], call->settings[i + 1], err);
        if (status != SKUA_OK) {
            skua_shop_close(opened);
            return status;
        }
    }
    skua_callbacks callbacks = terminal_callbacks(call->term);
    skua_shop_listen(opened, &callbacks);
    *shop = opened;
    return SKUA_OK;
}

exit_code command_show_report(const invocation *call, char *report,
                              void (*show)(const invocation *call, const skuai_json *report)) {
    terminal_bar_end(call->term);
    if (!report) return EXIT_DONE; /* another rank has it */
    exit_code code = EXIT_DONE;
    skua_error err;
    skuai_json *parsed = NULL;
    if (call->json) {
        puts(report);
    } else if (skuai_json_parse(report, strlen(report), &parsed, &err) == SKUA_OK) {
        show(call, parsed);
        skuai_json_free(parsed);
    } else {
        code = command_fail(call, SKUA_EINTERNAL, &err);
    }
    skua_text_free(report);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        skuai_error_set(&err, SKUA_EIO, "standard output cannot be written");
        code = command_fail(call, SKUA_EIO, &err);
    }
    return code;
}

void command_print(const invocation *call, const char *format, ...) {
    char text[3 * 4096];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    terminal_wrap(call->term, 0, text);
}

void cells_init(cell_table *table, size_t n_columns) {
    *table = (cell_table){.arena = skuai_arena_new(0), .n_columns = n_columns};
}

void cells_clear(cell_table *table) {
    skuai_free(table->cells);
    skuai_arena_free(table->arena);
}

void cells_add(cell_table *table, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (table->n_cells == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 64;
        const char **cells = skuai_resize(table->cells, capacity, sizeof *cells);
        if (!cells) return;
        table->cells = cells;
        table->capacity = capacity;
    }
    char *copy = table->arena ? skuai_arena_text(table->arena, text, strlen(text)) : NULL;
    if (copy) table->cells[table->n_cells++] = copy;
}

void cells_print(const cell_table *table, const terminal *t, const char *const *header,
                 const bool *right) {
    terminal_table(t, header, right, table->n_columns, table->cells,
                   table->n_cells / table->n_columns);
}

char *grouped(int64_t number, char *text) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)number), out = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && digits[i - 1] != '-' && (n - i) % 3 == 0) text[out++] = ' ';
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}
