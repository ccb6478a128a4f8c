//! The frame of a page: a strong line, a fine one inside it, and corners that the fine one steps around.

use super::{HEIGHT, WIDTH};

/// Distance of the strong line from the edge of the paper, and its width.
const OUTER: (f32, f32) = (25.0, 1.8);
/// The same of the fine line.
const INNER: (f32, f32) = (31.0, 0.5);
/// How far the fine line keeps from the corner.
const STEP: f32 = 9.0;

/// The bars of the frame: left, top, width, height.
pub fn frame() -> Vec<[f32; 4]> {
    let mut bars = rectangle(OUTER.0, OUTER.1);
    let (at, thick) = INNER;
    let (right, bottom) = (WIDTH - at - thick, HEIGHT - at - thick);
    let (wide, high) = (WIDTH - 2.0 * (at + STEP), HEIGHT - 2.0 * (at + STEP));
    for y in [at, bottom] {
        bars.push([at + STEP, y, wide, thick]);
    }
    for x in [at, right] {
        bars.push([x, at + STEP, thick, high]);
    }
    for x in [at, right - STEP] {
        for y in [at + STEP, bottom - STEP] {
            bars.push([x, y, STEP + thick, thick]);
        }
    }
    for x in [at + STEP, right - STEP] {
        for y in [at, bottom - STEP] {
            bars.push([x, y, thick, STEP + thick]);
        }
    }
    bars
}

fn rectangle(at: f32, thick: f32) -> Vec<[f32; 4]> {
    let (wide, high) = (WIDTH - 2.0 * at, HEIGHT - 2.0 * at);
    vec![
        [at, at, wide, thick],
        [at, HEIGHT - at - thick, wide, thick],
        [at, at, thick, high],
        [WIDTH - at - thick, at, thick, high],
    ]
}
