#include "store/ingest_plan.h"

#include <string.h>

#define ITEM                                                                                                                   \
    "item itemid sku skuid stockcode productid product uniqueid productcode itemcode itemno "                                  \
    "itemnumber articleid articlenumber articleno article goodsid goods asin ean upc barcode "                                 \
    "gtin "                                                                                                                    \
    "单品编码 商品编码 商品编号 商品id 单品 商品 货号 产品编码 产品编号 产品id 产品 宝贝id " \
    "sku编码 "                                                                                                               \
    "sku编号 seriesid tsid id partnumber part material 品类编码 品类 itemname productname "                            \
    "单品名称 "                                                                                                            \
    "商品名称 dept department brand"
#define CHANNEL                                                                                                    \
    "channel channelid channelname platform marketplace store storeid storenbr storecode storeno "                 \
    "storename shop shopid shopname outlet 渠道 平台 门店编码 门店 店铺 店名 店铺名称 店铺id " \
    "门店名称 "                                                                                                \
    "city region"
#define DAY                                                                                          \
    "ds date day dt salesdate saledate datetime timestamp time period week weekstart "               \
    "weekstarting weekof month orderdate transactiondate invoicedate eventdate 日期 销售日期 " \
    "统计日期 订单日期 时间 月份 周 updatetime year"
#define UNITS                                                                                      \
    "y units unitssold salesunits quantity qty salesqty quantitysold soldquantity orderqty sales " \
    "demand target sold saleamount salesamount weeklysales dailysales monthlysales hourlysale "    \
    "hourlysales salecount "                                                                       \
    "volume "                                                                                      \
    "销量 销售量 总销售量 销售数量 数量 件数 成交件数 value count amount"
#define PRICE                                                                                      \
    "price unitprice sellprice sellingprice saleprice avgprice averageprice 价格 单价 售价 " \
    "销售单价 "                                                                                \
    "销售价格 成交价"
#define LIST_PRICE                                                                                 \
    "listprice regularprice baseprice originalprice msrp retailprice 原价 标价 吊牌价 市场价"
#define TITLE                                                                                                         \
    "title name productname itemname producttitle 单品名称 商品名称 标题 品名 产品名称 宝贝标题 " \
    "名称 "                                                                                                         \
    "description 描述"
#define CATEGORY                                                                                             \
    "category categorypath categoryname 分类名称 类目 品类 分类 category1 categoryid producttype " \
    "productcategory 分类编码 class family dept department"
#define KNOWN_AT "knownat publishedat asof"

static const skuai_role sales_roles[] = {
    {"item", SKUAI_ROLE_TEXT, true, true, false, ITEM},
    {"channel", SKUAI_ROLE_TEXT, false, true, false, CHANNEL},
    {"ds", SKUAI_ROLE_TIME, true, true, false, DAY},
    {"units", SKUAI_ROLE_NUMBER, true, false, false, UNITS},
    {"price", SKUAI_ROLE_NUMBER, false, false, false, PRICE},
    {"list_price", SKUAI_ROLE_NUMBER, false, false, false, LIST_PRICE},
    {"available", SKUAI_ROLE_NUMBER, false, false, false,
     "available availability instock instockrate instockshare 可售 在架率 有货率"},
    {"stock", SKUAI_ROLE_NUMBER, false, false, false,
     "stock onhand inventory stockonhand closingstock 库存 期末库存 库存量"},
    {"known_at", SKUAI_ROLE_TIME, false, false, false, KNOWN_AT},
    {"title", SKUAI_ROLE_TEXT, false, false, true, TITLE},
    {"category", SKUAI_ROLE_TEXT, false, false, true, CATEGORY},
    {"brand", SKUAI_ROLE_TEXT, false, false, true, "brand brandname 品牌 manufacturer"},
    {"image", SKUAI_ROLE_TEXT, false, false, true, "image imageurl picture pictureurl 图片 主图"},
};

static const skuai_role orders_roles[] = {
    {"order", SKUAI_ROLE_TEXT, true, true, false,
     "order orderid ordernumber orderno invoiceno invoice invoiceid invoicenumber transactionid "
     "transaction receiptid receipt basketid 订单号 订单编号 订单id 单号 小票号 流水号 交易号"},
    {"line", SKUAI_ROLE_NUMBER, false, true, false,
     "line lineno linenumber orderline lineid position orderlinenumber 行号 行"},
    {"ts", SKUAI_ROLE_TIME, true, false, false,
     "ts timestamp orderts invoicedate orderdate ordertime orderedat createdat purchasedate "
     "datetime date ds day dt time 下单时间 订单时间 支付时间 订单日期 日期 时间"},
    {"item", SKUAI_ROLE_TEXT, true, false, false, ITEM},
    {"units", SKUAI_ROLE_NUMBER, true, false, false, UNITS},
    {"channel", SKUAI_ROLE_TEXT, false, false, false, CHANNEL},
    {"user", SKUAI_ROLE_TEXT, false, false, false,
     "user userid customer customerid customerno buyer buyerid client clientid member memberid "
     "用户 "
     "用户id 客户 客户id 会员 会员id 买家 买家id"},
    {"unit_price", SKUAI_ROLE_NUMBER, false, false, false, PRICE},
    {"list_price", SKUAI_ROLE_NUMBER, false, false, false, LIST_PRICE},
    {"currency", SKUAI_ROLE_TEXT, false, false, false, "currency currencycode 币种 货币"},
    {"kind", SKUAI_ROLE_TEXT, false, false, false,
     "kind ordertype linetype type salestype 销售类型 类型 订单类型"},
    {"known_at", SKUAI_ROLE_TIME, false, false, false, KNOWN_AT},
    {"title", SKUAI_ROLE_TEXT, false, false, true, TITLE},
    {"category", SKUAI_ROLE_TEXT, false, false, true, CATEGORY},
    {"brand", SKUAI_ROLE_TEXT, false, false, true, "brand brandname 品牌"},
    {"image", SKUAI_ROLE_TEXT, false, false, true, "image imageurl picture 图片"},
};

