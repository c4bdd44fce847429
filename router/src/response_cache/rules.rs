//! Rules by coordinate: how long types and fields may be kept, by configuration or by `@cacheControl`.

use std::collections::HashMap;
use std::time::Duration;

use cloudphone_planning::{CacheHint, OutlineNode, RootOutline};

use super::policy::Hint;

/// What is said of a type or a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// How long it may be kept; zero: never.
    pub max_age: Option<Duration>,
    /// Whether everybody may see it (true) or its caller alone (false); absent: whoever asks with the same identity.
    pub public: Option<bool>,
    /// Whether it lives as long as the field around it.
    pub inherit: bool,
}

impl Rule {
    /// Of two rules for the same, the stricter in each respect.
    fn meet(&mut self, other: &Self) {
        self.max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        self.public = match (self.public, other.public) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (one, two) => one.and(two),
        };
        self.inherit &= other.inherit;
    }
}

/// Rules by coordinate, such as `Product` or `Product.price`.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    by_coordinate: HashMap<String, Rule>,
}

impl Rules {
    /// What the supergraph declares; what is configured takes its place, coordinate by coordinate.
    pub(super) fn new(declared: &[CacheHint], configured: &HashMap<String, Rule>) -> Self {
        let mut by_coordinate: HashMap<String, Rule> = HashMap::new();
        for hint in declared {
            let coordinate = match &hint.field {
                Some(field) => format!("{}.{field}", hint.type_name),
                None => hint.type_name.clone(),
            };
            let rule = Rule {
                max_age: hint.max_age_seconds.map(Duration::from_secs),
                public: hint.public,
                inherit: hint.inherit,
            };
            by_coordinate.entry(coordinate).and_modify(|known| known.meet(&rule)).or_insert(rule);
        }
        by_coordinate.extend(configured.iter().map(|(coordinate, rule)| (coordinate.clone(), rule.clone())));
        Self { by_coordinate }
    }

    /// What they say about all that is selected: the shortest time and the narrowest circle. A leaf of which nothing is said goes with
    /// the object around it; of a root field, an entity or a field with objects something has to be said, or nothing is.
    pub(super) fn of(&self, roots: &[RootOutline]) -> Hint {
        let mut hint = Hint { public: true, ..Hint::default() };
        let (mut shortest, mut is_complete) = (None::<Duration>, true);
        for root in roots {
            let mut ages: Vec<Option<Duration>> = Vec::with_capacity(root.nodes.len());
            for node in &root.nodes {
                let (field, objects) = self.about(node);
                let scopes = [field, objects].into_iter().flatten().filter_map(|rule| rule.public);
                hint.private |= scopes.clone().any(|public| !public);
                let above = node.parent.and_then(|parent| ages[parent]);
                let own = field.and_then(|rule| rule.max_age);
                let inherits = [field, objects].into_iter().flatten().any(|rule| rule.inherit);
                let is_leaf = node.objects.is_none() && node.parent.is_some();
                let of_type = objects.and_then(|rule| rule.max_age);
                let age = if own.is_some() {
                    own
                } else if inherits && node.parent.is_some() {
                    of_type.or(above)
                } else if is_leaf {
                    above
                } else {
                    of_type
                };
                if own.is_some() || (of_type.is_some() && age == of_type) {
                    hint.public &= scopes.clone().any(|public| public);
                }
                hint.forbids |= age == Some(Duration::ZERO);
                is_complete &= age.is_some() || is_leaf;
                shortest = match (shortest, age) {
                    (Some(one), Some(two)) => Some(one.min(two)),
                    (one, two) => one.or(two),
                };
                ages.push(age);
            }
        }
        hint.max_age = shortest.filter(|_| is_complete);
        hint.public &= hint.max_age.is_some() && !hint.private;
        hint
    }

    fn about(&self, node: &OutlineNode) -> (Option<&Rule>, Option<&Rule>) {
        let field = node.field.as_ref().and_then(|(parent, name)| self.by_coordinate.get(&format!("{parent}.{name}")));
        (field, node.objects.as_ref().and_then(|name| self.by_coordinate.get(&**name)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn outline() -> Vec<RootOutline> {
        // { product { name maker { name } } }
        let node = |parent, field: (&str, &str), objects: Option<&str>| OutlineNode {
            parent,
            field: Some((Arc::from(field.0), Arc::from(field.1))),
            objects: objects.map(Arc::from),
        };
        vec![RootOutline {
            response_key: Arc::from("product"),
            representations: None,
            text: Arc::from(""),
            variables: Vec::new(),
            nodes: vec![
                node(None, ("Query", "product"), Some("Product")),
                node(Some(0), ("Product", "name"), None),
                node(Some(0), ("Product", "maker"), Some("Maker")),
                node(Some(2), ("Maker", "name"), None),
            ],
        }]
    }

    fn hint(rules: &[(&str, Option<u64>, Option<bool>, bool)]) -> Hint {
        let configured = rules.iter().map(|(coordinate, seconds, public, inherit)| {
            let rule = Rule { max_age: seconds.map(Duration::from_secs), public: *public, inherit: *inherit };
            ((*coordinate).to_owned(), rule)
        });
        Rules::new(&[], &configured.collect()).of(&outline())
    }

    #[test]
    fn the_shortest_time_and_the_narrowest_circle_count() {
        let whole = hint(&[("Product", Some(60), Some(true), false), ("Maker", Some(20), Some(true), false)]);
        assert_eq!((whole.max_age, whole.public), (Some(Duration::from_secs(20)), true));
        let field = [("Product", Some(60), Some(true), false), ("Product.maker", Some(5), None, false)];
        assert_eq!((hint(&field).max_age, hint(&field).public), (Some(Duration::from_secs(5)), false));
        let private = [
            ("Query.product", Some(60), None, false),
            ("Maker", Some(9), None, false),
            ("Maker.name", None, Some(false), false),
        ];
        assert!(hint(&private).private && !hint(&private).public);
    }

    #[test]
    fn an_object_of_which_nothing_is_said_is_not_kept_unless_it_inherits() {
        assert_eq!(hint(&[("Product", Some(60), None, false)]).max_age, None);
        let inherits = [("Product", Some(60), None, false), ("Maker", None, None, true)];
        assert_eq!(hint(&inherits).max_age, Some(Duration::from_mins(1)));
        assert_eq!(hint(&[]), Hint::default());
    }

    #[test]
    fn zero_forbids() {
        assert!(hint(&[("Product.name", Some(0), None, false)]).forbids);
    }

    #[test]
    fn subgraphs_that_declare_different_things_get_the_stricter() {
        let declared = |seconds, public| CacheHint {
            type_name: "Product".to_owned(),
            field: None,
            max_age_seconds: Some(seconds),
            public,
            inherit: false,
        };
        let rules = Rules::new(&[declared(60, Some(true)), declared(30, None)], &HashMap::new());
        let rule = &rules.by_coordinate["Product"];
        assert_eq!((rule.max_age, rule.public), (Some(Duration::from_secs(30)), None));
    }
}
