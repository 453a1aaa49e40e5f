//! What is published where: one row for each dataset.
//!
//! Every file is known by its size, its SHA-256 and torchvision's MD5, so that it does not matter whose
//! mirror it comes from, nor that most of them speak plain http.

use super::checksum::Resource;

/// A dataset as its authors publish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// torchvision's name of it.
    pub name: &'static str,
    /// Where torchvision looks for its files, below the root.
    pub folder: &'static str,
    /// The addresses of folders that hold the files, the first to be asked first.
    pub mirrors: &'static [&'static str],
    /// The environment variable that names another mirror.
    pub variable: &'static str,
    /// The files.
    pub files: &'static [Resource<'static>],
}

/// All datasets that can be downloaded.
pub const ALL: [&Published; 6] = [
    &MNIST,
    &FASHION_MNIST,
    &KMNIST,
    &EMNIST,
    &CIFAR10,
    &CIFAR100,
];

const fn file(
    name: &'static str,
    bytes: u64,
    md5: &'static str,
    sha256: &'static str,
) -> Resource<'static> {
    Resource {
        name,
        bytes,
        md5,
        sha256,
    }
}

/// Handwritten digits, images and labels to train, images and labels to test.
pub const MNIST: Published = Published {
    name: "MNIST",
    folder: "MNIST/raw",
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ],
    variable: "ONDOL_MNIST_MIRROR",
    files: &[
        file(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        file(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "d53e105ee54ea40749a09fcbcd1e9432",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        file(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "9fb629c4189551a2d022fa330f9573f3",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        file(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "ec29112dd5afa0611ce80d1b7f02629c",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ],
};

/// Garments, images and labels to train, images and labels to test.
pub const FASHION_MNIST: Published = Published {
    name: "FashionMNIST",
    folder: "FashionMNIST/raw",
    mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    variable: "ONDOL_FASHION_MNIST_MIRROR",
    files: &[
        file(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        file(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "25c81989df183df01b3e8a0aad5dffbe",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        file(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "bef4ecab320f06d8554ea6380940ec79",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        file(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "bb300cfdad3c16e7a12a480ee83cd310",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ],
};

/// Cursive Japanese, images and labels to train, images and labels to test.
pub const KMNIST: Published = Published {
    name: "KMNIST",
    folder: "KMNIST/raw",
    mirrors: &["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
    variable: "ONDOL_KMNIST_MIRROR",
    files: &[
        file(
            "train-images-idx3-ubyte.gz",
            18_165_135,
            "bdb82020997e1d708af4cf47b453dcf7",
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ),
        file(
            "train-labels-idx1-ubyte.gz",
            29_497,
            "e144d726b3acfaa3e44228e80efcd344",
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ),
        file(
            "t10k-images-idx3-ubyte.gz",
            3_041_136,
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ),
        file(
            "t10k-labels-idx1-ubyte.gz",
            5_120,
            "7320c461ea6c1c855c0b718fb2a4b134",
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ],
};

/// Handwritten letters and digits: one archive of all six splits.
pub const EMNIST: Published = Published {
    name: "EMNIST",
    folder: "EMNIST/raw",
    mirrors: &[
        "https://biometrics.nist.gov/cs_links/EMNIST/",
        "http://biometrics.nist.gov/cs_links/EMNIST/",
    ],
    variable: "ONDOL_EMNIST_MIRROR",
    files: &[file(
        "gzip.zip",
        561_753_746,
        "58c8d27c78d21e728a6bc7b3cc06412e",
        "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    )],
};

/// Small colour pictures in ten classes: one archive, in the plain binary form.
pub const CIFAR10: Published = Published {
    name: "CIFAR10",
    folder: "",
    mirrors: &[
        "https://www.cs.toronto.edu/~kriz/",
        "http://www.cs.toronto.edu/~kriz/",
    ],
    variable: "ONDOL_CIFAR10_MIRROR",
    files: &[file(
        "cifar-10-binary.tar.gz",
        170_052_171,
        "c32a1d4ab5d03f1284b67883e8d87530",
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    )],
};

/// Small colour pictures in a hundred classes: one archive, in the plain binary form.
pub const CIFAR100: Published = Published {
    name: "CIFAR100",
    folder: "",
    mirrors: &[
        "https://www.cs.toronto.edu/~kriz/",
        "http://www.cs.toronto.edu/~kriz/",
    ],
    variable: "ONDOL_CIFAR100_MIRROR",
    files: &[file(
        "cifar-100-binary.tar.gz",
        168_513_733,
        "03b5dce01913d631647c71ecec9e9cb8",
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    )],
};

/// The dataset that these bytes are a file of, by size and SHA-256.
pub(super) fn owner(bytes: u64, sha256: &str) -> Option<&'static Published> {
    let is_it = |file: &Resource| file.bytes == bytes && file.sha256 == sha256;
    ALL.into_iter().find(|set| set.files.iter().any(is_it))
}
