"""Golden values of the engine: PyTorch in double precision on one thread.
    python make.py    (torch, numpy)
Writes values.csv: rows of name, index, value. Every case starts from numbers that are written too,
so that nothing depends on anybody's random numbers."""
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(3)
rows = []


def keep(name, value):
    value = value.detach() if isinstance(value, torch.Tensor) else torch.tensor(value)
    for i, v in enumerate(value.reshape(-1).tolist()):
        rows.append((name, i, v))


def given(name, *shape, scale=1.0):
    """A tensor of numbers that a float holds exactly, kept under its name, that wants a gradient."""
    value = torch.tensor((rng.normal(size=shape) * scale).astype(np.float32).astype(np.float64))
    keep(name, value)
    return value.requires_grad_()


# -- a net of two layers, eight wide: outputs, loss, gradients, ten steps of AdamW -------------------
B, S, D, H, HIDDEN, IN, LEVELS = 2, 5, 8, 2, 12, 6, [0.1, 0.5, 0.9]
x = given("net.x", B, S, IN).detach()
target = given("net.target", B * S).detach()
weight = torch.rand(B * S, generator=torch.Generator().manual_seed(1)).float().double() + 0.5
keep("net.weight", weight)
seen = torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]], dtype=torch.bool)
missing = 3  # this target is NaN
p = {}


def parameter(name, *shape, scale=0.3, shift=0.0):
    value = torch.tensor((shift + rng.normal(size=shape) * scale).astype(np.float32).astype(np.float64))
    keep("net.value." + name, value)
    p[name] = value.requires_grad_()


parameter("in.weight", D, IN), parameter("in.bias", D)
for layer in range(2):
    k = f"encoder.{layer}."
    parameter(k + "norm1.weight", D, shift=1, scale=0.1), parameter(k + "norm1.bias", D, scale=0.1)
    parameter(k + "attention.qkv.weight", 3 * D, D), parameter(k + "attention.qkv.bias", 3 * D)
    parameter(k + "attention.out.weight", D, D), parameter(k + "attention.out.bias", D)
    parameter(k + "norm2.weight", D, shift=1, scale=0.1), parameter(k + "norm2.bias", D, scale=0.1)
    parameter(k + "feed_forward.in.weight", HIDDEN, D), parameter(k + "feed_forward.in.bias", HIDDEN)
    parameter(k + "feed_forward.out.weight", D, HIDDEN), parameter(k + "feed_forward.out.bias", D)
parameter("encoder.final.weight", D, shift=1, scale=0.1), parameter("encoder.final.bias", D, scale=0.1)
parameter("head.weight", 3, D), parameter("head.bias", 3)


def rotate(v):  # [B, H, S, d], halves turn together
    half = v.shape[-1] // 2
    angle = torch.arange(v.shape[-2]).double()[:, None] * 10000 ** (-torch.arange(half).double() / half)
    a, b, c, s = v[..., :half], v[..., half:], torch.cos(angle), torch.sin(angle)
    return torch.cat([a * c - b * s, a * s + b * c], -1)


def split(v):
    return v.reshape(v.shape[0], v.shape[1], H, D // H).transpose(1, 2)


def net():
    y = F.linear(x, p["in.weight"], p["in.bias"])
    for layer in range(2):
        k = f"encoder.{layer}."
        h = F.layer_norm(y, (D,), p[k + "norm1.weight"], p[k + "norm1.bias"], 1e-5)
        qkv = F.linear(h, p[k + "attention.qkv.weight"], p[k + "attention.qkv.bias"])
        q, key, v = (split(part) for part in qkv.chunk(3, -1))
        a = F.scaled_dot_product_attention(rotate(q), rotate(key), v, attn_mask=seen[:, None, None, :])
        a = a.transpose(1, 2).reshape(B, S, D)
        y = y + F.linear(a, p[k + "attention.out.weight"], p[k + "attention.out.bias"])
        h = F.layer_norm(y, (D,), p[k + "norm2.weight"], p[k + "norm2.bias"], 1e-5)
        h = F.gelu(F.linear(h, p[k + "feed_forward.in.weight"], p[k + "feed_forward.in.bias"]))
        y = y + F.linear(h, p[k + "feed_forward.out.weight"], p[k + "feed_forward.out.bias"])
    y = F.layer_norm(y, (D,), p["encoder.final.weight"], p["encoder.final.bias"], 1e-5)
    return F.linear(y, p["head.weight"], p["head.bias"]).reshape(B * S, 3)


def pinball(out):
    use = torch.arange(B * S) != missing
    e = target[use, None] - out[use]
    level = torch.tensor(LEVELS)
    loss = torch.maximum(level * e, (level - 1) * e).mean(1)
    return (loss * weight[use]).sum() / weight[use].sum()


decayed = [v for v in p.values() if v.dim() >= 2]
others = [v for v in p.values() if v.dim() < 2]
optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
                              lr=0.01, betas=(0.9, 0.99), eps=1e-8)
