#include "explain/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *skuai_explanation_group(const skuai_explanation *e, size_t g, bool chinese) {
    if (e->lime && g < e->lime->n_terms)
        return chinese ? e->lime->terms[g].chinese : e->lime->terms[g].name;
    return skuai_explain_group_name(e->groups[g], chinese);
}

typedef struct text_end {
    char *at;
    size_t left;
} text_end;

static void put(text_end *t, const char *text) {
    int n = snprintf(t->at, t->left, "%s", text);
    if (n < 0) return;
    size_t used = (size_t)n < t->left ? (size_t)n : t->left ? t->left - 1 : 0;
    t->at += used;
    t->left -= used;
}

static void put_number(text_end *t, double x) {
    char text[32];
    (void)snprintf(text, sizeof text, x >= 9.95 ? "%.0f" : "%.1f", x);
    put(t, text);
}

/* Groups by size of their sum, largest first. */
static void order_groups(const skuai_explanation *e, double *sum, size_t *order) {
    for (size_t g = 0; g < e->n_groups; g++) {
        size_t at = g;
        sum[g] = 0;
        for (size_t h = 0; h < e->horizon; h++)
            sum[g] += e->contribution[g * e->horizon + h];
        for (; at > 0 && fabs(sum[order[at - 1]]) < fabs(sum[g]); at--)
            order[at] = order[at - 1];
        order[at] = g;
    }
}

/* "with the price", but "with last year". */
static bool takes_the(const char *group) {
    static const char *const bare[] = {
        "last year",     "last week",       "similar items",    "availability",
        "how far ahead", "the item itself", "never below zero", "what the line leaves out"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
        if (strcmp(group, bare[i]) == 0) return false;
    return strncmp(group, "sales ", 6) != 0; /* "sales 1-7 back" */
}

void skuai_explain_sentence(const skuai_explanation *e, bool zh, char *text, size_t size) {
    double sum[SKUAI_EXPLAIN_GROUPS], forecast = 0, base = 0;
    size_t order[SKUAI_EXPLAIN_GROUPS], told = 0;
    text_end t = {text, size};
    if (size) text[0] = '\0';
    for (size_t h = 0; h < e->horizon; h++) {
        forecast += e->forecast[h];
        base += e->base[h];
    }
    order_groups(e, sum, order);
    double change = forecast - base;
    put(&t, zh ? "预测 " : "");
    put_number(&t, forecast);
    put(&t, zh ? " 件，与通常情况相差 " : " units are expected, ");
    put_number(&t, fabs(change));
    put(&t, zh ? (change < 0 ? " 件（偏少）" : " 件（偏多）")
               : (change < 0 ? " fewer than in ordinary times" : " more than in ordinary times"));
    for (size_t i = 0; i < e->n_groups; i++) {
        double x = sum[order[i]];
        if (!(fabs(x) >= 0.05) || (told && fabs(x) < 0.02 * fabs(forecast))) break;
        put(&t, told ? (zh ? "，" : ", ") : zh ? "：" : ": ");
        if (zh) {
            put(&t, skuai_explanation_group(e, order[i], true));
            put(&t, x < 0 ? "对应减少 " : "对应增加 ");
            put_number(&t, fabs(x));
        } else {
            put(&t, x < 0 ? "less " : "");
            put_number(&t, fabs(x));
            put(&t, " go with ");
            put(&t, takes_the(e->groups[order[i]]) ? "the " : "");
            put(&t, skuai_explanation_group(e, order[i], false));
        }
        told++;
    }
    put(&t, zh ? "。" : ".");
}
