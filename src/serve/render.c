#include "serve/render.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINE_PERIODS = 48, LINE_POINTS = 30, PERIOD_TEXT = 32 };

static double rounded(double x) {
    char text[32];
    if (!isfinite(x)) return (double)NAN;
    (void)snprintf(text, sizeof text, "%.6g", x);
    return skuai_text_number(text);
}

static void put_number(skuai_buffer *buffer, double x) {
    if (isfinite(x))
        (void)skuai_buffer_format(buffer, "%.6g", x);
    else
        (void)skuai_buffer_add(buffer, "null", 4);
}

static void put_doubles(skuai_buffer *buffer, const char *name, const double *x, size_t n) {
    (void)skuai_buffer_format(buffer, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i) (void)skuai_buffer_add(buffer, ",", 1);
        put_number(buffer, x[i]);
    }
    (void)skuai_buffer_add(buffer, "]", 1);
}

static void put_floats(skuai_buffer *buffer, const char *name, const float *x, size_t n) {
    if (!x) return;
    (void)skuai_buffer_format(buffer, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i) (void)skuai_buffer_add(buffer, ",", 1);
        put_number(buffer, (double)x[i]);
    }
    (void)skuai_buffer_add(buffer, "]", 1);
}

static void put_periods(skuai_buffer *buffer, const skua_snapshot *snapshot, int64_t first,
                        size_t n) {
    char text[PERIOD_TEXT];
    (void)skuai_buffer_text(buffer, ",\"periods\":[");
    for (size_t i = 0; i < n; i++)
        (void)skuai_buffer_format(buffer, "%s\"%s\"", i ? "," : "",
                                  skua_snapshot_period(snapshot, first + (int64_t)i, text));
    (void)skuai_buffer_add(buffer, "]", 1);
}

/* A quoted text, as the writer writes it. */
static void put_text(skuai_buffer *buffer, const char *text) {
    skuai_json_writer w;
    skuai_json_begin(&w, buffer);
    skuai_json_text(&w, NULL, text);
}

/* -- Items ------------------------------------------------------------------------------------- */

/* Last periods of all channels together, and what is expected behind them, thinned. */
static void put_line(skuai_json_writer *w, const skua_snapshot *snapshot, const skua_item *item) {
    double past[LINE_PERIODS] = {0}, ahead[LINE_PERIODS] = {0};
    int64_t end = INT64_MIN;
    size_t n_ahead = 0;
    skua_series x;
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_snapshot_series(snapshot, s, &x);
        if (x.start + (int64_t)x.length > end) end = x.start + (int64_t)x.length;
    }
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_snapshot_series(snapshot, s, &x);
        for (size_t t = x.length > LINE_PERIODS ? x.length - LINE_PERIODS : 0; t < x.length; t++) {
            int64_t at = x.start + (int64_t)t - (end - LINE_PERIODS);
            if (at >= 0 && at < LINE_PERIODS && !isnan(x.units[t])) past[at] += x.units[t];
        }
        for (size_t h = 0; h < x.horizon && h < LINE_PERIODS; h++) {
            if (!isnan(x.mean[h])) ahead[h] += x.mean[h];
            if (h + 1 > n_ahead) n_ahead = h + 1;
        }
    }
    skuai_json_array(w, "past");
    for (size_t t = 0; t < LINE_PERIODS && item->n_series; t++)
        skuai_json_number(w, NULL, rounded(past[t]));
    skuai_json_close(w);
    skuai_json_array(w, "ahead");
    for (size_t h = 0; h < n_ahead; h++)
        skuai_json_number(w, NULL, rounded(ahead[h]));
    skuai_json_close(w);
}

void skuai_render_item(skuai_json_writer *w, const skua_snapshot *snapshot, size_t i, bool line) {
    const skua_item *item = skua_snapshot_item(snapshot, i);
    skuai_json_object(w, NULL);
    skuai_json_text(w, "item", item->item);
    skuai_json_text(w, "title", item->title);
    skuai_json_text(w, "category", item->category);
    skuai_json_text(w, "brand", item->brand);
    skuai_json_array(w, "channels");
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        skuai_json_text(w, NULL, x.channel);
    }
    skuai_json_close(w);
    skuai_json_number(w, "recent", rounded(item->recent));
    skuai_json_number(w, "expected", rounded(item->expected));
    skuai_json_integer(w, "findings", (int64_t)item->n_findings);
    if (line) put_line(w, snapshot, item);
    skuai_json_close(w);
}

/* -- Histories --------------------------------------------------------------------------------- */

static bool cleaning_shows(const skua_series *x, size_t from) {
    for (size_t t = from; t < x->length; t++)
        if (isnan(x->units[t]) != isnan(x->cleaned[t]) ||
            fabs(x->units[t] - x->cleaned[t]) > 1e-9 * (1 + fabs(x->units[t])))
            return true;
    return false;
}

static const float *behind(const float *x, size_t from) {
    return x ? x + from : NULL;
}

void skuai_render_history(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i,
                          size_t last) {
    const skua_item *item = skua_snapshot_item(snapshot, i);
    (void)skuai_buffer_text(buffer, "{\"item\":");
    put_text(buffer, item->item);
    (void)skuai_buffer_text(buffer, ",\"series\":[");
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        size_t from = last && x.length > last ? x.length - last : 0, n = x.length - from;
        (void)skuai_buffer_text(buffer,
                                s > item->first_series ? ",{\"channel\":" : "{\"channel\":");
        put_text(buffer, x.channel);
        put_periods(buffer, snapshot, x.start + (int64_t)from, n);
        put_doubles(buffer, "units", x.units + from, n);
        if (cleaning_shows(&x, from)) put_doubles(buffer, "cleaned", x.cleaned + from, n);
        put_floats(buffer, "available", behind(x.available, from), n);
        put_floats(buffer, "price", behind(x.price, from), n);
        put_floats(buffer, "promotion", behind(x.promotion, from), n);
        (void)skuai_buffer_add(buffer, "}", 1);
    }
    (void)skuai_buffer_text(buffer, "]}");
}

