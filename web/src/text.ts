// What the console says, in both languages. A key that one language lacks is a type error.

const en = {
  overview: "Overview", items: "Items", models: "Models", data: "Data", shop: "Shop", language: "中文",
  theme: "Dark or light", skip: "Skip to content", menu: "Main menu",
  expectedUnits: "Expected units", next: "next {n} periods", versus: "{p} against the last {n}",
  itemsCount: "Items", series: "{n} series, a value a {f}", findings: "Findings", findingsKinds: "{n} kinds",
  accuracy: "Accuracy", accuracyOf: "WQL of the combination in its test; {p} better than {b}", noModel: "nothing trained yet",
  total: "All items", band: "80 % band", history: "Sold", mean: "Expected", moversTitle: "What changes most",
  warnings: "To look at", stale: "Sales came in since the last forecast. Run a new one.", noForecast: "There is no forecast yet.",
  rejected: "{n} rows could not be read.", allFine: "Nothing needs attention.", forecastNow: "Forecast now", downloadAll: "All forecasts as CSV",
  search: "Search items", searchHint: "name, title, category, brand", sort: "Order", sortExpected: "expected units", sortRecent: "sold lately",
  sortChange: "largest change", sortFindings: "findings", sortItem: "name", item: "Item", category: "Category", recent: "Sold lately",
  expected: "Expected", change: "Change", line: "Past and forecast", none: "No item matches.", itemsShown: "{n} items", loading: "Loading…",
  empty: "This shop holds no sales yet.", emptyWhat: "Read in a file of sales or orders to begin.", toData: "Go to Data", back: "All items",
  channel: "Channel", quantiles: "Quantiles", period: "Period", low: "10 %", median: "50 %", high: "90 %", note: "Made by",
  stockOut: "Could not be bought", promotion: "Promotion", cleaned: "As models see it", price: "Price", noFindings: "Nothing odd was found.",
  kind: "Kind", when: "When", why: "Why", before: "Before", after: "After", action: "Done", whatIf: "What if", whatIfText: "A forecast made now, with another horizon or price.",
  horizon: "Periods ahead", priceFactor: "Price", asPlanned: "as planned", ignoresPrice: "This model does not use prices: the answer is the same.",
  usesPrice: "{p} units against the plan", answered: "answered in {n} ms", noItemForecast: "No stored forecast of this item.", sumOf: "{n} units in {h} periods",
  sum80: "80 % of a normal", csv: "CSV", model: "Model in use", name: "Model", weights: "Weights", regular: "regular demand", intermittent: "intermittent demand",
  leaderboard: "Leaderboard", leaderboardText: "Backtest on rolling origins; lower is better. The combination's row was not scored on what chose it.",
  calibration: "Do quantiles hold?", calibrationText: "Share of outcomes below each level: on the line is right.", promised: "Promised", kept: "Kept",
  train: "Train", trainText: "Backtests the models of the preset and keeps the best combination.", preset: "Effort", fast: "fast", medium: "medium", best: "best",
  startTraining: "Start training", check: "Check the data", forecast: "Forecast", backtest: "Backtest", ingest: "Read in", jobs: "Work", noJobs: "Nothing was started from here yet.", cancel: "Stop",
  queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "stopped", runs: "Runs", seconds: "{n} s", started: "Started",
  baseline: "baseline", upload: "Read in a file", uploadText: "CSV, Parquet or JSON, compressed or not. You see how it is understood before anything changes.",
  chooseFile: "Choose a file", dropFile: "or drop it here", table: "What it is", auto: "find out", preview: "Preview", columns: "Columns", column: "Column", takenAs: "Taken as",
  because: "Because", readIn: "Read in", sending: "Sending", reading: "Reading", readDone: "{n} rows read, {a} new, {r} rejected.", files: "Files read", file: "File", rows: "Rows", rejects: "Rows that could not be read",
  noRejects: "Every row could be read.", lineNumber: "Line", allKinds: "all kinds", token: "This service wants a token", tokenText: "Ask whoever runs it. It is kept in this tab only.", tokenLabel: "Token", enter: "Enter",
  error: "That did not work", retry: "Try again", close: "Close", notThere: "This page does not exist.", offline: "The service cannot be reached.", planNow: "Expected in the next {h} periods", ended: "no longer sold", orMore: "and {n} more", reset: "Reset",
  plan: "Plan", trends: "Trends", why2: "Causes", whyTitle: "What moves demand", stockTab: "Stock", promoTab: "Promotions", priceTab: "Prices",
  workOut: "Work it out", workAgain: "Work it out again", resultOf: "Worked out {t} (UTC)", resultStale: "The shop has changed since this was worked out ({t}, UTC).",
  stockAbout: "What to order now, how much, and what runs out before an order can come. It needs stock on hand and lead times (table supply).",
  promoAbout: "Which items to promote, when and how deep, and what it brings.", priceAbout: "The price of most expected profit of every item, where the data reach.",
  trendAbout: "What rises and falls, since when, and what moved the total.", whyAbout: "What prices and promotions do to demand, with intervals, and what precedes what. This can take minutes.",
  order: "Order", place: "Place", onHand: "On hand", onOrder: "On order", lasts: "Lasts", upTo: "Up to", warning: "Warning", beyond: "beyond", deadStock: "{n} will not sell", runsOut: "runs out before it can come: {p}",
  ordersFor: "{n} orders for {m}", stockSummary: "from {f}, ordering every {r} periods of a {p}; saves {s}; {o} run out first, {d} hold too much", accept: "Accept these orders", acceptText: "Quantities can be changed. Accepted orders go into the table supply as goods on their way; the next plan counts them.", acceptAll: "Accept the plan",
  promoSummary: "{n} promotions of {i} items from {f} to {t}: expected profit {g} ± {d} beyond none, for {v} given away.", promoAgreed: "Of these, {n} were agreed before and bring {a}; what is new brings {g}.",
  promoBound: "No plan is better by more than {p}. Of an uplift {s} is taken from the weeks behind it (past promotions).", promoBroken: "What is announced breaks the rule {r}: it needs {x}, most of it for {i}. The plan leaves {n} of them out.",
  leftOut: "Left out: {n}", changeTo: "change to {p}", tryAt: "try at {p}", keepAt: "keep {p}", limitSeen: "prices seen so far", limitChange: "largest change allowed", limitCompetitor: "the competitor's price", limitBound: "a bound that was set", limitCategory: "a rule of its category", off: "Off", units: "Units", gain: "Gain", given: "Given away", agreed: "agreed",
  priceSummary: "{c} prices to change, {k} to keep, {y} to try: expected profit {n} to {v} over {h} periods of a {p}.", proposed: "Proposed", elasticity: "Price elasticity", heldBy: "Held by", unknown: "unknown",
  rising: "rising", falling: "falling", steady: "steady", newborn: "new", silent: "silent", ofSeries: "of {n} series", movedTotal: "What moved the total", movedText: "From {f} to {t} the shop sold {p} against the window before.",
  movedGrew: "what grew", movedFell: "what fell", movedNew: "what is new", movedEnded: "what ended", movers: "Rising and falling", slope: "a period", noMovers: "Nothing rises or falls for certain.", changePoints: "Change points", noChanges: "No level changed.",
  shares: "Shares of categories in a channel", opportunities: "Looked for more, not sold more", noOpportunities: "Nothing of that kind.",
  graph: "What precedes what", graphText: "A cause only if nothing was left out that drives both. Dashed: less of it.", noLinks: "Nothing precedes anything for certain.", from: "From", to: "To", lag: "Periods later", strength: "Strength", held: "In samples",
  between: "between {a} and {b}", uplift: "Promotion uplift", upliftLog: "Promotion uplift (log)", effects: "Effects by item", known: "Known", gained: "Units gained", refuted: "Does it stand?", refutedText: "The estimate tries to refute itself: at another time nothing should be left of it; a random cause and a part of the time should not change it.",
  estimate: "Estimate", placebo: "At another time", randomCause: "With a random cause", subset: "On four fifths", stands: "Stands", yes: "yes", doubt: "in doubt",
  explain: "Why this forecast", explainAbout: "What the forecast is made of, in units.", ordinary: "in ordinary times", nextOrder: "Next order", orderOf: "{n} units for {l}; arrives {d}", noOrder: "Nothing to order for {l}", orderWhy: "{h} on hand, {o} on order, {d} expected until the order after this one can come; from its arrival until then the chance to run out is {b} without it, {a} with it.",
  apply: "Apply", ignore: "Ignore", decided: "Decided; the next forecast reads it so.", decideLabel: "Decide", findingsWork: "Findings",
  chartHelp: "Drag to zoom, double click for all.", of: "{a} of {b}",
};

