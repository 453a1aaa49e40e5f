//! The other side: asks what can be asked, rightly and wrongly, as curl would.

use std::io::{Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

const QUESTIONS: [(&str, &str); 7] = [
    ("/predict", r#"{"x": [[-1, 1], [1, 1]]}"#),
    ("/predict", r#"{"x": []}"#),
    ("/predict", r#"{"x": [[1, 2, 3]]}"#),
    ("/predict", r#"{"x": [[1, 2], [3]]}"#),
    ("/predict", r#"{"x": "one"}"#),
    ("/predict", "not JSON"),
    ("/elsewhere", "{}"),
];
pub(crate) const COUNT: usize = QUESTIONS.len();

/// Prints each question with its answer.
pub(crate) fn everything(address: SocketAddr) -> Result<()> {
    for (path, body) in QUESTIONS {
        println!("{path} {body}\n    {}", ask(address, path, body)?);
    }
    Ok(())
}

/// The status line and the body.
fn ask(address: SocketAddr, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close");
    write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.lines().next().unwrap_or_default();
    Ok(format!("{status} {}", body.trim()))
}