for step in range(10):
    optimiser.zero_grad()
    out = net()
    loss = pinball(out)
    loss.backward()
    if step == 0:
        keep("net.out", out)
        for name, v in p.items():
            keep("net.gradient." + name, v.grad)
    keep(f"net.loss.{step}", loss)
    norm = torch.sqrt(sum((v.grad**2).sum() for v in p.values()))
    keep(f"net.norm.{step}", norm)
    for v in p.values():  # Pascanu et al. 2013 without PyTorch's 1e-6 in the divisor
        v.grad *= min(1.0, 0.1 / float(norm))
    optimiser.step()
for name, v in p.items():
    keep("net.trained." + name, v)

# -- a GRU over a sequence -----------------------------------------------------------------------------
gru = torch.nn.GRU(3, 4, batch_first=True)
gx, gh = given("gru.x", 2, 5, 3), given("gru.h0", 2, 4)
weights = {}
for mine, theirs, shape in [("w_input", "weight_ih_l0", (12, 3)), ("w_hidden", "weight_hh_l0", (12, 4)),
                            ("b_input", "bias_ih_l0", (12,)), ("b_hidden", "bias_hh_l0", (12,))]:
    value = given("gru." + mine, *shape, scale=0.5)
    weights[mine] = getattr(gru, theirs)
    weights[mine].data = value.detach().clone()
states, _ = gru(gx, gh[None])
keep("gru.y", states)
(states**2).mean().backward()
keep("gru.gradient.x", gx.grad), keep("gru.gradient.h0", gh.grad)
for mine, value in weights.items():
    keep("gru.gradient." + mine, value.grad)

# -- attention, causal, with more keys than queries, a bias and positions --------------------------------
q, k, v = given("attention.q", 2, 3, 8), given("attention.k", 2, 5, 8), given("attention.v", 2, 5, 8)
bias = given("attention.bias", 2, 3, 5).detach()
causal = torch.arange(5)[None, :] <= torch.arange(3)[:, None] + 2
mask = torch.where(causal, bias, torch.tensor(-math.inf))[None]
a = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=mask, scale=0.4)
a = a.transpose(1, 2).reshape(2, 3, 8)
keep("attention.y", a)
(a**2).mean().backward()
keep("attention.gradient.q", q.grad), keep("attention.gradient.k", k.grad), keep("attention.gradient.v", v.grad)

# -- losses ---------------------------------------------------------------------------------------------
n = 7
w = torch.tensor([1.0, 0.5, 2.0, 0.0, 1.0, 3.0, 1.0])
counts = torch.tensor([0.0, 1.0, 3.0, 40.0, 0.0, 250.0, 2.0])
a = given("negative_binomial.x", n, 2, scale=2)
mean, size = F.softplus(a[:, 0]) + 1e-6, F.softplus(a[:, 1]) + 1e-6
loss = -torch.distributions.NegativeBinomial(size, logits=torch.log(mean / size)).log_prob(counts)
loss = (loss * w).sum() / w.sum()
loss.backward()
keep("negative_binomial.loss", loss), keep("negative_binomial.gradient", a.grad)

a, t = given("student_t.x", n, 3, scale=2), given("student_t.target", n, scale=3).detach()
law = torch.distributions.StudentT(2 + F.softplus(a[:, 2]), a[:, 0], F.softplus(a[:, 1]) + 1e-6)
loss = (-law.log_prob(t) * w).sum() / w.sum()
loss.backward()
keep("student_t.loss", loss), keep("student_t.gradient", a.grad)

a = given("cross_entropy.x", n, 4, scale=2)
classes = torch.tensor([0, 3, -1, 1, 2, 2, 0])
use = classes >= 0
loss = (F.cross_entropy(a[use], classes[use], reduction="none") * w[use]).sum() / w[use].sum()
loss.backward()
keep("cross_entropy.loss", loss), keep("cross_entropy.gradient", a.grad)

# -- activations and norms ----------------------------------------------------------------------------------
a = torch.linspace(-6, 6, 25)
keep("activation.x", a)
for name, f in [("gelu", F.gelu), ("gelu_tanh", lambda z: F.gelu(z, approximate="tanh")), ("relu", F.relu),
                ("silu", F.silu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("softplus", F.softplus)]:
    keep("activation." + name, f(a))
a, g = given("rms_norm.x", 3, 6, scale=2), given("rms_norm.gain", 6)
y = F.rms_norm(a, (6,), g, 1e-5)
keep("rms_norm.y", y)
(y**2).mean().backward()
keep("rms_norm.gradient.x", a.grad), keep("rms_norm.gradient.gain", g.grad)

with open(pathlib.Path(__file__).parent / "values.csv", "w") as file:
    file.write("name,index,value\n")
    for name, i, v in rows:
        file.write(f"{name},{i},{v:.12g}\n")
