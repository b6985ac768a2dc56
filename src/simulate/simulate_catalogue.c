#include "simulate/simulate_catalogue.h"

const skuai_department skuai_departments[SKUAI_DEPARTMENTS] = {
    {"Food", "食品", 0.25, 0.10, 20, 1.3, 0.35, 0.005},
    {"Home", "家居", 0.20, 0.10, 290, 0.8, 0.15, 0.03},
    {"Clothing", "服饰", 0.15, 0.45, 310, 1.0, 0.10, 0.15},
    {"Electronics", "数码", 0.05, 0.10, 330, 1.4, 0.20, 0.05},
    {"Beauty", "美妆", 0.10, 0.08, 120, 1.5, 0.30, 0.03},
    {"Toys", "玩具", 0.30, 0.30, 345, 1.5, 0.10, 0.04},
    {"Sports", "运动", 0.20, 0.40, 170, 0.7, 0.10, 0.06},
    {"Garden", "园艺", 0.35, 0.60, 130, 0.5, 0.15, 0.02},
};

const skuai_product_type skuai_product_types[SKUAI_TYPES] = {
    {0, "green tea", "绿茶", 15},
    {0, "coffee beans", "咖啡豆", 18},
    {0, "mixed nuts", "混合坚果", 12},
    {0, "olive oil", "橄榄油", 14},
    {0, "rice", "大米", 9},
    {1, "desk lamp", "台灯", 35},
    {1, "bed sheet", "床单", 28},
    {1, "storage box", "收纳盒", 11},
    {1, "water bottle", "保温杯", 16},
    {1, "frying pan", "煎锅", 27},
    {2, "down jacket", "羽绒服", 89},
    {2, "t-shirt", "T恤", 13},
    {2, "jeans", "牛仔裤", 39},
    {2, "scarf", "围巾", 17},
    {2, "socks", "袜子", 7},
    {3, "headphones", "耳机", 59},
    {3, "charger", "充电器", 19},
    {3, "keyboard", "键盘", 45},
    {3, "phone case", "手机壳", 12},
    {3, "smart watch", "智能手表", 129},
    {4, "face cream", "面霜", 32},
    {4, "shampoo", "洗发水", 11},
    {4, "lipstick", "口红", 21},
    {4, "sunscreen", "防晒霜", 18},
    {4, "perfume", "香水", 55},
    {5, "building blocks", "积木", 33},
    {5, "plush bear", "毛绒熊", 22},
    {5, "puzzle", "拼图", 14},
    {5, "toy car", "玩具车", 16},
    {5, "board game", "桌游", 29},
    {6, "yoga mat", "瑜伽垫", 24},
    {6, "running shoes", "跑鞋", 75},
    {6, "dumbbell", "哑铃", 31},
    {6, "tent", "帐篷", 110},
    {6, "swim goggles", "泳镜", 15},
    {7, "flower pot", "花盆", 10},
    {7, "garden hose", "水管", 26},
    {7, "plant seeds", "种子", 4},
    {7, "pruning shears", "修枝剪", 19},
    {7, "garden chair", "花园椅", 49},
};

const skuai_word skuai_words[SKUAI_WORDS] = {
    {"organic", "有机", 0.30},
    {"premium", "高端", 0.20},
    {"limited edition", "限量版", 0.40},
    {"refurbished", "翻新", -0.60},
    {"waterproof", "防水", 0.25},
    {"basic", "基础款", -0.25},
    {"lightweight", "轻便", 0.18},
    {"handmade", "手工", 0.22},
    {"imported", "进口", 0.28},
    {"second choice", "瑕疵", -0.50},
    {"gift box", "礼盒装", 0.35},
    {"eco-friendly", "环保", 0.15},
    {"foldable", "可折叠", 0.20},
    {"for kids", "儿童", 0.12},
    {"long-lasting", "耐用", 0.16},
    {"old model", "旧款", -0.40},
    {"new", "新款", 0.26},
    {"bulky", "大件", -0.20},
    {"bestselling", "爆款", 0.45},
    {"plain", "素色", -0.15},
    /* these say nothing about demand */
    {"classic", "经典", 0},
    {"for home", "家用", 0},
    {"daily", "日常", 0},
    {"standard", "标准", 0},
    {"series", "系列", 0},
    {"style", "风格", 0},
    {"choice", "优选", 0},
    {"original", "原装", 0},
};

