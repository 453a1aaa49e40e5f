//! Teaches reinforcement learning: a deep Q-network learns to catch a falling ball, from rewards alone.
//!
//! `cargo run --release --example dqn`

use ondol::prelude::*;

const ROWS: usize = 6;
const COLUMNS: usize = 5;

/// A ball falls a row with each move; the paddle in the last row goes left, stays or goes right.
struct Catch {
    ball: (usize, usize),
    paddle: usize,
}

impl Catch {
    fn new() -> Self {
        let column = Tensor::randint(0, COLUMNS as i64, 1).item() as usize;
        Self {
            ball: (0, column),
            paddle: COLUMNS / 2,
        }
    }

    /// Where ball and paddle are, as a picture in a row.
    fn state(&self) -> Vec<f32> {
        let mut cells = vec![0.0; ROWS * COLUMNS];
        cells[self.ball.0 * COLUMNS + self.ball.1] = 1.0;
        cells[(ROWS - 1) * COLUMNS + self.paddle] += 1.0;
        cells
    }

    /// The reward, and whether the game is over.
    fn step(&mut self, action: usize) -> (f32, bool) {
        self.paddle = (self.paddle + action).saturating_sub(1).min(COLUMNS - 1);
        self.ball.0 += 1;
        let over = self.ball.0 == ROWS - 1;
        let caught = if self.ball.1 == self.paddle {
            1.0
        } else {
            -1.0
        };
        (if over { caught } else { 0.0 }, over)
    }
}

fn network() -> nn::Sequential {
    nn::sequential![
        nn::Linear::new(ROWS * COLUMNS, 48),
        nn::ReLU,
        nn::Linear::new(48, 3)
    ]
}

fn best(q: &nn::Sequential, game: &Catch) -> usize {
    let state = Tensor::from_vec(game.state(), [1, ROWS * COLUMNS]);
    no_grad(|| q.forward(&state)).argmax(1, false).item() as usize
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let (q, target) = (network(), network());
    let mut optimizer = optim::Adam::new(q.parameters(), 0.005);
    let criterion = nn::SmoothL1Loss::new();
    // What happened: state, action, reward, the state after it, and 1 where the game went on.
    let mut memory: Vec<(Vec<f32>, i64, f32, Vec<f32>, f32)> = Vec::new();
    for episode in 0..300 {
        if episode % 20 == 0 {
            target.load_state_dict(&q.state_dict())?;
        }
        let explore = 1.0 - f64::from(episode) / 250.0;
        let (mut game, mut over) = (Catch::new(), false);
        while !over {
            let before = game.state();
            let action = match Tensor::rand(1).item() < explore {
                true => Tensor::randint(0, 3, 1).item() as usize,
                false => best(&q, &game),
            };
            let reward;
            (reward, over) = game.step(action);
            let on = if over { 0.0 } else { 1.0 };
            memory.push((before, action as i64, reward, game.state(), on));
        }
        // One batch of memories: Q(s, a) moves towards r + 0.95 · max Q'(s', ·).
        let picks = Tensor::randint(0, memory.len() as i64, [64]).to_vec::<i64>();
        let picked: Vec<_> = picks.iter().map(|&i| &memory[i as usize]).collect();
        let states = |f: fn(&(Vec<f32>, i64, f32, Vec<f32>, f32)) -> &Vec<f32>| {
            let cells = picked.iter().flat_map(|m| f(m).clone()).collect();
            Tensor::from_vec(cells, [64, ROWS * COLUMNS])
        };
        let column = |f: fn(&(Vec<f32>, i64, f32, Vec<f32>, f32)) -> f32| {
            Tensor::from_vec(picked.iter().map(|m| f(m)).collect(), [64])
        };
        let actions = Tensor::from_vec(picked.iter().map(|m| m.1).collect(), [64, 1]);
        let value = q
            .forward(&states(|m| &m.0))
            .gather(1, &actions)
            .squeeze_dim(1);
        let next = no_grad(|| target.forward(&states(|m| &m.3))).amax(1, false);
        let wanted = column(|m| m.2) + column(|m| m.4) * next * 0.95;
        optimizer.zero_grad();
        criterion.forward(&value, &wanted).backward();
        optimizer.step();
    }
    let caught = (0..100).filter(|_| {
        let mut game = Catch::new();
        loop {
            let (reward, over) = game.step(best(&q, &game));
            if over {
                return reward > 0.0;
            }
        }
    });
    println!("caught {} of 100 balls", caught.count());
    Ok(())
}