const zh: Record<keyof typeof en, string> = {
  overview: "概览", items: "商品", models: "模型", data: "数据", shop: "店铺", language: "English",
  theme: "深色或浅色", skip: "跳到内容", menu: "主菜单",
  expectedUnits: "预计销量", next: "未来 {n} 期", versus: "与最近 {n} 期相比 {p}",
  itemsCount: "商品数", series: "{n} 条序列，频率：{f}", findings: "异常", findingsKinds: "{n} 类",
  accuracy: "准确度", accuracyOf: "组合模型在测试期的 WQL；比 {b} 好 {p}", noModel: "尚未训练",
  total: "全部商品", band: "80% 区间", history: "已售", mean: "预计", moversTitle: "变化最大的商品",
  warnings: "需要注意", stale: "上次预测之后有新的销售数据，请重新预测。", noForecast: "尚无预测。",
  rejected: "有 {n} 行无法读取。", allFine: "没有需要处理的事项。", forecastNow: "立即预测", downloadAll: "导出全部预测 (CSV)",
  search: "搜索商品", searchHint: "编号、名称、类目、品牌", sort: "排序", sortExpected: "预计销量", sortRecent: "近期销量",
  sortChange: "变化最大", sortFindings: "异常数", sortItem: "编号", item: "商品", category: "类目", recent: "近期已售",
  expected: "预计", change: "变化", line: "历史与预测", none: "没有符合的商品。", itemsShown: "{n} 个商品", loading: "正在载入…",
  empty: "此店铺还没有销售数据。", emptyWhat: "请先读入销售或订单文件。", toData: "前往数据页", back: "全部商品",
  channel: "渠道", quantiles: "分位数", period: "日期", low: "10%", median: "50%", high: "90%", note: "所用方法",
  stockOut: "缺货", promotion: "促销", cleaned: "模型所见", price: "价格", noFindings: "未发现异常。",
  kind: "类型", when: "时间", why: "原因", before: "之前", after: "之后", action: "处理", whatIf: "假设分析", whatIfText: "即时预测：换一个期数或价格。",
  horizon: "预测期数", priceFactor: "价格", asPlanned: "按计划", ignoresPrice: "此模型不使用价格：结果相同。",
  usesPrice: "与计划相差 {p} 件", answered: "用时 {n} 毫秒", noItemForecast: "该商品没有已存的预测。", sumOf: "{h} 期共 {n} 件",
  sum80: "80% 区间", csv: "CSV", model: "当前模型", name: "模型", weights: "权重", regular: "常规需求", intermittent: "间歇需求",
  leaderboard: "排行榜", leaderboardText: "滚动回测；越低越好。组合模型的成绩不来自选择它的数据。",
  calibration: "分位数是否可靠？", calibrationText: "低于各分位的实际比例：落在线上即为准确。", promised: "承诺", kept: "实际",
  train: "训练", trainText: "回测所选档位的模型，保留最佳组合。", preset: "档位", fast: "快速", medium: "中等", best: "最佳",
  startTraining: "开始训练", check: "检查数据", forecast: "预测", backtest: "回测", ingest: "读入", jobs: "任务", noJobs: "尚未从此处启动任务。", cancel: "停止",
  queued: "等待中", running: "运行中", done: "完成", failed: "失败", cancelled: "已停止", runs: "运行记录", seconds: "{n} 秒", started: "开始时间",
  baseline: "基线", upload: "读入文件", uploadText: "CSV、Parquet 或 JSON，可压缩。更改之前会先显示识别结果。",
  chooseFile: "选择文件", dropFile: "或拖到此处", table: "文件类型", auto: "自动识别", preview: "预览", columns: "列", column: "列名", takenAs: "识别为",
  because: "依据", readIn: "读入", sending: "正在发送", reading: "正在读取", readDone: "读取 {n} 行，新增 {a} 行，拒绝 {r} 行。", files: "已读文件", file: "文件", rows: "行数", rejects: "无法读取的行",
  noRejects: "所有行均可读取。", lineNumber: "行号", allKinds: "全部类型", token: "此服务需要令牌", tokenText: "请向管理员索取。令牌只保存在此标签页。", tokenLabel: "令牌", enter: "进入",
  error: "操作失败", retry: "重试", close: "关闭", notThere: "页面不存在。", offline: "无法连接服务。", planNow: "未来 {h} 期预计", ended: "已停售", orMore: "另有 {n} 项", reset: "重置",
  plan: "计划", trends: "趋势", why2: "因果", whyTitle: "什么影响需求", stockTab: "库存", promoTab: "促销", priceTab: "价格",
  workOut: "开始计算", workAgain: "重新计算", resultOf: "计算于 {t} (UTC)", resultStale: "店铺数据在计算（{t}，UTC）之后已有变化。",
  stockAbout: "现在该订什么、订多少，以及哪些会在到货前卖完。需要现有库存与交货期（supply 表）。",
  promoAbout: "促销哪些商品、何时、多大力度，以及收益。", priceAbout: "在数据可及之处，每个商品预期利润最大的价格。",
  trendAbout: "什么在涨、什么在跌、从何时开始，以及总量变化的来源。", whyAbout: "价格与促销对需求的影响（含区间），以及先后关系。可能需要几分钟。",
  order: "订货量", place: "地点", onHand: "现有", onOrder: "在途", lasts: "可维持", upTo: "补至", warning: "提醒", beyond: "超出预测期", deadStock: "{n} 件将卖不掉", runsOut: "到货前卖完：{p}",
  ordersFor: "{n} 笔订单，金额 {m}", stockSummary: "自 {f} 起，每 {r} 期（{p}）订货一次；节省 {s}；{o} 个会先缺货，{d} 个过量", accept: "接受这些订单", acceptText: "数量可以修改。接受的订单写入 supply 表作为在途货物，下次计划会计入。", acceptAll: "接受计划",
  promoSummary: "{f} 至 {t}，{i} 种商品共 {n} 个促销：与不促销相比预期利润 {g} ± {d}，让利 {v}。", promoAgreed: "其中 {n} 个此前已定，带来 {a}；新增的带来 {g}。",
  promoBound: "任何方案最多再好 {p}。促销增量中有 {s} 来自其后几周（按以往促销估计）。", promoBroken: "已公布的促销违反规则 {r}：需要 {x}，其中最多的是 {i}。方案未列入其中 {n} 个。",
  leftOut: "未列入：{n} 项", changeTo: "调整为 {p}", tryAt: "试行 {p}", keepAt: "保持 {p}", limitSeen: "历史价格范围", limitChange: "允许的最大调幅", limitCompetitor: "竞争对手价格", limitBound: "已设的界限", limitCategory: "类目规则", off: "折扣", units: "件数", gain: "收益", given: "让利", agreed: "已定",
  priceSummary: "{c} 个价格需调整，{k} 个保持，{y} 个待试：{h} 期（{p}）内预期利润由 {n} 变为 {v}。", proposed: "建议", elasticity: "价格弹性", heldBy: "限制", unknown: "未知",
  rising: "上升", falling: "下降", steady: "平稳", newborn: "新品", silent: "无销量", ofSeries: "共 {n} 条序列", movedTotal: "总量变化的来源", movedText: "{f} 至 {t}，店铺销量与前一窗口相比 {p}。",
  movedGrew: "增长部分", movedFell: "下降部分", movedNew: "新品", movedEnded: "停售", movers: "上升与下降", slope: "每期", noMovers: "没有确定的上升或下降。", changePoints: "变点", noChanges: "水平没有变化。",
  shares: "各渠道的类目份额", opportunities: "关注上升而销量未跟上", noOpportunities: "没有此类情况。",
  graph: "先后关系", graphText: "只有在没有遗漏共同原因时才是因果。虚线表示减少。", noLinks: "没有确定的先后关系。", from: "从", to: "到", lag: "滞后期数", strength: "强度", held: "样本中出现",
  between: "介于 {a} 与 {b}", uplift: "促销提升", upliftLog: "促销提升（对数）", effects: "各商品的效应", known: "可知性", gained: "增加件数", refuted: "是否成立？", refutedText: "估计会尝试推翻自己：换到别的时间应当没有效应；加入随机原因或只用部分时间不应改变结果。",
  estimate: "估计值", placebo: "换时间", randomCause: "加随机原因", subset: "五分之四数据", stands: "成立", yes: "是", doubt: "存疑",
  explain: "预测的原因", explainAbout: "预测由哪些部分组成（件）。", ordinary: "通常水平", nextOrder: "下次订货", orderOf: "{l}：{n} 件，{d} 到货", noOrder: "{l}：无需订货", orderWhy: "现有 {h}，在途 {o}，到再下一次订货到货前预计需求 {d}；从本次到货到那时的缺货概率，不订货为 {b}，订货后为 {a}。",
  apply: "采用", ignore: "忽略", decided: "已决定；下次预测将照此读取。", decideLabel: "决定", findingsWork: "异常处理",
  chartHelp: "拖动可放大，双击还原。", of: "{a} / {b}",
};

