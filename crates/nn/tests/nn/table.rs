//! Every layer beside PyTorch's: its text, and the keys and shapes of its state dict.

use ondol_nn::functional::{Bag, Gelu, InterpolateMode};
use ondol_nn::*;

const RECORDED: &str = include_str!("fixtures/layers.txt");

/// What PyTorch makes so, made here.
#[rustfmt::skip]
fn check_all(check: &mut dyn FnMut(&str, &dyn Module)) {
    let layers: &[(&str, &dyn Module)] = &[
        ("nn.Conv1d(4,6,3)", &Conv1d::new(4, 6, 3)),
        ("nn.Conv1d(4,6,3,stride=2,padding=1,dilation=2,groups=2,bias=False,padding_mode='circular')", &Conv1d::new(4, 6, 3).stride(2).padding(1).dilation(2).groups(2).bias(false).padding_mode(PaddingMode::Circular)),
        ("nn.Conv2d(3,8,(3,5),padding='same')", &Conv2d::new(3, 8, (3, 5)).padding(Padding::Same)),
        ("nn.Conv2d(3,8,3,padding='valid')", &Conv2d::new(3, 8, 3).padding(Padding::Valid)),
        ("nn.Conv3d(1,2,3,padding=(1,2,1),padding_mode='replicate')", &Conv3d::new(1, 2, 3).padding((1, 2, 1)).padding_mode(PaddingMode::Replicate)),
        ("nn.ConvTranspose1d(4,6,3)", &ConvTranspose1d::new(4, 6, 3)),
        ("nn.ConvTranspose2d(4,6,3,stride=2,padding=1,output_padding=1,groups=2,bias=False,dilation=2)", &ConvTranspose2d::new(4, 6, 3).stride(2).padding(1).output_padding(1).groups(2).bias(false).dilation(2)),
        ("nn.ConvTranspose3d(1,2,(1,2,3))", &ConvTranspose3d::new(1, 2, (1, 2, 3))),
        ("nn.MaxPool1d(3,stride=2,padding=1)", &MaxPool1d::new(3).stride(2).padding(1)),
        ("nn.MaxPool2d(3,2,1,ceil_mode=True)", &MaxPool2d::new(3).stride(2).padding(1).ceil_mode(true)),
        ("nn.MaxPool2d((3,2))", &MaxPool2d::new((3, 2))),
        ("nn.MaxPool3d((1,2,3),dilation=2)", &MaxPool3d::new((1, 2, 3)).dilation(2)),
        ("nn.MaxUnpool1d(2)", &MaxUnpool1d::new(2)),
        ("nn.MaxUnpool2d((2,3),stride=2,padding=1)", &MaxUnpool2d::new((2, 3)).stride(2).padding(1)),
        ("nn.MaxUnpool3d(2)", &MaxUnpool3d::new(2)),
        ("nn.AvgPool1d(3,2,1,ceil_mode=True,count_include_pad=False)", &AvgPool1d::new(3).stride(2).padding(1).ceil_mode(true).count_include_pad(false)),
        ("nn.AvgPool2d((3,2),2,(1,0),True,False,5)", &AvgPool2d::new((3, 2)).stride(2).padding((1, 0)).divisor_override(5)),
        ("nn.AvgPool3d((1,2,3))", &AvgPool3d::new((1, 2, 3))),
        ("nn.AdaptiveAvgPool1d(5)", &AdaptiveAvgPool1d::new(5)),
        ("nn.AdaptiveAvgPool2d((5,None))", &AdaptiveAvgPool2d::new([Some(5), None])),
        ("nn.AdaptiveAvgPool3d((1,2,3))", &AdaptiveAvgPool3d::new((1, 2, 3))),
        ("nn.AdaptiveMaxPool1d(4)", &AdaptiveMaxPool1d::new(4)),
        ("nn.AdaptiveMaxPool2d((3,2))", &AdaptiveMaxPool2d::new((3, 2))),
        ("nn.AdaptiveMaxPool3d(2)", &AdaptiveMaxPool3d::new(2)),
        ("nn.LPPool1d(2,3)", &LPPool1d::new(2.0, 3)),
        ("nn.LPPool2d(1.5,(2,3),stride=2,ceil_mode=True)", &LPPool2d::new(1.5, (2, 3)).stride(2).ceil_mode(true)),
        ("nn.LPPool3d(2,2)", &LPPool3d::new(2.0, 2)),
        ("nn.BatchNorm1d(4)", &BatchNorm1d::new(4)),
        ("nn.BatchNorm2d(4,bias=False)", &BatchNorm2d::new(4).bias(false)),
        ("nn.BatchNorm3d(4,momentum=None,affine=False)", &BatchNorm3d::new(4).momentum(None).affine(false)),
        ("nn.LayerNorm(10)", &LayerNorm::new(10)),
        ("nn.LayerNorm((3,4),elementwise_affine=False)", &LayerNorm::new((3, 4)).elementwise_affine(false)),
        ("nn.LayerNorm(4,bias=False,eps=1e-6)", &LayerNorm::new(4).bias(false).eps(1e-6)),
        ("nn.GroupNorm(2,4)", &GroupNorm::new(2, 4)),
        ("nn.GroupNorm(2,4,affine=False)", &GroupNorm::new(2, 4).affine(false)),
        ("nn.InstanceNorm1d(4)", &InstanceNorm1d::new(4)),
        ("nn.InstanceNorm2d(4,affine=True,track_running_stats=True)", &InstanceNorm2d::new(4).affine(true).track_running_stats(true)),
        ("nn.InstanceNorm3d(4)", &InstanceNorm3d::new(4)),
        ("nn.RMSNorm(10)", &RMSNorm::new(10)),
        ("nn.RMSNorm((3,4),eps=1e-6,elementwise_affine=False)", &RMSNorm::new((3, 4)).eps(1e-6).elementwise_affine(false)),
        ("nn.LocalResponseNorm(3)", &LocalResponseNorm::new(3)),
        ("nn.Dropout()", &Dropout::default()),
        ("nn.Dropout1d()", &Dropout1d::default()),
        ("nn.Dropout2d(0.2)", &Dropout2d::new(0.2)),
        ("nn.Dropout3d()", &Dropout3d::default()),
        ("nn.AlphaDropout()", &AlphaDropout::default()),
        ("nn.FeatureAlphaDropout(.1)", &FeatureAlphaDropout::new(0.1)),
        ("nn.Embedding(10,3)", &Embedding::new(10, 3)),
        ("nn.Embedding(10,3,padding_idx=-1,max_norm=1.,norm_type=1.,scale_grad_by_freq=True)", &Embedding::new(10, 3).padding_idx(-1).max_norm(1.0).norm_type(1.0).scale_grad_by_freq(true)),
        ("nn.EmbeddingBag(10,3)", &EmbeddingBag::new(10, 3)),
        ("nn.EmbeddingBag(10,3,mode='sum',max_norm=1.,padding_idx=1,include_last_offset=True,scale_grad_by_freq=True)", &EmbeddingBag::new(10, 3).mode(Bag::Sum).max_norm(1.0).padding_idx(1).include_last_offset(true).scale_grad_by_freq(true)),
        ("nn.ReLU()", &ReLU::new()),
        ("nn.ReLU6()", &ReLU6::new()),
        ("nn.SELU()", &SELU::new()),
        ("nn.SiLU()", &SiLU::new()),
        ("nn.Mish()", &Mish::new()),
        ("nn.Softsign()", &Softsign::new()),
        ("nn.Tanhshrink()", &Tanhshrink::new()),
        ("nn.Hardsigmoid()", &Hardsigmoid::new()),
        ("nn.Hardswish()", &Hardswish::new()),
        ("nn.LogSigmoid()", &LogSigmoid::new()),
        ("nn.Sigmoid()", &Sigmoid::new()),
        ("nn.Tanh()", &Tanh::new()),
        ("nn.Softmax2d()", &Softmax2d::new()),
        ("nn.Identity()", &Identity::new()),
        ("nn.LeakyReLU()", &LeakyReLU::new()),
        ("nn.ELU()", &ELU::new()),
        ("nn.CELU()", &CELU::new()),
        ("nn.Softplus()", &Softplus::new()),
        ("nn.Hardtanh()", &Hardtanh::new()),
        ("nn.Hardshrink()", &Hardshrink::new()),
        ("nn.Softshrink()", &Softshrink::new()),
        ("nn.GELU()", &GELU::new()),
        ("nn.PReLU()", &PReLU::new()),
        ("nn.RReLU()", &RReLU::new()),
        ("nn.PReLU(3)", &PReLU::new().num_parameters(3)),
        ("nn.GELU('tanh')", &GELU::new().approximate(Gelu::Tanh)),
        ("nn.LeakyReLU(.2)", &LeakyReLU::new().negative_slope(0.2)),
        ("nn.Threshold(0.1,20)", &Threshold::new(0.1, 20.0)),
        ("nn.GLU()", &GLU::default()),
        ("nn.Softmin(1)", &Softmin::new(1)),
        ("nn.Softmax(-1)", &Softmax::new(-1)),
        ("nn.LogSoftmax(1)", &LogSoftmax::new(1)),
        ("nn.L1Loss()", &L1Loss::new()),
        ("nn.MSELoss()", &MSELoss::new()),
        ("nn.SmoothL1Loss()", &SmoothL1Loss::new()),
        ("nn.HuberLoss()", &HuberLoss::new()),
        ("nn.CrossEntropyLoss()", &CrossEntropyLoss::new()),
        ("nn.NLLLoss()", &NLLLoss::new()),
        ("nn.BCELoss()", &BCELoss::new()),
        ("nn.BCEWithLogitsLoss()", &BCEWithLogitsLoss::new()),
        ("nn.KLDivLoss()", &KLDivLoss::new()),
        ("nn.HingeEmbeddingLoss()", &HingeEmbeddingLoss::new()),
        ("nn.MarginRankingLoss()", &MarginRankingLoss::new()),
        ("nn.SoftMarginLoss()", &SoftMarginLoss::new()),
        ("nn.MultiMarginLoss()", &MultiMarginLoss::new()),
        ("nn.MultiLabelMarginLoss()", &MultiLabelMarginLoss::new()),
        ("nn.MultiLabelSoftMarginLoss()", &MultiLabelSoftMarginLoss::new()),
        ("nn.CosineEmbeddingLoss()", &CosineEmbeddingLoss::new()),
        ("nn.TripletMarginLoss()", &TripletMarginLoss::new()),
        ("nn.TripletMarginWithDistanceLoss()", &TripletMarginWithDistanceLoss::new()),
        ("nn.PoissonNLLLoss()", &PoissonNLLLoss::new()),
        ("nn.GaussianNLLLoss()", &GaussianNLLLoss::new()),
        ("nn.CTCLoss()", &CTCLoss::new()),
        ("nn.MultiMarginLoss(weight=torch.ones(3))", &MultiMarginLoss::new().weight(Tensor::ones(3))),
        ("nn.MultiLabelSoftMarginLoss(weight=torch.ones(3))", &MultiLabelSoftMarginLoss::new().weight(Tensor::ones(3))),
        ("nn.BCEWithLogitsLoss(pos_weight=torch.ones(2))", &BCEWithLogitsLoss::new().pos_weight(Tensor::ones(2))),
        ("nn.Upsample(scale_factor=2)", &Upsample::scale_factor(2.0)),
        ("nn.Upsample(size=(2,3),mode='bilinear')", &Upsample::size((2, 3)).mode(InterpolateMode::Bilinear)),
        ("nn.Upsample(scale_factor=(2.,1.5),mode='bicubic',align_corners=True)", &Upsample::scale_factor((2.0, 1.5)).mode(InterpolateMode::Bicubic).align_corners(true)),
        ("nn.UpsamplingNearest2d(scale_factor=2)", &UpsamplingNearest2d::scale_factor(2.0)),
        ("nn.UpsamplingBilinear2d(size=4)", &UpsamplingBilinear2d::size(4)),
        ("nn.PixelShuffle(2)", &PixelShuffle::new(2)),
        ("nn.PixelUnshuffle(2)", &PixelUnshuffle::new(2)),
        ("nn.ChannelShuffle(2)", &ChannelShuffle::new(2)),
        ("nn.Fold((4,5),(2,3))", &Fold::new((4, 5), (2, 3))),
        ("nn.Fold(4,2,stride=2)", &Fold::new(4, 2).stride(2)),
        ("nn.Unfold((2,3),dilation=1,padding=(1,0),stride=2)", &Unfold::new((2, 3)).dilation(1).padding((1, 0)).stride(2)),
        ("nn.ReflectionPad1d(2)", &ReflectionPad1d::new(2)),
        ("nn.ReflectionPad2d((1,1,2,0))", &ReflectionPad2d::new((1, 1, 2, 0))),
        ("nn.ReflectionPad3d(1)", &ReflectionPad3d::new(1)),
        ("nn.ReplicationPad1d(2)", &ReplicationPad1d::new(2)),
        ("nn.ReplicationPad2d((1,1,2,0))", &ReplicationPad2d::new((1, 1, 2, 0))),
        ("nn.ReplicationPad3d(1)", &ReplicationPad3d::new(1)),
        ("nn.ZeroPad1d(2)", &ZeroPad1d::new(2)),
        ("nn.ZeroPad2d((1,1,2,0))", &ZeroPad2d::new((1, 1, 2, 0))),
        ("nn.ZeroPad3d(1)", &ZeroPad3d::new(1)),
        ("nn.CircularPad1d(2)", &CircularPad1d::new(2)),
        ("nn.CircularPad2d((1,1,2,0))", &CircularPad2d::new((1, 1, 2, 0))),
        ("nn.CircularPad3d(1)", &CircularPad3d::new(1)),
        ("nn.ConstantPad1d(2,3.5)", &ConstantPad1d::new(2, 3.5)),
        ("nn.ConstantPad2d((1,0,0,1),1)", &ConstantPad2d::new((1, 0, 0, 1), 1.0)),
        ("nn.ConstantPad3d((1,1,1,1,1,-1),1)", &ConstantPad3d::new([1, 1, 1, 1, 1, -1], 1.0)),
        ("nn.Bilinear(2,3,4)", &Bilinear::new(2, 3, 4)),
        ("nn.Bilinear(2,3,4,bias=False)", &Bilinear::new(2, 3, 4).bias(false)),
        ("nn.CosineSimilarity(dim=0,eps=1e-6)", &CosineSimilarity::new().dim(0).eps(1e-6)),
        ("nn.PairwiseDistance(1.,keepdim=True)", &PairwiseDistance::new().p(1.0).keepdim(true)),
        ("nn.Unflatten(1,(2,3))", &Unflatten::new(1, (2, 3))),
        ("nn.Flatten()", &Flatten::new()),
        ("nn.Linear(3,4,bias=False)", &Linear::new(3, 4).bias(false)),
    ];
    layers.iter().for_each(|(made, layer)| check(made, *layer));
}

#[test]
fn layers_have_pytorchs_texts_keys_and_shapes() {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    let mut recorded = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let mut wrong = Vec::new();
    check_all(&mut |made, layer| {
        let line = recorded.next().expect("a line for each layer");
        let state: Vec<String> = layer
            .state_dict()
            .iter()
            .map(|(key, value)| format!("{key}{}", value.shape()))
            .collect();
        let got = [made, &layer.repr().replace('\n', "\\n"), &state.join(";")].map(str::to_owned);
        if got != line[..] {
            wrong.push(format!("{got:?}\n  where PyTorch has {line:?}"));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(recorded.next().is_none(), "a layer is missing");
}
