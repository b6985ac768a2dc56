#include "store/ingest_plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the sampled values of a file's column look like. */
typedef struct profile {
    size_t values;  /* not missing */
    size_t numbers; /* of them, with the file's decimal sign */
    size_t truths;
    size_t forms[SKUAI_DATE_FORM_COUNT];
    size_t day_first, month_first; /* dates that only one of the two orders reads */
    double least, most;            /* of the numbers */
    char name[96];                 /* normalised */
} profile;

typedef struct maker {
    const skuai_table_roles *table;
    const skuai_sample *sample;
    const skuai_plan_options *options;
    skuai_arena *arena;
    skuai_plan *plan;
    profile *profiles;
    bool *banned; /* [n_roles] the caller said "role=" */
    skua_error *err;
} maker;

static const skuai_csv_field *cell(const skuai_sample *sample, size_t row, size_t column) {
    return &sample->cells[row * sample->n_columns + column];
}

/* -- Looking
 * ---------------------------------------------------------------------------------------- */

static char find_decimal(const maker *m) {
    const skuai_sample *sample = m->sample;
    size_t points = 0, commas = 0;
    if (m->options->decimal) return m->options->decimal;
    for (size_t r = 0; r < sample->n_rows; r++)
        for (size_t c = 0; c < sample->n_columns; c++) {
            const skuai_csv_field *f = cell(sample, r, c);
            if (f->size > 40) continue;
            char sign = skuai_field_decimal(f->text, f->size);
            points += sign == '.';
            commas += sign == ',';
        }
    return commas > points ? ',' : '.'; /* dates such as 14.11.2016 are no number either way */
}

static void look(const maker *m, size_t column, profile *p) {
    *p = (profile){.least = (double)INFINITY, .most = (double)-INFINITY};
    const char *name = m->sample->names[column];
    skuai_name_normalise(name, strlen(name), p->name, sizeof p->name);
    for (size_t r = 0; r < m->sample->n_rows; r++) {
        const skuai_csv_field *f = cell(m->sample, r, column);
        if (skuai_field_missing(f->text, f->size)) continue;
        double value;
        if (skuai_field_truth(f->text, f->size, &value) == SKUAI_FIELD_GOOD) p->truths++;
        skuai_field_result number = skuai_field_number(f->text, f->size, m->plan->decimal, &value);
        if (number == SKUAI_FIELD_GOOD) {
            if (value < p->least) p->least = value;
            if (value > p->most) p->most = value;
        }
        /* an infinity is no value, but a column that holds some is one of numbers */
        p->numbers += number == SKUAI_FIELD_GOOD || number == SKUAI_FIELD_INFINITE;
        p->values++;
        unsigned forms = f->size < 64 ? skuai_field_date_forms(f->text, f->size) : 0;
        for (int form = 0; form < SKUAI_DATE_FORM_COUNT; form++)
            p->forms[form] += forms >> form & 1u;
        unsigned orders = forms & (1u << SKUAI_DATE_DMY | 1u << SKUAI_DATE_MDY);
        p->day_first += orders == 1u << SKUAI_DATE_DMY;
        p->month_first += orders == 1u << SKUAI_DATE_MDY;
    }
}

/* The form in which most values are dates; false when under 60 % are in any. Where the sample does
 * not tell day from month, or says both, *open: the whole column has to. */
static bool date_form(const profile *p, skuai_date_form *form, bool *open) {
    size_t best = 0;
    for (int i = 0; i < SKUAI_DATE_FORM_COUNT; i++)
        if (p->forms[i] > best) best = p->forms[i], *form = (skuai_date_form)i;
    *open = false;
    if (best == 0 || (double)best < 0.6 * (double)p->values) return false;
    if (p->forms[SKUAI_DATE_YMD] == best) *form = SKUAI_DATE_YMD; /* 20161114 is no number */
    if (*form == SKUAI_DATE_DMY || *form == SKUAI_DATE_MDY)
        *open = p->forms[SKUAI_DATE_DMY] == p->forms[SKUAI_DATE_MDY] ||
                (p->day_first > 0 && p->month_first > 0);
    return true;
}

/* Do the values have the role's type? Empty columns have any. */
static bool fits(const profile *p, const skuai_role *role) {
    skuai_date_form form;
    bool open;
    if (p->values == 0) return true;
    if (role->type == SKUAI_ROLE_NUMBER) return (double)p->numbers >= 0.5 * (double)p->values;
    if (role->type == SKUAI_ROLE_TIME) return date_form(p, &form, &open);
    return true;
}

