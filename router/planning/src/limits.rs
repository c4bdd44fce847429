//! How large a document may be: checked before anything is spent on it.

use ahash::AHashMap;
use graphql_tools::static_graphql::query::{Directive, Selection, SelectionSet};

use crate::{
    document::ParsedDocument,
    error::{PlanningError, codes},
};

/// Limits of a document; none means unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationLimits {
    /// Lexical tokens in the document.
    pub max_tokens: Option<usize>,
    /// Nested fields, fragments followed.
    pub max_depth: Option<usize>,
    /// Fields with an alias, fragments followed.
    pub max_aliases: Option<usize>,
    /// Directives, fragments followed.
    pub max_directives: Option<usize>,
    /// Fields of the root, fragments followed.
    pub max_root_fields: Option<usize>,
    /// Fields in all, fragments followed: what the document would be if written out.
    pub max_fields: Option<usize>,
}

impl Default for OperationLimits {
    fn default() -> Self {
        Self {
            max_tokens: Some(15_000),
            max_depth: Some(30),
            max_aliases: Some(500),
            max_directives: Some(500),
            max_root_fields: Some(100),
            max_fields: Some(10_000),
        }
    }
}

/// Most fields side by side, fragments followed. All that have one name are compared with each other by validation.
const MAX_WIDTH: usize = 1000;
/// Most fragments that may be spread one within the other, which take as much of the stack.
const MAX_FRAGMENT_DEPTH: usize = 100;

#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    width: usize,
    depth: usize,
    aliases: usize,
    directives: usize,
    root_fields: usize,
    fields: usize,
}

impl Measure {
    fn add(&mut self, other: Self) {
        self.width = self.width.max(other.width);
        self.depth = self.depth.max(other.depth);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.fields = self.fields.saturating_add(other.fields);
    }
}

/// Refuses a document beyond its limits. Fragments are measured once each, so the check is linear in the document's size
/// however often they are spread.
pub(crate) fn check(document: &ParsedDocument, limits: &OperationLimits) -> Result<(), PlanningError> {
    refuse_circles(document)?;
    let measure = Surveyor { document, fragments: AHashMap::new() }.measure(document.selection_set());
    let exceeded = [
        ("depth", measure.depth, limits.max_depth),
        ("number of aliases", measure.aliases, limits.max_aliases),
        ("number of directives", measure.directives, limits.max_directives),
        ("number of root fields", measure.root_fields, limits.max_root_fields),
        ("number of fields", measure.fields, limits.max_fields),
        ("number of fields side by side", measure.width.max(measure.root_fields), Some(MAX_WIDTH)),
    ]
    .into_iter()
    .find_map(|(what, is, limit)| {
        limit.filter(|limit| is > *limit).map(|limit| format!("The operation's {what} exceeds {limit}."))
    });
    exceeded.map_or(Ok(()), |message| Err(PlanningError::single(codes::OPERATION_TOO_LARGE, message)))
}

/// Refuses fragments that spread themselves (specification, section 5.5.2.2), used or not, and chains of them: what comes
/// after follows spreads wherever they lead, and a process does not survive a stack that is full.
fn refuse_circles(document: &ParsedDocument) -> Result<(), PlanningError> {
    let mut spreads: AHashMap<&str, Vec<&str>> = AHashMap::new();
    for fragment in document.fragments() {
        let mut names = Vec::new();
        collect_spreads(&fragment.selection_set, &mut names);
        spreads.insert(&fragment.name, names);
    }
    // The depth below each fragment that is done; none while it is being looked at.
    let mut depths: AHashMap<&str, Option<usize>> = AHashMap::new();
    for start in spreads.keys().copied() {
        let mut path = vec![(start, 0)];
        while let Some((name, next)) = path.last_mut() {
            let name = *name;
            let inner = spreads.get(name).map_or(&[][..], Vec::as_slice);
            if *next == 0 && depths.get(name).is_some_and(Option::is_some) {
                path.pop();
                continue;
            }
            depths.entry(name).or_insert(None);
            if let Some(spread) = inner.get(*next).copied() {
                *next += 1;
                match depths.get(spread) {
                    Some(None) => {
                        let message = format!("The fragment \"{spread}\" spreads itself.");
                        return Err(PlanningError::single(codes::VALIDATION_FAILED, message));
                    }
                    None if spreads.contains_key(spread) => path.push((spread, 0)),
                    _ => {}
                }
                continue;
            }
            let below = inner.iter().filter_map(|spread| depths.get(spread).copied().flatten()).max();
            let depth = below.map_or(1, |below| below + 1);
            if depth > MAX_FRAGMENT_DEPTH {
                let message = format!("The operation's depth of fragments exceeds {MAX_FRAGMENT_DEPTH}.");
                return Err(PlanningError::single(codes::OPERATION_TOO_LARGE, message));
            }
            depths.insert(name, Some(depth));
            path.pop();
        }
    }
    Ok(())
}

fn collect_spreads<'a>(set: &'a SelectionSet, names: &mut Vec<&'a str>) {
    for item in &set.items {
        match item {
            Selection::Field(field) => collect_spreads(&field.selection_set, names),
            Selection::InlineFragment(fragment) => collect_spreads(&fragment.selection_set, names),
            Selection::FragmentSpread(spread) => names.push(&spread.fragment_name),
        }
    }
}

struct Surveyor<'a> {
    document: &'a ParsedDocument,
    /// None while a fragment is being measured.
    fragments: AHashMap<&'a str, Option<Measure>>,
}

impl<'a> Surveyor<'a> {
    fn measure(&mut self, set: &'a SelectionSet) -> Measure {
        let mut sum = Measure::default();
        for item in &set.items {
            let measure = match item {
                Selection::Field(field) => {
                    let inner = self.measure(&field.selection_set);
                    Measure {
                        width: inner.width.max(inner.root_fields),
                        depth: inner.depth + 1,
                        aliases: inner.aliases.saturating_add(usize::from(field.alias.is_some())),
                        directives: inner.directives.saturating_add(field.directives.len()),
                        root_fields: 1,
                        fields: inner.fields.saturating_add(1),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    with_directives(self.measure(&fragment.selection_set), &fragment.directives)
                }
                Selection::FragmentSpread(spread) => {
                    with_directives(self.fragment(&spread.fragment_name), &spread.directives)
                }
            };
            sum.add(measure);
        }
        sum
    }

    fn fragment(&mut self, name: &str) -> Measure {
        let Some(fragment) = self.document.fragment(name) else { return Measure::default() };
        if let Some(known) = self.fragments.get(name) {
            return known.unwrap_or_default();
        }
        self.fragments.insert(&fragment.name, None);
        let measure = with_directives(self.measure(&fragment.selection_set), &fragment.directives);
        self.fragments.insert(&fragment.name, Some(measure));
        measure
    }
}

fn with_directives(mut measure: Measure, directives: &[Directive]) -> Measure {
    measure.directives = measure.directives.saturating_add(directives.len());
    measure
}
