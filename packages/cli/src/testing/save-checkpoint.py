"""Saves a checkpoint as R2Gen's trainer does, for tests of `raca import-weights`.

save-checkpoint.py OUT.pth [--legacy] [--bare] [--gpus] [--resnet N] [--images OUT.f32] WEIGHTS.safetensors
save-checkpoint.py OUT.pth [--legacy] --full WORDS        a random R2Gen of full size with ResNet-101
save-checkpoint.py OUT.pth [--legacy] --backbone N        torchvision's names alone, with a classifier

Several of these with a + between them are made in one go.

--images writes a random image [1, 64, 64, 3] and the features that PyTorch computes from it, channels last.
"""
import argparse
import json
import math
import struct
import sys

import torch
from torch import nn


class Block(nn.Module):
    """A residual block under torchvision's names: basic, or a bottleneck."""

    def __init__(self, width, planes, stride, bottleneck):
        super().__init__()
        self.bottleneck = bottleneck
        out = planes * (4 if bottleneck else 1)
        kernels = [1, 3, 1] if bottleneck else [3, 3]
        strides = [1, stride, 1] if bottleneck else [stride, 1]
        widths = [width] + [planes] * (len(kernels) - 1) + [out]
        for i, (kernel, step) in enumerate(zip(kernels, strides), 1):
            conv = nn.Conv2d(widths[i - 1], widths[i], kernel, step, kernel // 2, bias=False)
            setattr(self, f"conv{i}", conv)
            setattr(self, f"bn{i}", nn.BatchNorm2d(widths[i]))
        if stride > 1 or width != out:
            self.downsample = nn.Sequential(nn.Conv2d(width, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        else:
            self.downsample = None

    def forward(self, x):
        y = x
        last = 3 if self.bottleneck else 2
        for i in range(1, last + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = torch.relu(y) if i < last else y
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


NETS = {18: ([2, 2, 2, 2], False), 34: ([3, 4, 6, 3], False), 50: ([3, 4, 6, 3], True), 101: ([3, 4, 23, 3], True)}
CHILDREN = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"]


def resnet(depth):
    """The children of a ResNet in a sequence, as R2Gen keeps them, with statistics that are not the first ones."""
    counts, bottleneck = NETS[depth]
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    width, stages = 64, []
    for stage, count in enumerate(counts):
        blocks = []
        for i in range(count):
            planes = 64 * 2**stage
            blocks.append(Block(width, planes, 2 if stage > 0 and i == 0 else 1, bottleneck))
            width = planes * (4 if bottleneck else 1)
        stages.append(nn.Sequential(*blocks))
    net = nn.Sequential(*stem, *stages).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.3, 0.9)
    return net


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    return {
        name: torch.frombuffer(data, dtype=torch.float32, count=math.prod(v["shape"]), offset=v["data_offsets"][0])
        .reshape(v["shape"])
        .clone()
        for name, v in header.items()
        if name != "__metadata__"
    }


def full_r2gen(words, d=512, layers=3, slots=3):
    """Random weights in the shapes of R2Gen's encoder-decoder."""
    shapes = {"att_embed.0.weight": [d, 2048], "att_embed.0.bias": [d]}

    def linear(name, out, inner):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = [out, inner], [out]

    def attention(name):
        for k in range(4):
            linear(f"{name}.linears.{k}", d, d)

    def norm(name, memory):
        shapes[f"{name}.gamma"], shapes[f"{name}.beta"] = [d], [d]
        for kind in ("gamma", "beta") if memory else ():
            linear(f"{name}.mlp_{kind}.0", d, slots * d)
            linear(f"{name}.mlp_{kind}.2", d, d)

    for part, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "src_attn"])):
        for i in range(layers):
            at = f"model.{part}.layers.{i}"
            for name in attentions:
                attention(f"{at}.{name}")
            linear(f"{at}.feed_forward.w_1", d, d)
            linear(f"{at}.feed_forward.w_2", d, d)
            for k in range(len(attentions) + 1):
                norm(f"{at}.sublayer.{k}.norm", part == "decoder")
        norm(f"model.{part}.norm", False)
    shapes["model.tgt_embed.0.lut.weight"] = [words + 1, d]
    attention("model.rm.attn")
    linear("model.rm.mlp.0", d, d)
    linear("model.rm.mlp.2", d, d)
    linear("model.rm.W", 2 * d, d)
    linear("model.rm.U", 2 * d, d)
    linear("logit", words + 1, d)
    draw = lambda shape: torch.randn(shape) / math.sqrt(shape[-1]) if len(shape) > 1 else torch.zeros(shape)
    weights = {name: draw(shape) for name, shape in shapes.items()}
    for name in weights:
        if name.endswith("norm.gamma"):
            weights[name] = torch.ones(d)
    return weights


def checkpoint(state):
    """What R2Gen's trainer saves: the state_dict beside epoch, optimiser and best score."""
    parameters = [nn.Parameter(value.clone()) for value in state.values() if value.is_floating_point()]
    optimizer = torch.optim.Adam(parameters, lr=1e-4, amsgrad=True)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return {"epoch": 3, "state_dict": state, "optimizer": optimizer.state_dict(), "monitor_best": 0.17}


def save(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("weights", nargs="?")
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--bare", action="store_true", help="the state_dict without a checkpoint around it")
    parser.add_argument("--gpus", action="store_true", help="names as DataParallel makes them")
    parser.add_argument("--resnet", type=int)
    parser.add_argument("--images")
    parser.add_argument("--full", type=int)
    parser.add_argument("--backbone", type=int)
    args = parser.parse_args(argv)
    torch.manual_seed(1)
    if args.backbone:
        net = resnet(args.backbone)
        state = {f"{CHILDREN[int(n.split('.')[0])]}.{n.split('.', 1)[1]}": v for n, v in net.state_dict().items()}
        state.update({"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)})
    else:
        inner = full_r2gen(args.full) if args.full else read_safetensors(args.weights)
        width = inner["model.tgt_embed.0.lut.weight"].shape[1]
        inner.update({f"model.{n}": v for n, v in inner.items() if n.startswith("cmn.")})  # R2GenCMN shares it
        inner["model.tgt_embed.1.pe"] = torch.zeros(1, 5000, width)
        depth = 101 if args.full else args.resnet
        net = resnet(depth) if depth else None
        visual = {f"visual_extractor.model.{n}": v for n, v in net.state_dict().items()} if net else {}
        state = {**visual, **{f"encoder_decoder.{n}": v for n, v in inner.items()}}
    if args.images:
        x = torch.randn(1, 3, 64, 64)
        with torch.no_grad():
            y = net(x)
        values = torch.cat([t.permute(0, 2, 3, 1).flatten() for t in (x, y)])
        with open(args.images, "wb") as file:
            file.write(values.numpy().tobytes())
    if args.gpus:
        state = {f"module.{name}": value for name, value in state.items()}
    saved = state if args.bare or args.backbone else checkpoint(state)
    torch.save(saved, args.out, _use_new_zipfile_serialization=not args.legacy)


job = []
for argument in [*sys.argv[1:], "+"]:
    if argument == "+":
        save(job)
        job = []
    else:
        job.append(argument)
