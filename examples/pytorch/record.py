"""Records the file that `examples/save_load_pytorch.rs` opens: the notes' network, trained by PyTorch to
tell two pairs of blobs apart, and what PyTorch answers for the four middles.

    python record.py        (torch 2.15)
"""

import torch

torch.manual_seed(0)


class NeuralNet(torch.nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.linear_1 = torch.nn.Linear(input_size, hidden_size)
        self.linear_2 = torch.nn.Linear(hidden_size, 1)

    def forward(self, x):
        return torch.sigmoid(self.linear_2(torch.relu(self.linear_1(x))))


centers = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
y = torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(20)
x = centers.repeat(20, 1) + 0.3 * torch.randn(80, 2)
model = NeuralNet(2, 5)
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
for _ in range(500):
    optimizer.zero_grad()
    torch.nn.BCELoss()(model(x).squeeze(), y).backward()
    optimizer.step()
torch.save(model.state_dict(), "neural_net.pt")
print([round(p, 4) for p in model(centers).squeeze().tolist()])
