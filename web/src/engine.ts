// Sentences of the engine in Chinese: it says them in English, with names and numbers in them. One
// that is not here is shown as it came.
import { getLanguage } from "./text";

const sentences: [RegExp, string][] = [
  [/^combination of (\d+), most (.+)$/, "$1 个模型的组合，以 $2 为主"],
  [/^demand of (.+)$/, "$1需求"], [/^demand$/, "需求"], [/^price of (.+)$/, "$1价格"], [/^price$/, "价格"], [/^promotions? of (.+)$/, "$1促销"], [/^promotions?$/, "促销"],
  [/^available a part of the time: what was sold is a lower bound$/, "部分时间可售：销量是需求的下限"],
  [/^not available: demand as its neighbours and group have it$/, "不可售：需求按相邻时段与同组商品估计"],
  [/^stock ended at 0: what was sold is a lower bound$/, "期末库存为 0：销量是需求的下限"],
  [/^no sales for longer than the item's rate allows$/, "无销量的时间超出该商品的正常水平"],
  [/^no value between periods that have one$/, "前后时段有值，此处缺失"],
  [/^another form of the same text: composition, width or spaces$/, "同一文字的另一种写法：组合、全半角或空格"],
  [/^'(.+)' says that it replaces it$/, "“$1”注明替代它"],
  [/^the bundle holds itself, so no bundle is exploded$/, "组合装包含自身，因此未拆分"],
  [/^its units are demand for its parts, which take its place$/, "其销量计为组成部分的需求"],
  [/^more was returned than sold: demand is not below 0$/, "退货多于销量：需求不低于 0"],
  [/^first sold (\S+): (\d+) periods of history$/, "$1 首次售出：仅有 $2 期历史"],
  [/^sells in (\d+) months? of the year from month (\d+) on$/, "每年只在 $2 月起的 $1 个月内销售"],
  [/^(.+): the usual price then is (\S+)$/, "$1：当时通常价格为 $2"],
  [/^named '(.+)': nothing is demanded$/, "名为“$1”：并非需求"],
  [/^the title '(.+)' names (\S+) pieces$/, "标题“$1”写明 $2 件"],
  [/^(.+): no depth keeps its price at cost (\S+) and margin (\S+); the deepest cut that does is (\S+)$/, "$1：按成本 $2 与毛利 $3，没有可行的折扣；最多可降 $4"],
  [/^(.+) at (.+): cost of a shortage must be >= 0, and is (\S+)$/, "$1（$2）：缺货成本须不小于 0，现为 $3（售价低于成本？）"],
  [/^(.+) at (.+): (.+) must be >= 0(?: periods)?, and is (\S+)$/, "$1（$2）：$3 须不小于 0，现为 $4"],
];

export function sentence(text: string): string {
  if (getLanguage() !== "zh") return text;
  for (const [pattern, chinese] of sentences) if (pattern.test(text)) return text.replace(pattern, chinese);
  return text;
}

/** A sentence that the engine gives in both languages. */
export const either = (english: string | undefined, chinese: string | undefined): string => (getLanguage() === "zh" ? chinese || english : english) ?? "";
