//! The operations of the benchmark.

use serde_json::{Map, Value, json};

/// Seven fetches over four subgraphs, with an answer near 90 KB.
pub const SEVEN: &str = "query Seven {
  people { id name email city ratings { id stars text phone { id title price available ratings { id text author { name } } } } }
  phones { id title maker price weightGrams available shippingCost
    ratings { id stars text author { id name email ratings { id stars } } } }
}";

/// One fetch, a few bytes.
pub const SMALL: &str = "query Small { person(id: \"person-3\") { id name city } }";

/// One of many operations that differ in their shape; the planner has seen none of them before.
pub fn distinct(number: usize) -> String {
    const OF_PERSON: [&str; 4] = ["id", "name", "email", "city"];
    const OF_PHONE: [&str; 6] = ["id", "title", "maker", "price", "available", "shippingCost"];
    let some = |names: &[&str], bits: usize| -> String {
        let chosen = names.iter().enumerate().filter(|(position, _)| (bits >> position) & 1 == 1);
        chosen.flat_map(|(_, name)| [*name, " "]).collect()
    };
    let (person, phone) = (some(&OF_PERSON, number % 16), some(&OF_PHONE, number / 16 % 64));
    format!(
        "query Distinct{number} {{ person(id: \"person-{}\") {{ __typename {person}ratings {{ stars phone {{ __typename {phone}}} author {{ name }} }} }} }}",
        number % super::world::PEOPLE
    )
}

/// What a subscriber asks for.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The topic whose events it follows.
    pub topic: String,
    /// Which of fifty selections it has.
    pub selection: usize,
    /// Whether each event takes fields of a second subgraph.
    pub join: bool,
}

/// Fields of an event, besides its numbers and its phone, with what they always are.
const FIELDS: [(&str, &str); 4] = [
    ("level", "7"),
    ("place", "\"hall four, gate two\""),
    ("shelf", "\"shelf 12\""),
    ("note", "\"counted by hand, and once more by the evening shift\""),
];

/// The value of an event's field in JSON.
pub fn value(field: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(name, _)| *name == field).map(|(_, value)| *value)
}

impl Subscription {
    fn fields(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let left_out = self.selection % 16;
        FIELDS
            .into_iter()
            .enumerate()
            .filter(move |(position, _)| (left_out >> position) & 1 == 0)
            .map(|(_, field)| field)
    }

    /// More than sixteen selections: further ones differ by an alias.
    fn alias(&self) -> Option<String> {
        (self.selection >= 16).then(|| format!("extra{}", self.selection))
    }

    /// The request: the topic is a variable, so that subscribers of different topics have an operation in common.
    pub fn request(&self) -> Value {
        json!({ "query": self.query(), "variables": { "topic": self.topic } })
    }

    /// The operation.
    pub fn query(&self) -> String {
        let fields: String = self.fields().flat_map(|(name, _)| [name, " "]).collect();
        let alias = self.alias().map(|alias| format!("{alias}: level ")).unwrap_or_default();
        let phone = if self.join { "phone { id title maker price }" } else { "phone { id }" };
        let selection = format!("sequence sentAt {fields}{alias}{phone}");
        format!("subscription($topic: String!) {{ stockChanged(topic: $topic) {{ {selection} }} }}")
    }

    /// What each event of it must be, without its sequence number and the time when it was sent.
    pub fn event(&self) -> Value {
        let mut event: Map<String, Value> = Map::new();
        let mut put = |name: String, value: &str| {
            event.insert(name, serde_json::from_str(value).expect("the values above are JSON"));
        };
        self.fields().for_each(|(name, value)| put(name.to_owned(), value));
        if let Some(alias) = self.alias() {
            put(alias, FIELDS[0].1);
        }
        let phone = if self.join {
            json!({ "id": "phone-7", "title": "Phone of type 7", "maker": "Fjord", "price": 149 })
        } else {
            json!({ "id": "phone-7" })
        };
        event.insert("phone".to_owned(), phone);
        Value::Object(event)
    }
}
