//! The code of the notes that the tour follows stands in it, in the notes' order.

use crate::page::read;

/// Every piece of code in the notes, their slips put right.
const NOTES: &[&str] = &[
    "conda create -n koos_torch python=3.8",
    "conda install pytorch torchvision torchaudio cudatoolkit=11.0 -c pytorch",
    "pip install torchtext",
    "pip install numpy matplotlib scikit-learn",
    "pip install jupyter",
    "import torch",
    "print(torch.cuda.is_available())",
    "print(torch.cuda.device_count())",
    "print(torch.cuda.get_device_name(torch.cuda.current_device()))",
    "torch.__version__",
    "x = torch.tensor([[1,2,3],[4,5,6],[7,8,9]])",
    "print(\"Size:\", x.size())",
    "print(\"Shape:\", x.shape)",
    "print(\"랭크(차원):\", x.ndimension())",
    "torch.unsqueeze(x, 0)",
    "torch.squeeze(x)",
    "x.view(9)",
    "w = torch.randn(5, 3, dtype=torch.float)",
    "wx = torch.mm(w, x) + b",
    "w = torch.tensor(1.0, requires_grad=True)",
    "l = (w*3)**2",
    "l.backward()",
    "w.grad",
    "x_train = torch.FloatTensor(x_train)",
    "class NeuralNet(torch.nn.Module):",
    "def __init__(self, input_size, hidden_size):",
    "super(NeuralNet, self).__init__()",
    "criterion = torch.nn.BCELoss()",
    "optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)",
    "test_loss_before.item()",
    "model.train()",
    "zero_grad()",
    "train_loss.backward()",
    "optimizer.step()",
    "torch.save(model.state_dict(), './model.pt')",
    "new_model.load_state_dict(torch.load('./model.pt'))",
    "torch.utils.data",
    "torchvision.datasets",
    "torchvision.transforms",
    "torchvision.utils",
    "transform = transforms.Compose([",
    "transforms.ToTensor()",
    "train_loader = data.DataLoader(",
    "dataset     = trainset",
    "batch_size  = batch_size",
    "dataiter = iter(train_loader)",
    "images, labels = next(dataiter)",
];

#[test]
fn every_line_of_code_is_in_the_tour() {
    for page in ["docs/tour.md", "docs/tour.ko.md"] {
        let text = read(page);
        let mut rest = &*text;
        for code in NOTES {
            let place = rest.find(code);
            let place =
                place.unwrap_or_else(|| panic!("{page}: {code:?} is missing or out of order"));
            rest = &rest[place..];
        }
    }
}
