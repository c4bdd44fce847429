//! An operation as a tree, so that it can be written and made smaller.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// An operation with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Operation {
    /// Whether it changes anything.
    pub is_mutation: bool,
    /// What it selects.
    pub selections: Vec<Selection>,
    /// Its fragments.
    pub fragments: Vec<Fragment>,
    /// Its variables.
    pub variables: Vec<Variable>,
}

/// A named fragment.
#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    /// Its name.
    pub name: String,
    /// On which type.
    pub on: String,
    /// What it selects.
    pub selections: Vec<Selection>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type and default, as written.
    pub definition: String,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// A field.
    Field {
        /// Its head: alias, name, arguments and directives, as written.
        head: String,
        /// What is selected of its value.
        selections: Vec<Selection>,
    },
    /// An inline fragment.
    Inline {
        /// Its head: type condition and directives, as written.
        head: String,
        /// What it selects.
        selections: Vec<Selection>,
    },
    /// A named fragment.
    Spread {
        /// Its name.
        name: String,
        /// Its directives, as written.
        directives: String,
    },
}

impl Operation {
    /// The operation as text: with those fragments and variables that it uses.
    pub fn text(&self) -> String {
        let mut body = String::new();
        write_selections(&mut body, &self.selections, 1);
        let mut used: Vec<&Fragment> = Vec::new();
        let mut open: Vec<&[Selection]> = vec![&self.selections];
        while let Some(selections) = open.pop() {
            for selection in selections {
                match selection {
                    Selection::Field { selections, .. } | Selection::Inline { selections, .. } => open.push(selections),
                    Selection::Spread { name, .. } => {
                        let fragment = self.fragments.iter().find(|fragment| fragment.name == *name);
                        let fragment = fragment.expect("fragments are made before they are spread");
                        if used.iter().all(|known| known.name != *name) {
                            used.push(fragment);
                            open.push(&fragment.selections);
                        }
                    }
                }
            }
        }
        let mut fragments = String::new();
        for fragment in used {
            let _ = writeln!(fragments, "fragment {} on {} {{", fragment.name, fragment.on);
            write_selections(&mut fragments, &fragment.selections, 1);
            fragments.push_str("}\n");
        }
        let variables = self.used_variables(&body, &fragments);
        let variables = if variables.is_empty() { variables } else { format!("({variables})") };
        let kind = if self.is_mutation { "mutation" } else { "query" };
        format!("{kind} Tried{variables} {{\n{body}}}\n{fragments}")
    }

    fn used_variables(&self, body: &str, fragments: &str) -> String {
        let uses = |text: &str, name: &str| {
            text.match_indices(&format!("${name}")).any(|(at, found)| {
                !text[at + found.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
            })
        };
        let used =
            self.variables.iter().filter(|variable| uses(body, &variable.name) || uses(fragments, &variable.name));
        let written: Vec<String> =
            used.map(|variable| format!("${}: {}", variable.name, variable.definition)).collect();
        written.join(", ")
    }

    /// The operations that leave out one selection, or dissolve one fragment, of this one.
    pub fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        for selections in less(&self.selections) {
            smaller.push(Self { selections, ..self.clone() });
        }
        for position in 0..self.fragments.len() {
            for selections in less(&self.fragments[position].selections) {
                let mut operation = self.clone();
                operation.fragments[position].selections = selections;
                smaller.push(operation);
            }
        }
        smaller
    }
}

/// Every list with one thing less, none of them empty.
fn less(selections: &[Selection]) -> Vec<Vec<Selection>> {
    let mut all = Vec::new();
    for position in 0..selections.len() {
        if selections.len() > 1 {
            let mut rest = selections.to_vec();
            rest.remove(position);
            all.push(rest);
        }
        let (head, inner) = match &selections[position] {
            Selection::Field { head, selections } | Selection::Inline { head, selections } => (head, selections),
            Selection::Spread { .. } => continue,
        };
        for smaller in less(inner) {
            let mut changed = selections.to_vec();
            changed[position] = match &selections[position] {
                Selection::Field { .. } => Selection::Field { head: head.clone(), selections: smaller },
                _ => Selection::Inline { head: head.clone(), selections: smaller },
            };
            all.push(changed);
        }
    }
    all
}

fn write_selections(text: &mut String, selections: &[Selection], depth: usize) {
    let indent = "  ".repeat(depth);
    for selection in selections {
        match selection {
            Selection::Field { head, selections } if selections.is_empty() => {
                let _ = writeln!(text, "{indent}{head}");
            }
            Selection::Field { head, selections } | Selection::Inline { head, selections } => {
                let _ = writeln!(text, "{indent}{head} {{");
                write_selections(text, selections, depth + 1);
                let _ = writeln!(text, "{indent}}}");
            }
            Selection::Spread { name, directives } => {
                let _ = writeln!(text, "{indent}...{name}{directives}");
            }
        }
    }
}

/// An operation as text with one choice of variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The operation.
    pub operation: Operation,
    /// Values of its variables; each choice is tried with the same plan.
    pub variables: Vec<Map<String, Value>>,
}
