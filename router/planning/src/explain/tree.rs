//! The order of fetches as a tree of sequences and parallels.

use crate::plan::FetchStep;

/// A part of the tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// One after the other.
    Sequence(Vec<Node>),
    /// All at once.
    Parallel(Vec<Node>),
    /// A fetch, by its position.
    Step(usize),
}

/// The tree of a plan; none when nothing is fetched.
pub(super) fn tree(steps: &[FetchStep]) -> Option<Node> {
    let depends_on: Vec<&[usize]> = steps.iter().map(|step| &*step.depends_on).collect();
    let all: Vec<usize> = (0..steps.len()).collect();
    (!all.is_empty()).then(|| build(&depends_on, &all))
}

/// Steps that have nothing to do with each other are parallel. Of those that have, the ones that wait for none of the others come
/// first.
fn build(depends_on: &[&[usize]], steps: &[usize]) -> Node {
    if let [only] = steps {
        return Node::Step(*only);
    }
    let groups = groups(depends_on, steps);
    if groups.len() > 1 {
        return Node::Parallel(groups.iter().map(|group| build(depends_on, group)).collect());
    }
    let waits = |step: &usize| depends_on[*step].iter().any(|before| steps.contains(before));
    let (later, first): (Vec<usize>, Vec<usize>) = steps.iter().partition(|step| waits(step));
    let mut nodes = vec![build(depends_on, &first)];
    match build(depends_on, &later) {
        Node::Sequence(rest) => nodes.extend(rest),
        rest => nodes.push(rest),
    }
    Node::Sequence(nodes)
}

/// The steps by which of them depend on each other, however far apart.
fn groups(depends_on: &[&[usize]], steps: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for step in steps {
        let (mut own, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().any(|other| depends_on[*step].contains(other)));
        groups = others;
        own.push(vec![*step]);
        let mut joined = own.concat();
        joined.sort_unstable();
        groups.push(joined);
    }
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod tests {
    use super::{Node::*, *};

    fn built(depends_on: &[&[usize]]) -> Node {
        build(depends_on, &(0..depends_on.len()).collect::<Vec<_>>())
    }

    #[test]
    fn what_waits_for_nothing_else_is_parallel() {
        assert_eq!(built(&[&[]]), Step(0));
        assert_eq!(built(&[&[], &[]]), Parallel(vec![Step(0), Step(1)]));
        let fan = Sequence(vec![Step(0), Parallel(vec![Step(1), Step(2)])]);
        assert_eq!(built(&[&[], &[0], &[0]]), fan);
    }

    #[test]
    fn chains_beside_each_other_stay_chains() {
        let chains = Parallel(vec![Sequence(vec![Step(0), Step(2)]), Sequence(vec![Step(1), Step(3)])]);
        assert_eq!(built(&[&[], &[], &[0], &[1]]), chains);
        let long = Sequence(vec![Step(0), Step(1), Step(2)]);
        assert_eq!(built(&[&[], &[0], &[0, 1]]), long);
    }

    #[test]
    fn a_fetch_that_needs_several_comes_after_all_of_them() {
        let joined = Sequence(vec![Parallel(vec![Step(0), Step(1)]), Step(2)]);
        assert_eq!(built(&[&[], &[], &[0, 1]]), joined);
    }
}
