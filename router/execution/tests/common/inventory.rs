//! The subgraph that knows what is in stock; it reads prices and weights of products.

use async_graphql::{ComplexObject, EmptyMutation, EmptySubscription, Object, Schema, SimpleObject};

#[derive(SimpleObject)]
pub struct Dimensions {
    boxed: i32,
}

#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Product {
    sku: Option<String>,
    #[graphql(external)]
    price: Option<i32>,
    #[graphql(external)]
    weight: Option<i32>,
}

#[ComplexObject]
impl Product {
    async fn in_stock(&self) -> bool {
        self.sku.as_deref() != Some("s2")
    }

    #[graphql(requires = "price weight")]
    async fn shipping_estimate(&self) -> Option<i32> {
        Some(self.price? + self.weight?)
    }

    async fn dimensions(&self) -> Dimensions {
        Dimensions { boxed: 4 }
    }
}

pub struct Query;

#[Object]
impl Query {
    #[graphql(entity)]
    async fn product_by_sku(
        &self,
        #[graphql(key)] sku: String,
        price: Option<i32>,
        weight: Option<i32>,
    ) -> Option<Product> {
        Some(Product { sku: Some(sku), price, weight })
    }
}

pub type InventorySchema = Schema<Query, EmptyMutation, EmptySubscription>;

pub fn schema() -> InventorySchema {
    Schema::build(Query, EmptyMutation, EmptySubscription).enable_federation().finish()
}