/* -- Assigning
 * ---------------------------------------------------------------------------------------- */

static size_t role_index(const maker *m, const char *name, size_t n) {
    for (size_t i = 0; i < m->table->n_roles; i++)
        if (strlen(m->table->roles[i].name) == n && memcmp(m->table->roles[i].name, name, n) == 0)
            return i;
    return SIZE_MAX;
}

static bool has_role(const maker *m, const skuai_role *role) {
    return skuai_plan_find(m->plan, role->name) != NULL;
}

static skuai_plan_column *add_column(maker *m, const skuai_role *role, const char *name,
                                     skuai_role_type type, skuai_how how, size_t source) {
    skuai_plan_column *column = &m->plan->columns[m->plan->n_columns++];
    *column = (skuai_plan_column){.role = role, .name = name, .type = type, .how = how, .scale = 1};
    column->n_sources = 1;
    column->sources[0] = source;
    m->plan->used[source] = 1;
    return column;
}

static size_t file_column(const maker *m, const char *name, size_t n) {
    char wanted[96], number[32];
    for (size_t c = 0; c < m->sample->n_columns; c++)
        if (strlen(m->sample->names[c]) == n && memcmp(m->sample->names[c], name, n) == 0) return c;
    skuai_name_normalise(name, n, wanted, sizeof wanted);
    for (size_t c = 0; c < m->sample->n_columns && *wanted; c++) {
        (void)snprintf(number, sizeof number, "column%zu", c + 1);
        if (strcmp(m->profiles[c].name, wanted) == 0 || strcmp(number, wanted) == 0) return c;
    }
    return SIZE_MAX;
}

/* One "role=column" or "role=a+b" of the caller's. */
static skua_status assign_given(maker *m, const char *text) {
    const char *equal = strchr(text, '=');
    size_t n = equal ? (size_t)(equal - text) : 0;
    size_t at = equal ? role_index(m, text, n) : SIZE_MAX;
    if (at == SIZE_MAX) {
        skuai_buffer roles;
        skuai_buffer_init(&roles, 400);
        for (size_t i = 0; i < m->table->n_roles; i++)
            (void)skuai_buffer_format(&roles, "%s%s", i ? ", " : "", m->table->roles[i].name);
        (void)skuai_error_set(m->err, SKUA_EINVAL,
                              "mapping '%.60s': want role=column with a role of %s: %s", text,
                              m->table->name, skuai_buffer_view(&roles));
        skuai_buffer_clear(&roles);
        return SKUA_EINVAL;
    }
    const skuai_role *role = &m->table->roles[at];
    const char *p = equal + 1;
    if (!*p) {
        m->banned[at] = true;
        return SKUA_OK;
    }
    skuai_plan_column *column = NULL;
    while (*p) {
        size_t whole = file_column(m, p, strlen(p)); /* a name may hold a + */
        size_t k = whole != SIZE_MAX ? strlen(p) : strcspn(p, "+");
        size_t source = whole != SIZE_MAX ? whole : file_column(m, p, k);
        if (source == SIZE_MAX)
            return skuai_error_set(m->err, SKUA_EINVAL,
                                   "mapping '%.80s': the file has no column '%.*s'", text,
                                   (int)(k < 80 ? k : 80), p);
        if (!column)
            column = add_column(m, role, role->name, role->type, SKUAI_HOW_GIVEN, source);
        else if (column->n_sources == SKUAI_PLAN_SOURCES || role->type != SKUAI_ROLE_TEXT)
            return skuai_error_set(m->err, SKUA_EINVAL, "mapping '%.80s': too many columns", text);
        else
            column->sources[column->n_sources++] = source;
        m->plan->used[source] = 1;
        p += k + (p[k] == '+');
    }
    return SKUA_OK;
}

/* The column whose name tells a role best. */
static void assign_by_name(maker *m, size_t at) {
    const skuai_role *role = &m->table->roles[at];
    if (m->banned[at] || has_role(m, role)) return;
    int best = -1;
    size_t source = 0;
    for (size_t c = 0; c < m->sample->n_columns; c++) {
        int place = skuai_role_match(role, m->profiles[c].name);
        if (place < 0 || m->plan->used[c] || !fits(&m->profiles[c], role)) continue;
        if (best < 0 || place < best) best = place, source = c;
    }
    if (best >= 0) (void)add_column(m, role, role->name, role->type, SKUAI_HOW_NAME, source);
}

