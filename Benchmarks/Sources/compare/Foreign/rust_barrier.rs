//! Runs std::sync::Barrier back to back. Prints the nanoseconds per phase.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

fn run(parties: usize, phases: usize) -> f64 {
    let barrier = Arc::new(Barrier::new(parties));
    let threads: Vec<_> = (0..parties)
        .map(|_| {
            let barrier = barrier.clone();
            thread::Builder::new()
                .stack_size(256 * 1024)
                .spawn(move || {
                    for _ in 0..3 {
                        barrier.wait();
                    }
                    let start = Instant::now();
                    for _ in 0..phases {
                        barrier.wait();
                    }
                    (start, Instant::now())
                })
                .unwrap()
        })
        .collect();
    let spans: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let start = spans.iter().map(|span| span.0).min().unwrap();
    let end = spans.iter().map(|span| span.1).max().unwrap();
    (end - start).as_nanos() as f64
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|text| text.parse().unwrap()).collect();
    let (parties, length) = (arguments[0], 1e6 * arguments[1] as f64);
    let mut phases = 10;
    loop {
        let wall = run(parties, phases);
        if wall >= length {
            println!("{}", wall / phases as f64);
            return;
        }
        phases = (phases as f64 * (1.2 * length / wall).clamp(2.0, 20.0)) as usize;
    }
}
