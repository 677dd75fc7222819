# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.00002
"""examples/shared_weights.cpp in PyTorch. Argument: a seed."""
import sys
import threading
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
seed = float(sys.argv[1]) if len(sys.argv) > 1 else 1
net = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)).eval()
with torch.no_grad():
    for p in net.parameters():  # numbers that the other one has as well, which stores matrices transposed
        numbers = np.sin(np.arange(1, p.numel() + 1) * (1 + seed))
        p.copy_(torch.tensor(numbers.reshape(tuple(p.shape)[::-1]).T / np.sqrt(p.shape[-1])))
questions = torch.tensor(np.sin(np.arange(1, 78401) * 0.1).reshape(100, 784), dtype=torch.float32)


def answers():
    with torch.no_grad():
        return torch.cat([net(rows) for rows in questions.split(16)])


def work(number):
    for again in range(3):
        found[number] = answers()


expected, found = answers(), [None] * 8
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("weights", 4 * sum(p.numel() for p in net.parameters()), "bytes")
print("eight threads:", "the same bits" if all(torch.equal(one, expected) for one in found) else "other bits")
print(f"mean answer {expected.abs().mean():.5f}")
