//! Downloads from a small server of the tests' own, on this machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ondol_vision::datasets::checksum::{Digests, Resource};
use ondol_vision::datasets::download::{Downloader, OFFLINE_VARIABLE};
use ondol_vision::datasets::published::FASHION_MNIST;

const MIRROR_VARIABLE: &str = FASHION_MNIST.variable;

/// A server that answers each request with `answer`, given the request's number and its stream.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

fn serve(answer: impl Fn(usize, &mut TcpStream) + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/sub/", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                request.push(byte[0]);
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            if text.starts_with("GET /sub/file.gz HTTP/1.1") {
                answer(count.fetch_add(1, Ordering::SeqCst), &mut stream);
            } else if !text.is_empty() {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    Server { url, requests }
}

fn head(stream: &mut TcpStream, length: Option<usize>) {
    let length = length.map_or(String::new(), |n| format!("Content-Length: {n}\r\n"));
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n"
    );
}

fn body() -> Vec<u8> {
    (0..150_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

fn quick(url: &str) -> Downloader {
    Downloader::new(url)
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_millis(300))
        .total_timeout(Duration::from_secs(20))
        .tries(2, Duration::from_millis(10))
        .progress(false)
        .offline(false)
}

fn fetch(downloader: &Downloader, folder: &Path) -> Result<std::path::PathBuf, String> {
    let digests = Digests::of(&body());
    let resource = Resource {
        name: "file.gz",
        bytes: digests.bytes,
        md5: &digests.md5,
        sha256: &digests.sha256,
    };
    downloader
        .fetch(&resource, folder)
        .map_err(|e| e.to_string())
}

/// Downloads into a fresh folder, expects an error and that nothing is left there.
fn fails(server: &Server, downloader: Downloader) -> String {
    let dir = tempfile::tempdir().unwrap();
    let text = fetch(&downloader, dir.path()).unwrap_err();
    assert!(
        text.contains(&server.url) && text.contains("file.gz"),
        "{text}"
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        0,
        "something was left behind"
    );
    text
}

#[test]
fn a_good_file_replaces_the_old_one() {
    let server = serve(|_, stream| {
        head(stream, Some(body().len()));
        let _ = stream.write_all(&body());
    });
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("FashionMNIST").join("raw");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("file.gz"), "old").unwrap();
    let path = fetch(&quick(&server.url), &folder).unwrap();
    assert_eq!(path, folder.join("file.gz"));
    assert!(std::fs::read(&path).unwrap() == body());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o400, 0o400);
        assert_eq!(mode & 0o111, 0);
    }
}

#[test]
fn without_a_length_the_size_is_still_checked() {
    let server = serve(|_, stream| {
        head(stream, None);
        let _ = stream.write_all(&body());
    });
    let dir = tempfile::tempdir().unwrap();
    assert!(fetch(&quick(&server.url), dir.path()).is_ok());
}