export type Key = keyof typeof en;
export type Language = "en" | "zh";

/** Kinds of findings and frequencies, as the engine names them. */
const names: Record<string, string> = {
  "stock-out": "缺货", outlier: "离群值", text: "文字", successor: "换代", bundle: "组合装", dead: "停售", duplicate: "重复", "near-duplicate": "近似重复", picture: "图片", "same-picture": "图片相同",
  "unit-change": "单位变化", price: "价格", gap: "缺口", wholesale: "批发", "non-product": "非商品", negative: "负值", category: "类目", "price-error": "价格错误", return: "退货",
  change: "调整为", keep: "保持", try: "试行", rising: "上升", falling: "下降", steady: "平稳", newborn: "新品", silent: "无销量",
  "recent sales": "近期销量", promotion: "促销", calendar: "日历", trend: "趋势", season: "季节", "the item": "商品本身",
  known: "已知", borrowed: "参照同类", "never moved": "从未变动", "moved only together": "只与促销同变", "too little sold": "销量太少", "moved too little": "变动太小", untrained: "未训练",
  // stages of work
  reading: "读取", "reading sales": "读取销量", writing: "写入", orders: "订货", promotions: "促销", prices: "价格", "prices of then": "当时的价格", "forecasts of then": "当时的预测", trends: "趋势", effects: "效应", bootstrap: "自助抽样", dependence: "输入曲线", "series explained": "解释序列", perturbations: "扰动", residuals: "残差", replay: "重放", neighbours: "近邻",
  hour: "小时", day: "天", week: "周", month: "月", quarter: "季度", year: "年", applied: "已处理", proposed: "建议", rejected: "已忽略",
};

let current: Language = "en";

export function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

export const getLanguage = (): Language => current;

export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = (current === "zh" ? zh : en)[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export const engineName = (name: string): string => (current === "zh" ? (names[name] ?? name) : name);

export function number(x: number | null | undefined, digits = 0): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  const small = Math.abs(x) < 10 && x !== 0 ? Math.max(digits, 1) : digits;
  return new Intl.NumberFormat(current === "zh" ? "zh-CN" : "en", { maximumFractionDigits: small }).format(x);
}

export function percent(x: number | null | undefined, sign = true): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  return new Intl.NumberFormat(current === "zh" ? "zh-CN" : "en", {
    style: "percent", maximumFractionDigits: Math.abs(x) < 0.1 ? 1 : 0, ...(sign ? { signDisplay: "exceptZero" as const } : {}),
  }).format(x);
}
