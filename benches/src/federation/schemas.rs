//! Four federated subgraphs over the data of [`super::world`]: people, catalog, stock and ratings.
// Resolvers are async for async-graphql even when they have nothing to wait for.
#![allow(clippy::unused_async)]

use async_graphql::{ComplexObject, EmptyMutation, EmptySubscription, ID, Object, Schema, SimpleObject};
use async_graphql::{SDLExportOptions, Subscription};
use futures::Stream;

use super::world;

/// A subgraph's name and its schema.
pub struct Subgraph {
    /// As the supergraph calls it.
    pub name: &'static str,
    /// Its SDL.
    pub sdl: String,
    /// Answers a request.
    pub schema: Executable,
}

/// A schema of any of the four.
#[derive(Clone)]
pub enum Executable {
    /// People.
    People(Schema<PeopleQuery, EmptyMutation, EmptySubscription>),
    /// Phones.
    Catalog(Schema<CatalogQuery, EmptyMutation, EmptySubscription>),
    /// What is in stock, and events.
    Stock(Schema<StockQuery, EmptyMutation, StockSubscription>),
    /// Ratings.
    Ratings(Schema<RatingsQuery, EmptyMutation, EmptySubscription>),
}

impl Executable {
    /// Runs a query.
    pub async fn execute(&self, request: async_graphql::Request) -> async_graphql::Response {
        match self {
            Self::People(schema) => schema.execute(request).await,
            Self::Catalog(schema) => schema.execute(request).await,
            Self::Stock(schema) => schema.execute(request).await,
            Self::Ratings(schema) => schema.execute(request).await,
        }
    }
}