/* The only column left of a required role's type. */
static void assign_by_type(maker *m, size_t at) {
    const skuai_role *role = &m->table->roles[at];
    if (m->banned[at] || has_role(m, role)) return;
    size_t found = 0, source = 0;
    for (size_t c = 0; c < m->sample->n_columns - m->sample->n_constants; c++) {
        const profile *p = &m->profiles[c];
        if (m->plan->used[c] || p->values == 0) continue;
        skuai_date_form form = SKUAI_DATE_YMD;
        bool open, dated = date_form(p, &form, &open) && form < SKUAI_DATE_YEAR;
        bool number = !dated && 2 * p->numbers > p->values;
        bool right = role->type == SKUAI_ROLE_TIME     ? dated
                     : role->type == SKUAI_ROLE_NUMBER ? number
                                                       : !dated && !number;
        if (right) found++, source = c;
    }
    if (found == 1) (void)add_column(m, role, role->name, role->type, SKUAI_HOW_TYPE, source);
}

/* Category levels (first_category_id, category2, 二级分类 ...) become one path. */
static void assign_category(maker *m) {
    size_t at = role_index(m, "category", 8), n = 0, sources[SKUAI_PLAN_SOURCES];
    if (at == SIZE_MAX || m->banned[at]) return;
    for (size_t c = 0; c < m->sample->n_columns && n < SKUAI_PLAN_SOURCES; c++) {
        const char *name = m->profiles[c].name;
        bool level = strstr(name, "category") &&
                     (strstr(name, "first") || strstr(name, "second") || strstr(name, "third") ||
                      strpbrk(name, "123456") || strstr(name, "sub") || strstr(name, "master"));
        level = level || strstr(name, "级分类") || strstr(name, "级类目");
        if (level && !m->plan->used[c]) sources[n++] = c;
    }
    if (n < 2 || has_role(m, &m->table->roles[at])) return;
    skuai_plan_column *column = add_column(m, &m->table->roles[at], "category", SKUAI_ROLE_TEXT,
                                           SKUAI_HOW_NAME, sources[0]);
    for (size_t i = 1; i < n; i++) {
        column->sources[column->n_sources++] = sources[i];
        m->plan->used[sources[i]] = 1;
    }
}

/* Hours without stock: available is what is left. The number of hours at risk is in the name
 * ("_6_21": 16 hours, "_24": 24), else a day. */
static void assign_stockout_hours(maker *m) {
    size_t at = role_index(m, "available", 9), source = SIZE_MAX;
    double hours = 24;
    if (at == SIZE_MAX || m->banned[at] || has_role(m, &m->table->roles[at])) return;
    for (size_t c = 0; c < m->sample->n_columns; c++) {
        const char *name = m->profiles[c].name, *found = strstr(name, "stockouthours");
        if (!found) found = strstr(name, "outofstockhours");
        if (!found || m->plan->used[c] || m->profiles[c].least < 0) continue;
        const char *tail = m->sample->names[c] + strlen(m->sample->names[c]);
        int from = 0, to = -1, digits = 0;
        while (tail > m->sample->names[c] &&
               (tail[-1] == '_' || (tail[-1] >= '0' && tail[-1] <= '9')))
            tail--, digits++;
        if (digits) {
            while (*tail == '_')
                tail++;
            for (; *tail >= '0' && *tail <= '9'; tail++)
                from = from * 10 + (*tail - '0');
            if (*tail == '_' && tail[1]) {
                for (to = 0, tail++; *tail >= '0' && *tail <= '9'; tail++)
                    to = to * 10 + (*tail - '0');
            }
        }
        double span = to >= from ? to - from + 1 : from > 0 ? from : 24;
        if (span >= 1 && span <= 24 && m->profiles[c].most <= span &&
            (source == SIZE_MAX || span < hours))
            source = c, hours = span;
    }
    if (source == SIZE_MAX) return;
    skuai_plan_column *column =
        add_column(m, &m->table->roles[at], "available", SKUAI_ROLE_NUMBER, SKUAI_HOW_NAME, source);
    column->shift = 1;
    column->scale = -1 / hours;
}

/* -- A period a column
 * ------------------------------------------------------------------------------ */

