//! A pilot on the stream of a program that uses the crate `cust`: it takes states from the program's memory on the GPU and
//! writes its actions there.
//!
//! `cust` links `libcuda`, so that this example needs the feature `cust`, and a CUDA toolkit (or `CUDA_LIBRARY_PATH`):
//!
//! ```sh
//! cargo run --release --features cust --example cust_stream
//! ```

use std::error::Error;
use std::sync::Arc;

use cust::memory::{CopyDestination, DeviceBuffer};
use cust::stream::{Stream, StreamFlags};
use particle_pilot::env::CartPole;
use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let _context = cust::quick_init()?;
    let stream = Arc::new(Stream::new(StreamFlags::NON_BLOCKING, None)?);
    let config = PilotConfig::builder().device(Device::Cuda(0)).particles(256).build()?;
    let problem = CartPoleProblem::default();
    let mut pilot = Pilot::on_stream(config.clone(), problem, stream.clone())?;
    let mut on_cpu = Pilot::new(PilotConfig { device: Device::Cpu, ..config }, problem)?;

    let mut env = CartPole::default();
    let mut state = env.reset(Some(3));
    let mut state_there = DeviceBuffer::from_slice(&[0.0f32; 4])?;
    let mut action_there = DeviceBuffer::from_slice(&[0.0f32])?;
    for _ in 0..20 {
        state_there.copy_from(&state.map(|number| number as f32))?;
        let decision = pilot.act_on_device(&stream, &state_there, &mut action_there)?;
        let mut action = [0.0];
        action_there.copy_to(&mut action)?;
        assert_eq!(decision, on_cpu.act(&state)?, "a GPU decides as the CPU does");
        let step = env.step(action[0] as u32)?;
        assert!(!step.terminated, "the pole stands");
        state = step.state;
    }
    println!("{} kept the pole up for 20 steps, as the CPU would have", pilot.device_name());
    Ok(())
}
