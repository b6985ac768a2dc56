"""Textbook stock policies by stockpyl (Snyder). Writes stock.tsv: case, then numbers.

    python tests/golden/stock/make.py
"""
import pathlib

from stockpyl.eoq import economic_order_quantity, economic_order_quantity_with_backorders
from stockpyl.loss_functions import (negative_binomial_loss, normal_loss, normal_second_loss,
                                     poisson_loss)
from stockpyl.newsvendor import newsvendor_normal, newsvendor_poisson
from stockpyl.rq import r_q_cost, r_q_cost_poisson, r_q_optimal_r_for_q, r_q_poisson_exact
from stockpyl.ss import s_s_cost_discrete, s_s_discrete_exact

rows = []


def row(name, *numbers):
    rows.append("\t".join([name] + [repr(float(x)) for x in numbers]))


# overage, underage, mean, sd -> level, cost. The first two are the README's, then Snyder & Shen's
# example 4.3 and problem 4.1
for h, p, mean, sd in ((2, 18, 120, 10), (0.18, 0.70, 50, 8), (0.1765, 0.70, 50, 8), (1, 15, 900, 60),
                       (43, 79, 900, 60)):
    row("newsvendor_normal", h, p, mean, sd, *newsvendor_normal(h, p, mean, sd))
for h, p, mean in ((0.18, 0.70, 50), (1, 4, 6), (2, 18, 0.4)):
    row("newsvendor_poisson", h, p, mean, *newsvendor_poisson(h, p, mean))
for k, h, rate in ((8, 0.225, 1300), (500, 1, 20)):
    row("eoq", k, h, 0, rate, *economic_order_quantity(k, h, rate))
for k, h, p, rate in ((8, 0.225, 5, 1300), (300, 2, 7, 55)):
    q, _, cost = economic_order_quantity_with_backorders(k, h, p, rate)
    row("eoq", k, h, p, rate, q, cost)
# lead-time mean and sd of a normal law
for r, q, h, p, k, mean, sd, lead in ((126, 328.5, 0.225, 7.5, 8, 1300, 150, 1 / 12), (60, 150, 1, 20, 100, 30, 12, 2)):
    row("reorder_normal_cost", r, q, h, p, k, mean, mean * lead, sd * lead ** 0.5,
        r_q_cost(r, q, h, p, k, mean, sd, lead))
    row("reorder_normal_point", q, h, p, k, mean, mean * lead, sd * lead ** 0.5,
        r_q_optimal_r_for_q(q, h, p, mean, sd, lead, tol=1e-10))
for h, p, k, mean, lead in ((20, 150, 100, 1.5, 2), (1, 9, 5, 4, 3), (2, 30, 60, 10, 1)):
    r, q, cost = r_q_poisson_exact(h, p, k, mean, lead)
    row("reorder_poisson", h, p, k, mean, mean * lead, r, q, cost)
    row("reorder_poisson_cost", r + 2, q + 3, h, p, k, mean, mean * lead,
        r_q_cost_poisson(r + 2, q + 3, h, p, k, mean, lead))
for h, p, k, mean in ((1, 4, 5, 6), (1, 9, 64, 10), (1, 9, 64, 25), (0.5, 20, 30, 1.5)):
    s, S, cost = s_s_discrete_exact(h, p, k, True, mean)
    row("order_up_to_poisson", h, p, k, mean, s, S, cost)
    row("order_up_to_poisson_cost", s - 1, S + 4, h, p, k, mean,
        s_s_cost_discrete(s - 1, S + 4, h, p, k, True, mean))
for x in (35, 50, 61.5):
    row("loss_normal", 50, 8, x, normal_loss(x, 50, 8)[0], normal_second_loss(x, 50, 8)[0])
for x in (0, 3, 7):
    row("loss_poisson", 4.5, x, poisson_loss(x, 4.5)[0])
for x in (0, 3, 14):
    row("loss_negative_binomial", 4.5, 2.25, x,
        negative_binomial_loss(x, mean=4.5, sd=(4.5 + 4.5 ** 2 / 2.25) ** 0.5)[0])
pathlib.Path(__file__).with_name("stock.tsv").write_text("\n".join(rows) + "\n")
