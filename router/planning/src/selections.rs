//! Makes and merges selections.

use graphql_tools::static_graphql::query::{Directive, Field, InlineFragment, Selection, SelectionSet, TypeCondition};

use crate::rewrite::Layers;

/// Whether such a field is selected, fragments followed.
pub(crate) fn any_field(set: &SelectionSet, is_such: &dyn Fn(&Field) -> bool) -> bool {
    set.items.iter().any(|item| match item {
        Selection::Field(field) => is_such(field),
        Selection::InlineFragment(fragment) => any_field(&fragment.selection_set, is_such),
        Selection::FragmentSpread(_) => false,
    })
}

/// A field without arguments.
pub(crate) fn field(name: &str, selection_set: SelectionSet) -> Field {
    Field {
        position: selection_set.span.0,
        alias: None,
        name: name.to_owned(),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set,
    }
}

/// The name of an object's type.
pub(crate) fn typename(like: &SelectionSet) -> Selection {
    Selection::Field(field("__typename", SelectionSet { span: like.span, items: Vec::new() }))
}

/// `... on Type { … }`
pub(crate) fn fragment(on: &str, directives: Vec<Directive>, selection_set: SelectionSet) -> InlineFragment {
    let type_condition = Some(TypeCondition::On(on.to_owned()));
    InlineFragment { position: selection_set.span.0, type_condition, directives, selection_set }
}

/// All directives on one selection; none when two of a name differ, for directives are not repeatable.
pub(crate) fn together(own: &[Directive], conditions: Layers<'_>) -> Option<Vec<Directive>> {
    let mut all = own.to_vec();
    for directive in conditions.iter().copied().flatten() {
        match all.iter().find(|known| known.name == directive.name) {
            Some(known) if known.arguments == directive.arguments => {}
            Some(_) => return None,
            None => all.push(directive.clone()),
        }
    }
    Some(all)
}

/// The selections with fields of one condition in one fragment: the library forgets the condition of a field when another
/// one beside it has the same and is answered elsewhere.
pub(crate) fn grouped(parent: &str, items: Vec<Selection>, like: &SelectionSet) -> Vec<Selection> {
    let mut kept = Vec::with_capacity(items.len());
    let mut groups: Vec<(Vec<Directive>, Vec<Selection>)> = Vec::new();
    for item in items {
        match item {
            Selection::Field(mut field) if !field.directives.is_empty() && field.name != "__typename" => {
                let directives = std::mem::take(&mut field.directives);
                match groups.iter_mut().find(|(known, _)| same(known, &directives)) {
                    Some((_, fields)) => fields.push(Selection::Field(field)),
                    None => groups.push((directives, vec![Selection::Field(field)])),
                }
            }
            other => kept.push(other),
        }
    }
    kept.extend(groups.into_iter().map(|(directives, items)| {
        Selection::InlineFragment(fragment(parent, directives, SelectionSet { span: like.span, items }))
    }));
    kept
}

/// Whether two lists of directives are alike; where they stand does not matter.
fn same(one: &[Directive], other: &[Directive]) -> bool {
    one.len() == other.len()
        && one.iter().all(|directive| {
            other.iter().any(|other| directive.name == other.name && directive.arguments == other.arguments)
        })
}

/// A selection inside one fragment for each layer of conditions.
pub(crate) fn nested(on: &str, conditions: Layers<'_>, inner: Selection, like: &SelectionSet) -> Selection {
    conditions.iter().rev().fold(inner, |inner, layer| {
        let set = SelectionSet { span: like.span, items: vec![inner] };
        Selection::InlineFragment(fragment(on, layer.to_vec(), set))
    })
}