static bool wide_period(const maker *m, const char *name, int64_t start, skuai_date_form form,
                        int64_t *micros) {
    skuai_instant instant;
    (void)m;
    if (start != INT64_MIN) {
        int day = 0, n = 0;
        if (sscanf(name, "d_%6d%n", &day, &n) != 1 || name[n] || day < 1) return false;
        *micros = start + (day - 1) * INT64_C(86400000000);
        return true;
    }
    if (skuai_field_date(name, strlen(name), form, &instant) != SKUAI_FIELD_GOOD) return false;
    *micros = instant.micros;
    return true;
}

static skua_status find_wide(maker *m) {
    static const skuai_date_form forms[] = {SKUAI_DATE_YMD,  SKUAI_DATE_MONTH, SKUAI_DATE_QUARTER,
                                            SKUAI_DATE_WEEK, SKUAI_DATE_DMY,   SKUAI_DATE_MDY};
    const skuai_sample *sample = m->sample;
    int64_t start = INT64_MIN;
    if (strcmp(m->table->name, "sales") != 0 || !sample->header) return SKUA_OK;
    if (m->options->start) {
        skuai_instant instant;
        if (skuai_field_date(m->options->start, strlen(m->options->start), SKUAI_DATE_YMD,
                             &instant) != SKUAI_FIELD_GOOD)
            return skuai_error_set(m->err, SKUA_EINVAL, "start '%s' is not a date as 2011-01-29",
                                   m->options->start);
        start = instant.micros;
    }
    skuai_plan_wide *wide = skuai_arena_take(m->arena, sample->n_columns, sizeof *wide);
    if (!wide) return skuai_error_memory(m->err, "a plan");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = 0;
        for (size_t c = 0; c < sample->n_columns; c++)
            if (!m->plan->used[c] &&
                wide_period(m, sample->names[c], start, forms[i], &wide[n].micros))
                wide[n++].source = c;
        if (n < 3) continue;
        for (size_t k = 0; k < n; k++)
            m->plan->used[wide[k].source] = 1;
        m->plan->wide = wide;
        m->plan->n_wide = n;
        return SKUA_OK;
    }
    return SKUA_OK;
}

/* -- Extras, dates, verdict
 * -------------------------------------------------------------------------- */

/* A column name of its own for an extra: lower case, signs to "_", never a role's name. */
static const char *extra_name(maker *m, size_t source) {
    char text[80], base[64];
    size_t n = 0;
    for (const char *p = m->sample->names[source]; *p && n + 1 < sizeof base; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c - 'A' + 'a');
        bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (keep)
            base[n++] = (char)c;
        else if (n && base[n - 1] != '_')
            base[n++] = '_';
    }
    while (n &&
           (base[n - 1] == '_' || ((unsigned char)base[n - 1] >= 0x80 && n == sizeof base - 1)))
        n--;
    base[n] = '\0';
    static const char *const reserved[] = {"series", "file",    "corrects", "line", "known_at",
                                           "item",   "channel", "ds",       "units"};
    (void)snprintf(text, sizeof text, "%s", n ? base : "extra");
    bool taken = role_index(m, text, strlen(text)) != SIZE_MAX;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        taken = taken || strcmp(text, reserved[i]) == 0;
    if (taken) (void)snprintf(text, sizeof text, "%s_extra", base);
    for (int again = 2; again < 10000; again++) {
        bool clash = false;
        for (size_t k = 0; k < m->plan->n_columns; k++)
            clash = clash || strcmp(m->plan->columns[k].name, text) == 0;
        if (!clash) break;
        (void)snprintf(text, sizeof text, "%s_%d", n ? base : "extra", again);
    }
    return skuai_arena_text(m->arena, text, strlen(text));
}

/* A code by its name (a category's number beside its name) is no quantity. */
static bool names_text(const maker *m, size_t source) {
    for (size_t i = 0; i < m->table->n_roles; i++)
        if (m->table->roles[i].type == SKUAI_ROLE_TEXT &&
            skuai_role_match(&m->table->roles[i], m->profiles[source].name) >= 0)
            return true;
    return false;
}

/* What the folders say is a role's or nothing: a year beside dates is no covariate. */
static void leave_constants(maker *m) {
    size_t n = m->sample->n_columns;
    for (size_t c = n - m->sample->n_constants; c < n; c++)
        m->plan->used[c] = 1;
}