static const skuai_role items_roles[] = {
    {"item", SKUAI_ROLE_TEXT, true, true, false, ITEM},
    {"title", SKUAI_ROLE_TEXT, false, false, false,
     "title name productname itemname producttitle productdisplayname 单品名称 商品名称 标题 品名 "
     "产品名称 宝贝标题 名称"},
    {"description", SKUAI_ROLE_TEXT, false, false, false,
     "description longdescription body details 描述 详情"},
    {"category", SKUAI_ROLE_TEXT, false, false, false, CATEGORY},
    {"brand", SKUAI_ROLE_TEXT, false, false, false, "brand brandname 品牌 manufacturer"},
    {"image", SKUAI_ROLE_TEXT, false, false, false,
     "image imageurl imagepath picture pictureurl filename 图片 主图"},
    {"parent", SKUAI_ROLE_TEXT, false, false, false, "parent parentid parentsku variantof 父商品"},
    {"replaces", SKUAI_ROLE_TEXT, false, false, false, "replaces predecessor supersedes 替代"},
    {"pack", SKUAI_ROLE_NUMBER, false, false, false, "pack packsize unitsperpack 包装数"},
    {"unit", SKUAI_ROLE_TEXT, false, false, false, "unit uom unitofmeasure 单位"},
    {"launch_ds", SKUAI_ROLE_TIME, false, false, false,
     "launchds launch launchdate firstsale startdate 上架日期 上市日期"},
    {"end_ds", SKUAI_ROLE_TIME, false, false, false,
     "endds end enddate discontinued discontinuedat 下架日期"},
    {"cost", SKUAI_ROLE_NUMBER, false, false, false,
     "cost unitcost purchaseprice wholesaleprice 成本 进价 进货价 批发价格"},
};

static const skuai_role parts_roles[] = {
    {"bundle", SKUAI_ROLE_TEXT, true, true, false,
     "bundle bundleid kit kitid set parent 套装 组合"},
    {"item", SKUAI_ROLE_TEXT, true, true, false, "component componentid part partid child " ITEM},
    {"units", SKUAI_ROLE_NUMBER, true, false, false, UNITS},
};

static const skuai_role channels_roles[] = {
    {"channel", SKUAI_ROLE_TEXT, true, true, false, CHANNEL " name"},
    {"time_zone", SKUAI_ROLE_TEXT, false, false, false, "timezone tz zone 时区"},
    {"currency", SKUAI_ROLE_TEXT, false, false, false, "currency currencycode 币种 货币"},
    {"locations", SKUAI_ROLE_TEXT, false, false, false,
     "locations location address warehouse warehouses city 城市 地址 仓库"},
};

static const skuai_role promotions_roles[] = {
    {"id", SKUAI_ROLE_TEXT, true, true, false,
     "id promotion promotionid promoid promo campaign campaignid 活动 活动id 促销"},
    {"scope", SKUAI_ROLE_TEXT, false, true, false, "scope items categories " ITEM " category"},
    {"channel", SKUAI_ROLE_TEXT, false, true, false, CHANNEL},
    {"from", SKUAI_ROLE_TIME, true, true, false,
     "from start startdate startds begin begins valid validfrom 开始日期 开始时间 开始"},
    {"to", SKUAI_ROLE_TIME, false, false, false,
     "to end enddate endds ends until validto 结束日期 结束时间 结束"},
    {"kind", SKUAI_ROLE_TEXT, false, false, false, "kind type mechanic promotype 类型"},
    {"depth", SKUAI_ROLE_NUMBER, false, false, false,
     "depth discount discountrate percent off 折扣"},
    {"budget", SKUAI_ROLE_NUMBER, false, false, false, "budget spend cost 预算"},
};

