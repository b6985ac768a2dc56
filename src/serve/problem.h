/* problem.h -- what the service says when it refuses: code, HTTP status, and sentences in English
 * and Chinese (room serve). */
#ifndef SKUA_SERVE_PROBLEM_H
#define SKUA_SERVE_PROBLEM_H

#include "core/json.h"

typedef enum skuai_language { SKUAI_ENGLISH, SKUAI_CHINESE, SKUAI_LANGUAGES } skuai_language;

/* code, name, HTTP status, what is wrong (en, zh), what to do (en, zh) */
#define SKUAI_PROBLEM_MAP(X)                                                                       \
    X(BAD_TARGET, "bad_target", 400, "The address cannot be read.", "无法解析该地址。",            \
      "Percent-encode names as UTF-8.", "请用 UTF-8 百分号编码名称。")                             \
    X(BAD_PARAMETER, "bad_parameter", 400, "A parameter is wrong.", "参数有误。",                  \
      "See /openapi.json for what is allowed.", "允许的取值见 /openapi.json。")                    \
    X(BAD_BODY, "bad_body", 400, "The body cannot be read.", "无法解析请求正文。",                 \
      "Send one JSON object as /openapi.json describes.",                                          \
      "请按 /openapi.json 发送一个 JSON 对象。")                                                   \
    X(NO_TOKEN, "no_token", 401, "This service wants a token.", "此服务需要令牌。",                \
      "Send the header Authorization: Bearer TOKEN.", "请发送请求头 Authorization: Bearer 令牌。") \
    X(READ_ONLY, "read_only", 403, "This token may only read.", "此令牌只能读取。",                \
      "Use the write token.", "请使用写入令牌。")                                                  \
    X(FOREIGN, "foreign_origin", 403, "A page of another site may not ask this service.",          \
      "不接受其他网站页面的请求。", "Open the console of this service itself.",                    \
      "请直接打开本服务的控制台。")                                                                \
    X(NOT_FOUND, "not_found", 404, "There is nothing under this address.", "该地址下没有内容。",   \
      "See /openapi.json for all addresses.", "全部地址见 /openapi.json。")                        \
    X(NO_ITEM, "no_item", 404, "The shop has no such item.", "店铺中没有该商品。",                 \
      "Search with /items?search=...", "可用 /items?search=… 搜索。")                              \
    X(NO_METHOD, "no_method", 405, "This address does not take that method.",                      \
      "该地址不支持此方法。", "The header Allow names those it takes.",                            \
      "可用的方法见响应头 Allow。")                                                                \
    X(SLOW, "too_slow", 408, "The body came too slowly.", "请求正文发送过慢。",                    \
      "Send it again, in smaller parts.", "请分成更小的部分重新发送。")                            \
    X(CONFLICT, "conflict", 409, "That does not fit what is there.", "与现有状态不符。",           \
      "Ask for the present state and go on from there.", "请先查询当前状态再继续。")               \
    X(NO_FORECAST, "no_forecast", 404, "There is no forecast of this item yet.",                   \
      "该商品尚无预测。", "Run a forecast job, or ask for one on the fly with POST.",              \
      "请运行预测任务，或用 POST 即时预测。")                                                      \
    X(NO_RESULT, "no_result", 404, "This was not worked out yet.", "尚未计算。",                   \
      "Start it with POST to jobs, and ask again when it is done.",                                \
      "请用 POST 在 jobs 下启动，完成后再查询。")                                                  \
    X(TOO_LARGE, "too_large", 413, "The body is too large.", "请求正文过大。",                     \
      "Send it in smaller parts.", "请分成更小的部分发送。")                                       \
    X(NOT_JSON, "not_json", 415, "The body is not declared as JSON.", "请求正文未声明为 JSON。",   \
      "Send Content-Type: application/json.", "请发送 Content-Type: application/json。")           \
    X(MISDIRECTED, "wrong_host", 421, "This service does not answer under that host name.",        \
      "本服务不以该主机名应答。", "Use the address that skua serve printed, or --host NAME.",      \
      "请使用 skua serve 打印的地址，或设置 --host。")                                             \
    X(REFUSED, "refused", 422, "The engine refused the request.", "引擎拒绝了该请求。",            \
      "Change what the message names.", "请按说明修改。")                                          \
    X(TOO_MANY, "too_many", 429, "Too many requests.", "请求过多。",                               \
      "Wait as long as Retry-After says.", "请按 Retry-After 等待后重试。")                        \
    X(ENGINE, "engine_failed", 500, "The engine failed.", "引擎出错。",                            \
      "See the log of skua serve; report it if it stays.",                                         \
      "请查看 skua serve 的日志；若持续出现请报告。")                                              \
    X(BUSY, "busy", 503, "The service is busy or stopping.", "服务繁忙或正在停止。",               \
      "Try again in a few seconds.", "请几秒后重试。")                                             \
    X(NOT_READY, "not_ready", 503, "The shop is not loaded yet.", "店铺尚未载入。",                \
      "Try again in a few seconds; /readyz tells when.", "请稍后重试；/readyz 会告知。")           \
    X(NO_SPACE, "no_space", 507, "The disk is full or not writable.", "磁盘已满或不可写。",        \
      "Make room in the workspace's folder.", "请清理工作区所在磁盘。")

typedef enum skuai_problem {
#define SKUAI_PROBLEM_ENUM(id, name, status, en, zh, remedy_en, remedy_zh) SKUAI_PROBLEM_##id,
    SKUAI_PROBLEM_MAP(SKUAI_PROBLEM_ENUM)
#undef SKUAI_PROBLEM_ENUM
        SKUAI_PROBLEMS
} skuai_problem;

unsigned skuai_problem_status(skuai_problem problem);
const char *skuai_problem_name(skuai_problem problem);

/* {"code", "message", "where", "remedy", "detail"}; detail (NULL allowed) is a sentence of the
 * engine that follows the message; one that cannot be said in the caller's language stands by
 * itself. */
void skuai_problem_write(skuai_json_writer *w, skuai_problem problem, skuai_language language,
                         const char *where, const char *detail);

/* The language that an Accept-Language header (NULL allowed) prefers of those that we speak. */
skuai_language skuai_language_choose(const char *header);

/* The problem that a failure of the engine is. */
skuai_problem skuai_problem_of(skua_status status);

#endif
