//! Grids against bilinear interpolation in `f64`, for every set of vector instructions.

use particle_pilot_kernels::lanes::{LaneWork, Lanes, SimdProof};
use particle_pilot_kernels::model::{Grid, MOST_CELLS};
use particle_pilot_kernels::rng::Stream;

struct Sample<'a>(Grid<'a>, &'a [[f32; 2]]);

impl LaneWork for Sample<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> Vec<f32> {
        let mut samples = Vec::new();
        for places in self.1.chunks(L::COUNT) {
            let (mut x, mut y, mut found) = ([0.0f32; 16], [0.0f32; 16], [0.0f32; 16]);
            for (i, place) in places.iter().enumerate() {
                [x[i], y[i]] = *place;
            }
            self.0.sample(proof, L::load(proof, &x), L::load(proof, &y)).store(&mut found);
            samples.extend(&found[..places.len()]);
        }
        samples
    }
}

/// The samples, the same by all instructions.
fn samples(grid: Grid<'_>, places: &[[f32; 2]]) -> Vec<f32> {
    let mut all = SimdProof::available().map(|simd| simd.run(Sample(grid, places)));
    let first = all.next().expect("no instructions are always there");
    for other in all {
        for (place, (a, b)) in places.iter().zip(first.iter().zip(&other)) {
            assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(), "{place:?}: {a} {b}");
        }
    }
    first
}

/// A number between -1 and 1.
fn number(index: u32, round: u32) -> f32 {
    Stream::new(7, 0, 0).block((), index, round)[0] as i32 as f32 / 2_147_483_648.0
}

/// By the definition: the four cells around, weighed by how near they are.
fn by_definition(width: usize, height: usize, cells: &[f32], [x, y]: [f32; 2]) -> f64 {
    let x = f64::from(x).clamp(0.0, (width - 1) as f64);
    let y = f64::from(y).clamp(0.0, (height - 1) as f64);
    let mut sum = 0.0;
    for row in 0..height {
        for column in 0..width {
            let near = |a: f64, b: usize| (1.0 - (a - b as f64).abs()).max(0.0);
            sum += near(x, column) * near(y, row) * f64::from(cells[row * width + column]);
        }
    }
    sum
}

#[test]
fn samples_are_bilinear_and_beyond_the_edge_the_nearest() {
    let sizes = [(1, 1), (1, 5), (4, 1), (2, 2), (5, 3), (7, 9)];
    for (round, (width, height)) in (0..).zip(sizes) {
        let cells: Vec<f32> =
            (0..width * height).map(|cell| 10.0 * number(cell as u32, round)).collect();
        let grid = Grid::new(width, height, &cells).expect("as many cells");
        let places: Vec<[f32; 2]> = (0..500)
            .map(|i| {
                let reach = [width, height].map(|count| 0.8 * count as f32);
                let [x, y] = [1, 2].map(|axis| number(i, 100 * round + axis));
                [reach[0] * (x + 0.6), reach[1] * (y + 0.6)]
            })
            .collect();
        for (place, sample) in places.iter().zip(samples(grid, &places)) {
            let expected = by_definition(width, height, &cells, *place);
            let off = (f64::from(sample) - expected).abs();
            assert!(off < 1e-5, "{width} x {height} at {place:?}: {sample}, not {expected}");
        }
    }
}

#[test]
fn cells_are_met_exactly_and_what_is_no_place_is_on_the_edge_or_no_number() {
    let cells = [1.0, 2.5, -3.0, 0.1, 0.7, 1e30, 6.0, -1e30, 9.0, 1.5, 0.3, 0.9];
    let grid = Grid::new(4, 3, &cells).expect("twelve cells");
    let whole: Vec<[f32; 2]> =
        (0..12u8).map(|cell| [f32::from(cell % 4), f32::from(cell / 4)]).collect();
    assert_eq!(samples(grid, &whole), cells);
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let beyond = [[-inf, -inf], [inf, -0.0], [1.0, inf], [-1e-30, 1.0], [3e38, 3e38], [-0.0, -5.0]];
    assert_eq!(samples(grid, &beyond), [1.0, 0.1, 1.5, 0.7, 0.9, 1.0]);
    let nowhere = [[nan, 1.0], [1.0, nan], [nan, nan], [inf, -nan]];
    assert!(samples(grid, &nowhere).iter().all(|sample| sample.is_nan()));
    // Between the largest numbers that there may be, nothing overflows.
    assert_eq!(samples(grid, &[[1.5, 1.0], [3.0, 0.5]]), [5e29, -5e29 + 0.05]);
}

#[test]
fn the_largest_grid_is_met_in_every_corner() {
    let most = MOST_CELLS;
    let cells: Vec<f32> = (0..most * most).map(|cell| (cell % 16_000_000) as f32).collect();
    let grid = Grid::new(most, most, &cells).expect("as many cells");
    let last = (most - 1) as f32;
    let corners = [[0.0, 0.0], [last, 0.0], [0.0, last], [last, last], [last - 1.0, last]];
    let expected = corners.map(|[x, y]| cells[y as usize * most + x as usize]);
    assert_eq!(samples(grid, &corners), expected);
    assert!(Grid::new(most + 1, 1, &cells[..=most]).is_none());
    assert!(Grid::new(0, 1, &[]).is_none() && Grid::new(2, 2, &cells[..3]).is_none());
}