static skua_status add_extras(maker *m) {
    if (m->table->extras == SKUAI_EXTRAS_JSON)
        for (size_t c = 0; c < m->sample->n_columns; c++)
            m->plan->extras_json = m->plan->extras_json || !m->plan->used[c];
    if (m->table->extras != SKUAI_EXTRAS_COLUMNS) return SKUA_OK;
    for (size_t c = 0; c < m->sample->n_columns; c++) {
        const profile *p = &m->profiles[c];
        bool truth = p->values && p->truths == p->values && p->numbers < p->values;
        bool number = p->values && (double)p->numbers >= 0.9 * (double)p->values;
        if (m->plan->used[c] || (!truth && !number) || names_text(m, c)) continue;
        const char *name = extra_name(m, c);
        if (!name) return skuai_error_memory(m->err, "a plan");
        add_column(m, NULL, name, SKUAI_ROLE_NUMBER, SKUAI_HOW_EXTRA, c)->truth = truth;
    }
    return SKUA_OK;
}

static skua_status choose_forms(maker *m) {
    skuai_date_form given = SKUAI_DATE_YMD;
    if (m->options->date && !skuai_date_form_parse(m->options->date, &given))
        return skuai_error_set(m->err, SKUA_EINVAL,
                               "date format '%.40s': use ymd, dmy, mdy, named, month, quarter, "
                               "week, year, serial, unix or unix-ms",
                               m->options->date);
    for (size_t k = 0; k < m->plan->n_columns; k++) {
        skuai_plan_column *column = &m->plan->columns[k];
        bool open = false;
        if (column->type != SKUAI_ROLE_TIME) continue;
        const profile *p = &m->profiles[column->sources[0]];
        if (!date_form(p, &column->form, &open) && p->values > 0 && !m->options->date)
            return skuai_error_set(m->err, SKUA_EDATA,
                                   "column '%.60s' (%s) has no date format that fits its values; "
                                   "name it (--date-format dmy, mdy, ymd, serial, ...)",
                                   m->sample->names[column->sources[0]], column->name);
        bool main_one = column->role && column->role->required;
        if (m->options->date && (main_one || !p->values)) column->form = given, open = false;
        if (open && main_one) m->plan->date_open = true;
        if (open) column->form = SKUAI_DATE_MDY;
    }
    return SKUA_OK;
}

static skua_status refuse(maker *m, const skuai_role *role) {
    skuai_buffer names;
    skuai_buffer_init(&names, 260);
    for (size_t c = 0; c < m->sample->n_columns; c++)
        (void)skuai_buffer_format(&names, "%s%s", c ? ", " : "", m->sample->names[c]);
    bool one = m->sample->n_columns == 1;
    (void)skuai_error_set(
        m->err, SKUA_ESCHEMA, "no column for %s of %s; %s %s%s. %s", role->name, m->table->name,
        m->sample->header ? "the columns are:" : "there is no header line; the columns are:",
        skuai_buffer_view(&names), names.status == SKUA_OK ? "" : ", ...",
        one ? "Only one column was seen: is the delimiter another one?"
        : strcmp(m->table->name, "calendar") == 0
            ? "Name it, as --map role=column; numbers by day are read by --future"
            : "Name it, as --map role=column");
    skuai_buffer_clear(&names);
    return SKUA_ESCHEMA;
}

static skua_status assign_all(maker *m) {
    for (size_t i = 0; i < m->options->n_mapping; i++)
        SKUA_TRY(assign_given(m, m->options->mapping[i]));
    SKUA_TRY(find_wide(m));
    bool wide = m->plan->n_wide > 0;
    for (int pass = 0; pass < 2; pass++) /* required roles choose first */
        for (size_t i = 0; i < m->table->n_roles; i++) {
            const skuai_role *role = &m->table->roles[i];
            bool by_columns =
                wide && (strcmp(role->name, "ds") == 0 || strcmp(role->name, "units") == 0);
            if (!by_columns && role->required == (pass == 0)) {
                if (pass == 1 && strcmp(role->name, "category") == 0) assign_category(m);
                assign_by_name(m, i);
            }
        }
    assign_stockout_hours(m);
    for (size_t i = 0; i < m->table->n_roles; i++) {
        const skuai_role *role = &m->table->roles[i];
        bool by_columns =
            wide && (strcmp(role->name, "ds") == 0 || strcmp(role->name, "units") == 0);
        if (!role->required || by_columns) continue;
        assign_by_type(m, i);
        if (!has_role(m, role)) return refuse(m, role);
    }
    leave_constants(m);
    SKUA_TRY(add_extras(m));
    return choose_forms(m);
}