static const skuai_role supply_roles[] = {
    {"item", SKUAI_ROLE_TEXT, true, true, false, ITEM},
    {"location", SKUAI_ROLE_TEXT, false, true, false,
     "location warehouse warehouseid 仓库 " CHANNEL},
    {"on_hand", SKUAI_ROLE_NUMBER, false, false, false,
     "onhand stock inventory stockonhand 库存 现有库存 库存量"},
    {"on_order", SKUAI_ROLE_NUMBER, false, false, false, "onorder intransit ordered 在途 在途库存"},
    {"eta", SKUAI_ROLE_TIME, false, true, false, "eta arrival arrivaldate expected 到货日期"},
    {"lead_time", SKUAI_ROLE_NUMBER, false, false, false,
     "leadtime leadtimedays leadtimemean 提前期 交货期"},
    {"lead_time_sd", SKUAI_ROLE_NUMBER, false, false, false, "leadtimesd leadtimestd"},
    {"moq", SKUAI_ROLE_NUMBER, false, false, false, "moq minimumorder minorder 起订量"},
    {"pack", SKUAI_ROLE_NUMBER, false, false, false, "pack packsize casesize 箱规"},
    {"shelf_life", SKUAI_ROLE_NUMBER, false, false, false, "shelflife shelflifedays 保质期"},
    {"holding", SKUAI_ROLE_NUMBER, false, false, false, "holding holdingcost 持有成本"},
    {"shortage", SKUAI_ROLE_NUMBER, false, false, false, "shortage shortagecost 缺货成本"},
};

static const skuai_role events_roles[] = {
    {"user", SKUAI_ROLE_TEXT, true, false, false,
     "user userid visitor visitorid customer customerid session sessionid 用户 用户id 买家"},
    {"ts", SKUAI_ROLE_TIME, true, false, false,
     "ts timestamp eventtime time datetime date eventdate ds 时间 日期"},
    {"kind", SKUAI_ROLE_TEXT, false, false, false,
     "kind event eventtype behavior behaviortype action type 行为 行为类型"},
    {"item", SKUAI_ROLE_TEXT, false, false, false, ITEM},
    {"channel", SKUAI_ROLE_TEXT, false, false, false, CHANNEL},
    {"query", SKUAI_ROLE_TEXT, false, false, false,
     "query searchterm searchquery keyword keywords 搜索词 关键词"},
};

static const skuai_role calendar_roles[] = {
    {"ds", SKUAI_ROLE_TIME, true, true, false, DAY},
    {"name", SKUAI_ROLE_TEXT, true, true, false,
     "name event holiday holidayname eventname eventname1 description 节日 节假日 名称"},
    {"channel", SKUAI_ROLE_TEXT, false, true, false, CHANNEL " region country 地区"},
    {"kind", SKUAI_ROLE_TEXT, false, false, false, "kind type eventtype eventtype1 类型"},
};

static const skuai_role future_roles[] = {
    {"ds", SKUAI_ROLE_TIME, true, true, false, DAY},
    {"item", SKUAI_ROLE_TEXT, false, true, false, ITEM},
    {"channel", SKUAI_ROLE_TEXT, false, true, false, CHANNEL},
    {"price", SKUAI_ROLE_NUMBER, false, false, false, PRICE},
};

static const skuai_role vectors_roles[] = {
    {"item", SKUAI_ROLE_TEXT, true, true, false, ITEM},
    {"values", SKUAI_ROLE_TEXT, true, false, false, "values vector embedding features 向量"},
    {"modality", SKUAI_ROLE_TEXT, false, true, false, "modality kind type"},
    {"model", SKUAI_ROLE_TEXT, false, true, false, "model modelname encoder"},
};

#define TABLE(name, extras)                                                                        \
    { #name, extras, sizeof name##_roles / sizeof *name##_roles, name##_roles }
static const skuai_table_roles tables[] = {
    TABLE(sales, SKUAI_EXTRAS_COLUMNS), TABLE(orders, SKUAI_EXTRAS_NONE),
    TABLE(items, SKUAI_EXTRAS_JSON),    TABLE(parts, SKUAI_EXTRAS_NONE),
    TABLE(channels, SKUAI_EXTRAS_JSON), TABLE(promotions, SKUAI_EXTRAS_NONE),
    TABLE(supply, SKUAI_EXTRAS_JSON),   TABLE(events, SKUAI_EXTRAS_NONE),
    TABLE(calendar, SKUAI_EXTRAS_NONE), TABLE(future, SKUAI_EXTRAS_COLUMNS),
    TABLE(vectors, SKUAI_EXTRAS_NONE),
};

const skuai_table_roles *skuai_table_roles_find(const char *table) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i].name, table) == 0) return &tables[i];
    return NULL;
}

void skuai_name_normalise(const char *name, size_t n, char *text, size_t size) {
    size_t m = 0;
    for (size_t i = 0; i < n && m + 1 < size; i++) {
        unsigned char c = (unsigned char)name[i];
        bool bracket = c == '(' || (n - i >= 3 && memcmp(name + i, "（", 3) == 0);
        if (bracket && m > 0) break; /* a unit behind the name */
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) text[m++] = (char)c;
    }
    text[m] = '\0';
}

int skuai_role_match(const skuai_role *role, const char *normalised) {
    size_t n = strlen(normalised);
    const char *p = role->names;
    for (int place = 0; *p; place++) {
        size_t m = strcspn(p, " ");
        if (m == n && memcmp(p, normalised, n) == 0) return place;
        p += m + (p[m] == ' ');
    }
    return -1;
}
