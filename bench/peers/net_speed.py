"""The peer of train-speed and infer-speed: the demand transformer's net in PyTorch, eager. Prints one
JSON object: seconds by "mode_batch_threads_clock", the best of five after one to warm up.

    python net_speed.py train|infer
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

S, FEATURES, D, H, LAYERS, HIDDEN, PATCH = 77, 264, 192, 6, 5, 768, 8
LEVELS = torch.tensor([0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
RUNS = 5
half = D // H // 2
angle = torch.arange(S)[:, None] * 10000 ** (-torch.arange(half) / half)
COS, SIN = torch.cos(angle), torch.sin(angle)


def rotate(x):
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * COS - b * SIN, a * SIN + b * COS], -1)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.RMSNorm(D, eps=1e-5), torch.nn.RMSNorm(D, eps=1e-5)
        self.qkv, self.out = torch.nn.Linear(D, 3 * D), torch.nn.Linear(D, D)
        self.up, self.down = torch.nn.Linear(D, HIDDEN), torch.nn.Linear(HIDDEN, D)

    def forward(self, x, mask):
        b = x.shape[0]
        q, k, v = self.qkv(self.norm1(x)).reshape(b, S, 3, H, D // H).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(rotate(q), rotate(k), v, attn_mask=mask)
        x = x + self.out(a.transpose(1, 2).reshape(b, S, D))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.enter, self.enter_out, self.enter_skip = (torch.nn.Linear(FEATURES, D), torch.nn.Linear(D, D),
                                                       torch.nn.Linear(FEATURES, D))
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = torch.nn.RMSNorm(D, eps=1e-5)
        wide = PATCH * len(LEVELS)
        self.head, self.head_out, self.head_skip = torch.nn.Linear(D, D), torch.nn.Linear(D, wide), torch.nn.Linear(D, wide)

    def forward(self, x, mask):
        x = self.enter_out(F.silu(self.enter(x))) + self.enter_skip(x)
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x)
        return (self.head_out(F.silu(self.head(x))) + self.head_skip(x)).reshape(-1, len(LEVELS))


def batch_of(n):
    bias = torch.zeros(S, S)
    bias[:, 64:] = torch.where(torch.arange(64, S)[None, :] > torch.arange(S)[:, None], -1e9, 0.0)
    seen = torch.ones(n, 1, 1, S, dtype=torch.bool)
    mask = torch.where(seen, bias, torch.tensor(-1e9))
    return torch.rand(n, S, FEATURES) - 0.5, torch.rand(n * S * PATCH, 1) - 0.5, mask


def train_step(net, ema, optimiser, batch):
    x, target, mask = batch
    optimiser.zero_grad()
    e = target - net(x, mask)
    torch.maximum(LEVELS * e, (LEVELS - 1) * e).mean().backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    torch._foreach_lerp_(ema, [p.data for p in net.parameters()], 0.001)


def best(work, passes):
    wall, cpu = [], []
    for run in range(RUNS + 1):
        a, b = time.perf_counter(), time.process_time()
        for _ in range(passes):
            work()
        wall.append((time.perf_counter() - a) / passes)
        cpu.append((time.process_time() - b) / passes)
    return min(wall[1:]), min(cpu[1:])


torch.manual_seed(1)
result = {"version": torch.__version__}
mode = sys.argv[1]
for threads in ([1, 2] if mode == "train" else [2]):
    torch.set_num_threads(threads)
    for size in ([256] if mode == "train" else [1, 8, 256]):
        net, batch = Net(), batch_of(size)
        if mode == "train":
            optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
            ema = [p.detach().clone() for p in net.parameters()]
            seconds = best(lambda: train_step(net, ema, optimiser, batch), 1)
        else:
            net.eval()
            with torch.inference_mode():
                seconds = best(lambda: net(batch[0], batch[2]), max(1, 64 // size))
        for clock, value in zip(("wall", "cpu"), seconds):
            result[f"{mode}_{size}_{threads}_{clock}"] = value
print(json.dumps(result))