/* A field of a CSV file: quoted where it must be; never a formula for a spreadsheet. */
static void put_field(skuai_buffer *buffer, const char *text) {
    bool formula = *text && strchr("=+-@\t\r", *text);
    if (!formula && !strpbrk(text, ",\"\r\n")) {
        (void)skuai_buffer_text(buffer, text);
        return;
    }
    (void)skuai_buffer_text(buffer, formula ? "\"'" : "\"");
    for (const char *p = text; *p; p++)
        (void)skuai_buffer_add(buffer, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    (void)skuai_buffer_add(buffer, "\"", 1);
}

static void put_cell(skuai_buffer *buffer, double x) {
    if (isfinite(x))
        (void)skuai_buffer_format(buffer, ",%.6g", x);
    else
        (void)skuai_buffer_add(buffer, ",", 1);
}

void skuai_render_history_csv(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i,
                              size_t last) {
    const skua_item *item = skua_snapshot_item(snapshot, i);
    char text[PERIOD_TEXT];
    (void)skuai_buffer_text(buffer, "item,channel,ds,units,cleaned,available,price,promotion\r\n");
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        for (size_t t = last && x.length > last ? x.length - last : 0; t < x.length; t++) {
            put_field(buffer, x.item);
            (void)skuai_buffer_add(buffer, ",", 1);
            put_field(buffer, x.channel);
            (void)skuai_buffer_format(buffer, ",%s",
                                      skua_snapshot_period(snapshot, x.start + (int64_t)t, text));
            put_cell(buffer, x.units[t]);
            put_cell(buffer, x.cleaned[t]);
            put_cell(buffer, x.available ? (double)x.available[t] : 1);
            put_cell(buffer, x.price ? (double)x.price[t] : (double)NAN);
            put_cell(buffer, x.promotion ? (double)x.promotion[t] : (double)NAN);
            (void)skuai_buffer_add(buffer, "\r\n", 2);
        }
    }
}

/* -- Forecasts --------------------------------------------------------------------------------- */

void skuai_render_forecast(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i) {
    const skua_item *item = skua_snapshot_item(snapshot, i);
    const double *levels;
    size_t Q = skua_snapshot_levels(snapshot, &levels);
    bool first = true;
    (void)skuai_buffer_text(buffer, "{\"item\":");
    put_text(buffer, item->item);
    (void)skuai_buffer_text(buffer, ",\"run\":");
    put_text(buffer, skua_snapshot_run(snapshot));
    put_doubles(buffer, "levels", levels, Q);
    (void)skuai_buffer_text(buffer, ",\"series\":[");
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        if (x.horizon == 0) continue;
        (void)skuai_buffer_text(buffer, first ? "{\"channel\":" : ",{\"channel\":");
        first = false;
        put_text(buffer, x.channel);
        (void)skuai_buffer_text(buffer, ",\"note\":");
        put_text(buffer, x.note);
        put_periods(buffer, snapshot, x.first, x.horizon);
        put_doubles(buffer, "mean", x.mean, x.horizon);
        (void)skuai_buffer_text(buffer, ",\"quantiles\":[");
        for (size_t h = 0; h < x.horizon; h++) {
            (void)skuai_buffer_text(buffer, h ? ",[" : "[");
            for (size_t q = 0; q < Q; q++) {
                if (q) (void)skuai_buffer_add(buffer, ",", 1);
                put_number(buffer, x.quantiles[h * Q + q]);
            }
            (void)skuai_buffer_add(buffer, "]", 1);
        }
        (void)skuai_buffer_text(buffer, "]}");
    }
    (void)skuai_buffer_text(buffer, "]}");
}

void skuai_render_forecast_head(skuai_buffer *buffer, const skua_snapshot *snapshot) {
    const double *levels;
    size_t Q = skua_snapshot_levels(snapshot, &levels);
    (void)skuai_buffer_text(buffer, "item,channel,ds,mean");
    for (size_t q = 0; q < Q; q++) {
        double percent = 100 * levels[q];
        if (fabs(percent - round(percent)) < 1e-9)
            (void)skuai_buffer_format(buffer, ",q%02.0f", percent);
        else
            (void)skuai_buffer_format(buffer, ",q%g", percent);
    }
    (void)skuai_buffer_text(buffer, ",note\r\n");
}

void skuai_render_forecast_csv(skuai_buffer *buffer, const skua_snapshot *snapshot, size_t i) {
    const skua_item *item = skua_snapshot_item(snapshot, i);
    const double *levels;
    size_t Q = skua_snapshot_levels(snapshot, &levels);
    char text[PERIOD_TEXT];
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        for (size_t h = 0; h < x.horizon; h++) {
            put_field(buffer, x.item);
            (void)skuai_buffer_add(buffer, ",", 1);
            put_field(buffer, x.channel);
            (void)skuai_buffer_format(buffer, ",%s",
                                      skua_snapshot_period(snapshot, x.first + (int64_t)h, text));
            put_cell(buffer, x.mean[h]);
            for (size_t q = 0; q < Q; q++)
                put_cell(buffer, x.quantiles[h * Q + q]);
            (void)skuai_buffer_add(buffer, ",", 1);
            put_field(buffer, x.note);
            (void)skuai_buffer_add(buffer, "\r\n", 2);
        }
    }
}
