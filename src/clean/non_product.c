#include "clean/non_product.h"

#include <string.h>

#include "clean/text_normal.h"

/* Where a word may stand to count. */
typedef enum place {
    ANYWHERE, /* no product is called so */
    ALONE     /* the title holds at most this word and a little more */
} place;

typedef struct phrase {
    const char *text; /* lower case, single spaces */
    place place;
} phrase;

/* English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Chinese
 * (simplified and traditional), Japanese, Korean. */
static const phrase words[] = {
    {"postage", ALONE},
    {"dotcom postage", ANYWHERE},
    {"shipping", ALONE},
    {"shipping cost", ANYWHERE},
    {"shipping fee", ANYWHERE},
    {"shipping charge", ANYWHERE},
    {"carriage", ALONE},
    {"next day carriage", ANYWHERE},
    {"delivery", ALONE},
    {"delivery charge", ANYWHERE},
    {"delivery fee", ANYWHERE},
    {"freight", ALONE},
    {"handling fee", ANYWHERE},
    {"handling charge", ANYWHERE},
    {"bank charges", ANYWHERE},
    {"bank charge", ANYWHERE},
    {"bank fee", ANYWHERE},
    {"amazon fee", ANYWHERE},
    {"amazonfee", ANYWHERE},
    {"ebay fee", ANYWHERE},
    {"paypal fee", ANYWHERE},
    {"service charge", ANYWHERE},
    {"commission", ALONE},
    {"cruk commission", ANYWHERE},
    {"manual", ALONE},
    {"manual adjustment", ANYWHERE},
    {"adjustment", ALONE},
    {"adjust bad debt", ANYWHERE},
    {"bad debt", ANYWHERE},
    {"rounding", ALONE},
    {"sample", ALONE},
    {"samples", ALONE},
    {"discount", ALONE},
    {"coupon", ALONE},
    {"refund", ALONE},
    {"gift voucher", ANYWHERE},
    {"gift card", ANYWHERE},
    {"gift certificate", ANYWHERE},
    {"voucher", ALONE},
    {"deposit", ALONE},
    {"test", ALONE},
    {"test product", ALONE},
    {"donation", ALONE},
    {"insurance", ALONE},
    {"tip", ALONE},
    {"gift wrapping service", ANYWHERE},
    {"post", ALONE},
    {"bank", ALONE},
    {"pads to match", ALONE},
    {"porto", ALONE},
    {"versand", ALONE},
    {"versandkosten", ANYWHERE},
    {"rabatt", ALONE},
    {"gutschein", ALONE},
    {"geschenkgutschein", ANYWHERE},
    {"muster", ALONE},
    {"bankgebühren", ANYWHERE},
    {"bankgebühr", ANYWHERE},
    {"gebühr", ALONE},
    {"pfand", ALONE},
    {"nachnahmegebühr", ANYWHERE},
    {"frais de port", ANYWHERE},
    {"frais de livraison", ANYWHERE},
    {"livraison", ALONE},
    {"frais bancaires", ANYWHERE},
    {"remise", ALONE},
    {"échantillon", ALONE},
    {"échantillons", ALONE},
    {"bon d'achat", ANYWHERE},
    {"chèque cadeau", ANYWHERE},
    {"gastos de envío", ANYWHERE},
    {"envío", ALONE},
    {"portes", ALONE},
    {"descuento", ALONE},
    {"muestra", ALONE},
    {"comisión bancaria", ANYWHERE},
    {"gastos bancarios", ANYWHERE},
    {"tarjeta regalo", ANYWHERE},
    {"vale regalo", ANYWHERE},
    {"spedizione", ALONE},
    {"spese di spedizione", ANYWHERE},
    {"spese bancarie", ANYWHERE},
    {"campione", ALONE},
    {"sconto", ALONE},
    {"buono regalo", ANYWHERE},
    {"frete", ALONE},
    {"taxa de entrega", ANYWHERE},
    {"taxa bancária", ANYWHERE},
    {"desconto", ALONE},
    {"amostra", ALONE},
    {"vale presente", ANYWHERE},
    {"verzendkosten", ANYWHERE},
    {"bezorgkosten", ANYWHERE},
    {"korting", ALONE},
    {"cadeaubon", ANYWHERE},
    {"bankkosten", ANYWHERE},
    {"przesyłka", ALONE},
    {"koszt dostawy", ANYWHERE},
    {"koszty wysyłki", ANYWHERE},
    {"rabat", ALONE},
    {"opłata bankowa", ANYWHERE},
    {"karta podarunkowa", ANYWHERE},
    {"доставка", ALONE},
    {"стоимость доставки", ANYWHERE},
    {"скидка", ALONE},
    {"банковская комиссия", ANYWHERE},
    {"комиссия", ALONE},
    {"подарочный сертификат", ANYWHERE},
    {"образец", ALONE},
    {"运费", ANYWHERE},
    {"運費", ANYWHERE},
    {"邮费", ANYWHERE},
    {"郵費", ANYWHERE},
    {"邮资", ANYWHERE},
    {"快递费", ANYWHERE},
    {"补差价", ANYWHERE},
    {"補差價", ANYWHERE},
    {"差价链接", ANYWHERE},
    {"补运费", ANYWHERE},
    {"手续费", ANYWHERE},
    {"手續費", ANYWHERE},
    {"包装费", ANYWHERE},
    {"服务费", ANYWHERE},
    {"银行费用", ANYWHERE},
    {"样品", ALONE},
    {"樣品", ALONE},
    {"赠品", ALONE},
    {"贈品", ALONE},
    {"优惠券", ALONE},
    {"折扣", ALONE},
    {"押金", ALONE},
    {"定金", ALONE},
    {"测试", ALONE},
    {"礼品卡", ANYWHERE},
    {"代金券", ALONE},
    {"送料", ANYWHERE},
    {"手数料", ANYWHERE},
    {"サンプル", ALONE},
    {"割引", ALONE},
    {"クーポン", ALONE},
    {"ギフト券", ANYWHERE},
    {"商品券", ANYWHERE},
    {"배송비", ANYWHERE},
    {"수수료", ANYWHERE},
    {"샘플", ALONE},
    {"할인", ALONE},
    {"상품권", ANYWHERE},
};