skua_status skuai_plan_make(const skuai_table_roles *table, const skuai_sample *sample,
                            const skuai_plan_options *options, skuai_arena *arena, skuai_plan *plan,
                            skua_error *err) {
    size_t n = sample->n_columns;
    skuai_plan made = {.table = table,
                       .header = sample->header,
                       .n_file_columns = n,
                       .file_columns = sample->names,
                       .n_constants = sample->n_constants,
                       .dialect = plan->dialect};
    maker m = {.table = table,
               .sample = sample,
               .options = options,
               .arena = arena,
               .plan = &made,
               .err = err};
    m.profiles = skuai_arena_take(arena, n, sizeof *m.profiles);
    m.banned = skuai_arena_take_zero(arena, table->n_roles, sizeof *m.banned);
    made.used = skuai_arena_take_zero(arena, n, 1);
    made.constants = skuai_arena_take(arena, sample->n_constants, sizeof *made.constants);
    made.columns =
        skuai_arena_take_zero(arena, n + table->n_roles + options->n_mapping, sizeof *made.columns);
    if (!m.profiles || !m.banned || !made.used || !made.constants || !made.columns)
        return skuai_error_memory(err, "a plan");
    for (size_t k = 0; k < sample->n_constants; k++)
        made.constants[k] = sample->cells[n - sample->n_constants + k];
    made.decimal = find_decimal(&m);
    for (size_t c = 0; c < n; c++)
        look(&m, c, &m.profiles[c]);
    SKUA_TRY(assign_all(&m));
    *plan = made;
    return SKUA_OK;
}

const skuai_plan_column *skuai_plan_find(const skuai_plan *plan, const char *role) {
    for (size_t k = 0; k < plan->n_columns; k++)
        if (plan->columns[k].role && strcmp(plan->columns[k].role->name, role) == 0)
            return &plan->columns[k];
    return NULL;
}

/* -- Telling
 * ------------------------------------------------------------------------------------------ */

void skuai_ingest_json_text(skuai_buffer *json, const char *text, size_t n) {
    (void)skuai_buffer_add(json, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            (void)skuai_buffer_format(json, "\\%c", c);
        else if (c < 0x20)
            (void)skuai_buffer_format(json, "\\u%04x", (unsigned)c);
        else
            (void)skuai_buffer_add(json, &text[i], 1);
    }
    (void)skuai_buffer_add(json, "\"", 1);
}

static void json_entry(skuai_buffer *json, bool *first, const char *column, const char *role,
                       const char *how, const char *form) {
    (void)skuai_buffer_text(json, *first ? "{\"column\":" : ",{\"column\":");
    *first = false;
    skuai_ingest_json_text(json, column, strlen(column));
    (void)skuai_buffer_text(json, ",\"role\":");
    if (role)
        skuai_ingest_json_text(json, role, strlen(role));
    else
        (void)skuai_buffer_text(json, "null");
    (void)skuai_buffer_format(json, ",\"how\":\"%s\"", how);
    if (form) (void)skuai_buffer_format(json, ",\"form\":\"%s\"", form);
    (void)skuai_buffer_text(json, "}");
}

void skuai_plan_json(const skuai_plan *plan, skuai_buffer *json) {
    static const char *const how[] = {"name", "type", "given", "extra"};
    bool first = true;
    (void)skuai_buffer_text(json, "[");
    for (size_t k = 0; k < plan->n_columns; k++) {
        const skuai_plan_column *c = &plan->columns[k];
        for (size_t i = 0; i < c->n_sources; i++)
            json_entry(json, &first, plan->file_columns[c->sources[i]], c->name, how[c->how],
                       c->type == SKUAI_ROLE_TIME ? skuai_date_form_name(c->form) : NULL);
    }
    for (size_t w = 0; w<plan->n_wide; w += plan->n_wide> 1 ? plan->n_wide - 1 : 1)
        json_entry(json, &first, plan->file_columns[plan->wide[w].source], "units", "period", NULL);
    for (size_t c = 0; c < plan->n_file_columns; c++)
        if (!plan->used[c])
            json_entry(json, &first, plan->file_columns[c], plan->extras_json ? "extras" : NULL,
                       plan->extras_json ? "extra" : "unused", NULL);
    (void)skuai_buffer_text(json, "]");
}