/// All four.
pub fn all() -> [Subgraph; 4] {
    let people = Schema::build(PeopleQuery, EmptyMutation, EmptySubscription).enable_federation().finish();
    let catalog = Schema::build(CatalogQuery, EmptyMutation, EmptySubscription).enable_federation().finish();
    let stock = Schema::build(StockQuery, EmptyMutation, StockSubscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .finish();
    let ratings = Schema::build(RatingsQuery, EmptyMutation, EmptySubscription).enable_federation().finish();
    let options = || SDLExportOptions::new().federation();
    [
        Subgraph { name: "people", sdl: people.sdl_with_options(options()), schema: Executable::People(people) },
        Subgraph { name: "catalog", sdl: catalog.sdl_with_options(options()), schema: Executable::Catalog(catalog) },
        Subgraph { name: "stock", sdl: stock.sdl_with_options(options()), schema: Executable::Stock(stock) },
        Subgraph { name: "ratings", sdl: ratings.sdl_with_options(options()), schema: Executable::Ratings(ratings) },
    ]
}

/// The people subgraph's queries.
pub struct PeopleQuery;

#[Object(name = "Query")]
impl PeopleQuery {
    async fn people(&self) -> Vec<Person> {
        (0..world::PEOPLE).map(person).collect()
    }

    async fn person(&self, id: ID) -> Option<Person> {
        Some(world::number(&id)).filter(|number| *number < world::PEOPLE).map(person)
    }

    #[graphql(entity)]
    async fn person_by_id(&self, id: ID) -> Person {
        person(world::number(&id))
    }
}

/// A person.
#[derive(SimpleObject)]
pub struct Person {
    id: ID,
    name: String,
    email: String,
    city: String,
}

fn person(number: usize) -> Person {
    Person {
        id: ID(format!("person-{number}")),
        name: format!("Person number {number}"),
        email: format!("person.{number}@example.org"),
        city: ["Bergen", "Porto", "Gdańsk", "Izmir"][number % 4].to_owned(),
    }
}

/// The catalog subgraph's queries.
pub struct CatalogQuery;

#[Object(name = "Query")]
impl CatalogQuery {
    async fn phones(&self) -> Vec<CatalogPhone> {
        (0..world::PHONES).map(phone).collect()
    }

    #[graphql(entity)]
    async fn phone_by_id(&self, id: ID) -> CatalogPhone {
        phone(world::number(&id))
    }
}

/// A phone as the catalog knows it.
#[derive(SimpleObject)]
#[graphql(name = "Phone")]
pub struct CatalogPhone {
    id: ID,
    title: String,
    maker: String,
    price: i32,
    weight_grams: i32,
}

fn phone(number: usize) -> CatalogPhone {
    let small = i32::try_from(number).unwrap_or_default();
    CatalogPhone {
        id: ID(format!("phone-{number}")),
        title: format!("Phone of type {number}"),
        maker: ["Aurora", "Fjord", "Kestrel"][number % 3].to_owned(),
        price: 100 + small * 7,
        weight_grams: 140 + small,
    }
}

/// The stock subgraph's queries.
pub struct StockQuery;

#[Object(name = "Query")]
impl StockQuery {
    async fn warehouses(&self) -> i32 {
        3
    }

    #[graphql(entity)]
    async fn phone_by_id(&self, #[graphql(key)] id: ID, price: Option<i32>, weight_grams: Option<i32>) -> StockPhone {
        StockPhone { id, price, weight_grams }
    }
}

/// A phone as stock knows it.
#[derive(SimpleObject)]
#[graphql(name = "Phone", complex)]
pub struct StockPhone {
    id: ID,
    #[graphql(external)]
    price: Option<i32>,
    #[graphql(external)]
    weight_grams: Option<i32>,
}

#[ComplexObject]
impl StockPhone {
    async fn available(&self) -> bool {
        !world::number(&self.id).is_multiple_of(5)
    }

    #[graphql(requires = "price weightGrams")]
    async fn shipping_cost(&self) -> Option<i32> {
        Some(self.price? / 10 + self.weight_grams?)
    }
}

/// A change of stock. `sentAt` is in microseconds of the sender's clock.
#[derive(SimpleObject)]
pub struct Change {
    sequence: String,
    sent_at: String,
    level: i32,
    place: String,
    shelf: String,
    note: String,
    phone: StockPhone,
}

/// The stock subgraph's events: the schema says what they are, [`super::events`] sends them.
pub struct StockSubscription;

#[Subscription(name = "Subscription")]
impl StockSubscription {
    async fn stock_changed(&self, topic: String) -> impl Stream<Item = Change> {
        drop(topic);
        futures::stream::empty()
    }
}

/// The ratings subgraph's queries.
pub struct RatingsQuery;

#[Object(name = "Query")]
impl RatingsQuery {
    #[graphql(entity)]
    async fn rating_by_id(&self, id: ID) -> Rating {
        Rating(world::number(&id))
    }

    async fn latest_rating(&self) -> Rating {
        Rating(world::RATINGS - 1)
    }

    #[graphql(entity)]
    async fn person_by_id(&self, id: ID) -> RatingPerson {
        RatingPerson(world::number(&id))
    }

    #[graphql(entity)]
    async fn phone_by_id(&self, id: ID) -> RatingPhone {
        RatingPhone(world::number(&id))
    }
}

/// A rating.
pub struct Rating(usize);

#[Object]
impl Rating {
    async fn id(&self) -> ID {
        ID(format!("rating-{}", self.0))
    }

    async fn stars(&self) -> i32 {
        i32::try_from(self.0 % 5).unwrap_or_default() + 1
    }

    async fn text(&self) -> String {
        world::text(self.0)
    }

    async fn author(&self) -> RatingPerson {
        RatingPerson(world::author_of(self.0))
    }

    async fn phone(&self) -> RatingPhone {
        RatingPhone(world::phone_of(self.0))
    }
}

/// A person as ratings know them.
pub struct RatingPerson(usize);

#[Object(name = "Person")]
impl RatingPerson {
    async fn id(&self) -> ID {
        ID(format!("person-{}", self.0))
    }

    async fn ratings(&self) -> Vec<Rating> {
        world::written_by(self.0).into_iter().map(Rating).collect()
    }
}

/// A phone as ratings know it.
pub struct RatingPhone(usize);

#[Object(name = "Phone")]
impl RatingPhone {
    async fn id(&self) -> ID {
        ID(format!("phone-{}", self.0))
    }

    async fn ratings(&self) -> Vec<Rating> {
        world::about(self.0).into_iter().map(Rating).collect()
    }
}
