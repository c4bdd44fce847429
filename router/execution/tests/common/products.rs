//! The subgraph that owns products and media.

use async_graphql::{
    EmptyMutation, EmptySubscription, Enum, ID, InputObject, Interface, Json, Object, Schema, SimpleObject, Union,
};

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Red,
    Green,
    Secret,
}

#[derive(SimpleObject)]
pub struct Dimensions {
    size: String,
}

pub struct Product {
    upc: &'static str,
    sku: Option<&'static str>,
    name: Option<&'static str>,
    price: i32,
    colour: Colour,
}

#[Object]
impl Product {
    async fn upc(&self) -> &str {
        self.upc
    }

    async fn sku(&self) -> Option<&str> {
        self.sku
    }

    async fn name(&self) -> Option<&str> {
        self.name
    }

    async fn price(&self, #[graphql(default = "EUR")] currency: String) -> i32 {
        if currency == "USD" { self.price * 2 } else { self.price }
    }

    async fn weight(&self) -> Option<i32> {
        Some(self.price / 10)
    }

    async fn colour(&self) -> Colour {
        self.colour
    }

    async fn colours(&self) -> Vec<Colour> {
        vec![Colour::Red, self.colour]
    }

    async fn attributes(&self) -> Json<serde_json::Value> {
        Json(serde_json::json!({ "nested": { "list": [1, null, "x"] }, "name": self.name }))
    }

    async fn dimensions(&self) -> Dimensions {
        Dimensions { size: format!("size of {}", self.upc) }
    }
}

#[derive(SimpleObject)]
pub struct Book {
    id: ID,
    title: Option<String>,
    pages: i32,
}

#[derive(SimpleObject)]
pub struct Movie {
    id: ID,
    title: Option<String>,
    minutes: i32,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"), field(name = "title", ty = "&Option<String>"))]
pub enum Media {
    Book(Book),
    Movie(Movie),
}

#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct User {
    id: ID,
}

#[derive(Union)]
pub enum SearchResult {
    Product(Product),
    Book(Book),
    User(User),
}

#[derive(InputObject)]
pub struct ProductFilter {
    colours: Option<Vec<Colour>>,
    min_price: Option<i32>,
    name: String,
}

pub fn all() -> Vec<Product> {
    vec![
        Product { upc: "p1", sku: Some("s1"), name: Some("table"), price: 100, colour: Colour::Red },
        Product { upc: "p2", sku: Some("s2"), name: Some("chair"), price: 50, colour: Colour::Green },
        Product { upc: "p3", sku: None, name: None, price: 10, colour: Colour::Secret },
    ]
}

fn book() -> Book {
    Book { id: ID::from("b1"), title: Some("Dune".to_owned()), pages: 600 }
}

pub struct Query;

#[Object]
impl Query {
    async fn product(&self, upc: String) -> Option<Product> {
        all().into_iter().find(|product| product.upc == upc)
    }

    async fn top_products(&self, #[graphql(default = 10)] first: usize, filter: Option<ProductFilter>) -> Vec<Product> {
        let keep = |product: &Product| {
            filter.as_ref().is_none_or(|filter| {
                product.name == Some(&filter.name)
                    && product.price >= filter.min_price.unwrap_or_default()
                    && filter.colours.as_ref().is_none_or(|colours| colours.contains(&product.colour))
            })
        };
        all().into_iter().filter(keep).take(first).collect()
    }

    async fn catalogue(&self) -> Vec<Media> {
        vec![Media::Book(book()), Media::Movie(Movie { id: ID::from("m1"), title: None, minutes: 90 })]
    }

    async fn search(&self, term: String) -> Vec<Option<SearchResult>> {
        let product = all().into_iter().find(|product| product.name == Some(&term));
        vec![
            product.map(SearchResult::Product),
            Some(SearchResult::Book(book())),
            Some(SearchResult::User(User { id: ID::from("1") })),
            None,
        ]
    }

    async fn oldest(&self) -> Option<Product> {
        all().pop()
    }

    #[graphql(entity)]
    async fn product_by_upc(&self, upc: String) -> Option<Product> {
        all().into_iter().find(|product| product.upc == upc)
    }

    #[graphql(entity)]
    async fn product_by_sku(&self, sku: String) -> Option<Product> {
        all().into_iter().find(|product| product.sku == Some(&sku))
    }

    #[graphql(entity)]
    async fn book_by_id(&self, id: ID) -> Option<Book> {
        if id == "b1" { Some(book()) } else { None }
    }

    #[graphql(entity)]
    async fn movie_by_id(&self, id: ID) -> Option<Movie> {
        if id == "m1" { Some(Movie { id, title: None, minutes: 90 }) } else { None }
    }
}

pub type ProductsSchema = Schema<Query, EmptyMutation, EmptySubscription>;

pub fn schema() -> ProductsSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription).register_output_type::<Media>().enable_federation().finish()
}
