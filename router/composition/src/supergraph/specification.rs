//! The definitions that a supergraph carries of the specifications it uses.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::subgraph::Federation;

/// Join v0.5 and link v1.0 (<https://specs.apollo.dev/join/v0.5>), without `join__Graph`.
const JOIN_AND_LINK: &str = "
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}
scalar join__DirectiveArguments
scalar join__FieldSet
scalar join__FieldValue
scalar link__Import
enum link__Purpose {
  \"`SECURITY` features provide metadata necessary to securely resolve fields.\"
  SECURITY
  \"`EXECUTION` features provide metadata necessary for operation execution.\"
  EXECUTION
}
";

/// The definitions of everything the supergraph uses, as schema text.
pub fn machinery(features: &BTreeSet<Federation>) -> String {
    let mut text = JOIN_AND_LINK.to_owned();
    for feature in features {
        if let Some(definition) = definition(*feature) {
            let _ = writeln!(text, "{definition}");
        }
    }
    text
}

fn definition(feature: Federation) -> Option<&'static str> {
    Some(match feature {
        Federation::Tag => {
            "directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA"
        }
        Federation::Inaccessible => {
            "directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
        }
        Federation::Authenticated => {
            "directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
        }
        Federation::RequiresScopes => {
            "directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
             scalar requiresScopes__Scope"
        }
        Federation::Policy => {
            "directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
             scalar policy__Policy"
        }
        Federation::Cost => {
            "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR"
        }
        Federation::ListSize => {
            "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION"
        }
        Federation::Context => {
            "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION"
        }
        _ => return None,
    })
}
