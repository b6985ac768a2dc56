#include "serve/problem.h"

#include "serve/detail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    unsigned status;
    const char *message[SKUAI_LANGUAGES], *remedy[SKUAI_LANGUAGES];
} problems[] = {
#define SKUAI_PROBLEM_ROW(id, name, status, en, zh, remedy_en, remedy_zh)                          \
    {name, status, {en, zh}, {remedy_en, remedy_zh}},
    SKUAI_PROBLEM_MAP(SKUAI_PROBLEM_ROW)
#undef SKUAI_PROBLEM_ROW
};

unsigned skuai_problem_status(skuai_problem problem) {
    return problems[problem].status;
}

const char *skuai_problem_name(skuai_problem problem) {
    return problems[problem].name;
}

void skuai_problem_write(skuai_json_writer *w, skuai_problem problem, skuai_language language,
                         const char *where, const char *detail) {
    skuai_buffer message;
    bool told = !detail || !*detail;
    skuai_buffer_init(&message, 1 << 12);
    (void)skuai_buffer_text(&message, problems[problem].message[language]);
    if (!told && language == SKUAI_ENGLISH) {
        (void)skuai_buffer_format(&message, " %s", detail);
        told = true;
    } else if (!told) {
        told = skuai_detail_chinese(detail, &message);
    }
    skuai_json_object(w, NULL);
    skuai_json_text(w, "code", problems[problem].name);
    skuai_json_text(w, "message", skuai_buffer_view(&message));
    skuai_json_text(w, "where", where);
    skuai_json_text(w, "remedy", problems[problem].remedy[language]);
    skuai_json_text(w, "detail", told ? NULL : detail);
    skuai_json_close(w);
    skuai_buffer_clear(&message);
}

skuai_language skuai_language_choose(const char *header) {
    double best = 0;
    skuai_language chosen = SKUAI_ENGLISH;
    while (header && *header) {
        header += strspn(header, " \t,");
        size_t n = strcspn(header, ",");
        const char *q = memchr(header, ';', n);
        double weight = 1;
        if (q) {
            q += 1 + strspn(q + 1, " ");
            if (strncasecmp(q, "q=", 2) == 0) weight = strtod(q + 2, NULL);
        }
        bool chinese = strncasecmp(header, "zh", 2) == 0,
             english = strncasecmp(header, "en", 2) == 0;
        if ((chinese || english) && weight > best) {
            best = weight;
            chosen = chinese ? SKUAI_CHINESE : SKUAI_ENGLISH;
        }
        header += n;
    }
    return chosen;
}

skuai_problem skuai_problem_of(skua_status status) {
    switch (status) {
    case SKUA_EINVAL:
    case SKUA_ERANGE:
    case SKUA_ECONFIG:
        return SKUAI_PROBLEM_BAD_PARAMETER;
    case SKUA_EDATA:
    case SKUA_ESCHEMA:
    case SKUA_EENCODING:
    case SKUA_ESINGULAR:
        return SKUAI_PROBLEM_REFUSED;
    case SKUA_ENOTFOUND:
        return SKUAI_PROBLEM_NOT_FOUND;
    case SKUA_EEXIST:
        return SKUAI_PROBLEM_CONFLICT;
    case SKUA_EBUSY:
    case SKUA_ELIMIT:
    case SKUA_EDEADLINE:
    case SKUA_ECANCEL:
        return SKUAI_PROBLEM_BUSY;
    case SKUA_EIO:
        return SKUAI_PROBLEM_NO_SPACE;
    default:
        return SKUAI_PROBLEM_ENGINE;
    }
}
