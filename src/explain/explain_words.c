/* Names of inputs for people, English and Chinese. */
#include "explain/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct words {
    const char *name, *english, *chinese;
} words;

static const words groups[] = {
    {"price", "price", "价格"},
    {"promotion", "promotion", "促销"},
    {"calendar", "calendar", "节假日与日历"},
    {"recent sales", "recent sales", "近期销量"},
    {"last year", "last year", "去年同期"},
    {"last week", "last week", "上周同期"},
    {"similar items", "similar items", "同类商品"},
    {"the item itself", "the item itself", "商品本身"},
    {"availability", "availability", "可售情况"},
    {"how far ahead", "how far ahead", "预测距离"},
    {"never below zero", "never below zero", "不低于零"},
    {"text", "text", "文字"},
    {"image", "image", "图片"},
    {"other inputs", "other inputs", "其他输入"},
    {"stock", "stock", "库存"},
    {"holiday", "holiday", "节假日"},
    {"festival", "festival", "节庆"},
    {"workday", "working day", "工作日"},
    {"list_price", "list price", "标价"},
    {"item_price", "list price", "标价"},
    {"cost", "cost", "成本"},
    {"promotion_depth", "promotion's depth", "促销折扣"},
    {"promotion_display", "promotion without a price cut", "不降价的促销"},
    {"category1", "category", "类别"},
    {"category2", "category, second level", "二级类别"},
    {"category3", "category, third level", "三级类别"},
    {"brand", "brand", "品牌"},
    {"item", "item", "商品"},
    {"channel", "channel", "渠道"},
    {"what the line leaves out", "what the line leaves out", "局部直线未说明的部分"}};

const char *skuai_explain_group_name(const char *group, bool chinese) {
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strcmp(group, groups[i].name) == 0)
            return chinese ? groups[i].chinese : groups[i].english;
    return group;
}

/* Inputs by their whole name. %s: the group, as "last year". */
static const words whole[] = {
    {"horizon", "how far ahead", "预测距离"},
    {"own past", "own past sales", "自身历史销量"},
    {"same period a cycle ago", "sales of the same period %s, as they were", "%s的原始销量"},
    {"ewm", "sales of late, smoothed", "近期平滑销量"},
    {"ewm_fast", "sales of the very last periods, smoothed", "最近几期平滑销量"},
    {"cycle_1", "sales at this time %s", "%s销量"},
    {"cycle_2", "sales at this time, twice as far back as %s", "比%s再早一轮的销量"},
    {"cycle_before", "sales just before this time %s", "%s稍前的销量"},
    {"cycle_after", "sales just after this time %s", "%s稍后的销量"},
    {"cycle_mean3", "mean sales around this time %s (3 periods)", "%s前后 3 期平均销量"},
    {"cycle_mean5", "mean sales around this time %s (5 periods)", "%s前后 5 期平均销量"},
    {"growth", "growth since %s", "较%s的增长"},
    {"season_1", "sales one season ago", "上一季节同期销量"},
    {"season_mean", "mean sales at this point of the last seasons", "近几个季节同期平均销量"},
    {"log_level", "how large the series is", "序列规模"},
    {"age", "periods since the first sale", "自首次销售起的期数"},
    {"adi", "mean gap between sales", "平均销售间隔"},
    {"cv2", "how unequal its sales are", "各次销量的差异"},
    {"since_demand", "periods since the last sale", "距上次销售的期数"},
    {"last_available", "availability at the end", "期末可售情况"},
    {"in_week", "place in the week", "一周中的位置"},
    {"in_month", "place in the month", "一月中的位置"},
    {"in_year", "place in the year", "一年中的位置"},
    {"events_now", "promotions and events that run", "同时进行的促销与活动数"},
    {"price_to_list", "price beside the list price", "价格与标价之比"},
};

/* Inputs by the beginning of their name. %s: what follows, a number or an input's name. */
static const words begun[] = {
    {"lag_", "sales of period -%s", "前第 %s 期销量"},
    {"mean_", "mean sales of the last %s periods", "近 %s 期平均销量"},
    {"sd_", "how sales varied over the last %s periods", "近 %s 期销量波动"},
    {"zeros_", "share of the last %s periods without a sale", "近 %s 期无销售的占比"},
    {"min_", "least sales of the last %s periods", "近 %s 期最低销量"},
    {"max_", "most sales of the last %s periods", "近 %s 期最高销量"},
    {"growth_of_", "growth of others of its %s", "同%s其他商品的增长"},
    {"shape_of_", "season of others of its %s", "同%s其他商品的季节形态"},
    {"price_to_", "price beside others of its %s", "价格与同%s其他商品之比"},
    {"at_", "%s", "%s"},
    {"change_", "%s beside a cycle before", "%s较上一周期"},
    {"step_", "%s beside the period before", "%s较前一期"},
    {"ratio_", "%s beside its mean of late", "%s与近期均值之比"},
    {"last_", "%s at the end of the history", "历史末期的%s"},
    {"recent_", "%s of late", "近期%s"},
    {"trend_", "trend of %s", "%s的趋势"},
    {"run_", "how long %s has run", "%s已持续的期数"},
    {"since_", "periods since %s", "距上次%s的期数"},
    {"until_", "periods until the next %s", "距下次%s的期数"},
    {"text_", "text, direction %s", "文字特征 %s"},
    {"image_", "picture, direction %s", "图片特征 %s"},
};

/* Writes a pattern with its one place for words filled in. */
static void fill(const char *pattern, const char *with, char *text, size_t size) {
    const char *at = strstr(pattern, "%s");
    if (at)
        (void)snprintf(text, size, "%.*s%s%s", (int)(at - pattern), pattern, with, at + 2);
    else
        (void)snprintf(text, size, "%s", pattern);
}

void skuai_explain_input_name(const skuai_input *input, bool chinese, char *text, size_t size) {
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(input->name, whole[i].name) == 0) {
            fill(chinese ? whole[i].chinese : whole[i].english,
                 skuai_explain_group_name(input->group, chinese), text, size);
            return;
        }
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        size_t n = strlen(begun[i].name);
        const char *rest = input->name + n;
        if (strncmp(input->name, begun[i].name, n) != 0 || !*rest) continue;
        if (i < 6 && strspn(rest, "0123456789") != strlen(rest)) continue; /* a shop's own column */
        fill(chinese ? begun[i].chinese : begun[i].english, skuai_explain_group_name(rest, chinese),
             text, size);
        return;
    }
    (void)snprintf(text, size, "%s", skuai_explain_group_name(input->name, chinese));
}
