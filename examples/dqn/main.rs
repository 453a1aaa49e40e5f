//! Teaches reinforcement learning: a deep Q-network learns to catch a falling ball, from rewards alone.
//!
//! `cargo run --release --example dqn`

mod catch;

use catch::{CELLS, Catch};
use ondol::prelude::*;

/// What a game is worth after each of the three moves: `[N, CELLS]` to `[N, 3]`.
fn network() -> nn::Sequential {
    nn::sequential![nn::Linear::new(CELLS, 48), nn::ReLU, nn::Linear::new(48, 3)]
}

fn best(q: &nn::Sequential, game: &Catch) -> usize {
    let state = Tensor::from_vec(game.state(), [CELLS]);
    no_grad(|| q.forward(&state)).argmax(0, false).item() as usize
}

/// What was seen of one move.
struct Memory {
    before: Vec<f32>,
    action: i64,
    reward: f32,
    after: Vec<f32>,
    over: bool,
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let (q, target) = (network(), network());
    let mut optimizer = optim::Adam::new(q.parameters(), 0.005);
    let criterion = nn::SmoothL1Loss::new();
    let mut memory: Vec<Memory> = Vec::new();
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
            memory.push(Memory {
                before,
                action: action as i64,
                reward,
                after: game.state(),
                over,
            });
        }

        // For 64 memories, Q(s, a) moves towards r + 0.95 · max Q'(s', ·), or towards r at the end.
        let picks = Tensor::randint(0, memory.len() as i64, [64]).to_vec::<i64>();
        let picked = || picks.iter().map(|&i| &memory[i as usize]);
        let states = |cells: Vec<f32>| Tensor::from_vec(cells, [64, CELLS]);
        let column = |values: Vec<f32>| Tensor::from_vec(values, [64]);
        let before = states(picked().flat_map(|m| m.before.clone()).collect());
        let after = states(picked().flat_map(|m| m.after.clone()).collect());
        let actions = Tensor::from_vec(picked().map(|m| m.action).collect(), [64, 1]);
        let reward = column(picked().map(|m| m.reward).collect());
        let goes_on = column(picked().map(|m| f32::from(!m.over)).collect());
        let value = q.forward(&before).gather(1, &actions).squeeze_dim(1);
        let next = no_grad(|| target.forward(&after)).amax(1, false);
        optimizer.zero_grad();
        let loss = criterion.forward(&value, &(reward + goes_on * next * 0.95));
        loss.backward();
        optimizer.step();
    }

    let mut caught = 0;
    for _ in 0..100 {
        let (mut game, mut reward, mut over) = (Catch::new(), 0.0, false);
        while !over {
            (reward, over) = game.step(best(&q, &game));
        }
        caught += i32::from(reward > 0.0);
    }
    println!("caught {caught} of 100 balls");
    Ok(())
}
