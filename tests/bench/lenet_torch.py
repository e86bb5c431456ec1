"""The other side of bnnbench: LeNet-5 in PyTorch, one thread, an epoch whenever it is asked for.

    lenet_torch.py FOLDER N

FOLDER holds N images, as bytes, in the files `images` (28 x 28 each) and `labels`. First it says
"torch VERSION", or "missing REASON". Then, for each line

    train float|binarized BATCH N    it trains a new net for an epoch of N images: "seconds S"
    memory                           "megabytes M", the peak of its resident memory

The forms that proved fastest there: the images as floats in memory, no data loader, one gather into
a new order an epoch, sign() rather than where(), gradients set to None.
"""
import resource
import sys
import time

try:
    import torch
except Exception as problem:  # a broken installation raises more than ImportError
    print("missing", str(problem).splitlines()[0] if str(problem) else repr(problem), flush=True)
    sys.exit(0)

from torch import nn
from torch.nn import functional


class ClippedSign(torch.autograd.Function):
    """sign, with the gradient of hardtanh."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()

    @staticmethod
    def backward(ctx, gy):
        (x,) = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(gy, x, -1.0, 1.0)


class BinaryConv2d(nn.Conv2d):
    def forward(self, x):
        return functional.conv2d(x, ClippedSign.apply(self.weight))


class BinaryLinear(nn.Linear):
    def forward(self, x):
        return functional.linear(x, ClippedSign.apply(self.weight))


class LeNet5(nn.Module):
    """Pool, batch norm, activation behind each convolution, as the ordering pool_bn_act has it."""

    def __init__(self, binary):
        super().__init__()
        conv, linear = (BinaryConv2d, BinaryLinear) if binary else (nn.Conv2d, nn.Linear)
        bias = not binary
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = conv(6, 16, 5, bias=bias)
        self.fc1 = linear(400, 120, bias=bias)
        self.fc2 = linear(120, 84, bias=bias)
        self.fc3 = nn.Linear(84, 10)
        self.norm1, self.norm2 = nn.BatchNorm2d(6), nn.BatchNorm2d(16)
        self.norm3, self.norm4 = nn.BatchNorm1d(120), nn.BatchNorm1d(84)
        self.activation = ClippedSign.apply if binary else functional.relu
        self.latent = [m.weight for m in (self.conv2, self.fc1, self.fc2)] if binary else []

    def forward(self, x):
        x = self.activation(self.norm1(functional.max_pool2d(self.conv1(x), 2)))
        x = self.activation(self.norm2(functional.max_pool2d(self.conv2(x), 2)))
        x = self.activation(self.norm3(self.fc1(x.flatten(1))))
        x = self.activation(self.norm4(self.fc2(x)))
        return self.fc3(x)

    def clip(self):
        with torch.no_grad():
            for weight in self.latent:
                weight.clamp_(-1.0, 1.0)


def load(folder, n):
    images = torch.from_file(folder + "/images", size=n * 784, dtype=torch.uint8)
    labels = torch.from_file(folder + "/labels", size=n, dtype=torch.uint8)
    return (images.float() - 128.0).div_(128.0).view(n, 1, 28, 28), labels.long()


def train(images, labels, binary, batch, n):
    """Seconds of an epoch of a new net."""
    net = LeNet5(binary)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    net.train()
    start = time.perf_counter()
    order = torch.randperm(n)
    x, target = images[order], labels[order]
    for first in range(0, n, batch):
        logits = net(x[first : first + batch])
        loss = functional.cross_entropy(logits, target[first : first + batch])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        net.clip()
    return time.perf_counter() - start


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images, labels = load(sys.argv[1], int(sys.argv[2]))
    print("torch", torch.__version__, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "memory":
            kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print("megabytes", kilobytes * 1024e-6, flush=True)
        else:
            seconds = train(images, labels, words[1] == "binarized", int(words[2]), int(words[3]))
            print("seconds", repr(seconds), flush=True)


main()
