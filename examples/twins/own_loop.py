# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.01
"""examples/own_loop.cpp in PyTorch. Argument: a seed."""
import gzip, os, sys
import numpy as np
import torch
from torch import nn

torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
folder = os.environ.get("TFX_DATA", "/usr/share/datasets/fashion-mnist")
read = lambda name, head: np.frombuffer(gzip.open(f"{folder}/{name}-ubyte.gz").read(), np.uint8, offset=head)
pictures = lambda name: torch.tensor(read(name, 16).reshape(-1, 28, 28) / np.float32(255))
x, y = pictures("train-images-idx3")[:12000], torch.tensor(read("train-labels-idx1", 8).astype(int))[:12000]
x_test, y_test = pictures("t10k-images-idx3")[:2000], torch.tensor(read("t10k-labels-idx1", 8).astype(int))[:2000]

# region: steps
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
optimizer = torch.optim.Adam(net.parameters())


def learn(images, labels, rate):
    net.train()
    optimizer.param_groups[0]["lr"] = rate
    loss = nn.functional.cross_entropy(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1)
    optimizer.step()
    return loss.item()


def test(images, labels):
    net.eval()
    with torch.no_grad():
        return (net(images).argmax(1) == labels).float().mean().item()


# end region
# region: loop
for epoch in range(3):
    total = 0
    for batch in torch.randperm(12000).split(64):
        total += len(batch) * learn(x[batch], y[batch], 2e-3 / (1 + epoch))
    right = 0
    for batch in torch.arange(2000).split(64):
        right += len(batch) * test(x_test[batch], y_test[batch])
    print(f"epoch {epoch + 1}: loss {total / 12000:.3f}, accuracy {right / 2000:.3f}")
# end region
print(f"accuracy {right / 2000:.3f}")