#[test]
fn a_slow_server_is_waited_for() {
    let server = serve(|_, stream| {
        head(stream, Some(body().len()));
        // Slower in all than the limit on silence, but never silent for so long.
        for piece in body().chunks(15_000) {
            let _ = stream.write_all(piece);
            thread::sleep(Duration::from_millis(50));
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let start = Instant::now();
    assert!(fetch(&quick(&server.url), dir.path()).is_ok());
    assert!(start.elapsed() > Duration::from_millis(400));
}

#[test]
fn an_endless_dribble_ends_at_the_total_limit() {
    let server = serve(|_, stream| {
        head(stream, Some(body().len()));
        for byte in body() {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    let start = Instant::now();
    let limit = Duration::from_millis(400);
    fails(
        &server,
        quick(&server.url).total_timeout(limit).tries(1, limit),
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_silent_server_is_given_up() {
    let server = serve(|_, stream| {
        head(stream, Some(body().len()));
        let _ = stream.write_all(&body()[..1000]);
        thread::sleep(Duration::from_secs(2));
    });
    let start = Instant::now();
    fails(&server, quick(&server.url).tries(1, Duration::ZERO));
    assert!(start.elapsed() < Duration::from_millis(1800));
}

#[test]
fn what_breaks_off_is_tried_again() {
    let cut = |stream: &mut TcpStream| {
        head(stream, Some(body().len()));
        let _ = stream.write_all(&body()[..70_000]);
    };
    let server = serve(move |_, stream| cut(stream));
    let text = fails(&server, quick(&server.url));
    assert!(
        text.contains("broke off after") && text.contains("of 150000 bytes"),
        "{text}"
    );
    assert!(
        text.contains("(2 tries)") && text.contains("name another mirror"),
        "{text}"
    );
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);

    let server = serve(move |request, stream| {
        if request == 0 {
            return cut(stream);
        }
        head(stream, Some(body().len()));
        let _ = stream.write_all(&body());
    });
    let dir = tempfile::tempdir().unwrap();
    assert!(fetch(&quick(&server.url), dir.path()).is_ok());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn wrong_bytes_never_stay() {
    let server = serve(|_, stream| {
        let mut bytes = body();
        bytes[77_777] ^= 1;
        head(stream, Some(bytes.len()));
        let _ = stream.write_all(&bytes);
    });
    let text = fails(&server, quick(&server.url));
    assert!(text.contains("SHA-256: expected"), "{text}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    // A good file that was there before survives.
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file.gz"), "old").unwrap();
    fetch(&quick(&server.url), dir.path()).unwrap_err();
    assert_eq!(std::fs::read(dir.path().join("file.gz")).unwrap(), b"old");
}

#[test]
fn a_wrong_length_is_refused_at_once() {
    let server = serve(|_, stream| {
        head(stream, Some(1 << 40));
        let _ = stream.write_all(&body());
    });
    let text = fails(&server, quick(&server.url));
    assert!(
        text.contains("announces 1099511627776 bytes, the published file has 150000"),
        "{text}"
    );
}

#[test]
fn a_file_that_goes_on_is_cut_at_its_size() {
    let server = serve(|_, stream| {
        head(stream, None);
        while stream.write_all(&body()).is_ok() {}
    });
    let text = fails(&server, quick(&server.url));
    assert!(text.contains("more than the 150000 bytes"), "{text}");
}

#[test]
fn another_status_is_named() {
    let answer = |status: &'static str| {
        serve(move |_, stream| {
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        })
    };
    let server = answer("404 Not Found");
    let text = fails(&server, quick(&server.url));
    assert!(
        text.contains("404 Not Found") && text.contains("by hand"),
        "{text}"
    );
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    let server = answer("503 Service Unavailable");
    let text = fails(&server, quick(&server.url));
    assert!(text.contains("503") && text.contains("(2 tries)"), "{text}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}

#[test]
fn nobody_at_home_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let dir = tempfile::tempdir().unwrap();
    let text = fetch(&quick(&url), dir.path()).unwrap_err();
    assert!(
        text.contains("cannot download") && text.contains("(2 tries)"),
        "{text}"
    );
}

#[test]
fn an_address_must_be_one() {
    let dir = tempfile::tempdir().unwrap();
    let text = fetch(&quick("/some/folder"), dir.path()).unwrap_err();
    assert!(text.contains("starts with http://"), "{text}");
    if !cfg!(feature = "https") {
        let text = fetch(&quick("https://mirror.example/"), dir.path()).unwrap_err();
        assert!(text.contains("feature `https`"), "{text}");
    }
}

#[test]
fn offline_asks_nobody() {
    let server = serve(|_, _| {});
    let text = fails(&server, quick(&server.url).offline(true));
    assert!(
        text.contains(OFFLINE_VARIABLE) && text.contains("by hand"),
        "{text}"
    );
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
}

/// Run by the next test in a process of its own, which has the variables set.
#[test]
#[ignore = "needs the variables that the_environment_is_heeded sets"]
fn download_as_the_environment_says() {
    let dir = tempfile::tempdir().unwrap();
    match fetch(&Downloader::published(&FASHION_MNIST), dir.path()) {
        Ok(_) => println!("downloaded"),
        Err(e) => println!("refused: {e}"),
    }
}

#[test]
fn the_environment_is_heeded() {
    let server = serve(|_, stream| {
        head(stream, Some(body().len()));
        let _ = stream.write_all(&body());
    });
    let run = |offline: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "download_as_the_environment_says",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(MIRROR_VARIABLE, &server.url)
            .env(OFFLINE_VARIABLE, offline)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(run("").contains("downloaded"));
    assert!(run("0").contains("downloaded"));
    let text = run("1");
    assert!(
        text.contains("refused: ONDOL_OFFLINE is set") && text.contains(&server.url),
        "{text}"
    );
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}
