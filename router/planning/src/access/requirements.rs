//! The rules of a supergraph: what a caller must have to see a type or a field.

use ahash::AHashMap;
use graphql_tools::static_graphql::{
    query::{Directive, Value},
    schema::{Definition, Document, Field, TypeDefinition},
};

use crate::types::type_name;

/// What a caller is entitled to, as far as rules can ask.
pub trait Entitlements {
    /// Whether it is known who the caller is.
    fn is_authenticated(&self) -> bool;
    /// Whether a scope was granted to the caller.
    fn has_scope(&self, scope: &str) -> bool;
    /// Whether the caller meets a policy.
    fn meets_policy(&self, policy: &str) -> bool;
}

/// Alternatives, each of which asks for all of its words.
type Alternatives = Vec<Vec<String>>;

/// What one place of the schema asks for; all of it together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// `@authenticated`.
    pub authenticated: bool,
    /// `@requiresScopes`: all scopes of one of the lists. None: not asked for.
    pub scopes: Option<Alternatives>,
    /// `@policy`: all policies of one of the lists. None: not asked for.
    pub policies: Option<Alternatives>,
}

impl Requirement {
    /// Whether a caller has what it takes.
    pub fn is_met(&self, by: &dyn Entitlements) -> bool {
        let one_of = |alternatives: &Option<Alternatives>, has: &dyn Fn(&str) -> bool| {
            let Some(alternatives) = alternatives else { return true };
            alternatives.iter().any(|all| all.iter().all(|word| has(word)))
        };
        (!self.authenticated || by.is_authenticated())
            && one_of(&self.scopes, &|scope| by.has_scope(scope))
            && one_of(&self.policies, &|policy| by.meets_policy(policy))
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One of the distinct requirements of a supergraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId(u32);

/// All requirements of a supergraph, by the place that asks for them.
#[derive(Debug, Default)]
pub(crate) struct Requirements {
    distinct: Vec<Requirement>,
    types: AHashMap<String, RequirementId>,
    fields: AHashMap<String, AHashMap<String, Vec<RequirementId>>>,
}

impl Requirements {
    /// Reads the directives of a supergraph, by whatever names it has them.
    pub(crate) fn read(document: &Document) -> Self {
        let names = Names::read(document);
        let mut all = Self::default();
        let mut known = AHashMap::new();
        for definition in &document.definitions {
            let Definition::TypeDefinition(definition) = definition else { continue };
            let (directives, fields) = parts(definition);
            if let Some(id) = all.intern(names.requirement(directives), &mut known) {
                all.types.insert(type_name(definition).to_owned(), id);
            }
            for field in fields {
                if let Some(id) = all.intern(names.requirement(&field.directives), &mut known) {
                    let own = all.fields.entry(type_name(definition).to_owned()).or_default();
                    own.entry(field.name.clone()).or_default().push(id);
                }
            }
        }
        all.hand_down(document);
        all
    }

    /// A subgraph that knows an interface as an object answers its fields for all implementers, so that what it asks for
    /// is asked for on their fields too.
    fn hand_down(&mut self, document: &Document) {
        let definitions = || {
            document.definitions.iter().filter_map(|definition| match definition {
                Definition::TypeDefinition(definition) => Some(definition),
                _ => None,
            })
        };
        for interface in definitions().filter(|definition| is_interface_object(parts(definition).0)) {
            let name = type_name(interface);
            let Some(rules) = self.fields.get(name).cloned() else { continue };
            for definition in definitions() {
                let TypeDefinition::Object(object) = definition else { continue };
                if !object.implements_interfaces.iter().any(|own| own == name) {
                    continue;
                }
                let own = self.fields.entry(object.name.clone()).or_default();
                for (field, ids) in &rules {
                    own.entry(field.clone()).or_default().extend(ids);
                }
            }
        }
    }

    fn intern(
        &mut self,
        requirement: Requirement,
        known: &mut AHashMap<Requirement, RequirementId>,
    ) -> Option<RequirementId> {
        if requirement.is_empty() {
            return None;
        }
        if let Some(id) = known.get(&requirement) {
            return Some(*id);
        }
        let id = RequirementId(u32::try_from(self.distinct.len()).expect("a schema has fewer than 2^32 directives"));
        self.distinct.push(requirement.clone());
        known.insert(requirement, id);
        Some(id)
    }

    /// Whether everything may be seen by everybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.distinct.is_empty()
    }

    /// What a requirement asks for.
    pub(crate) fn get(&self, id: RequirementId) -> Option<&Requirement> {
        self.distinct.get(id.0 as usize)
    }

    /// What a type asks for.
    pub(crate) fn of_type(&self, name: &str) -> Option<RequirementId> {
        self.types.get(name).copied()
    }

    /// What a field asks for by itself, whatever its types do.
    pub(crate) fn of_field(&self, parent: &str, field: &str) -> &[RequirementId] {
        self.fields.get(parent).and_then(|fields| fields.get(field)).map_or(&[], Vec::as_slice)
    }
}

fn parts(definition: &TypeDefinition) -> (&[Directive], &[Field]) {
    match definition {
        TypeDefinition::Object(object) => (&object.directives, &object.fields),
        TypeDefinition::Interface(interface) => (&interface.directives, &interface.fields),
        TypeDefinition::Scalar(scalar) => (&scalar.directives, &[]),
        TypeDefinition::Enum(definition) => (&definition.directives, &[]),
        TypeDefinition::Union(_) | TypeDefinition::InputObject(_) => (&[], &[]),
    }
}

fn is_interface_object(directives: &[Directive]) -> bool {
    directives
        .iter()
        .filter(|directive| directive.name == "join__type")
        .any(|join| matches!(argument(join, "isInterfaceObject"), Some(Value::Boolean(true))))
}

/// What the directives are called in a supergraph (link specification, <https://specs.apollo.dev/link/v1.0>).
struct Names {
    authenticated: String,
    scopes: String,
    policy: String,
}

impl Names {
    fn read(document: &Document) -> Self {
        let mut names =
            Self { authenticated: "authenticated".into(), scopes: "requiresScopes".into(), policy: "policy".into() };
        let links = document.definitions.iter().filter_map(|definition| match definition {
            Definition::SchemaDefinition(schema) => Some(&schema.directives),
            _ => None,
        });
        for link in links.flatten().filter(|directive| directive.name == "link") {
            let Some(Value::String(url)) = argument(link, "url") else { continue };
            let Some(feature) = url.strip_prefix("https://specs.apollo.dev/").and_then(|rest| rest.split('/').next())
            else {
                continue;
            };
            let name = match feature {
                "authenticated" => &mut names.authenticated,
                "requiresScopes" => &mut names.scopes,
                "policy" => &mut names.policy,
                _ => continue,
            };
            if let Some(Value::String(other)) = argument(link, "as") {
                name.clone_from(other);
            }
            if let Some(imported) = imported_as(link, feature) {
                *name = imported;
            }
        }
        names
    }

