//! The operations of the benchmark.

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

/// A subscription; with `join` each event takes fields of a second subgraph. `selection` chooses among fifty selections.
pub fn subscription(topic: &str, selection: usize, join: bool) -> String {
    const FIELDS: [&str; 4] = ["level", "place", "shelf", "note"];
    let chosen = FIELDS.iter().enumerate().filter(|(position, _)| ((selection % 16) >> position) & 1 == 0);
    let fields: String = chosen.flat_map(|(_, name)| [*name, " "]).collect();
    // More than sixteen selections: further ones differ by an alias.
    let alias = if selection < 16 { String::new() } else { format!("extra{selection}: level ") };
    let phone = if join { "phone { id title maker price }" } else { "phone { id }" };
    format!("subscription {{ stockChanged(topic: \"{topic}\") {{ sequence sentAt {fields}{alias}{phone} }} }}")
}
