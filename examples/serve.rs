//! Teaches serving a model: loads the `.pt` of `neural_net`, answers JSON over HTTP, and a wrong input gets a 400, no crash.
//!
//! `cargo run --release --example serve -- runs/neural_net.pt`, then
//! `curl -d '{"x": [[-1, 1]]}' http://127.0.0.1:8080/predict`. With `--once` it asks itself and stops.

use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpStream};

use ondol::prelude::*;
use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

#[derive(Module)]
struct NeuralNet {
    linear_1: nn::Linear,
    linear_2: nn::Linear,
}

impl NeuralNet {
    /// As wide as the file's network.
    fn load(path: &str) -> ondol::Result<Self> {
        let state = nn::StateDict::try_from(ondol::load(path)?)?;
        let size = state.get("linear_1.weight").map(|w| w.shape().to_vec());
        let (hidden, input) = match size.as_deref() {
            Some(&[hidden, input]) => (hidden, input),
            _ => (5, 2),
        };
        let (linear_1, linear_2) = (nn::Linear::new(input, hidden), nn::Linear::new(hidden, 1));
        let model = Self { linear_1, linear_2 };
        model.load_state_dict(&state)?;
        model.eval();
        Ok(model)
    }

    /// Points `[N, 2]` to the chance of label 1, `[N]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.linear_1.forward(x).relu();
        self.linear_2.forward(&hidden).sigmoid().squeeze_dim(-1)
    }
}

/// The answer to a body, or what is wrong with it.
fn predict(model: &NeuralNet, body: impl Read) -> Result<Value, String> {
    let body: Value = serde_json::from_reader(body.take(1 << 20)).map_err(|e| e.to_string())?;
    let rows: Vec<Vec<f32>> = serde_json::from_value(body["x"].clone())
        .map_err(|e| format!("expected {{\"x\": [[number, …], …]}}: {e}"))?;
    let columns = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|row| row.len() != columns) {
        return Err("the rows of x are not equally long".into());
    }
    let n = rows.len();
    // Whatever the model says to a wrong shape comes back as an error; nothing is printed.
    let answer = ondol::catch(|| {
        let x = Tensor::from_vec(rows.into_iter().flatten().collect(), [n, columns]);
        no_grad(|| model.forward(&x)).to_vec::<f32>()
    });
    Ok(json!({ "y": answer.map_err(|e| e.to_string())? }))
}

fn answer(model: &NeuralNet, request: &mut Request) -> Response<Cursor<Vec<u8>>> {
    let (status, body) = match (request.method(), request.url()) {
        (Method::Post, "/predict") => match predict(model, request.as_reader()) {
            Ok(body) => (200, body),
            Err(error) => (400, json!({ "error": error })),
        },
        _ => (404, json!({ "error": "POST /predict is all there is" })),
    };
    let header = "Content-Type: application/json".parse::<Header>();
    let response = Response::from_string(format!("{body}\n")).with_status_code(status);
    response.with_header(header.expect("a well-formed header"))
}

/// Sends a request, as curl does; the status line and the body.
fn ask(address: SocketAddr, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Ok(format!(
        "{} {}",
        head.lines().next().unwrap_or(""),
        body.trim()
    ))
}

const QUESTIONS: [(&str, &str); 6] = [
    ("/predict", r#"{"x": [[-1, 1], [1, 1]]}"#),
    ("/predict", r#"{"x": [[1, 2, 3]]}"#),
    ("/predict", r#"{"x": [[1, 2], [3]]}"#),
    ("/predict", r#"{"x": "one"}"#),
    ("/predict", "not JSON"),
    ("/elsewhere", "{}"),
];

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (once, paths): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a == "--once");
    let path = paths.first().map_or("runs/neural_net.pt", String::as_str);
    let model = NeuralNet::load(path)?;
    let once = !once.is_empty();
    let server = Server::http(if once {
        "127.0.0.1:0"
    } else {
        "127.0.0.1:8080"
    })?;
    let address = server.server_addr().to_ip().ok_or("no address")?;
    println!("{path} answers at http://{address}/predict");
    let asking = once.then(|| {
        std::thread::spawn(move || QUESTIONS.map(|(path, body)| ask(address, path, body)))
    });
    let count = if once { QUESTIONS.len() } else { usize::MAX };
    for mut request in server.incoming_requests().take(count) {
        let response = answer(&model, &mut request);
        // Who has hung up needs no answer.
        let _ = request.respond(response);
    }
    for (answer, (_, body)) in asking
        .into_iter()
        .flat_map(|t| t.join().unwrap().into_iter().zip(QUESTIONS))
    {
        println!("{body} -> {}", answer?);
    }
    Ok(())
}
