//! gym-rs: environments one after the other, on one thread. Speaks the protocol of `../protocol.py`.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use gym_rs::core::Env;
use gym_rs::envs::classical_control::cartpole::{CartPoleEnv, CartPoleObservation};
use gym_rs::utils::renderer::RenderMode;
use ordered_float::OrderedFloat;
use serde_json::{Value, json};

fn main() -> Result<()> {
    let mut work = None;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        if request["do"] == "quit" {
            break;
        }
        let answer = answer(&request, &mut work)
            .unwrap_or_else(|error| json!({"error": format!("{error:#}")}));
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(request: &Value, work: &mut Option<Steps>) -> Result<Value> {
    match request["do"].as_str() {
        Some("hello") => Ok(json!({
            "name": "gym-rs", "version": "0.3.0", "device": "cpu", "threads": 1, "works": ["steps"],
            "does": "steps of all environments with given actions, autoreset, observations in f64",
        })),
        Some("check") => check(request),
        Some("prepare") => {
            *work = Some(Steps::new(&request["work"])?);
            Ok(json!({}))
        }
        Some("run") => {
            let work = work.as_mut().context("nothing was prepared")?;
            let count = request["count"].as_u64().context("no count")?;
            let began = Instant::now();
            (0..count).for_each(|_| work.run());
            Ok(json!({"seconds": began.elapsed().as_secs_f64(), "result": null}))
        }
        _ => bail!("there is no such request"),
    }
}

/// The states that given ones lead to.
fn check(request: &Value) -> Result<Value> {
    let states: Vec<[f64; 4]> = serde_json::from_value(request["states"].clone())?;
    let actions: Vec<usize> = serde_json::from_value(request["actions"].clone())?;
    let mut env = CartPoleEnv::new(RenderMode::None);
    let mut next = |(state, action): (&[f64; 4], &usize)| {
        let [x, x_dot, theta, theta_dot] = state.map(OrderedFloat);
        env.state = CartPoleObservation::new(x, x_dot, theta, theta_dot);
        Vec::from(env.step(*action).observation)
    };
    let next: Vec<Vec<f64>> = states.iter().zip(&actions).map(&mut next).collect();
    Ok(json!({ "next": next }))
}

/// Environments, and what to do in each of the steps of a run.
struct Steps {
    environments: Vec<CartPoleEnv>,
    actions: Vec<Vec<usize>>,
}

impl Steps {
    fn new(work: &Value) -> Result<Self> {
        let number = |name: &str| work[name].as_u64().with_context(|| format!("no {name}"));
        let (count, steps) = (number("environments")?, number("steps")?);
        let mut env = CartPoleEnv::new(RenderMode::None);
        env.reset(Some(number("seed")?), false, None);
        let coin = |i: u64| (i as u32).wrapping_mul(0x9e37_79b9) as usize >> 31;
        let actions = |step| (0..count).map(|i| coin(step * count + i)).collect();
        Ok(Self {
            environments: vec![env; usize::try_from(count)?],
            actions: (0..steps).map(actions).collect(),
        })
    }

    fn run(&mut self) {
        for actions in &self.actions {
            for (env, action) in self.environments.iter_mut().zip(actions) {
                if env.step(*action).done {
                    env.reset(None, false, None);
                }
            }
        }
    }
}
