/* ablation.h -- what each kind of data is worth: the backtest again without it (room shop). */
#ifndef SKUA_SHOP_ABLATION_H
#define SKUA_SHOP_ABLATION_H

#include "shop/evaluate.h"

/* For each name of the setting `ablate` ("text,image,price,events,channels", or any other
 * modality of vectors) the models are fitted, combined and scored anew on the same series and
 * windows without the columns of that kind: text, image, ...  the vectors of that modality price
 * prices, list prices and costs events            promotions, displays, the calendar and holidays
 *   channels          nothing of a channel's own: every channel is fitted and combined by itself,
 *                     so that its worth is what the platforms add to one another's forecasts; told
 *                     for each of them in "channels" as well
 * Put "ablation", an array: without, columns (their names), wql without, worth: WQL without less
 * WQL with, and its 95 % interval by bootstrap over series (above 0: it helps). Writes nothing when
 * the setting is empty. SKUA_ECONFIG: the data have nothing of such a name, or a search was asked
 * for (it would try other models each time). */
SKUA_MUST_USE skua_status skuai_ablation_put(const skua_shop *shop, const char *run,
                                             const skuai_history *history,
                                             const skuai_evaluation *whole, skuai_json_writer *w,
                                             skua_error *err);

/* Before anything is fitted: SKUA_ECONFIG as above. */
SKUA_MUST_USE skua_status skuai_ablation_check(const skua_shop *shop, const skuai_history *history,
                                               skua_error *err);

#endif
