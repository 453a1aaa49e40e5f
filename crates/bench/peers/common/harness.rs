//! What the Rust peers share: arguments, the work list, timing. It measures as ondol-bench does.
use std::time::Instant;

pub struct Args {
    pub threads: usize,
    pub sections: String,
    pub filter: String,
    pub worklist: String,
    pub data: String,
    pub epochs: usize,
    pub op: String,
    pub file: String,
    pub backend: String,
}
pub fn args() -> Args {
    let v: Vec<String> = std::env::args().collect();
    let g = |k: &str, d: &str| {
        v.iter()
            .position(|x| x == k)
            .map(|i| v[i + 1].clone())
            .unwrap_or(d.to_string())
    };
    let a = Args {
        threads: g("--threads", "1").parse().unwrap(),
        sections: g("--sections", "A,B,C,D"),
        filter: g("--filter", ""),
        worklist: g(
            "--worklist",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../worklist.txt"),
        ),
        data: g("--data", "data"),
        epochs: g("--epochs", "5").parse().unwrap(),
        backend: g("--backend", ""),
    };
    std::env::set_var("RAYON_NUM_THREADS", a.threads.to_string());
    std::env::set_var("MKL_NUM_THREADS", a.threads.to_string());
    std::env::set_var("OMP_NUM_THREADS", a.threads.to_string());
    a
}
pub fn cases(a: &Args) -> Vec<(String, String, Vec<usize>)> {
    let mut out = vec![];
    for l in std::fs::read_to_string(&a.worklist).unwrap().lines() {
        let w: Vec<&str> = l.split('#').next().unwrap().split_whitespace().collect();
        if w.is_empty() || !a.sections.split(',').any(|s| s == w[0]) {
            continue;
        }
        let p: Vec<usize> = w[2..].iter().map(|x| x.parse().unwrap()).collect();
        let mut name = format!("{}/{}", w[0], w[1]);
        if !p.is_empty() {
            name += "/";
            name += &w[2..].join("x");
        }
        if name.contains(&a.filter) {
            out.push((name, w[1].to_string(), p));
        }
    }
    out
}
pub fn med(xs: &mut Vec<f64>) -> (f64, f64) {
    xs.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let n = xs.len();
    (
        if n % 2 == 1 {
            xs[n / 2]
        } else {
            0.5 * (xs[n / 2 - 1] + xs[n / 2])
        },
        xs[0],
    )
}
pub fn emit(peer: &str, a: &Args, case: &str, m: f64, mn: f64, extra: &[(&str, f64)]) {
    let e: String = extra
        .iter()
        .map(|(k, v)| format!("\"{k}\": {:.5}, ", v))
        .collect();
    println!("{{\"peer\": \"{peer}\", \"case\": \"{case}/t{}\", \"median_s\": {m:.9}, \"min_s\": {mn:.9}, \"extra\": {{{e}\"threads\": {}}}}}", a.threads, a.threads);
}
pub fn bench(
    peer: &str,
    a: &Args,
    case: &str,
    flops: f64,
    bytes: f64,
    budget: f64,
    mut f: impl FnMut(),
) {
    for _ in 0..3 {
        f();
    }
    let t = Instant::now();
    let mut n = 0;
    while {
        f();
        n += 1;
        t.elapsed().as_secs_f64() < 0.1
    } {}
    let per = t.elapsed().as_secs_f64() / n as f64;
    let inner = ((0.02 / per) as usize).max(1);
    let mut xs = vec![];
    let t0 = Instant::now();
    while xs.len() < 5 || (xs.len() < 25 && t0.elapsed().as_secs_f64() < budget) {
        let t = Instant::now();
        for _ in 0..inner {
            f();
        }
        xs.push(t.elapsed().as_secs_f64() / inner as f64);
    }
    let s = xs.len() as f64;
    let (m, mn) = med(&mut xs);
    let mut e = vec![("samples", s)];
    if flops > 0.0 {
        e.push(("gflops", flops / m / 1e9));
    }
    if bytes > 0.0 {
        e.push(("GBps", bytes / m / 1e9));
    }
    emit(peer, a, case, m, mn, &e);
}
pub fn rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim()
        .trim_end_matches("kB")
        .trim()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}
pub fn gz(p: &str) -> Vec<u8> {
    use std::io::Read;
    let raw = std::fs::read(p).unwrap();
    let mut o = vec![];
    flate2::read::MultiGzDecoder::new(&raw[..])
        .read_to_end(&mut o)
        .unwrap();
    o
}
pub fn load_all(a: &Args) -> Vec<Vec<u8>> {
    let d = format!("{}/FashionMNIST/raw", a.data);
    [
        "train-images-idx3",
        "train-labels-idx1",
        "t10k-images-idx3",
        "t10k-labels-idx1",
    ]
    .iter()
    .map(|f| gz(&format!("{d}/{f}-ubyte.gz")))
    .collect()
}
