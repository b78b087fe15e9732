//! In which order the lanes of a warp that went different ways are run.
//!
//! When lanes part at a branch, those in the block of the lowest priority number run first, and
//! lanes that meet at the start of a block go on together. With blocks numbered in a topological
//! order, lanes wait at a join until no lane that could still reach it is missing, which is at the
//! immediate post-dominator of the branch or before it. In loops, the body is numbered first and
//! the head last: lanes that begin another round wait for those within the last one, and lanes
//! that left wait behind the loop. This is the weak topological order of Bourdoncle, "Efficient
//! chaotic iteration strategies with widenings" (1993), with the heads moved to the end.

/// The priority of each block, from the blocks that may follow it. Block 0 is the first.
pub(crate) fn priorities(successors: &[Vec<usize>]) -> Vec<u32> {
    let mut order = Vec::with_capacity(successors.len());
    let mut inside = vec![true; successors.len()];
    let all: Vec<usize> = (0..successors.len()).collect();
    arrange(&all, successors, &mut inside, &mut order);
    let mut priorities = vec![0; successors.len()];
    for (priority, &block) in order.iter().enumerate() {
        priorities[block] = priority as u32;
    }
    priorities
}

/// Appends `blocks` to `order`. `inside` says which blocks these are.
fn arrange(
    blocks: &[usize],
    successors: &[Vec<usize>],
    inside: &mut [bool],
    order: &mut Vec<usize>,
) {
    for component in components(blocks, successors, inside) {
        let head = component[0];
        if component.len() > 1 {
            // Take the loop out of the graph, without its head, and come back for what remains.
            // Where lanes come from the head, they enter the loops inside: those blocks go in front, or
            // another block of such a loop would be taken for its head.
            let body: Vec<usize> = {
                let mut body = component[1..].to_vec();
                body.sort_unstable_by_key(|block| (!successors[head].contains(block), *block));
                body
            };
            let mut within = vec![false; inside.len()];
            for &block in &body {
                within[block] = true;
            }
            arrange(&body, successors, &mut within, order);
        }
        order.push(head);
    }
}

/// Strongly connected components in topological order, each with the block that is entered first
/// in front (Kosaraju's algorithm, without recursion).
fn components(blocks: &[usize], successors: &[Vec<usize>], inside: &[bool]) -> Vec<Vec<usize>> {
    let count = successors.len();
    let mut predecessors = vec![Vec::new(); count];
    for &block in blocks {
        for &next in successors[block].iter().filter(|&&next| inside[next]) {
            predecessors[next].push(block);
        }
    }
    let mut finished = Vec::with_capacity(blocks.len());
    let mut seen = vec![false; count];
    for &root in blocks {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((block, tried)) = path.last_mut() {
            let next = successors[*block].get(*tried).copied();
            *tried += 1;
            match next {
                Some(next) if !inside[next] || seen[next] => {}
                Some(next) => {
                    seen[next] = true;
                    path.push((next, 0));
                }
                None => {
                    finished.push(*block);
                    path.pop();
                }
            }
        }
    }
    let mut taken = vec![false; count];
    let mut components = Vec::new();
    for &root in finished.iter().rev() {
        if std::mem::replace(&mut taken[root], true) {
            continue;
        }
        let mut component = vec![root];
        let mut at = 0;
        while at < component.len() {
            for &before in &predecessors[component[at]] {
                if !std::mem::replace(&mut taken[before], true) {
                    component.push(before);
                }
            }
            at += 1;
        }
        components.push(component);
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_comes_after_both_arms() {
        let priorities = priorities(&[vec![1, 2], vec![3], vec![3], vec![]]);
        assert!(priorities[3] > priorities[1] && priorities[3] > priorities[2]);
    }

    #[test]
    fn what_follows_a_loop_comes_after_it() {
        // 0 -> 1; 1 -> 4, 2; 2 -> 3, 4; 3 -> 1; the head 1 comes last of the loop.
        let priorities = priorities(&[vec![1], vec![4, 2], vec![3, 4], vec![1], vec![]]);
        assert_eq!(priorities, [0, 3, 1, 2, 4]);
    }

    #[test]
    fn an_inner_loop_stays_within_the_outer() {
        // 0 -> 1; 1 -> 2; 2 -> 2, 3; 3 -> 1, 4.
        let priorities = priorities(&[vec![1], vec![2], vec![2, 3], vec![1, 4], vec![]]);
        assert_eq!(priorities, [0, 3, 1, 2, 4]);
    }

    #[test]
    fn a_loop_begins_where_it_is_entered_not_at_its_lowest_number() {
        // Outer head 1, inner head 4; 5 goes to the join 3 at once or by 6 and 2.
        let successors = [
            vec![1],
            vec![4],
            vec![3],
            vec![4, 7],
            vec![5],
            vec![3, 6],
            vec![2],
            vec![1, 8],
            vec![],
        ];
        let priorities = priorities(&successors);
        assert!(priorities[3] > priorities[6] && priorities[3] > priorities[2]);
    }
}
