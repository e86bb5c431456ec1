#!/usr/bin/python3
"""Computes the facts of tests/reference/small_net.inc with PyTorch, in double precision.

    /usr/bin/python3 make_reference.py >small_net.inc      # Debian: python3-torch

A small float net (the topology is in check_reference.c): conv 3x3 with padding, batch norm, ReLU,
max-pool, conv 3x3 with padding, batch norm, ReLU, dense; 7 images of 2x8x6, 3 classes. All numbers
that go in come from one formula, exact in single precision, which both sides compute.
"""

import torch

torch.set_default_dtype(torch.float64)
BATCH, CLASSES = 7, 3
LABELS = torch.tensor([(5 * i + 1) % CLASSES for i in range(BATCH)])


def formula(stream, n, scale=1.0):
    """n numbers in [-scale/2, scale/2) with 16 bits, a different sequence for each stream."""
    values = []
    for i in range(n):
        x = (i + 1 + 7919 * stream) * 2654435761 % 2**32
        x = (x ^ x >> 15) * 2246822519 % 2**32
        values.append((x >> 16) / 2**16 - 0.5)
    return torch.tensor(values) * scale


class Net(torch.nn.Module):
    """The layers in the order of our network's parameters."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 4, 3, padding=1)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.conv2 = torch.nn.Conv2d(4, 5, 3, padding=1)
        self.bn2 = torch.nn.BatchNorm2d(5)
        self.dense = torch.nn.Linear(60, CLASSES)
        for stream, p in enumerate(self.parameters()):
            p.data = formula(stream, p.numel()).reshape(p.shape)
        for bn in (self.bn1, self.bn2):
            bn.weight.data = bn.weight.data * 0.5 + 1.0

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.nn.functional.max_pool2d(x, 2)
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.dense(x.flatten(1))


def images():
    return formula(100, BATCH * 2 * 8 * 6, 2.0).reshape(BATCH, 2, 8, 6)


def cross_entropy(z):
    return torch.nn.functional.cross_entropy(z, LABELS)


def squared_hinge(z):
    target = 2.0 * torch.nn.functional.one_hot(LABELS, CLASSES) - 1.0
    return torch.clamp(1.0 - target * z, min=0.0).square().mean()


def emit(name, values):
    print(f"static const double {name}[] = {{")
    numbers = [f"{float(v):.10g}" for v in values]
    for i in range(0, len(numbers), 6):
        print("    " + ", ".join(numbers[i:i + 6]) + ",")
    print("};")


def one_pass(name, loss_function):
    net = Net()
    z = net(images())
    loss = loss_function(z)
    loss.backward()
    emit(f"{name}_loss", [loss])
    emit(f"{name}_gradients", torch.cat([p.grad.flatten() for p in net.parameters()]))
    return net, z


def optimizer_run(name, make):
    """Loss before each of three steps and after them, then each tensor's sum with a weight a value."""
    net = Net()
    optimizer = make([{"params": [p for p in net.parameters() if p.dim() > 1]},
                      {"params": [p for p in net.parameters() if p.dim() == 1],
                       "weight_decay": 0.0}])
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = cross_entropy(net(images()))
        loss.backward()
        losses.append(loss)
        optimizer.step()
    losses.append(cross_entropy(net(images())))
    emit(f"{name}_losses", losses)
    emit(f"{name}_sums", [(p.data.flatten() * formula(200, p.numel())).sum()
                          for p in net.parameters()])


def main():
    print("/* small_net.inc - made by make_reference.py with PyTorch; do not edit. */")
    net, z = one_pass("cross_entropy", cross_entropy)
    emit("logits", z.detach().flatten())
    emit("running_statistics", torch.cat([net.bn1.running_mean, net.bn1.running_var,
                                          net.bn2.running_mean, net.bn2.running_var]))
    net.eval()
    emit("inference_logits", net(images()).detach().flatten())
    one_pass("squared_hinge", squared_hinge)
    optimizer_run("sgd", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9))
    optimizer_run("nesterov", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True,
                                                        weight_decay=0.1))
    optimizer_run("adam", lambda p: torch.optim.Adam(p, lr=0.01))
    optimizer_run("adam_l2", lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1))
    optimizer_run("adamw", lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1))


main()
