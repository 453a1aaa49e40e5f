"""One case of ondol-bench's work list in PyTorch, as one JSON line.

    python pytorch_bench.py --case D/mlp_train/64 --threads 2 [--mode tuned] [--budget 2] [--clock cpu]

`tuned` is channels last for convolutions and the fused SGD.
"""

import argparse
import json
import os
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--case", required=True)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--budget", type=float, default=2.0)
parser.add_argument("--mode", choices=["eager", "tuned"], default="eager")
parser.add_argument("--runs", type=int, help="runs the case so often without timing it")
parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
now = time.thread_time if args.clock == "cpu" else time.perf_counter
tuned = args.mode == "tuned"
randn = torch.randn


def last(x):
    return x.to(memory_format=torch.channels_last) if tuned else x


def mlp():
    return nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )


def step(model, lr, momentum, loss, x, y):
    model = last(model)
    options = {"fused": True} if tuned else {}
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, **options)

    def run():
        value = loss(model(x), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    return run


def tiny(batch):
    model = nn.Sequential(nn.Linear(2, 16), nn.Sigmoid(), nn.Linear(16, 1), nn.Sigmoid())
    y = torch.randint(0, 2, (batch, 1)).float()
    return step(model, 0.01, 0.0, F.binary_cross_entropy, randn(batch, 2), y)


def epoch(model, momentum, batches):
    model = last(model)
    options = {"fused": True} if tuned else {}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=momentum, **options)

    def run():
        for x, y in batches():
            value = F.cross_entropy(model(last(x) if x.dim() == 4 else x), y)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()

    return run


def backward(module, x, g):
    def run():
        x.grad = None
        for parameter in module.parameters():
            parameter.grad = None
        module(x).backward(g)

    return run


