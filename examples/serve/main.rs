//! Teaches serving a model: loads the `.pt` of `neural_net`, answers JSON over HTTP; a wrong input gets a 400, no crash.
//!
//! `cargo run --release --example serve`, and in another terminal
//! `curl -d '{"x": [[-1, 1]]}' http://127.0.0.1:8080/predict`. With `--once` it asks itself and stops.

mod ask;

use std::io::{Cursor, Read};

use ondol::prelude::*;
use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

#[derive(Module)]
struct NeuralNet {
    linear_1: nn::Linear,
    linear_2: nn::Linear,
}

impl Forward for NeuralNet {
    /// Points `[N, 2]` to the chance of label 1, `[N, 1]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.linear_1.forward(x).relu();
        self.linear_2.forward(&hidden).sigmoid()
    }
}

/// The answer to a body, or what is wrong with it.
fn predict(model: &NeuralNet, body: impl Read) -> Result<Value, String> {
    // No more than a megabyte is read.
    let body: Value = serde_json::from_reader(body.take(1 << 20)).map_err(|e| e.to_string())?;
    let rows: Vec<Vec<f32>> = serde_json::from_value(body["x"].clone())
        .map_err(|e| format!("expected {{\"x\": [[number, number], …]}}: {e}"))?;
    let (n, columns) = (rows.len(), rows.first().map_or(2, Vec::len));
    if rows.iter().any(|row| row.len() != columns) {
        return Err("the rows of x are not equally long".into());
    }
    // What the model says to a wrong shape comes back as an error; nothing is printed.
    let answer = ondol::catch(|| {
        let x = Tensor::from_vec(rows.concat(), [n, columns]);
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
        _ => (404, json!({ "error": "there is POST /predict" })),
    };
    let json = "Content-Type: application/json".parse::<Header>();
    Response::from_string(format!("{body}\n"))
        .with_status_code(status)
        .with_header(json.expect("a well-formed header"))
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (options, files): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|a| a.starts_with('-'));
    let once = options.contains(&"--once".to_owned());
    let file = files.first().map_or("runs/neural_net.pt", String::as_str);
    let model = NeuralNet {
        linear_1: nn::Linear::new(2, 5),
        linear_2: nn::Linear::new(5, 1),
    };
    model.load_state_dict(&ondol::load(file)?)?;
    model.eval();

    let server = Server::http(if once {
        "127.0.0.1:0"
    } else {
        "127.0.0.1:8080"
    })?;
    let address = server.server_addr().to_ip().ok_or("no address")?;
    println!("{file} answers at http://{address}/predict");
    let asking = once.then(|| std::thread::spawn(move || ask::everything(address)));
    let count = if once { ask::COUNT } else { usize::MAX };
    for mut request in server.incoming_requests().take(count) {
        let response = answer(&model, &mut request);
        // Who has hung up needs no answer.
        let _ = request.respond(response);
    }
    asking.map_or(Ok(()), |thread| {
        thread.join().expect("asking does not panic")
    })?;
    Ok(())
}
