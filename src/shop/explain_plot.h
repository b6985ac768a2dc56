/* explain_plot.h -- the plots of an explanation (room shop, private). Geometry is SVG that
 * stretches to the page's width, words are HTML beside it, so that both are readable on a
 * telephone. Colours are those of Okabe & Ito 2008, which colour-blind people tell apart, on light
 * and dark. */
#ifndef SKUA_SHOP_EXPLAIN_PLOT_H
#define SKUA_SHOP_EXPLAIN_PLOT_H

#include "core/buffer.h"
#include "explain/dependence.h"
#include "explain/importance.h"
#include "explain/surrogate.h"

/* Styles that the plots need; once a page. */
void skuai_plot_style(skuai_buffer *page);
/* From ordinary times to the forecast, a step a group, largest first, small ones together. */
void skuai_plot_waterfall(const skuai_explanation *e, skuai_buffer *page);
/* What groups add, period by period, stacked above and below zero; first and last are dates. */
void skuai_plot_force(const skuai_explanation *e, const char *first, const char *last,
                      skuai_buffer *page);
/* One item's forecast along the grid with its quantiles (n_series 1), or a curve an item and their
 * mean. */
void skuai_plot_dependence(const skuai_dependence *d, skuai_buffer *page);
/* A dot an item and group of inputs. */
void skuai_plot_swarm(const skuai_importance *m, skuai_buffer *page);
/* A nested list. */
void skuai_plot_tree(const skuai_surrogate *t, skuai_buffer *page);

/* "price / own mean <= 0.87" of a node that asks. */
void skuai_tree_question(const skuai_surrogate *t, size_t node, bool chinese, char *text,
                         size_t size);

/* Groups of an explanation by the size of what they add over the horizon, largest first: order and
 * sum [SKUAI_EXPLAIN_GROUPS] out. */
void skuai_explain_order(const skuai_explanation *e, size_t *order, double *sum);

#endif