const char *const skuai_brands[SKUAI_BRANDS][2] = {
    {"Alderin", "艾德林"}, {"Brovant", "博凡"}, {"Cestra", "赛思"},    {"Dunholm", "敦禾"},
    {"Ellmere", "艾美"},   {"Fenrow", "风若"},  {"Galvey", "嘉维"},    {"Hestin", "禾庭"},
    {"Ilvaro", "伊瓦"},    {"Jorvic", "佳维"},  {"Kestrelle", "凯思"}, {"Lumora", "露茉"},
    {"Mirelle", "米蕊"},   {"Norvald", "诺德"}, {"Ostara", "欧斯"},    {"Pellin", "沛林"},
    {"Quenta", "坤塔"},    {"Rosvik", "若维"},  {"Solenne", "索兰"},   {"Tavira", "塔维"},
    {"Ulmera", "优美"},    {"Vestan", "维斯"},  {"Wendale", "文岱"},   {"Yarrowby", "雅柔"},
};

const skuai_look skuai_colours[SKUAI_COLOURS] = {
    {"red", 0.25, 205, 45, 50},    {"blue", 0.15, 50, 90, 190},
    {"green", 0.0, 60, 150, 80},   {"yellow", -0.10, 240, 205, 60},
    {"black", 0.20, 35, 35, 40},   {"white", 0.10, 245, 245, 240},
    {"brown", -0.30, 125, 85, 55}, {"purple", -0.20, 130, 70, 160},
};

const skuai_look skuai_patterns[SKUAI_PATTERNS] = {
    {"plain", 0.0, 0, 0, 0},
    {"stripes", 0.20, 0, 0, 0},
    {"dots", -0.15, 0, 0, 0},
    {"checks", -0.05, 0, 0, 0},
};

static const char *word_text(const skuai_item_text *text, int word) {
    return text->chinese ? skuai_words[word].chinese : skuai_words[word].english;
}

void skuai_item_title(const skuai_item_text *text, skuai_buffer *buffer) {
    const skuai_product_type *type = &skuai_product_types[text->type];
    (void)skuai_buffer_text(buffer, skuai_brands[text->brand][text->chinese]);
    for (int i = 0; i < text->n_title; i++) {
        if (!text->chinese) (void)skuai_buffer_add(buffer, " ", 1);
        (void)skuai_buffer_text(buffer, word_text(text, text->title[i]));
    }
    if (!text->chinese) (void)skuai_buffer_add(buffer, " ", 1);
    (void)skuai_buffer_text(buffer, text->chinese ? type->chinese : type->english);
    if (text->bundle) (void)skuai_buffer_text(buffer, text->chinese ? "套装" : " set");
    if (text->variant)
        (void)skuai_buffer_format(buffer, text->chinese ? " %d号" : " size %d", text->variant);
}

void skuai_item_description(const skuai_item_text *text, skuai_buffer *buffer) {
    const skuai_product_type *type = &skuai_product_types[text->type];
    const skuai_department *department = &skuai_departments[type->department];
    skuai_buffer sentence;
    skuai_buffer_init(&sentence, 4096);
    if (text->chinese) {
        (void)skuai_buffer_format(&sentence, "%s旗下的%s，", skuai_brands[text->brand][1],
                                  type->chinese);
        for (int i = 0; i < text->n_description; i++)
            (void)skuai_buffer_format(&sentence, "%s%s", i ? "、" : "",
                                      word_text(text, text->description[i]));
        (void)skuai_buffer_format(&sentence, "，%s类商品，支持退换。", department->chinese);
    } else {
        (void)skuai_buffer_format(&sentence, "A %s by %s: ", type->english,
                                  skuai_brands[text->brand][0]);
        for (int i = 0; i < text->n_description; i++)
            (void)skuai_buffer_format(&sentence, "%s%s", i ? ", " : "",
                                      word_text(text, text->description[i]));
        (void)skuai_buffer_format(&sentence, ". From our %s department.", department->english);
    }
    skua_status status = sentence.status == SKUA_OK
                             ? skuai_buffer_field(buffer, skuai_buffer_view(&sentence))
                             : sentence.status;
    if (status != SKUA_OK && buffer->status == SKUA_OK) buffer->status = status;
    skuai_buffer_clear(&sentence);
}

void skuai_item_category(int type, bool chinese, skuai_buffer *buffer) {
    const skuai_product_type *t = &skuai_product_types[type];
    const skuai_department *department = &skuai_departments[t->department];
    (void)skuai_buffer_text(buffer, chinese ? department->chinese : department->english);
    (void)skuai_buffer_text(buffer, " > ");
    (void)skuai_buffer_text(buffer, chinese ? t->chinese : t->english);
}
