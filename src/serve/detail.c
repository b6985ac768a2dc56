#include "serve/detail.h"

#include <string.h>

enum { HOLES = 4 };

/* An English sentence with `*` where something of the request stands, and the Chinese one with $1
 * to $4 for these. The first that fits is taken. */
static const struct {
    const char *english, *chinese;
} sentences[] = {
    {"*: need a whole number from * to *", "$1：须为 $2 到 $3 的整数。"},
    {"*: need a number", "$1：须为数字。"},
    {"*: need true or false", "$1：须为 true 或 false。"},
    {"sort: need item, expected, recent, change or findings",
     "sort：须为 item、expected、recent、change 或 findings。"},
    {"'*' is no member of this body", "正文不接受成员“$1”。"},
    {"the body is no JSON object", "正文不是 JSON 对象。"},
    {"the body nests deeper than * levels", "正文嵌套超过 $1 层。"},
    {"line *, column *: *", "JSON 第 $1 行第 $2 列有误（$3）。"},
    {"verb: need check, train, forecast, backtest, plan, trend, cause, explain or findings, not "
     "'*'",
     "verb：须为 check、train、forecast、backtest、plan、trend、cause、explain 或 "
     "findings，不能是“$1”"
     "。"},
    {"what: need stock, promo or price", "what：须为 stock、promo 或 price。"},
    {"what: only a plan takes it", "what：只有 plan 接受此项。"},
    {"settings: too many", "settings：项目过多。"},
    {"settings: '*' is none that a job takes", "settings：任务不接受“$1”。"},
    {"settings: * wants a text, a number or true or false",
     "settings：$1 须为文本、数字、true 或 false。"},
    {"* jobs wait already", "已有 $1 个任务在等待。"},
    {"name: need a file's name that ends in a letter or digit, as sales.csv",
     "name：须为以字母或数字结尾的文件名，如 sales.csv。"},
    {"no upload '*'", "没有上传“$1”。"},
    {"another part of this upload is coming in", "此上传的另一部分正在接收。"},
    {"offset: * bytes have come, go on from there", "offset：已收到 $1 字节，请从此处继续。"},
    {"a part has at most * bytes, an upload at most *",
     "每部分最多 $1 字节，整个上传最多 $2 字节。"},
    {"an upload cannot be written: *", "无法写入上传（$1）。"},
    {"the * holds a broken escape, a control character or broken UTF-8",
     "地址含有错误的转义、控制字符或错误的 UTF-8（$1）。"},
    {"the path has more than * parts", "路径超过 $1 段。"},
    {"the path may not hold '.' or '..'", "路径不可含有 . 或 ..。"},
    {"more than * parameters", "参数超过 $1 个。"},
    {"the address is longer than * bytes", "地址超过 $1 字节。"},
    {"the address does not begin with a slash", "地址不以斜杠开头。"},
    {"price: need a factor above 0, at most *", "price：须为大于 0、不超过 $1 的倍数。"},
    {"horizon: at most *", "horizon：最多 $1 期。"},
    {"* has no sales yet", "$1 尚无销量。"},
    {"*: no price is known ahead, so none can be changed; ingest sales with a price",
     "$1：未来价格未知，无法更改；请读入含价格的销量。"},
    {"*: the shop tells no price for the periods ahead", "$1：店铺没有给出未来各期的价格。"},
    {"there is no series to forecast", "没有可预测的序列。"},
};

/* Lay text over a pattern; what stands in its holes goes to start and size. */
static bool fits(const char *pattern, const char *text, const char **start, size_t *size) {
    size_t hole = 0;
    while (*pattern) {
        if (*pattern != '*') {
            if (*pattern++ != *text++) return false;
            continue;
        }
        size_t literal = strcspn(++pattern, "*");
        const char *end = text;
        if (literal == 0) {
            end += strlen(text);
        } else { /* a last piece has to end the text, others are where they first come */
            size_t left = strlen(text);
            bool last = pattern[literal] == '\0';
            if (left < literal) return false;
            if (last) end += left - literal;
            while (strncmp(end, pattern, literal) != 0)
                if (last || !*end++) return false;
        }
        if (hole == HOLES) return false;
        start[hole] = text;
        size[hole++] = (size_t)(end - text);
        text = end;
    }
    return *text == '\0';
}

bool skuai_detail_chinese(const char *english, skuai_buffer *chinese) {
    const char *start[HOLES] = {NULL};
    size_t size[HOLES] = {0};
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (!fits(sentences[i].english, english, start, size)) continue;
        for (const char *c = sentences[i].chinese; *c; c++) {
            if (*c != '$') {
                (void)skuai_buffer_add(chinese, c, 1);
                continue;
            }
            size_t hole = (size_t)(*++c - '1');
            (void)skuai_buffer_add(chinese, start[hole], size[hole]);
        }
        return true;
    }
    return false;
}