def prepare(kind, p):
    if kind == "gemm_nn":
        a, b = randn(p[0], p[1]), randn(p[1], p[2])
        return lambda: torch.mm(a, b)
    if kind == "gemm_nt":
        x, w = randn(p[0], p[1]), randn(p[2], p[1])
        return lambda: F.linear(x, w)
    if kind == "gemm_dw":
        x, g = randn(p[0], p[1]), randn(p[0], p[2])
        return lambda: torch.mm(g.t(), x)
    if kind == "gemm_dx":
        g, w = randn(p[0], p[2]), randn(p[2], p[1])
        return lambda: torch.mm(g, w)
    if kind in ("add", "relu", "exp", "tanh", "sum_all"):
        x, y = randn(p[0]), randn(p[0])
        return {
            "add": lambda: x + y,
            "relu": lambda: torch.relu(x),
            "exp": lambda: torch.exp(x),
            "tanh": lambda: torch.tanh(x),
            "sum_all": lambda: x.sum(),
        }[kind]
    if kind.endswith("_out"):
        x, y = randn(p[0]), randn(p[0])
        z = torch.empty_like(x)
        return {
            "add_out": lambda: torch.add(x, y, out=z),
            "relu_out": lambda: torch.clamp_min(x, 0, out=z),
            "exp_out": lambda: torch.exp(x, out=z),
            "tanh_out": lambda: torch.tanh(x, out=z),
        }[kind]
    if kind in ("add_row", "sum_rows", "sum_cols"):
        x, row = randn(p[0], p[1]), randn(p[1])
        return {
            "add_row": lambda: x + row,
            "sum_rows": lambda: x.sum(1),
            "sum_cols": lambda: x.sum(0),
        }[kind]
    if kind == "softmax":
        x = randn(*p)
        return lambda: F.softmax(x, -1)
    if kind == "layer_norm":
        x, w, b = randn(*p), randn(p[1]), randn(p[1])
        return lambda: F.layer_norm(x, (p[1],), w, b)
    if kind == "lsm_nll_fb":
        x, y = randn(*p, requires_grad=True), torch.randint(0, p[1], (p[0],))

        def run():
            x.grad = None
            F.cross_entropy(x, y).backward()

        return run
    if kind in ("conv_f", "conv_fb"):
        n, inputs, hw, outputs = p
        conv = last(nn.Conv2d(inputs, outputs, 3, padding=1))
        x, g = last(randn(n, inputs, hw, hw)), last(torch.ones(n, outputs, hw, hw))
        if kind == "conv_f":
            def run():
                with torch.no_grad():
                    conv(x)

            return run
        return backward(conv, x.requires_grad_(inputs > 1), g)
    if kind == "maxpool_fb":
        x, g = last(randn(p[0], p[1], p[2], p[2])), last(torch.ones(p[0], p[1], p[2] // 2, p[2] // 2))
        return backward(nn.MaxPool2d(2), x.requires_grad_(), g)
    if kind == "batchnorm_fb":
        x, g = last(randn(p[0], p[1], p[2], p[2])), last(torch.ones(p[0], p[1], p[2], p[2]))
        return backward(nn.BatchNorm2d(p[1]), x.requires_grad_(), g)
    if kind == "mlp_train":
        return step(mlp(), 0.01, 0.0, F.cross_entropy, randn(p[0], 784), torch.randint(0, 10, (p[0],)))
    if kind == "cnn_train":
        x, y = last(randn(p[0], 1, 28, 28)), torch.randint(0, 10, (p[0],))
        return step(cnn(), 0.01, 0.9, F.cross_entropy, x, y)
    if kind in ("mlp_infer", "cnn_infer"):
        model = last((mlp() if kind == "mlp_infer" else cnn()).eval())
        x = randn(p[0], 784) if kind == "mlp_infer" else last(randn(p[0], 1, 28, 28))

        def run():
            with torch.inference_mode():
                model(x)

        return run
    if kind in ("tiny_train", "first_step"):
        return tiny(p[0])
    if kind == "steps_peak":
        one = tiny(20)
        return lambda: [one() for _ in range(p[0])]
    if kind == "deep_mlp":
        layers = [layer for _ in range(p[0]) for layer in (nn.Linear(64, 64), nn.ReLU())]
        return step(nn.Sequential(*layers), 0.01, 0.0, lambda out, _: out.sum(), randn(32, 64), None)
    if kind == "chain":
        x = randn(16, requires_grad=True)

        def run():
            x.grad = None
            y = x
            for _ in range(p[0] - 1):
                y = y + x
            y.sum().backward()

        return run
    if kind == "epoch_mlp_slices":
        xs, ys = randn(60000, 784), torch.randint(0, 10, (60000,))
        return epoch(mlp(), 0.0, lambda: ((xs[i:i + 64], ys[i:i + 64]) for i in range(0, 60000, 64)))
    if kind in ("epoch_mlp_loader", "epoch_mlp_peak", "epoch_cnn_loader"):
        from torch.utils.data import DataLoader
        from torchvision.datasets import FashionMNIST
        from torchvision.transforms import ToTensor

        images = FashionMNIST(os.environ["ONDOL_DATA"], train=True, transform=ToTensor())
        loader = DataLoader(images, batch_size=p[0], shuffle=True)
        if kind == "epoch_cnn_loader":
            return epoch(cnn(), 0.9, lambda: loader)
        return epoch(nn.Sequential(nn.Flatten(), mlp()), 0.0, lambda: loader)
    raise SystemExit(f"no case of this kind: {kind}")


def measure(run):
    """As ondol-bench does: at least five samples of at least 20 ms or one run each."""
    for _ in range(3):
        run()
    start, runs = now(), 0
    while runs == 0 or now() - start < 0.1:
        run()
        runs += 1
    inner = max(1, int(0.02 / ((now() - start) / runs)))
    samples, start = [], now()
    while len(samples) < 5 or (len(samples) < 25 and now() - start < args.budget):
        begin = now()
        for _ in range(inner):
            run()
        samples.append((now() - begin) / inner)
    return samples


_, kind, *rest = args.case.split("/")
work = prepare(kind, [int(x) for x in rest[0].split("x")] if rest else [])
found = {}
if args.runs is not None:
    for _ in range(args.runs):
        work()
elif kind.endswith("_peak"):
    work()
    found["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
else:
    if kind.startswith("epoch_"):
        start = time.perf_counter()
        work()
        samples = [time.perf_counter() - start]
    else:
        samples = measure(work)
    found["median_s"], found["min_s"] = statistics.median(samples), min(samples)
print(json.dumps({
    "peer": f"pytorch-{args.mode}",
    "case": f"{args.case}/t{args.threads}",
    **found,
    "extra": {"threads": args.threads, "version": torch.__version__},
}))
