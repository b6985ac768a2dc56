/* benchmarks.h -- the benchmarks by name; main.c has the table. Each prints its figures and returns
 * 0 when it ran, met or missed. */
#ifndef SKUA_BENCH_BENCHMARKS_H
#define SKUA_BENCH_BENCHMARKS_H

int bench_m3(int argc, char **argv);
int bench_carparts(int argc, char **argv);
int bench_hospital(int argc, char **argv);
int bench_walmart_local(int argc, char **argv);
int bench_coverage(int argc, char **argv);
int bench_local_speed(int argc,
                      char **argv); /* argument: the peer's answers (peers/local_speed.py) */
int bench_panel_scale(int argc, char **argv);
int bench_stockout(int argc, char **argv);
int bench_anomalies(int argc, char **argv);
int bench_simulate(int argc, char **argv);
int bench_ingest(int argc, char **argv);
int bench_startup(int argc, char **argv); /* argument: the program */
int bench_oj(int argc, char **argv);      /* argument: seeds, 5 */
int bench_hierarchy(int argc, char **argv);
int bench_auto(int argc, char **argv);        /* arguments: preset, sets */
int bench_train_speed(int argc, char **argv); /* argument: answers of peers/net_speed.py */
int bench_infer_speed(int argc, char **argv);
int bench_peer_model(int argc, char **argv);
int bench_adversarial(int argc, char **argv); /* arguments: size of the attack, steps */
int bench_pruned(int argc, char **argv);      /* argument: a net that was compressed */
int bench_transfer(int argc, char **argv);    /* arguments: a set, a net */
int bench_tokenizer(int argc, char **argv);   /* argument: folder of peers/tokeniser.py */
int bench_cold_start(int argc, char **argv);  /* arguments: model, step of the origins */
int bench_elasticity(int argc, char **argv);
int bench_uplift(int argc, char **argv);
int bench_price(int argc, char **argv);
int bench_price_replay(int argc, char **argv); /* argument: --weeks N */
int bench_text_gain(int argc, char **argv);    /* argument: a language model's folder */
int bench_text_vectors(int argc, char **argv); /* argument: a folder with strings.bin */
int bench_text_speed(int argc,
                     char **argv); /* arguments: folder of peers/text_speed.py, MiniLM's */
int bench_picture_speed(int argc, char **argv);
int bench_fashion(int argc, char **argv);
int bench_pcmci(int argc, char **argv);      /* FOLDER of bench/peers/pcmci.py */
int bench_discovery(int argc, char **argv);  /* --seeds N */
int bench_shap_speed(int argc, char **argv); /* argument: folder of peers/shap_speed.py */
int bench_tags(int argc, char **argv);
int bench_trend(int argc, char **argv);        /* argument: dev, the half of development */
int bench_stock_replay(int argc, char **argv); /* argument: vegetables, fresh or simulated */
int bench_recommend(int argc, char **argv);    /* arguments: dev, or a folder of peers */
int bench_promo(int argc, char **argv);        /* argument: items, 5000 */
int bench_panel_scale_full(void);
int bench_zero_shot(int argc, char **argv);       /* argument: -n, without the combination */
int bench_untrained(int argc, char **argv);       /* arguments: sets */
int bench_zero_shot_speed(int argc, char **argv); /* argument: series, 30000 */
int bench_int8(int argc, char **argv);
int bench_robust(int argc, char **argv); /* argument: model, zero-shot */
int bench_memory(int argc, char **argv);

#endif