    fn requirement(&self, directives: &[Directive]) -> Requirement {
        let mut requirement = Requirement::default();
        for directive in directives {
            if directive.name == self.authenticated {
                requirement.authenticated = true;
            } else if directive.name == self.scopes {
                requirement.scopes = Some(alternatives(argument(directive, "scopes")));
            } else if directive.name == self.policy {
                requirement.policies = Some(alternatives(argument(directive, "policies")));
            }
        }
        requirement
    }
}

/// The name that a directive is imported under, without its `@`.
fn imported_as(link: &Directive, feature: &str) -> Option<String> {
    let Some(Value::List(imports)) = argument(link, "import") else { return None };
    imports.iter().find_map(|import| {
        let Value::Object(import) = import else { return None };
        let field = |wanted: &str| import.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let (Some(Value::String(name)), Some(Value::String(alias))) = (field("name"), field("as")) else {
            return None;
        };
        (name.strip_prefix('@') == Some(feature)).then(|| alias.trim_start_matches('@').to_owned())
    })
}

/// Lists of words. What is no such list is met by nobody.
fn alternatives(value: Option<&Value>) -> Alternatives {
    let Some(Value::List(lists)) = value else { return Vec::new() };
    let words = |list: &Value| match list {
        Value::List(words) => words
            .iter()
            .map(|word| match word {
                Value::String(word) => Some(word.clone()),
                _ => None,
            })
            .collect(),
        // Input coercion takes a single value for a list of one (specification, section 3.11).
        Value::String(word) => Some(vec![word.clone()]),
        _ => None,
    };
    lists.iter().filter_map(words).collect()
}

fn argument<'d>(directive: &'d Directive, name: &str) -> Option<&'d Value> {
    directive.arguments.iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use graphql_tools::parser::parse_schema;

    struct Caller(&'static [&'static str]);

    impl Entitlements for Caller {
        fn is_authenticated(&self) -> bool {
            !self.0.is_empty()
        }

        fn has_scope(&self, scope: &str) -> bool {
            self.0.contains(&scope)
        }

        fn meets_policy(&self, policy: &str) -> bool {
            self.0.contains(&policy)
        }
    }

    fn read(sdl: &str) -> Requirements {
        Requirements::read(&parse_schema::<String>(sdl).unwrap().into_static())
    }

    #[test]
    fn alternatives_are_lists_of_what_is_needed_together() {
        let rules =
            read(r#"type A { f: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) @policy(policies: [["p"]]) }"#);
        let [id] = rules.of_field("A", "f") else { panic!("one requirement") };
        let rule = rules.get(*id).unwrap();
        for (caller, met) in [
            (&["a", "b", "p"][..], true),
            (&["c", "p"], true),
            (&["a", "p"], false),
            (&["a", "b"], false),
            (&[], false),
        ] {
            assert_eq!(rule.is_met(&Caller(caller)), met, "{caller:?}");
        }
    }

    #[test]
    fn a_list_without_alternatives_is_met_by_nobody() {
        let rules = read("type A { f: Int @requiresScopes(scopes: []) }");
        assert!(!rules.get(rules.of_field("A", "f")[0]).unwrap().is_met(&Caller(&["a"])));
    }

    #[test]
    fn directives_may_have_other_names() {
        let rules = read(
            r#"
            schema
              @link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "signedIn")
              @link(url: "https://specs.apollo.dev/policy/v0.1", import: [{ name: "@policy", as: "@allowed" }])
            { query: Query }
            type Query { a: Int @signedIn b: Int @allowed(policies: [["p"]]) c: Int @authenticated }
            "#,
        );
        assert!(rules.get(rules.of_field("Query", "a")[0]).unwrap().authenticated);
        assert!(rules.get(rules.of_field("Query", "b")[0]).unwrap().policies.is_some());
        assert!(rules.of_field("Query", "c").is_empty(), "another directive has that name");
    }

    #[test]
    fn implementers_keep_the_rules_of_an_interface_object() {
        let rules = read(
            "
            interface I @join__type(graph: A) @join__type(graph: B, isInterfaceObject: true) { id: ID f: Int @authenticated }
            interface J { id: ID g: Int @authenticated }
            type T implements I & J { id: ID f: Int g: Int }
            ",
        );
        assert_eq!(rules.of_field("T", "f"), rules.of_field("I", "f"));
        assert!(rules.of_field("T", "g").is_empty());
    }
}
