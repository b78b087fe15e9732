//! Texts that are nearly right, for what reads text from outside.

/// Parts that readers may trip over.
const PIECES: [&str; 16] = [
    "",
    "0",
    "-1",
    "1e999",
    "nan",
    "18446744073709551616",
    ",",
    "=",
    "\"",
    "'",
    "[",
    "}",
    "#",
    "\u{feff}",
    "é",
    "\n\n",
];

/// `count` texts, each made of `text` by one to four changes: lines and spans of characters are left out, doubled, moved, cut off or
/// replaced. The same ones every time.
pub fn mutations(text: &str, count: u64) -> impl Iterator<Item = String> {
    (0..count).map(move |number| {
        let mut draw = Draw(number);
        let mut changed = text.to_owned();
        for _ in 0..=draw.below(4) {
            changed = mutated(&changed, &mut draw);
        }
        changed
    })
}

fn mutated(text: &str, draw: &mut Draw) -> String {
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    if lines.is_empty() {
        return PIECES[draw.below(PIECES.len())].into();
    }
    let (one, other) = (draw.below(lines.len()), draw.below(lines.len()));
    match draw.below(5) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(one, lines[other].clone()),
        2 => lines.swap(one, other),
        3 => {
            let characters: Vec<char> = lines[one].chars().collect();
            let (a, b) = (draw.below(characters.len()), draw.below(characters.len()));
            let (from, to) = (a.min(b), a.max(b));
            let piece = PIECES[draw.below(PIECES.len())].chars();
            lines[one] = characters[..from]
                .iter()
                .copied()
                .chain(piece)
                .chain(characters[to..].iter().copied())
                .collect();
        }
        _ => {
            let characters = text.chars().count();
            return text.chars().take(draw.below(characters)).collect();
        }
    }
    lines.concat()
}

/// SplitMix64 (Steele and others, 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound.max(1) as u64) as usize
    }
}
