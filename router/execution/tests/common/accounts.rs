//! The subgraph that owns users.

use std::sync::{Arc, Mutex};

use async_graphql::{Context, EmptySubscription, Error, ErrorExtensions, ID, Object, Schema};

#[derive(Clone)]
pub struct Users(Arc<Mutex<Vec<(String, String)>>>);

pub struct User {
    id: String,
    name: String,
}

#[Object]
impl User {
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    async fn name(&self) -> Result<String, Error> {
        if self.id == "nameless" { Err(Error::new("this user has no name")) } else { Ok(self.name.clone()) }
    }

    async fn email(&self) -> Result<Option<String>, Error> {
        match self.id.as_str() {
            "2" => Err(Error::new("the mail directory is closed")
                .extend_with(|_, extensions| extensions.set("code", "DIRECTORY_CLOSED"))),
            "3" => Ok(None),
            _ => Ok(Some(format!("{}@example.org", self.name))),
        }
    }

    async fn friends(&self, ctx: &Context<'_>) -> Vec<User> {
        let users = ctx.data_unchecked::<Users>().0.lock().unwrap();
        users
            .iter()
            .filter(|(id, _)| *id != self.id)
            .map(|(id, name)| User { id: id.clone(), name: name.clone() })
            .collect()
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn me(&self, ctx: &Context<'_>) -> Option<User> {
        find(ctx, "1")
    }

    async fn user(&self, ctx: &Context<'_>, id: ID) -> Option<User> {
        find(ctx, &id)
    }

    async fn users(&self, ctx: &Context<'_>) -> Vec<User> {
        let users = ctx.data_unchecked::<Users>().0.lock().unwrap();
        users.iter().map(|(id, name)| User { id: id.clone(), name: name.clone() }).collect()
    }

    async fn fragile(&self) -> User {
        User { id: "nameless".to_owned(), name: String::new() }
    }

    #[graphql(entity)]
    async fn user_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<User> {
        find(ctx, &id)
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn rename(&self, ctx: &Context<'_>, id: ID, name: String) -> Option<User> {
        let mut users = ctx.data_unchecked::<Users>().0.lock().unwrap();
        let user = users.iter_mut().find(|(known, _)| *known == *id)?;
        user.1.clone_from(&name);
        Some(User { id: id.0, name })
    }
}

fn find(ctx: &Context<'_>, id: &str) -> Option<User> {
    let users = ctx.data_unchecked::<Users>().0.lock().unwrap();
    users.iter().find(|(known, _)| known == id).map(|(id, name)| User { id: id.clone(), name: name.clone() })
}

pub type AccountsSchema = Schema<Query, Mutation, EmptySubscription>;

pub fn schema() -> AccountsSchema {
    let users = ["ada", "bob", "cleo"]
        .iter()
        .zip(1..)
        .map(|(name, id): (_, u32)| (id.to_string(), (*name).to_owned()))
        .collect();
    Schema::build(Query, Mutation, EmptySubscription)
        .data(Users(Arc::new(Mutex::new(users))))
        .enable_federation()
        .finish()
}
