# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.01
"""examples/transfer.cpp in PyTorch. Argument: a seed; or the word "write", which trains the body and writes transfer.safetensors."""
import gzip, os, pathlib, sys
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

folder = os.environ.get("TFX_DATA", "/usr/share/datasets/fashion-mnist")
read = lambda name, head: np.frombuffer(gzip.open(f"{folder}/{name}-ubyte.gz").read(), np.uint8, offset=head)
pictures = lambda name: torch.tensor(read(name, 16).reshape(-1, 1, 28, 28) / np.float32(255))
labels = lambda name: torch.tensor(read(name, 8).astype(int))
x, y = pictures("train-images-idx3"), labels("train-labels-idx1")
x_test, y_test = pictures("t10k-images-idx3")[:2000], labels("t10k-labels-idx1")[:2000]
path = pathlib.Path(__file__).with_suffix(".safetensors")


class Pretrained(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.conv2, self.bn2 = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16)
        self.fc = nn.Linear(784, 2)

    def body(self, x):
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 2)
        return nn.functional.max_pool2d(self.bn2(self.conv2(x)).relu(), 2).flatten(1)

    def forward(self, x):
        return self.fc(self.body(x))


def train(network, parameters, x, y, epochs):
    optimizer = torch.optim.Adam(parameters, 2e-3)
    for epoch in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()


net = Pretrained()
if sys.argv[1:] == ["write"]:  # is it a shoe?
    torch.manual_seed(0)
    train(net, net.parameters(), x[20000:30000], (y[20000:30000].unsqueeze(1) == torch.tensor([5, 7, 9])).any(1).long(), 2)
    save_file(net.state_dict(), path)
    sys.exit()
torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
# region: part
net.load_state_dict(load_file(path))
net.eval().requires_grad_(False)
head = nn.Linear(784, 10)
whole = lambda images: head(net.body(images))
train(whole, head.parameters(), x[:2000], y[:2000], 5)
# end region
with torch.no_grad():
    print(f"accuracy {(whole(x_test).argmax(1) == y_test).float().mean():.3f}")
