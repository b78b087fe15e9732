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
    let mut tasks = vec![Task::Arrange((0..successors.len()).collect())];
    while let Some(task) = tasks.pop() {
        let blocks = match task {
            Task::Arrange(blocks) => blocks,
            Task::Place(block) => {
                order.push(block);
                continue;
            }
        };
        // The last task comes first: the first component, its body before its head.
        for component in components(&blocks, successors).into_iter().rev() {
            let (head, body) = (component[0], &component[1..]);
            tasks.push(Task::Place(head));
            if !body.is_empty() {
                // Take the loop out of the graph, without its head, and come back for what remains.
                // Where lanes come from the head, they enter the loops inside: those blocks go in front, or
                // another block of such a loop would be taken for its head.
                let mut body = body.to_vec();
                body.sort_unstable_by_key(|block| (!successors[head].contains(block), *block));
                tasks.push(Task::Arrange(body));
            }
        }
    }
    let mut priorities = vec![0; successors.len()];
    for (priority, &block) in order.iter().enumerate() {
        priorities[block] = priority as u32;
    }
    priorities
}

/// What is still to be done. A list of these instead of recursion: loops may be nested deeply.
enum Task {
    /// Puts blocks in order.
    Arrange(Vec<usize>),
    /// Puts a block behind those that are in order.
    Place(usize),
}

/// Strongly connected components of the graph of `blocks` in topological order, each with the block that is entered first
/// in front (Kosaraju's algorithm, without recursion).
fn components(blocks: &[usize], successors: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let count = successors.len();
    let mut inside = vec![false; count];
    for &block in blocks {
        inside[block] = true;
    }
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