enum { ALONE_EXTRA = 3 }; /* characters beside a word that stands alone: a number, an ending */

/* Whether a byte belongs to a word of an alphabet; others (CJK) have no word borders. */
static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 0xC3 && c <= 0xD4);
}

static bool alphabetic(const char *text) {
    return is_letter((unsigned char)text[0]);
}

/* The phrase at word borders of the text; both lower case, normal. */
static bool contains(const char *text, const char *wanted) {
    size_t size = strlen(wanted);
    for (const char *at = text; (at = strstr(at, wanted)); at++) {
        if (!alphabetic(wanted)) return true;
        bool starts =
            at == text || !is_letter((unsigned char)at[-1]) || (at > text && at[-1] == ' ');
        bool ends = !is_letter((unsigned char)at[size]);
        if (starts && ends) return true;
    }
    return false;
}

static const char *find(const char *text) {
    if (!text || !*text) return NULL;
    size_t length = skuai_text_length(text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!contains(text, words[i].text)) continue;
        if (words[i].place == ALONE && length > skuai_text_length(words[i].text) + ALONE_EXTRA)
            continue;
        return words[i].text;
    }
    return NULL;
}

skua_status skuai_non_product_word(const char *code, const char *title, skuai_arena *arena,
                                   const char **word, skua_error *err) {
    const char *small_code = NULL, *small_title = NULL;
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    if (code) SKUA_TRY(skuai_text_lower(code, arena, &small_code, err));
    if (title) SKUA_TRY(skuai_text_lower(title, arena, &small_title, err));
    const char *found = find(small_title);
    *word = found ? found : find(small_code);
    skuai_arena_reset(arena, mark);
    return SKUA_OK;
}

bool skuai_non_product_shape(const char *code, size_t n_digit, size_t n) {
    if (!code || !*code || n < 40 || (double)n_digit < 0.95 * (double)n) return false;
    for (const char *c = code; *c; c++)
        if (*c >= '0' && *c <= '9') return false;
    return true;
}
