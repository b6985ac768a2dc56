/* hour_availability.h -- which share of a day's demand could be served, from hourly sales (room
 * shop).
 *
 * A shop that gives sales and availability by the hour and is forecast by the day knows in which
 * hours an item was there. A day without its evening has lost more than a quarter of its demand
 * where people buy in the evening: the profile of the hours (clean/hour_profile.h: the item's own,
 * shrunk to its category's and the shop's) says how much, where a plain mean of hours would not. */
#ifndef SKUA_SHOP_HOUR_AVAILABILITY_H
#define SKUA_SHOP_HOUR_AVAILABILITY_H

#include "store/panel_in.h"

/* Replace a daily panel's availability by shares of demand, when the shop's rows are hourly and say
 * whether an item was available; else leave it. query: what the panel was read with. An hour counts
 * as open when the item was there for half of it. *panel becomes another one (the old one is
 * freed) or stays. More memory than the context allows: it stays, with a warning. */
SKUA_MUST_USE skua_status skuai_hour_availability(skuai_store *store,
                                                  const skuai_panel_query *query,
                                                  const skuai_context *context, skuai_panel **panel,
                                                  skua_error *err);

#endif
