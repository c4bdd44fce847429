//! The subgraph that owns reviews and streams new ones.

use std::sync::{Arc, Mutex};

use async_graphql::{Context, ID, Object, Schema, SimpleObject, Subscription};
use futures::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// What reviews exist and where new ones are announced; tests announce through it.
#[derive(Clone)]
pub struct Reviews {
    all: Arc<Mutex<Vec<Review>>>,
    pub added: broadcast::Sender<Review>,
}

impl Reviews {
    pub fn new() -> Self {
        let review = |id: &str, body: &str, author: &str, upc: &str| Review {
            id: id.to_owned(),
            body: body.to_owned(),
            author: author.to_owned(),
            upc: upc.to_owned(),
        };
        let all = vec![
            review("r1", "fine \"quoted\" ünïcode", "1", "p1"),
            review("r2", "wobbly", "2", "p1"),
            review("r3", "soft", "1", "p2"),
            review("r4", "lost", "1", "p3"),
        ];
        Self { all: Arc::new(Mutex::new(all)), added: broadcast::channel(256).0 }
    }

    pub fn announce(&self, id: &str, author: &str, upc: &str) {
        let review =
            Review { id: id.to_owned(), body: "new".to_owned(), author: author.to_owned(), upc: upc.to_owned() };
        // Nobody listening is fine: tests wait for listeners themselves.
        let _ = self.added.send(review);
    }
}

#[derive(Clone)]
pub struct Review {
    id: String,
    body: String,
    author: String,
    upc: String,
}

#[Object]
impl Review {
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    async fn body(&self) -> &str {
        &self.body
    }

    async fn author(&self) -> User {
        User { id: ID(self.author.clone()) }
    }

    async fn product(&self) -> Option<Product> {
        Some(Product { upc: self.upc.clone() })
    }
}

pub struct User {
    id: ID,
}

#[Object]
impl User {
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn reviews(&self, ctx: &Context<'_>) -> Vec<Review> {
        written(ctx, |review| review.author == *self.id)
    }

    async fn karma(&self) -> Result<i32, async_graphql::Error> {
        if self.id == "3" { Err("karma unknown".into()) } else { Ok(7) }
    }
}

pub struct Product {
    upc: String,
}

#[Object]
impl Product {
    async fn upc(&self) -> &str {
        &self.upc
    }

    async fn reviews(&self, ctx: &Context<'_>) -> Vec<Review> {
        written(ctx, |review| review.upc == self.upc)
    }
}

#[derive(SimpleObject)]
#[graphql(interface_object)]
pub struct Media {
    id: ID,
    rating: i32,
}

fn written(ctx: &Context<'_>, keep: impl Fn(&Review) -> bool) -> Vec<Review> {
    ctx.data_unchecked::<Reviews>().all.lock().unwrap().iter().filter(|review| keep(review)).cloned().collect()
}

pub struct Query;

#[Object]
impl Query {
    async fn latest_reviews(&self, ctx: &Context<'_>) -> Vec<Review> {
        written(ctx, |_| true)
    }

    #[graphql(entity)]
    async fn user_by_id(&self, id: ID) -> User {
        User { id }
    }

    #[graphql(entity)]
    async fn product_by_upc(&self, upc: String) -> Product {
        Product { upc }
    }

    #[graphql(entity)]
    async fn review_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Review> {
        written(ctx, |review| review.id == *id).pop()
    }

    #[graphql(entity)]
    async fn media_by_id(&self, id: ID) -> Media {
        let rating = if id == "b1" { 5 } else { 3 };
        Media { id, rating }
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn add_review(&self, ctx: &Context<'_>, upc: String, body: String) -> Review {
        let reviews = ctx.data_unchecked::<Reviews>();
        let mut all = reviews.all.lock().unwrap();
        let review = Review { id: format!("r{}", all.len() + 1), body, author: "1".to_owned(), upc };
        all.push(review.clone());
        review
    }
}

pub struct Subscriptions;

#[Subscription]
impl Subscriptions {
    async fn review_added(&self, ctx: &Context<'_>) -> impl Stream<Item = Option<Review>> {
        let reviews = ctx.data_unchecked::<Reviews>();
        BroadcastStream::new(reviews.added.subscribe()).map(Result::ok)
    }
}

pub type ReviewsSchema = Schema<Query, Mutation, Subscriptions>;

pub fn schema(reviews: Reviews) -> ReviewsSchema {
    Schema::build(Query, Mutation, Subscriptions).data(reviews).enable_federation().finish()
}
