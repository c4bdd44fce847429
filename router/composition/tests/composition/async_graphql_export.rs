//! Subgraphs written with async-graphql compose as they export themselves.

#![allow(clippy::unwrap_used)]

use async_graphql::{
    EmptyMutation, EmptySubscription, ID, InputObject, Interface, Object, SDLExportOptions, Schema, SimpleObject,
    Subscription, futures_util::Stream, futures_util::stream,
};
use cloudphone_composition::Subgraph;

use crate::support::{composed, plan};

#[derive(SimpleObject)]
#[graphql(shareable)]
struct PageInformation {
    has_next: bool,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"))]
enum Node {
    Phone(Phone),
}

/// A phone in the cloud.
#[derive(SimpleObject)]
struct Phone {
    /// Opaque.
    id: ID,
    #[graphql(deprecation = "Use `title`.")]
    name: String,
    #[graphql(inaccessible, tag = "internal")]
    shard: i32,
    owner: Owner,
    information: PageInformation,
}

#[derive(SimpleObject)]
#[graphql(unresolvable)]
struct Owner {
    id: ID,
}

#[derive(InputObject)]
struct PhoneFilter {
    name: Option<String>,
    #[graphql(default = 10)]
    first: i32,
}

struct PhoneQuery;

#[Object(name = "Query")]
impl PhoneQuery {
    async fn phones(&self, #[graphql(desc = "Which ones.")] filter: Option<PhoneFilter>) -> Vec<Phone> {
        let _ = filter.map(|filter| (filter.name, filter.first));
        Vec::new()
    }

    #[graphql(requires_scopes = "phone:read phone:list", requires_scopes = "admin")]
    async fn node(&self, id: ID) -> Option<Node> {
        let _ = id;
        None
    }

    #[graphql(entity)]
    async fn phone_by_id(&self, id: ID) -> Option<Phone> {
        let _ = id;
        None
    }
}

struct PhoneSubscription;

#[Subscription(name = "Subscription")]
impl PhoneSubscription {
    async fn phone_changed(&self, id: ID) -> impl Stream<Item = Phone> {
        let _ = id;
        stream::empty()
    }
}

struct OwnerProfile {
    id: ID,
}

#[Object(name = "Owner")]
impl OwnerProfile {
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn email(&self) -> &'static str {
        "a@b.test"
    }
}

struct PhoneUse {
    id: ID,
}

#[Object(name = "Phone", extends)]
impl PhoneUse {
    #[graphql(external)]
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn minutes(&self) -> i32 {
        0
    }
}

struct OwnerQuery;

#[Object(name = "Query")]
impl OwnerQuery {
    async fn me(&self) -> OwnerProfile {
        OwnerProfile { id: "1".into() }
    }

    async fn information(&self) -> PageInformation {
        PageInformation { has_next: false }
    }

    #[graphql(entity)]
    async fn owner_by_id(&self, id: ID) -> OwnerProfile {
        OwnerProfile { id }
    }

    #[graphql(entity)]
    async fn phone_by_id(&self, id: ID) -> PhoneUse {
        PhoneUse { id }
    }
}

fn subgraphs() -> Vec<Subgraph> {
    let options = SDLExportOptions::new().federation();
    let phones = Schema::build(PhoneQuery, EmptyMutation, PhoneSubscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .finish();
    let owners = Schema::build(OwnerQuery, EmptyMutation, EmptySubscription).enable_federation().finish();
    [("phones", phones.sdl_with_options(options)), ("owners", owners.sdl_with_options(options))]
        .into_iter()
        .map(|(name, sdl)| Subgraph { name: name.into(), url: format!("http://{name}.test"), sdl })
        .collect()
}

#[test]
fn exported_schemas_compose() {
    let composition = composed(&subgraphs());
    insta::assert_snapshot!("exported_supergraph", composition.supergraph_sdl);
    insta::assert_snapshot!("exported_api", composition.api_sdl);
}

#[test]
fn a_query_crosses_exported_subgraphs() {
    let composition = composed(&subgraphs());
    insta::assert_snapshot!(plan(&composition, "{ phones { name minutes owner { email } } }"));
}

#[test]
fn a_subscription_reaches_into_other_subgraphs() {
    let composition = composed(&subgraphs());
    insta::assert_snapshot!(plan(&composition, r#"subscription { phoneChanged(id: "1") { name owner { email } } }"#));
}
